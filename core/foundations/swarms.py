"""Thousands of walks at once: many starts, or many learning rates, as one array."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.foundations import descent, momentum_rules, optimizers
from core.foundations.momentum_rules import Array
from core.foundations.optimizers import Optimizer
from core.foundations.surfaces import Surface


@dataclass(frozen=True, eq=False)
class Swarm:
    """Many walks of one rule at once, kept only as far as asked."""

    positions: Array
    """Where each walk ended, shape (n, dim)."""

    diverged_at: NDArray[np.int64]
    """Step at which each walk diverged, 0 where it did not; shape (n,)."""

    path: Array | None
    """All positions, shape (n_steps + 1, n, dim), when asked for."""


def swarm(
    surface: Surface,
    starts: ArrayLike,
    optimizer: Optimizer,
    *,
    n_steps: int = 200,
    learning_rates: ArrayLike | None = None,
    keep_path: bool = False,
) -> Swarm:
    """Let one rule walk from many starts, or with many learning rates, all at once.

    Args:
        surface: Where to walk.
        starts: First positions, shape (n, dim).
        optimizer: The update rule.
        n_steps: Number of steps, 1 to 20,000.
        learning_rates: One per walk, shape (n,); None uses the optimiser's own for all.
        keep_path: Keep every position, which takes n_steps times the memory.

    Returns:
        Where the walks ended. A diverged walk stays at its last usable position.

    Raises:
        ValueError: If shapes do not fit or ``n_steps`` is outside its range.

    Example:
        >>> from core.foundations import surfaces
        >>> rule = optimizers.make("gradient_descent", learning_rate=1.0)
        >>> swarm(surfaces.bowl(condition=1), [[2.0, 1.0], [0.0, 5.0]], rule, n_steps=1).positions
        array([[0., 0.],
               [0., 0.]])
    """
    position = np.array(starts, dtype=np.float64)
    if position.ndim != 2 or position.shape[1] != surface.dim:
        raise ValueError(f"starts must have shape (n, {surface.dim}), got {position.shape}")
    descent.checked_factors(n_steps, None)
    rates = optimizer.learning_rate if learning_rates is None else np.asarray(learning_rates)
    if np.ndim(rates) and np.shape(rates) != position.shape[:1]:
        raise ValueError(f"{position.shape[0]} walks need as many rates, got {np.shape(rates)}")
    rate = np.reshape(rates, (-1, 1)) if np.ndim(rates) else rates

    needs_hessian = isinstance(optimizer, momentum_rules.Newton)
    terms = optimizers.start_terms(optimizer, position)
    diverged_at = np.zeros(len(position), dtype=np.int64)
    path = [position]
    with np.errstate(all="ignore"):
        for t in range(1, n_steps + 1):
            slope = surface.gradient(position)
            bend = surface.hessian(position) if needs_hessian else slope
            terms = optimizer.update(terms, slope, position, bend, rate, t)

            there = position + terms["step"]
            is_fine = (np.abs(there) < descent.TOO_FAR).all(axis=1) & (diverged_at == 0)
            if not is_fine.all():
                diverged_at[~is_fine & (diverged_at == 0)] = t
                there = np.where(is_fine[:, None], there, position)
            position = there
            if keep_path:
                path.append(position)
    return Swarm(position, diverged_at, np.array(path) if keep_path else None)

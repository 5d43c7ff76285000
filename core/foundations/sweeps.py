"""How the outcome depends on the learning rate, and on momentum with it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.foundations import momentum_rules, swarms, verdict
from core.foundations.momentum_rules import Array
from core.foundations.optimizers import Optimizer
from core.foundations.surfaces import Surface

REGIONS = ("monotone", "oscillating", "divergent")


@dataclass(frozen=True, eq=False)
class Sweep:
    """One optimiser tried with many learning rates from one start."""

    learning_rates: Array
    """Shape (n,)."""

    final_losses: Array
    """Height at the end, shape (n,); NaN where the walk diverged."""

    outcomes: tuple[str, ...]
    """A verdict's kind for each rate."""

    diverged_at: NDArray[np.int64]
    """The step that diverged, 0 where none did, shape (n,)."""

    cliff: float | None
    """The rate beyond which theory says no minimum can hold the walk; None without theory."""

    cliff_curvature: float | None
    """The largest curvature λ it rests on."""

    @property
    def best(self) -> int | None:
        """Index of the rate with the lowest finite final height."""
        return None if np.isnan(self.final_losses).all() else int(np.nanargmin(self.final_losses))


@dataclass(frozen=True, eq=False)
class MomentumMap:
    """Step size against momentum on a quadratic bowl: what theory says and what happened."""

    learning_rates: Array
    """Shape (n_rates,), the columns."""

    momenta: Array
    """Shape (n_momenta,), the rows."""

    predicted_rate: Array
    """Factor by which the distance shrinks per step in the long run, shape (rows, columns)."""

    measured_rate: Array
    """The same factor, measured on walks; shape (rows, columns)."""

    predicted_region: NDArray[np.int8]
    """Index into REGIONS, shape (rows, columns)."""

    measured_region: NDArray[np.int8]
    """The same, from the walks."""

    best: tuple[float, float]
    """Learning rate and momentum that theory calls fastest (Polyak's choice)."""


def learning_rate_sweep(
    surface: Surface,
    start: ArrayLike,
    optimizer: Optimizer,
    *,
    learning_rates: ArrayLike,
    n_steps: int = 500,
) -> Sweep:
    """Try many learning rates from one start.

    Args:
        surface: Where to walk.
        start: First position, shape (dim,).
        optimizer: The rule; its own learning rate is ignored.
        learning_rates: Rates to try, each at least 0, shape (n,).
        n_steps: Steps of each walk.

    Returns:
        Final heights and outcomes, and the cliff 2/λ_max for plain gradient descent (for
        momentum β it is 2(1 + β)/λ_max), λ_max being the largest curvature at the flattest known
        minimum. Adaptive rules have no such cliff.

    Raises:
        ValueError: If a rate is negative or not finite.

    Example:
        >>> from core.foundations import classic_surfaces, optimizers
        >>> sweep = learning_rate_sweep(classic_surfaces.parabola(), [1.0],
        ...     optimizers.make("gradient_descent"), learning_rates=[0.5, 1.9, 2.1], n_steps=300)
        >>> sweep.outcomes, sweep.cliff
        (('minimum', 'minimum', 'diverged'), 2.0)
    """
    rates = np.asarray(learning_rates, dtype=np.float64)
    if rates.ndim != 1 or not (np.isfinite(rates) & (rates >= 0)).all():
        raise ValueError("learning_rates must be a list of finite numbers of at least 0")
    starts = np.tile(np.asarray(start, dtype=np.float64), (len(rates), 1))
    walks = swarms.swarm(
        surface, starts, optimizer, n_steps=n_steps, learning_rates=rates, keep_path=True
    )

    scale = verdict.yardstick(surface)
    with np.errstate(all="ignore"):
        heights = surface.value(walks.path)
    diverged_at = _first_lost_step(heights, walks.diverged_at)
    verdicts = [
        verdict.judge_path(surface, walks.path[: step or None, i], step or None, scale=scale)
        for i, step in enumerate(diverged_at.tolist())
    ]

    diverged = np.array([item.kind == "diverged" for item in verdicts])
    losses = np.where(diverged, np.nan, heights[-1])
    curvature = _flattest_minimum(surface)
    return Sweep(
        learning_rates=rates,
        final_losses=losses,
        outcomes=tuple(item.kind for item in verdicts),
        diverged_at=diverged_at,
        cliff=_cliff(optimizer, curvature),
        cliff_curvature=curvature,
    )


def momentum_map(
    curvatures: Sequence[float],
    *,
    learning_rates: ArrayLike,
    momenta: ArrayLike,
    n_steps: int = 200,
) -> MomentumMap:
    """Compare theory and walks for momentum on a quadratic bowl.

    Along an axis with curvature λ, momentum β and learning rate α multiply (position, velocity)
    by the same 2×2 matrix at every step. Its eigenvalues solve
    σ² − (1 + β − αλ) σ + β = 0: the larger |σ| is the factor per step, complex or negative ones
    swing to and fro, and |σ| ≥ 1 diverges.

    Args:
        curvatures: The bowl's λ, one or two, above 0.
        learning_rates: Columns, shape (n_rates,), above 0.
        momenta: Rows, shape (n_momenta,), 0 to below 1.
        n_steps: Length of the measuring walks, at least 20.

    Returns:
        Factors and regions, predicted and measured.

    Raises:
        ValueError: If a number is outside its range.

    Source:
        Goh (2017), Why momentum really works, Distill, section "The dynamics of momentum".

    Example:
        >>> chart = momentum_map([1.0], learning_rates=[0.5, 1.5, 2.5], momenta=[0.0])
        >>> [REGIONS[i] for i in chart.predicted_region[0]]
        ['monotone', 'oscillating', 'divergent']
        >>> chart.predicted_rate[0].tolist()
        [0.5, 0.5, 1.5]
    """
    lams = np.asarray(curvatures, dtype=np.float64)
    rates, betas = np.asarray(learning_rates, dtype=float), np.asarray(momenta, dtype=float)
    if not (0 < len(lams) <= 2 and (lams > 0).all() and np.isfinite(lams).all()):
        raise ValueError(f"curvatures must be one or two numbers above 0, got {curvatures}")
    if not ((rates > 0).all() and (betas >= 0).all() and (betas < 1).all()):
        raise ValueError("learning rates must be above 0, momenta from 0 to below 1")
    if n_steps < 20:
        raise ValueError(f"n_steps must be at least 20, got {n_steps}")

    alpha, beta = rates[None, :, None], betas[:, None, None]
    trace = 1 + beta - alpha * lams
    root = np.sqrt((trace * trace - 4 * beta).astype(complex))
    sigma = np.stack([(trace + root) / 2, (trace - root) / 2], axis=-1)
    factor = np.abs(sigma).max(axis=-1)
    swings = (np.abs(sigma.imag) > 1e-12).any(axis=-1) | (sigma.real < -1e-12).any(axis=-1)
    predicted = np.where(factor >= 1 - 1e-12, 2, swings).max(axis=-1).astype(np.int8)

    measured_rate, measured = _measured_map(lams, rates, betas, n_steps)
    return MomentumMap(
        learning_rates=rates,
        momenta=betas,
        predicted_rate=factor.max(axis=-1),
        measured_rate=measured_rate,
        predicted_region=predicted,
        measured_region=measured,
        best=_polyak(float(lams.min()), float(lams.max())),
    )


def _first_lost_step(heights: Array, diverged_at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the step at which each walk overflowed or lost its height; 0 where neither."""
    is_lost = ~np.isfinite(heights)
    lost_at = np.where(is_lost.any(axis=0), np.maximum(is_lost.argmax(axis=0), 1), 0)
    both = np.where((lost_at > 0) & (diverged_at > 0), np.minimum(lost_at, diverged_at), 0)
    return np.where(both > 0, both, np.maximum(lost_at, diverged_at))


def _flattest_minimum(surface: Surface) -> float | None:
    """Find the largest curvature at the minimum that is easiest to stay in."""
    if not surface.minima:
        return None
    largest = np.linalg.eigvalsh(surface.hessian(np.array(surface.minima))).max(axis=-1).min()
    return float(largest) if largest > 0 else None


def _cliff(optimizer: Optimizer, curvature: float | None) -> float | None:
    """Say beyond which rate a bowl of this curvature throws the walk out."""
    if curvature is None:
        return None
    if isinstance(optimizer, momentum_rules.GradientDescent):
        return 2 / curvature
    if isinstance(optimizer, momentum_rules.Momentum):
        return 2 * (1 + optimizer.momentum) / curvature
    if isinstance(optimizer, momentum_rules.Nesterov):
        beta = optimizer.momentum
        return 2 * (1 + beta) / ((1 + 2 * beta) * curvature)
    return None


def _polyak(low: float, high: float) -> tuple[float, float]:
    """Give the fastest learning rate and momentum for curvatures between low and high."""
    rate = (2 / (np.sqrt(low) + np.sqrt(high))) ** 2
    momentum = ((np.sqrt(high) - np.sqrt(low)) / (np.sqrt(high) + np.sqrt(low))) ** 2
    return float(rate), float(momentum)


def _measured_map(
    lams: Array, rates: Array, betas: Array, n_steps: int
) -> tuple[Array, NDArray[np.int8]]:
    """Walk from 1 along every axis, for every pair of settings."""
    alpha, beta = rates[None, :, None], betas[:, None, None]
    position = np.ones((len(betas), len(rates), len(lams)))
    velocity = np.zeros_like(position)
    swings = np.zeros(position.shape, dtype=bool)
    log_growth = np.zeros(position.shape)
    n_skipped = n_steps // 4  # the first steps still remember the start
    for n in range(n_steps):
        velocity = beta * velocity + lams * position
        there = position - alpha * velocity
        swings |= there * position < 0

        # Position and velocity together: at a turning point the position alone is zero.
        # The walk is linear, so it can be brought back to size 1 after each step.
        size = np.hypot(there, alpha * velocity)
        is_over = size == 0
        with np.errstate(divide="ignore"):
            log_growth += np.log(size) if n >= n_skipped else 0.0
        safe = np.where(is_over, 1.0, size)
        position, velocity = there / safe, velocity / safe

    factor = np.exp(log_growth / (n_steps - n_skipped)).max(axis=-1)
    region = np.where(factor >= 1, 2, swings.any(axis=-1)).astype(np.int8)
    return factor, region

"""Walking down a surface, one step at a time, with everything written down on the way."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.foundations import momentum_rules, optimizers
from core.foundations.momentum_rules import Array, Terms
from core.foundations.optimizers import FormulaLine, Optimizer
from core.foundations.surfaces import Surface

TOO_FAR = 1e9
"""A coordinate beyond this counts as diverged; float64 would overflow soon after."""

MAX_STEPS = 20_000


@dataclass(frozen=True, eq=False)
class Descent:
    """One walk: where it went and why each step was what it was.

    A walk that diverges ends before the step that left the numbers a computer can hold, so
    every number in here is finite.
    """

    optimizer: Optimizer

    positions: Array
    """Shape (n_done + 1, dim): the start, then the position after each step."""

    losses: Array
    """Shape (n_done + 1,): the height at each position."""

    gradients: Array
    """Shape (n_done, dim): the slope each step saw, noise included."""

    rates: Array
    """Shape (n_done,): the learning rate of each step, schedule included."""

    hessians: Array | None
    """Shape (n_done, dim, dim) for Newton's method, None for the others."""

    diverged_at: int | None
    """Number of the step that diverged, from 1; None when none did."""

    @property
    def n_done(self) -> int:
        """Number of steps taken."""
        return len(self.gradients)

    @property
    def final_loss(self) -> float:
        """Height at the last position."""
        return float(self.losses[-1])

    @functools.cached_property
    def log(self) -> tuple[tuple[Terms, ...], ...]:
        """For each step and coordinate the terms by name, replayed from what was written down.

        Gradient, position and rate are among them, beside the rule's own.
        """
        book, walker = [], _Walker(self.optimizer, self.positions[0])
        bends = [None] * self.n_done if self.hessians is None else self.hessians
        for n, (slope, rate) in enumerate(
            zip(self.gradients.tolist(), self.rates.tolist(), strict=True)
        ):
            here = walker.path[-1]
            walker.step(slope, bends[n], rate, n + 1)
            book.append(
                tuple(
                    {**terms, "gradient": slope[i], "position": here[i], "rate": rate}
                    for i, terms in enumerate(walker.terms)
                )
            )
        return tuple(book)

    def series(self, term: str) -> Array:
        """Collect one term over all steps, shape (n_done, dim)."""
        rows = [[terms[term] for terms in row] for row in self.log]
        return np.array(rows, dtype=np.float64).reshape(self.gradients.shape)

    def formulas(self, step: int, *, axis: int = 0) -> list[FormulaLine]:
        """Write the update rule with the numbers of one step and coordinate in it.

        Args:
            step: Which step, from 1 to ``n_done``.
            axis: Which coordinate.

        Returns:
            One line per term of the rule.

        Raises:
            ValueError: If there is no such step.
        """
        if not 1 <= step <= self.n_done:
            raise ValueError(f"step must be 1 to {self.n_done}, got {step}")
        terms = self.log[step - 1][axis]
        before = optimizers.start_terms(self.optimizer, 0.0)
        if step > 1:
            before = self.log[step - 2][axis]
        values = optimizers.formula_values(self.optimizer, before, terms, t=step)
        return optimizers.worked_formulas(self.optimizer, values)


def descend(
    surface: Surface,
    start: ArrayLike,
    optimizer: Optimizer,
    *,
    n_steps: int = 200,
    noise: float = 0.0,
    batch_size: int | None = None,
    factors: Array | None = None,
    seed: int = 0,
) -> Descent:
    """Walk down a surface.

    Args:
        surface: Where to walk.
        start: First position, shape (dim,), inside the window.
        optimizer: The update rule.
        n_steps: Number of steps, 1 to 20,000.
        noise: Standard deviation of the Gaussian noise on each slope.
        batch_size: Rows per step for a surface made of data; None uses all rows.
        factors: Learning-rate factor per step, shape (n_steps,); None is constant.
        seed: Of the noise and the mini-batches.

    Returns:
        The walk.

    Raises:
        ValueError: If the start is not a point of the window, has no height, or a setting is
            outside its range.

    Example:
        >>> from core.foundations import classic_surfaces
        >>> walk = descend(
        ...     classic_surfaces.parabola(), [2.0], optimizers.make("gradient_descent",
        ...     learning_rate=0.5), n_steps=3)
        >>> walk.positions.ravel().tolist()
        [2.0, 1.0, 0.5, 0.25]
    """
    return race(
        surface,
        start,
        {"only": optimizer},
        n_steps=n_steps,
        noise=noise,
        batch_size=batch_size,
        factors=factors,
        seed=seed,
    )["only"]


def race(
    surface: Surface,
    start: ArrayLike,
    racers: Mapping[str, Optimizer],
    *,
    n_steps: int = 200,
    noise: float = 0.0,
    batch_size: int | None = None,
    factors: Array | None = None,
    seed: int = 0,
) -> dict[str, Descent]:
    """Let several rules walk from the same start, with the same noise at every step.

    Args:
        surface: Where to walk.
        start: First position of all, shape (dim,), inside the window.
        racers: Optimisers by name.
        n_steps: Number of steps, 1 to 20,000.
        noise: Standard deviation of the Gaussian noise on each slope.
        batch_size: Rows per step for a surface made of data; None uses all rows.
        factors: Learning-rate factor per step, shape (n_steps,); None is constant.
        seed: Of the noise and the mini-batches: the same for every racer.

    Returns:
        One walk per racer, under its name.

    Raises:
        ValueError: As for ``descend``, or if there is no racer.
    """
    if not racers:
        raise ValueError("a race needs at least one optimiser")
    start = _checked_start(surface, start)
    factors = checked_factors(n_steps, factors)
    slopes_at = _noisy_gradient(surface, n_steps, noise, batch_size, seed)
    walkers = [_Walker(rule, start) for rule in racers.values()]
    running, here = walkers, np.array([start] * len(walkers))
    any_newton = any(isinstance(rule, momentum_rules.Newton) for rule in racers.values())
    no_bends = [None] * len(walkers)
    with np.errstate(all="ignore"):
        for n in range(n_steps):
            # One call for all racers: the surface is the dearest part of a step.
            slopes = slopes_at(here, n).tolist()
            bends = _bends(surface, here, running) if any_newton else no_bends
            there = [
                walker.step(slopes[i], bends[i], factors[n] * walker.base_rate, n + 1)
                for i, walker in enumerate(running)
            ]

            here = np.array(there)
            is_fine = np.abs(here) < TOO_FAR  # False for NaN as well
            if not is_fine.all():
                stays = is_fine.all(axis=1)
                for i in np.flatnonzero(~stays):
                    running[i].take_back(n + 1)
                running, here = [running[i] for i in np.flatnonzero(stays)], here[stays]
            if not running:
                break

        walks = [walker.descent(surface, factors) for walker in walkers]
    return dict(zip(racers, walks, strict=True))


class _Walker:
    """One racer on its way: the rule, its memory per coordinate, and what it saw."""

    def __init__(self, optimizer: Optimizer, start: Array) -> None:
        self.optimizer = optimizer
        self.base_rate = optimizer.learning_rate
        self.path = [start.tolist()]
        self.slopes: list[list[float]] = []
        self.bends: list[Array] = []
        self.terms = [optimizers.start_terms(optimizer, 0.0) for _ in self.path[0]]
        self.diverged_at: int | None = None

    def step(self, slope: list[float], bend: Array | None, rate: float, t: int) -> list[float]:
        """Apply the rule once, write it down, and say where it led."""
        place, update = self.path[-1], self.optimizer.update
        if bend is None:
            # Plain numbers, coordinate by coordinate: for two of them arrays are far slower.
            there = []
            for axis, here in enumerate(place):
                terms = update(self.terms[axis], slope[axis], here, None, rate, t)
                self.terms[axis] = terms
                there.append(here + terms["step"])
        else:
            whole = update({}, np.array(slope), np.array(place), bend, rate, t)
            self.terms = _by_coordinate(whole)
            self.bends.append(bend)
            there = (np.array(place) + whole["step"]).tolist()

        self.slopes.append(slope)
        self.path.append(there)
        return there

    def take_back(self, t: int) -> None:
        """Undo a step that left the numbers a computer can hold."""
        self.diverged_at = t
        for book in (self.path, self.slopes, self.bends):
            del book[-1:]

    def descent(self, surface: Surface, rates: list[float]) -> Descent:
        """Close the log book."""
        positions = np.array(self.path)
        losses = np.asarray(surface.value(positions))
        if not np.isfinite(losses).all():
            # The slope can exist where the height does not, as for log(x) below 0.
            n_kept = max(int(np.argmin(np.isfinite(losses))), 1)
            self.diverged_at = n_kept
            positions, losses = positions[:n_kept], losses[:n_kept]

        n_done = len(positions) - 1
        return Descent(
            optimizer=self.optimizer,
            positions=positions,
            losses=losses,
            gradients=np.array(self.slopes[:n_done]).reshape(-1, surface.dim),
            rates=np.array(rates[:n_done]) * self.base_rate,
            hessians=np.array(self.bends[:n_done]) if self.bends else None,
            diverged_at=self.diverged_at,
        )


def _bends(surface: Surface, here: Array, walkers: list[_Walker]) -> list[Array | None]:
    """Measure the curvature for those rules that ask for it."""
    hessians = surface.hessian(here)
    asks = [isinstance(walker.optimizer, momentum_rules.Newton) for walker in walkers]
    return [hessian if ask else None for hessian, ask in zip(hessians, asks, strict=True)]


def _by_coordinate(terms: Terms) -> list[Terms]:
    """Split terms of shape (dim,) into one mapping per coordinate."""
    columns = zip(*[np.atleast_1d(value).tolist() for value in terms.values()], strict=True)
    return [dict(zip(terms, column, strict=True)) for column in columns]


def _noisy_gradient(
    surface: Surface, n_steps: int, noise: float, batch_size: int | None, seed: int
) -> Callable[[Array, int], Array]:
    """Prepare the slope that step n sees: exact, from a mini-batch, and with noise on top."""
    if not (np.isfinite(noise) and noise >= 0):
        raise ValueError(f"noise must be a number of at least 0, got {noise}")
    batches = None if batch_size is None else _batches(surface, batch_size, n_steps, seed)
    pushes = noise * np.random.default_rng([seed, 1]).standard_normal((n_steps, surface.dim))

    def slopes(here: Array, n: int) -> Array:
        seen = surface.gradient(here) if batches is None else surface.batch_slopes(here, batches[n])
        return seen + pushes[n] if noise else seen

    return slopes


def _batches(surface: Surface, batch_size: int, n_steps: int, seed: int) -> NDArray[np.int64]:
    """Draw the rows of every step, shape (n_steps, batch_size): shuffle, deal, shuffle again."""
    if surface.batch_slopes is None:
        raise ValueError(f"{surface.title} is not made of data, so it has no mini-batches")
    if not 1 <= batch_size <= surface.n_rows:
        raise ValueError(f"batch_size must be 1 to {surface.n_rows}, got {batch_size}")

    rng = np.random.default_rng([seed, 0])
    per_round = surface.n_rows // batch_size
    rounds = -(-n_steps // per_round)
    deck = rng.permuted(np.tile(np.arange(surface.n_rows), (rounds, 1)), axis=1)
    dealt = deck[:, : per_round * batch_size].reshape(-1, batch_size)
    return dealt[:n_steps]


def _checked_start(surface: Surface, start: ArrayLike) -> Array:
    """Refuse a start that is not a point of the window."""
    point = np.array(start, dtype=np.float64)
    if point.shape != (surface.dim,):
        raise ValueError(f"the start needs {surface.dim} coordinates, got shape {point.shape}")
    for axis, (low, high) in enumerate(surface.window):
        if not low <= point[axis] <= high:
            raise ValueError(
                f"the start {point.tolist()} is outside the window: "
                f"coordinate {axis + 1} must be {low:g} to {high:g}"
            )
    with np.errstate(all="ignore"):
        if not np.isfinite(surface.value(point)):
            raise ValueError(f"{surface.title} has no height at the start {point.tolist()}")
    return point


def checked_factors(n_steps: int, factors: Array | None) -> list[float]:
    """Refuse a step count out of range, or a schedule of another length.

    Example:
        >>> checked_factors(2, None)
        [1.0, 1.0]
    """
    if not 1 <= n_steps <= MAX_STEPS:
        raise ValueError(f"n_steps must be 1 to {MAX_STEPS:,}, got {n_steps}")
    if factors is None:
        return [1.0] * n_steps
    if np.shape(factors) != (n_steps,):
        raise ValueError(f"factors must have shape ({n_steps},), got {np.shape(factors)}")
    return np.asarray(factors, dtype=np.float64).tolist()

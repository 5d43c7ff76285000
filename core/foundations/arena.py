"""One race as a reader sets it up: a landscape, a start, some rules, and what became of each."""

from dataclasses import dataclass

import numpy as np

from core.foundations import (
    basins,
    classic_surfaces,
    data_losses,
    descent,
    optimizers,
    schedules,
    surfaces,
    sweeps,
    verdict,
)
from core.foundations.descent import Descent
from core.foundations.surfaces import Surface
from core.foundations.verdict import Verdict

OWN_FORMULA = "formula"
"""Name of the landscape that a person types."""

_DATA = {
    "linear_regression": data_losses.linear_regression,
    "linear_regression_raw": lambda: data_losses.linear_regression(standardize=False),
    "logistic_regression": data_losses.logistic_regression,
}
NAMES = (*classic_surfaces.SURFACES, *_DATA, OWN_FORMULA)
"""Every landscape that ``landscape`` can make."""

N_RATES = 101
N_STARTS = 60
N_CELLS = 36
LONGEST_SWEEP = 500
"""Steps of a walk in a sweep or a map of basins at the most."""


@dataclass(frozen=True)
class Landscape:
    """Which landscape, in values that can be compared and kept in a link."""

    name: str
    """One of NAMES."""

    condition: float = 10.0
    """For the bowl: how many times steeper it is along y."""

    formula: str = ""
    """For your own: the height in x and y."""

    half_width: float = 3.0
    """For your own: how far the window reaches from 0."""


@dataclass(frozen=True)
class Setup:
    """Everything that decides a race."""

    landscape: Landscape
    racers: tuple[tuple[str, tuple[tuple[str, float], ...]], ...]
    """Name of each rule with its settings, as (setting, value) pairs."""

    start: tuple[float, ...] | None = None
    """Where all begin; None is the landscape's own start."""

    n_steps: int = 200
    schedule: str = "constant"
    noise: float = 0.0
    """Standard deviation of the Gaussian noise on each slope."""

    batch_size: int | None = None
    """Rows per step for a loss over data; None uses all."""

    seed: int = 0


@dataclass(frozen=True, eq=False)
class Race:
    """A race that was run."""

    setup: Setup
    surface: Surface
    start: tuple[float, ...]
    walks: dict[str, Descent]
    verdicts: dict[str, Verdict]

    @property
    def winner(self) -> str:
        """The racer that ended lowest; one that diverged cannot win against one that did not."""
        return min(
            self.walks,
            key=lambda name: (
                self.verdicts[name].kind == "diverged",
                self.walks[name].final_loss,
            ),
        )


def build(landscape: Landscape) -> Surface:
    """Make the landscape.

    Args:
        landscape: Its name and settings.

    Returns:
        The surface.

    Raises:
        FormulaError: If the typed formula cannot be used.
        ValueError: If the name or a setting is outside its range.

    Example:
        >>> build(Landscape("bowl", condition=4)).hessian([0.0, 0.0]).diagonal().tolist()
        [1.0, 4.0]
    """
    if landscape.name == "bowl":
        return surfaces.bowl(condition=landscape.condition)
    if landscape.name in _DATA:
        return _DATA[landscape.name]()
    if landscape.name == OWN_FORMULA:
        side = (-landscape.half_width, landscape.half_width)
        return surfaces.from_formula(landscape.formula, window=(side, side))
    return classic_surfaces.get(landscape.name)


def title(name: str) -> str:
    """Name a landscape for a person, without building a typed one.

    Example:
        >>> title("cliff"), title("linear_regression_raw")
        ('Cliff', 'A line through raw data')
    """
    if name == OWN_FORMULA:
        return "Your own f(x, y)"
    if name == "linear_regression_raw":
        return "A line through raw data"
    return build(Landscape(name)).title


def racers(setup: Setup) -> dict[str, optimizers.Optimizer]:
    """Make the rules of a race.

    Raises:
        ValueError: If a setting is outside its range.
    """
    return {name: optimizers.make(name, **dict(values)) for name, values in setup.racers}


def run(setup: Setup) -> Race:
    """Run a race and judge it.

    Args:
        setup: Everything that decides it.

    Returns:
        The race. The same setup gives the same race, number for number.

    Raises:
        FormulaError: If the typed formula cannot be used.
        ValueError: If the start or a setting is outside its range.

    Example:
        >>> rules = (("gradient_descent", (("learning_rate", 0.5),)),)
        >>> race = run(Setup(Landscape("parabola"), rules, start=(2.0,), n_steps=2))
        >>> race.walks["gradient_descent"].positions.ravel().tolist()
        [2.0, 1.0, 0.5]
    """
    surface = build(setup.landscape)
    start = surface.start if setup.start is None else setup.start
    walks = descent.race(
        surface,
        start,
        racers(setup),
        n_steps=setup.n_steps,
        noise=setup.noise,
        batch_size=setup.batch_size,
        factors=schedules.factors(setup.schedule, setup.n_steps),
        seed=setup.seed,
    )

    scale = verdict.yardstick(surface)
    verdicts = {name: verdict.judge(surface, walk, scale=scale) for name, walk in walks.items()}
    return Race(setup, surface, tuple(np.asarray(start, dtype=float).tolist()), walks, verdicts)


def sweep(race: Race, racer: str) -> sweeps.Sweep:
    """Try a hundred learning rates from 0.0001 to 10 for one racer, from the race's start.

    Noise, mini-batches and schedule are left out: the rate alone decides.

    Raises:
        ValueError: If nobody of that name raced.
    """
    return sweeps.learning_rate_sweep(
        race.surface,
        race.start,
        _racer(race, racer),
        learning_rates=np.geomspace(1e-4, 10, N_RATES),
        n_steps=min(race.setup.n_steps, LONGEST_SWEEP),
    )


def basin_map(race: Race, racer: str) -> basins.Basins:
    """Start one racer everywhere and see which minimum it ends in; without noise and schedule.

    Raises:
        ValueError: If nobody of that name raced, or the landscape has no known minimum.
    """
    return basins.basins(
        race.surface,
        _racer(race, racer),
        resolution=N_STARTS,
        n_steps=min(race.setup.n_steps, LONGEST_SWEEP),
    )


def curvatures(surface: Surface) -> tuple[float, ...] | None:
    """Return the curvatures of the bowl at the bottom of the first minimum, smallest first.

    Returns:
        None if there is no known minimum, or it is no bowl.

    Example:
        >>> curvatures(surfaces.bowl(condition=4))
        (1.0, 4.0)
    """
    if not surface.minima:
        return None
    values = np.linalg.eigvalsh(surface.hessian(surface.minima[0]))
    return tuple(values.tolist()) if values.min() > 1e-9 else None


def momentum_map(bends: tuple[float, ...]) -> sweeps.MomentumMap:
    """Map learning rate against momentum over the whole range in which a bowl can hold a walk.

    Args:
        bends: The bowl's curvatures.
    """
    furthest = 4.2 / max(bends)  # theory: up to 2(1 + β)/λ, and β stays below 1
    return sweeps.momentum_map(
        bends,
        learning_rates=furthest * (np.arange(N_CELLS) + 0.5) / N_CELLS,
        momenta=(np.arange(N_CELLS) + 0.5) / N_CELLS,
    )


def _racer(race: Race, name: str) -> optimizers.Optimizer:
    if name not in race.walks:
        raise ValueError(f"{name!r} is not in this race")
    return race.walks[name].optimizer

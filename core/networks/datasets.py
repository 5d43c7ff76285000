"""Points with answers: eight kinds that are made from a seed, and your own.

All but the four points of XOR fill the square from −6 to 6, as in TensorFlow Playground
(Smilkov et al., 2017), so that what was seen there can be repeated here.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.networks import made_points
from core.networks.activations import Array

OWN = "own"
"""Name of the data set that a person brings."""

MOST_POINTS = 500
MOST_NOISE = 0.5
LARGEST_COORDINATE = 1e3


class DataError(ValueError):
    """Data that nothing can be learned from; the message tells a person what is wrong."""


@dataclass(frozen=True)
class DataSettings:
    """Which points, in values that can be compared and kept in a link."""

    name: str = "xor"
    """A key of DATASETS, or OWN."""

    n_points: int = 200
    """How many; XOR always has four, and your own are as many as you bring."""

    noise: float = 0.0
    """From 0 to MOST_NOISE; the four points of XOR and your own have none added."""

    test_share: float = 0.0
    """Share that is kept from training, 0 to 0.9; the four points of XOR are all trained on."""

    seed: int = 0

    own: tuple[tuple[float, float, float], ...] = ()
    """For your own: x, y and target of every point."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Points with answers."""

    settings: DataSettings
    title: str
    task: str
    """``classification``: targets are 0 or 1. ``regression``: targets are numbers."""

    points: Array
    """Shape (n, 2)."""

    targets: Array
    """Shape (n,)."""

    is_test: NDArray[np.bool_]
    """Which are kept from training, shape (n,)."""

    window: tuple[tuple[float, float], tuple[float, float]]
    """Range of x and range of y that a picture shows."""

    note: str = ""
    """What a person should know of these points."""

    @property
    def train_points(self) -> Array:
        """Points that are trained on, shape (n_train, 2)."""
        return self.points[~self.is_test]

    @property
    def train_targets(self) -> Array:
        """Their targets, shape (n_train,)."""
        return self.targets[~self.is_test]

    @property
    def test_points(self) -> Array:
        """Points that are kept from training, shape (n_test, 2)."""
        return self.points[self.is_test]

    @property
    def test_targets(self) -> Array:
        """Their targets, shape (n_test,)."""
        return self.targets[self.is_test]

    @property
    def n_train(self) -> int:
        """How many are trained on."""
        return int((~self.is_test).sum())

    @property
    def n_test(self) -> int:
        """How many are kept from training."""
        return int(self.is_test.sum())


@dataclass(frozen=True)
class DatasetKind:
    """One kind of points."""

    title: str
    task: str
    sentence: str
    make: Callable[[int, float, np.random.Generator], tuple[Array, Array]]
    """From a number of points, noise and a source of chance to points and targets."""


def make(settings: DataSettings) -> Dataset:
    """Make the points.

    Args:
        settings: Which, how many, how noisy. The same settings give the same points.

    Returns:
        The points, rounded to three decimals, so that what is shown is what is used.

    Raises:
        DataError: If your own points are none, of one class only, or not finite; or a setting is
            outside its range.

    Example:
        >>> make(DataSettings("xor")).targets.tolist()
        [0.0, 1.0, 1.0, 0.0]
    """
    if not 0 <= settings.test_share <= 0.9:
        raise DataError(f"The share of test data must be from 0 to 0.9, not {settings.test_share}.")
    if settings.name == OWN:
        return _own(settings)
    if settings.name not in DATASETS:
        raise DataError(f"There is no data set called {settings.name!r}.")
    if not 4 <= settings.n_points <= MOST_POINTS:
        raise DataError(f"Choose 4 to {MOST_POINTS} points, not {settings.n_points}.")
    if not 0 <= settings.noise <= MOST_NOISE:
        raise DataError(f"Noise must be from 0 to {MOST_NOISE}, not {settings.noise}.")

    kind = DATASETS[settings.name]
    rng = np.random.default_rng([settings.seed, 7])
    points, targets = kind.make(settings.n_points, settings.noise, rng)
    is_xor = settings.name == "xor"
    side = (-0.5, 1.5) if is_xor else (-6.0, 6.0)
    return Dataset(
        settings=settings,
        title=kind.title,
        task=kind.task,
        points=points.round(3),
        targets=targets.round(3),
        is_test=_split(targets, 0.0 if is_xor else settings.test_share, settings.seed),
        window=(side, side),
    )


def task_of(targets: Array) -> str:
    """Tell two classes from numbers.

    Example:
        >>> task_of(np.array([0.0, 1.0])), task_of(np.array([0.0, 0.5]))
        ('classification', 'regression')
    """
    return "classification" if np.isin(targets, (0.0, 1.0)).all() else "regression"


def _own(settings: DataSettings) -> Dataset:
    rows = np.array(settings.own, dtype=np.float64).reshape(-1, 3)
    if len(rows) < 2:
        raise DataError("There are no points yet. A network needs at least two, one of each class.")
    if not np.isfinite(rows).all():
        raise DataError("A point has a coordinate or an answer that is not a finite number.")
    if np.abs(rows).max() > LARGEST_COORDINATE:
        raise DataError(f"A number is beyond ±{LARGEST_COORDINATE:g}; scale the table first.")
    points, targets = rows[:, :2].round(3), rows[:, 2].round(3)
    if len(np.unique(targets)) == 1:
        raise DataError(
            f"All {len(rows)} points have the same answer, {targets[0]:g}. "
            "There is nothing to tell apart: add points of another class."
        )
    return Dataset(
        settings=settings,
        title="Your own",
        task=task_of(targets),
        points=points,
        targets=targets,
        is_test=_split(targets, settings.test_share, settings.seed),
        window=_window(points),
    )


def _window(points: Array) -> tuple[tuple[float, float], tuple[float, float]]:
    """Show the square of the made data, or more if points lie outside."""
    if points.min() >= -0.5 and points.max() <= 1.5:
        return ((-0.5, 1.5), (-0.5, 1.5))
    reach = max(6.0, float(np.ceil(1.1 * np.abs(points).max())))
    return ((-reach, reach), (-reach, reach))


def _split(targets: Array, share: float, seed: int) -> NDArray[np.bool_]:
    """Keep a share for testing, but one example of each class, or two numbers, for training."""
    is_test = np.zeros(len(targets), dtype=bool)
    order = np.random.default_rng([seed, 8]).permutation(len(targets))
    if task_of(targets) == "classification":
        spared = [next(row for row in order if targets[row] == answer) for answer in (0.0, 1.0)]
    else:
        spared = order[:2].tolist()
    free = [row for row in order if row not in spared]
    is_test[free[: round(share * len(targets))]] = True
    return is_test


DATASETS: dict[str, DatasetKind] = {
    "xor": DatasetKind(
        "XOR, four points",
        "classification",
        "One if exactly one of the two inputs is one. No straight line separates them.",
        made_points.xor,
    ),
    "noisy_xor": DatasetKind(
        "XOR, many points",
        "classification",
        "The four corners as clouds: one where x and y have different signs.",
        made_points.noisy_xor,
    ),
    "circle": DatasetKind(
        "Circle",
        "classification",
        "A disc inside a ring: the border must close.",
        made_points.circle,
    ),
    "gaussians": DatasetKind(
        "Two Gaussians",
        "classification",
        "Two clouds: a straight line will do.",
        made_points.gaussians,
    ),
    "moons": DatasetKind(
        "Moons", "classification", "Two crescents that reach into each other.", made_points.moons
    ),
    "spiral": DatasetKind(
        "Spiral",
        "classification",
        "Two arms around each other: the hardest one here.",
        made_points.spiral,
    ),
    "plane": DatasetKind(
        "Plane",
        "regression",
        "The answer is a number that grows along the diagonal.",
        made_points.plane,
    ),
    "multi_gaussian": DatasetKind(
        "Six hills",
        "regression",
        "Three hills and three hollows, flat in between.",
        made_points.multi_gaussian,
    ),
}

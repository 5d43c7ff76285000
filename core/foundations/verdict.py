"""Why did it stop? A judgement from slope, curvature and the last steps, with its numbers.

A short step proves nothing: it is short at a minimum, at a saddle, on a plateau, and whenever
the learning rate is tiny. So the judgement asks three questions in turn. Is it still moving?
Would Newton's method stay here, so that the slope is zero nearby? And which way does the ground
bend?
"""

from dataclasses import dataclass

import numpy as np

from core.foundations import surfaces
from core.foundations.descent import Descent
from core.foundations.momentum_rules import Array
from core.foundations.surfaces import Surface

KINDS = (
    "minimum",
    "saddle",
    "maximum",
    "plateau",
    "oscillating",
    "diverged",
    "still moving",
    "stalled",
)

# All lengths are shares of the window's diagonal, all heights shares of its typical height.
MOVING = 0.01
"""The last steps together covered more than this: not at rest."""
ARRIVED = 1e-3
"""Newton's method would move less than this: the slope is zero about here."""
FLAT_SLOPE = 0.01
"""Crossing the window at this slope would change the height by this share."""
FLAT_BEND = 0.25
"""The same for the curvature."""
LEVEL_SLOPE = 1e-6
"""A slope below this, measured likewise, is no slope at all."""
LEVEL_BEND = 1e-3
"""A curvature below this does not say which way the ground bends."""
LEVEL_RISE = 1e-6
"""Nor does a rise below this."""
NEAR = 0.01
"""A known minimum within this is the one that was reached."""
PROBE = 0.01
"""Radius at which the surroundings are measured where the curvature says nothing."""


@dataclass(frozen=True, eq=False)
class Yardstick:
    """What counts as long and high on one surface."""

    length: float
    """The window's diagonal."""

    height: float
    """Median height of the window above its lowest point."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What became of a walk, and the numbers that say so."""

    kind: str
    """One of KINDS."""

    reason: str
    """One sentence with the numbers in it."""

    gradient_norm: float
    """Length of the exact slope at the end."""

    eigenvalues: Array
    """Curvature along its own axes at the end, smallest first, shape (dim,)."""

    newton_distance: float
    """How far Newton's method would move from here; infinite where there is no curvature."""

    tail_length: float
    """Length of the path over the last steps."""

    tail_displacement: float
    """Distance between the ends of that path."""

    minimum_index: int | None
    """Which of the surface's known minima was reached."""


def yardstick(surface: Surface) -> Yardstick:
    """Measure a surface once, for all verdicts on it.

    The median is used because a few steep corners, as on Beale's function, say nothing about
    the height of the rest.

    Example:
        >>> from core.foundations import classic_surfaces
        >>> yardstick(classic_surfaces.parabola()).length
        6.0
    """
    heights = surfaces.sample(surface, resolution=25).heights
    height = float(np.nanmedian(heights) - np.nanmin(heights))
    return Yardstick(length=surface.diagonal, height=height or 1.0)


def judge(surface: Surface, walk: Descent, *, scale: Yardstick | None = None) -> Verdict:
    """Say what became of a walk.

    Args:
        surface: Where it took place.
        walk: The walk.
        scale: From ``yardstick``; measured here when left out.

    Returns:
        The verdict. A saddle is never called a minimum: where the curvature is zero the
        surroundings are measured instead.

    Example:
        >>> from core.foundations import classic_surfaces, descent, optimizers
        >>> surface = classic_surfaces.saddle()
        >>> walk = descent.descend(surface, [1.0, 0.0], optimizers.make("gradient_descent"))
        >>> judge(surface, walk).kind
        'saddle'
    """
    return judge_path(surface, walk.positions, walk.diverged_at, scale=scale)


def judge_path(
    surface: Surface, path: Array, diverged_at: int | None, *, scale: Yardstick | None = None
) -> Verdict:
    """Say what became of a walk of which only the positions are known.

    Args:
        surface: Where it took place.
        path: Positions, shape (n, dim).
        diverged_at: The step that diverged, if one did.
        scale: From ``yardstick``; measured here when left out.

    Returns:
        The verdict.
    """
    scale = scale or yardstick(surface)
    with np.errstate(all="ignore"):
        slope, bend = surface.gradient(path[-1]), surface.hessian(path[-1])
    usable = np.isfinite(bend).all()
    eigenvalues, axes = np.linalg.eigh(bend if usable else np.zeros_like(bend))

    tail = path[-_tail_steps(len(path)) :]
    hops = np.sqrt(((tail[1:] - tail[:-1]) ** 2).sum(axis=1))
    numbers = {
        "gradient_norm": float(np.sqrt(slope @ slope)),
        "eigenvalues": eigenvalues,
        "newton_distance": _newton_distance(slope, eigenvalues, axes, scale),
        "tail_length": float(hops.sum()),
        "tail_displacement": float(np.sqrt(((tail[-1] - tail[0]) ** 2).sum())),
        "minimum_index": None,
    }
    if diverged_at is not None:
        return Verdict("diverged", f"It diverged at step {diverged_at:,}.", **numbers)

    moving = _judge_motion(surface, tail, hops, numbers, scale)
    if moving is not None:
        return Verdict(*moving, **numbers)
    if numbers["newton_distance"] <= ARRIVED * scale.length:
        return _judge_rest(surface, path[-1], numbers, scale)
    return Verdict(*_judge_slow(hops, numbers, scale), **numbers)


def _tail_steps(n_positions: int) -> int:
    """Look at the last fifth of the walk, at least 10 and at most 100 steps."""
    return 1 + min(max(10, n_positions // 5), 100)


def _newton_distance(slope: Array, eigenvalues: Array, axes: Array, scale: Yardstick) -> float:
    """Measure how far the nearest point without slope seems to be.

    Along an axis of the curvature that is slope / curvature. Where both are next to nothing the
    distance is 0: without any slope one is already there.
    """
    along = np.abs(axes.T @ slope)
    is_level = along * scale.length <= LEVEL_SLOPE * scale.height
    with np.errstate(divide="ignore", invalid="ignore"):
        distances = np.where(is_level, 0.0, along / np.abs(eigenvalues))
    return float(np.sqrt((distances**2).sum()))


def _judge_motion(
    surface: Surface, tail: Array, hops: Array, numbers: dict, scale: Yardstick
) -> tuple[str, str] | None:
    """Decide whether the last steps were still going somewhere, or to and fro."""
    length, displacement = numbers["tail_length"], numbers["tail_displacement"]
    low, high = np.array(surface.window).T
    outside = np.maximum(np.maximum(low - tail[-1], tail[-1] - high), 0).max()
    if outside > 10 * scale.length:
        return "diverged", f"It left the window by {outside:.3g} and is not coming back."
    if length <= MOVING * scale.length:
        return None

    # Two thirds of an honest path is progress; to and fro cancels out.
    n_last = max(len(hops) // 4, 1)
    is_fading = hops[-n_last:].mean() < 0.5 * hops[:n_last].mean()
    if displacement < 0.5 * length and not is_fading:
        return (
            "oscillating",
            f"The last {len(hops)} steps covered {length:.3g} but ended only "
            f"{displacement:.3g} from where they began.",
        )
    if is_fading and numbers["newton_distance"] <= ARRIVED * scale.length:
        return None  # the tail holds the arrival itself
    return (
        "still moving",
        f"The last {len(hops)} steps covered {length:.3g}; the slope is "
        f"{numbers['gradient_norm']:.3g}.",
    )


def _judge_rest(surface: Surface, point: Array, numbers: dict, scale: Yardstick) -> Verdict:
    """Tell the kinds of level points apart by the curvature, or by looking around."""
    eigenvalues = numbers["eigenvalues"]
    shown = " and ".join(f"{value:.3g}" for value in eigenvalues)
    where = f"The slope is {numbers['gradient_norm']:.2g} and the curvature {shown}"

    tolerance = LEVEL_BEND * scale.height / scale.length**2
    if (eigenvalues > tolerance).all():
        distances = [np.linalg.norm(point - minimum) for minimum in surface.minima]
        nearest = int(np.argmin(distances)) if distances else None
        if nearest is not None and distances[nearest] > NEAR * scale.length:
            nearest = None
        place = "a minimum" if nearest is None else f"minimum {nearest + 1}"
        return Verdict(
            "minimum",
            f"{where}: upward every way, {place}.",
            **numbers | {"minimum_index": nearest},
        )
    if (eigenvalues < -tolerance).all():
        return Verdict("maximum", f"{where}: downward every way.", **numbers)
    if (eigenvalues < -tolerance).any():
        return Verdict("saddle", f"{where}: there is a way down.", **numbers)

    # Zero curvature decides nothing: measure a small circle round the point.
    ring = point + PROBE * scale.length * _directions(surface.dim)
    rise = surface.value(ring) - surface.value(point)
    level = LEVEL_RISE * scale.height
    where += (
        f"; {PROBE * scale.length:.2g} away the height changes by {rise.min():.2g} at the least"
    )
    if rise.min() < -level:
        return Verdict("saddle", f"{where}: there is a way down.", **numbers)
    if rise.min() > level:
        near = [np.linalg.norm(point - m) <= NEAR * scale.length for m in surface.minima]
        numbers["minimum_index"] = near.index(True) if True in near else None
        return Verdict("minimum", f"{where}: upward every way.", **numbers)
    return Verdict("plateau", f"{where}: level ground.", **numbers)


def _judge_slow(hops: Array, numbers: dict, scale: Yardstick) -> tuple[str, str]:
    """Explain a walk that hardly moves though the slope is not zero nearby."""
    norm, bend = numbers["gradient_norm"], np.abs(numbers["eigenvalues"]).max()
    is_flat = (
        norm * scale.length <= FLAT_SLOPE * scale.height
        and bend * scale.length**2 <= FLAT_BEND * scale.height
    )
    if is_flat:
        return (
            "plateau",
            f"The slope is only {norm:.2g} and the curvature {bend:.2g}, but the nearest point "
            f"without slope is {_far(numbers['newton_distance'], scale)} away.",
        )
    if len(hops) == 0 or hops.max() <= 1e-9 * scale.length:
        return "stalled", f"It no longer moves, although the slope is still {norm:.3g}."
    return (
        "still moving",
        f"The slope is {norm:.3g}, and the nearest point without slope about "
        f"{_far(numbers['newton_distance'], scale)} away: the steps are small.",
    )


def _far(distance: float, scale: Yardstick) -> str:
    return f"{distance:.2g}" if distance < scale.length else "farther than the window"


def _directions(dim: int) -> Array:
    """Point all round: both ways in one dimension, 64 ways in two."""
    if dim == 1:
        return np.array([[-1.0], [1.0]])
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)

"""A whole race in a small parcel, so that a browser can play it without asking again.

Numbers travel as float32, little-endian, base64: four bytes each instead of the dozen or more
that decimal text takes. Only what a step was given travels: position, slope, learning rate. The
rule travels once, as small trees, and the browser works out every term from it.
"""

import base64
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
from numpy.typing import ArrayLike

from core.foundations import formulas, optimizers
from core.foundations.descent import Descent
from core.foundations.formulas import Expression, Number, Variable
from core.foundations.momentum_rules import Array
from core.foundations.optimizers import Optimizer
from core.foundations.surfaces import Surface, SurfaceGrid
from core.foundations.verdict import Verdict


def pack(
    surface: Surface, walks: Mapping[str, Descent], verdicts: Mapping[str, Verdict]
) -> dict[str, object]:
    """Pack a race for the browser.

    Args:
        surface: Where it took place.
        walks: One walk per racer.
        verdicts: The judgement on each walk.

    Returns:
        A mapping that JSON can hold. ``racers`` has one entry per walk: ``shape`` is the number
        of positions and of coordinates; ``positions``, ``losses``, ``heights`` (the same above
        ``floor``, the lowest height known), ``gradients`` and ``rates`` are base64 of float32,
        one row per position or step. ``rule`` is from ``pack_rule``; ``given`` has the terms that
        no formula of the rule computes.

    Example:
        >>> from core.foundations import classic_surfaces, descent, optimizers, verdict
        >>> surface = classic_surfaces.parabola()
        >>> walk = descent.descend(surface, [2.0], optimizers.make("momentum"), n_steps=2)
        >>> parcel = pack(surface, {"m": walk}, {"m": verdict.judge(surface, walk)})
        >>> unpack(parcel["racers"][0]["losses"]).round(3).tolist()
        [2.0, 1.921, 1.776]
    """
    floor = lowest(surface, walks)
    return {
        "surface": surface.name,
        "floor": floor,
        "window": [list(pair) for pair in surface.window],
        "minima": [list(point) for point in surface.minima],
        "racers": [
            {
                "name": name,
                "title": walk.optimizer.title,
                "shape": list(walk.positions.shape),
                "diverged_at": walk.diverged_at,
                "verdict": verdicts[name].kind,
                "reason": verdicts[name].reason,
                "positions": encode(walk.positions),
                "losses": encode(walk.losses),
                "heights": encode(walk.losses - floor),
                "gradients": encode(walk.gradients),
                "rates": encode(walk.rates),
                "rule": pack_rule(walk.optimizer),
                "given": {term: encode(walk.series(term)) for term in _given(walk.optimizer)},
            }
            for name, walk in walks.items()
        ],
    }


def lowest(surface: Surface, walks: Mapping[str, Descent]) -> float:
    """Find the lowest height that is known: at a minimum, or seen by a walk that stayed inside.

    Example:
        >>> from core.foundations import classic_surfaces
        >>> lowest(classic_surfaces.parabola(), {})
        0.0
    """
    heights = [float(surface.value(minimum)) for minimum in surface.minima]
    low, high = np.array(surface.window).T
    for walk in walks.values():
        inside = ((walk.positions >= low) & (walk.positions <= high)).all(axis=1)
        heights.append(float(walk.losses[inside].min()))
    return min(heights)


def pack_rule(optimizer: Optimizer) -> dict[str, object]:
    """Pack an update rule: its settings, its memory and one tree per formula.

    A tree is a number, a name, or a list of an operation and its trees.

    Example:
        >>> pack_rule(optimizers.make("gradient_descent"))["lines"]
        [['step', ['*', ['negate', 'rate'], 'gradient']]]
    """
    return {
        "settings": asdict(optimizer),
        "memory": list(optimizer.memory),
        "lines": [[term, _tree(tree)] for term, tree in optimizers.trees(type(optimizer)).items()],
    }


def _tree(part: Expression) -> float | str | list:
    if isinstance(part, Number):
        return part.value
    if isinstance(part, Variable):
        return part.name
    return [part.name, *[_tree(inner) for inner in part.inputs]]


def _given(optimizer: Optimizer) -> list[str]:
    """Name the terms that the formulas read and nothing computes, such as Newton's step."""
    trees = optimizers.trees(type(optimizer))
    read = set().union(*(formulas.variables_of(tree) for tree in trees.values()))
    known = {"gradient", "position", "rate", "t", *trees, *asdict(optimizer)}
    return sorted(name for name in read - known if not name.endswith("_before"))


def pack_grid(grid: SurfaceGrid) -> dict[str, object]:
    """Pack the heights of a surface; NaN stays NaN.

    Example:
        >>> from core.foundations import surfaces
        >>> pack_grid(surfaces.sample(surfaces.bowl(), resolution=5))["shape"]
        [5, 5]
    """
    return {
        "shape": list(grid.heights.shape),
        "axes": [[float(axis[0]), float(axis[-1])] for axis in grid.axes],
        "heights": encode(grid.heights),
    }


def encode(numbers: ArrayLike) -> str:
    """Write numbers as base64 of little-endian float32.

    Example:
        >>> encode([1.0])
        'AACAPw=='
    """
    # What float32 cannot hold becomes its largest number, so that a picture stays drawable.
    limit = float(np.finfo(np.float32).max)
    small = np.clip(np.asarray(numbers, dtype=np.float64), -limit, limit).astype("<f4")
    return base64.b64encode(small.tobytes()).decode("ascii")


def unpack(text: str) -> Array:
    """Read numbers back, as a flat array.

    Example:
        >>> unpack("AACAPw==").tolist()
        [1.0]
    """
    return np.frombuffer(base64.b64decode(text), dtype="<f4").astype(np.float64)

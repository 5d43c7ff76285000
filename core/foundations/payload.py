"""A whole race in a small parcel, so that a browser can play it without asking again.

Numbers travel as float32, little-endian, base64: four bytes each instead of the dozen or more
that decimal text takes.
"""

import base64
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from core.foundations import optimizers
from core.foundations.descent import Descent
from core.foundations.momentum_rules import Array
from core.foundations.surfaces import Surface, SurfaceGrid
from core.foundations.verdict import Verdict

# What the picture shows as an object of its own, beside the slope and the step.
DRAWN = ("velocity", "momentum", "square_sum", "square", "step_square")


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
        of positions and of coordinates; ``positions``, ``losses``, ``gradients``, ``steps`` and
        each of ``terms`` are base64 of float32, one row per position or step.

    Example:
        >>> from core.foundations import classic_surfaces, descent, optimizers, verdict
        >>> surface = classic_surfaces.parabola()
        >>> walk = descent.descend(surface, [2.0], optimizers.make("momentum"), n_steps=2)
        >>> parcel = pack(surface, {"m": walk}, {"m": verdict.judge(surface, walk)})
        >>> unpack(parcel["racers"][0]["losses"]).round(3).tolist()
        [2.0, 1.921, 1.776]
    """
    return {
        "surface": surface.name,
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
                "gradients": encode(walk.gradients),
                "rates": encode(walk.rates),
                "steps": encode(walk.series("step")),
                "terms": {
                    term: encode(walk.series(term))
                    for term in walk.optimizer.memory
                    if term in DRAWN
                },
                "symbols": {
                    term: optimizers.SYMBOLS[term]
                    for term in ("gradient", "step", *walk.optimizer.memory)
                },
            }
            for name, walk in walks.items()
        ],
    }


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

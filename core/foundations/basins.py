"""Basins of attraction: which minimum each start ends in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.foundations import swarms
from core.foundations.momentum_rules import Array
from core.foundations.optimizers import Optimizer
from core.foundations.surfaces import Surface

NOWHERE = -1
DIVERGED = -2


@dataclass(frozen=True, eq=False)
class Basins:
    """A map of starts, coloured by where they end."""

    axes: tuple[Array, ...]
    """Grid lines of the starts, one array per coordinate."""

    labels: NDArray[np.int8]
    """Index of the minimum; -1 not near any, -2 diverged. Row = y, column = x."""

    shares: Array
    """Share of the starts that end in each minimum, shape (n_minima,)."""

    nowhere: float
    """Share that is near no minimum after the last step."""

    diverged: float
    """Share that diverged."""


def basins(
    surface: Surface,
    optimizer: Optimizer,
    *,
    resolution: int = 100,
    n_steps: int = 300,
    near: float = 0.02,
) -> Basins:
    """Start from every point of a grid and see which minimum each walk reaches.

    Args:
        surface: Where to walk; its known minima are the labels.
        optimizer: The update rule.
        resolution: Starts per coordinate, 2 to 200.
        n_steps: Steps of each walk.
        near: A walk has reached a minimum within this share of the window's diagonal.

    Returns:
        The map.

    Raises:
        ValueError: If the surface has no known minimum, or ``resolution`` is outside its range.

    Example:
        >>> from core.foundations import classic_surfaces, optimizers
        >>> chart = basins(classic_surfaces.double_well(),
        ...     optimizers.make("gradient_descent"), resolution=4)
        >>> chart.labels.tolist()
        [0, 0, 1, 1]
    """
    if not surface.minima:
        raise ValueError(f"{surface.title} has no known minimum to end in")
    if not 2 <= resolution <= 200:
        raise ValueError(f"resolution must be 2 to 200, got {resolution}")

    axes = tuple(np.linspace(low, high, resolution) for low, high in surface.window)
    starts = np.stack(np.meshgrid(*axes), axis=-1)
    ends = swarms.swarm(surface, starts.reshape(-1, surface.dim), optimizer, n_steps=n_steps)

    minima = np.array(surface.minima)
    labels = np.full(len(ends.positions), NOWHERE, dtype=np.int8)
    closest = np.full(len(labels), near * surface.diagonal)
    for index, minimum in enumerate(minima):
        distance = np.linalg.norm(ends.positions - minimum, axis=1)
        labels[distance < closest] = index
        closest = np.minimum(closest, distance)
    labels[ends.diverged_at > 0] = DIVERGED

    return Basins(
        axes=axes,
        labels=labels.reshape(starts.shape[:-1]),
        shares=np.array([(labels == index).mean() for index in range(len(minima))]),
        nowhere=float((labels == NOWHERE).mean()),
        diverged=float((labels == DIVERGED).mean()),
    )

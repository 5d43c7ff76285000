"""Small pictures of what a network says over the plane, as pixels."""

import numpy as np
from numpy.typing import NDArray

from components.charts import palette
from core.networks import mlp
from core.networks.architecture import featurize
from core.networks.recording import Recording

SIDE = 120
"""Pixels along each side."""

_DOT = 2


def output_map(trained: Recording) -> NDArray[np.uint8]:
    """Paint the output of a network at the end of its training, with the points on it.

    Args:
        trained: The training.

    Returns:
        Red, green, blue and opacity, shape (SIDE, SIDE, 4), the largest y on top. Blue is above
        the middle of the answers, vermilion below; where the output is no number it is grey.
    """
    (left, right), (low, high) = trained.dataset.window
    x, y = np.meshgrid(np.linspace(left, right, SIDE), np.linspace(high, low, SIDE))
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    network = trained.setup.network
    with np.errstate(all="ignore"):
        said = mlp.forward(network, trained.weights[-1], featurize(points, network.features))
    picture = _painted(_levels(said.predictions, trained)).reshape(SIDE, SIDE, 4)
    inks = _painted(np.sign(_levels(trained.dataset.targets, trained) + 1e-9))
    across = np.rint((trained.dataset.points[:, 0] - left) / (right - left) * (SIDE - 1))
    down = np.rint((high - trained.dataset.points[:, 1]) / (high - low) * (SIDE - 1))
    few = len(inks) <= 20  # a rim around each of many points would hide the map
    for column, row, ink in zip(across.astype(int), down.astype(int), inks, strict=True):
        if few:
            _dot(picture, row, column, np.array([255, 255, 255, 255]), _DOT + 1)
        _dot(picture, row, column, ink, _DOT if few else 1)
    return picture


def _levels(answers: NDArray[np.float64], trained: Recording) -> NDArray[np.float64]:
    """Bring answers to −1 to 1 around the middle of the classes, or around 0."""
    if trained.dataset.task == "classification":
        return 2 * answers - 1
    return np.clip(answers / max(float(np.abs(trained.dataset.targets).max()), 1e-12), -1, 1)


def _painted(levels: NDArray[np.float64]) -> NDArray[np.uint8]:
    painted = np.empty((len(levels), 4), dtype=np.uint8)
    painted[:, :3] = np.where(
        (levels >= 0)[:, None], _rgb(palette.POSITIVE), _rgb(palette.NEGATIVE)
    )
    painted[:, 3] = np.nan_to_num(235 * np.abs(levels))
    painted[~np.isfinite(levels)] = [*_rgb(palette.BEFORE), 190]
    return painted


def _rgb(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _dot(
    picture: NDArray[np.uint8], row: int, column: int, ink: NDArray[np.int64], reach: int
) -> None:
    rows = slice(max(row - reach, 0), max(row + reach + 1, 0))
    columns = slice(max(column - reach, 0), max(column + reach + 1, 0))
    picture[rows, columns] = [*ink[:3], 255]

"""What a hidden layer learned: where it moves the points, and the plane they came from."""

from dataclasses import dataclass

import numpy as np

from core.networks import mlp
from core.networks.activations import Array
from core.networks.architecture import Network, featurize, layers, neuron_names
from core.networks.datasets import Dataset

N_LINES = 13
"""Lines of the grid in each direction."""

N_STOPS = 41
"""Points along each line."""

Segment = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, eq=False)
class HiddenSpace:
    """The points as a hidden layer sees them."""

    layer: int
    """From 1."""

    axes: tuple[str, str]
    """What the two coordinates are."""

    positions: Array
    """Where each example went, shape (n, 2)."""

    grid: Array
    """The straight grid of the input plane, moved along, shape (2 · N_LINES, N_STOPS, 2)."""

    line: Segment | None
    """Where the output is undecided: p = 0.5, or 0 for a number. Only for the last hidden layer,
    and None if it lies outside the picture."""

    exact: bool
    """Whether the line is the whole truth: a point is on the side of its answer here if and only
    if it is in the network. Not so for a wide layer that others follow."""

    explained: float
    """Share of the variance of the outputs that the picture holds."""

    directions: Array
    """position = (outputs − offset) @ directions.T, shape (2, width)."""

    offset: Array
    """Shape (width,)."""


def hidden_space(
    network: Network, weights: Array, dataset: Dataset, *, layer: int | None = None
) -> HiddenSpace:
    """See the examples, and the grid of the input plane, as a hidden layer moves them.

    Args:
        network: Its layers.
        weights: Shape (n_parameters,).
        dataset: The examples.
        layer: Which hidden layer, from 1; None is the last.

    Returns:
        The picture.

    Raises:
        ValueError: If there is no such hidden layer.

    Example:
        >>> from core.networks import datasets
        >>> data = datasets.make(datasets.DataSettings("xor"))
        >>> seen = hidden_space(Network(), mlp.init(Network(), "normal", seed=1), data)
        >>> seen.axes, seen.exact, seen.positions.shape
        (('h1', 'h2'), True, (4, 2))
    """
    depth = len(network.hidden) if layer is None else layer
    if not 1 <= depth <= len(network.hidden):
        raise ValueError(
            f"the network has {len(network.hidden)} hidden layers; there is no {depth}"
        )
    names = neuron_names(network)[depth]
    outputs = _outputs(network, weights, dataset.points, depth)
    grid = _outputs(network, weights, _input_grid(dataset).reshape(-1, 2), depth)

    is_last = depth == len(network.hidden)
    reading, bias = (part.ravel() for part in layers(network, weights)[-1])
    offset, directions, axes = _view(outputs, names, reading if is_last else None)
    positions = (outputs - offset) @ directions.T
    moved = ((grid - offset) @ directions.T).reshape(2 * N_LINES, N_STOPS, 2)
    line = None
    if is_last:
        undecided = float(offset @ reading + bias[0])
        shown = np.concatenate([positions, moved.reshape(-1, 2)])
        line = _clip(directions @ reading, undecided, shown)
    total = float(((outputs - outputs.mean(axis=0)) ** 2).sum())
    held = float(((positions - positions.mean(axis=0)) ** 2).sum())
    return HiddenSpace(
        layer=depth,
        axes=axes,
        positions=positions,
        grid=moved,
        line=line,
        exact=is_last or len(names) <= 2,
        explained=min(held / total, 1.0) if total > 0 else 1.0,
        directions=directions,
        offset=offset,
    )


def _outputs(network: Network, weights: Array, points: Array, depth: int) -> Array:
    with np.errstate(all="ignore"):
        seen = mlp.forward(network, weights, featurize(points, network.features))
    return np.nan_to_num(seen.outputs[depth])


def _input_grid(dataset: Dataset) -> Array:
    """Draw straight lines over the window, shape (2 · N_LINES, N_STOPS, 2)."""
    (left, right), (low, high) = dataset.window
    across, along = np.linspace(left, right, N_LINES), np.linspace(left, right, N_STOPS)
    up, upward = np.linspace(low, high, N_LINES), np.linspace(low, high, N_STOPS)
    upright = np.stack(np.broadcast_arrays(across[:, None], upward), axis=-1)
    level = np.stack(np.broadcast_arrays(along, up[:, None]), axis=-1)
    return np.concatenate([upright, level])


def _view(
    outputs: Array, names: list[str], reading: Array | None
) -> tuple[Array, Array, tuple[str, str]]:
    """Choose what is shown of a layer: an offset, two directions and their names.

    Two neurons are shown as they are. Of a wider layer, ``reading``, the weights with which the
    output reads it, goes to the right, so that the border stands upright and nothing that matters
    for the answer is lost; upwards goes what differs most of the rest.
    """
    width = outputs.shape[1]
    if width <= 2:
        return np.zeros(width), np.eye(2, width), (names[0], (*names, "")[1])
    middle = outputs.mean(axis=0)
    around = outputs - middle
    if reading is None or not np.linalg.norm(reading) > 0:
        main = np.linalg.svd(around, full_matrices=True)[2]
        return middle, main[:2], ("main direction", "second direction")
    right = reading / np.linalg.norm(reading)
    rest = around - np.outer(around @ right, right)
    up = np.linalg.svd(rest, full_matrices=False)[2][0]
    up = up - (up @ right) * right
    length = np.linalg.norm(up)
    up = up / length if length > 1e-9 else np.zeros(width)
    return middle, np.stack([right, up]), ("what the output reads", "what else differs most")


def _clip(normal: Array, offset: float, shown: Array) -> Segment | None:
    """Cut the line normal · position + offset = 0 to the frame of what is shown."""
    low, high = shown.min(axis=0), shown.max(axis=0)
    margin = 0.05 * np.maximum(high - low, 1e-3)
    low, high = low - margin, high + margin
    ends = []
    for at, other in ((0, 1), (1, 0)):
        if normal[other] == 0:
            continue
        for edge in (low[at], high[at]):
            crossing = -(offset + normal[at] * edge) / normal[other]
            if low[other] <= crossing <= high[other]:
                end = (edge, crossing) if at == 0 else (crossing, edge)
                ends.append((float(end[0]), float(end[1])))
    return (ends[0], ends[-1]) if len(ends) >= 2 else None

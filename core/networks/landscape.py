"""The loss as a landscape over two directions in the space of all weights, and the path on it."""

from dataclasses import dataclass

import numpy as np

from core.networks import mlp
from core.networks.activations import Array
from core.networks.architecture import Network, featurize, layers, parameter_names
from core.networks.recording import Recording

RESOLUTION = 41
_AT_ONCE = 10_000
"""Examples times networks per batch, which bounds the memory."""


@dataclass(frozen=True, eq=False)
class LossPlane:
    """Losses on a plane through the space of weights; F frames of the path."""

    labels: tuple[str, str]
    """What the two axes are."""

    first_axis: Array
    """Shape (n,)."""

    second_axis: Array
    """Shape (n,)."""

    losses: Array
    """Mean loss of the training examples, shape (n, n), by [second][first]; may be infinite."""

    path: Array
    """The frames of the training in the coordinates of the plane, shape (F, 2)."""

    path_losses: Array
    """Their true losses, shape (F,)."""

    off_plane: Array
    """How far each frame is from the plane, shape (F,): its loss is not the one drawn there."""

    center: tuple[float, float]
    """Where the plane touches the chosen frame."""


def through_weights(
    recording: Recording,
    first: int,
    second: int,
    *,
    frame: int = -1,
    resolution: int = RESOLUTION,
) -> LossPlane:
    """Change two weights and leave all others as they are at one moment of the training.

    Args:
        recording: The training.
        first: Place of one weight in the vector.
        second: Place of another.
        frame: The moment; −1 is the end.
        resolution: Points along each side.

    Returns:
        The plane; its axes are the values of the two weights.

    Raises:
        ValueError: If the two are the same, or there is no such weight.

    Example:
        >>> from core.networks import recording
        >>> from core.networks.architecture import Training
        >>> run = recording.record(recording.Setup(training=Training(n_epochs=5)))
        >>> through_weights(run, 0, 2, resolution=5).losses.shape
        (5, 5)
    """
    n_parameters = recording.setup.network.n_parameters
    if first == second or not (0 <= first < n_parameters and 0 <= second < n_parameters):
        raise ValueError(f"choose two different weights of {n_parameters}, got {first}, {second}")
    directions = np.zeros((2, n_parameters))
    directions[0, first] = directions[1, second] = 1
    names = parameter_names(recording.setup.network)
    origin = recording.weights[frame].copy()
    origin[[first, second]] = 0  # so that the coordinates are the weights themselves
    return _plane(
        recording, origin, directions, (names[first], names[second]), frame, 3.0, resolution
    )


def through_directions(
    recording: Recording, seed: int = 0, *, frame: int = -1, resolution: int = RESOLUTION
) -> LossPlane:
    """Go in two random directions from one moment of the training.

    Args:
        recording: The training.
        seed: Decides the directions.
        frame: The moment; −1 is the end.
        resolution: Points along each side.

    Returns:
        The plane. Each neuron's part of a direction is made as long as its weights, so that 1
        means the same change for every neuron.

    Source:
        Li et al. (2018), Visualizing the loss landscape of neural nets, section 4.
    """
    network, center = recording.setup.network, recording.weights[frame]
    draws = np.random.default_rng(seed).standard_normal((2, network.n_parameters))
    directions = _as_long_as(network, draws, center)
    labels = ("first random direction", "second random direction")
    return _plane(recording, center, directions, labels, frame, 1.0, resolution)


def through_path(
    recording: Recording, *, frame: int = -1, resolution: int = RESOLUTION
) -> LossPlane:
    """Choose the plane in which most of the training happened.

    Args:
        recording: The training.
        frame: The moment that the plane goes through; −1 is the end.
        resolution: Points along each side.

    Returns:
        The plane; its axes are the two main directions of the path.

    Source:
        Li et al. (2018), section 7.
    """
    center = recording.weights[frame]
    directions = _main_directions(recording.weights - center)
    labels = ("main direction of the path", "second direction of the path")
    return _plane(recording, center, directions, labels, frame, 1.0, resolution)


def _main_directions(moved: Array) -> Array:
    """Find the two directions that hold most of the path ``moved``, shape (F, P); unit rows.

    From the small matrix of products between frames: hundreds of times cheaper than taking a wide
    path apart as a whole.
    """
    if len(moved) < 2 or not moved.any():
        return np.eye(2, moved.shape[1])
    main = np.linalg.eigh(moved @ moved.T)[1][:, :-3:-1].T @ moved
    lengths = np.linalg.norm(main, axis=1, keepdims=True)
    if lengths[1] <= 1e-7 * lengths[0]:  # a straight path has one direction only
        main[1] = _across(main[0])
        lengths[1] = np.linalg.norm(main[1])
    return main / lengths


def _across(direction: Array) -> Array:
    """Give some direction at right angles to another."""
    axis = np.eye(1, len(direction), int(np.abs(direction).argmin()))[0]
    return axis - (axis @ direction) / (direction @ direction) * direction


def _plane(
    recording: Recording,
    origin: Array,
    directions: Array,
    labels: tuple[str, str],
    frame: int,
    least_reach: float,
    resolution: int,
) -> LossPlane:
    """Lay a plane through ``origin`` that holds the whole path, and measure the loss on it."""
    moved = recording.weights - origin
    path = np.linalg.lstsq(directions.T, moved.T, rcond=None)[0].T
    off_plane = np.linalg.norm(moved - path @ directions, axis=1)
    first_axis, second_axis = (
        _axis(path[:, at], path[frame, at], least_reach, resolution) for at in (0, 1)
    )
    steps = np.stack(np.meshgrid(first_axis, second_axis), axis=-1)
    weights = origin + steps.reshape(-1, 2) @ directions
    losses = mean_losses(recording, weights)
    return LossPlane(
        labels=labels,
        first_axis=first_axis,
        second_axis=second_axis,
        losses=losses.reshape(resolution, resolution),
        path=path,
        path_losses=recording.train_losses,
        off_plane=off_plane,
        center=(float(path[frame, 0]), float(path[frame, 1])),
    )


def mean_losses(recording: Recording, weights: Array) -> Array:
    """Measure the mean training loss of many networks, penalties left out.

    Args:
        recording: Says what network, what loss and what examples.
        weights: Shape (n_networks, n_parameters).

    Returns:
        Shape (n_networks,).
    """
    network, loss = recording.setup.network, recording.setup.training.loss
    inputs = featurize(recording.dataset.train_points, network.features)
    targets = recording.dataset.train_targets
    at_once = max(1, _AT_ONCE // len(targets))
    found = []
    with np.errstate(all="ignore"):
        for at in range(0, len(weights), at_once):
            seen = mlp.forward(network, weights[at : at + at_once], inputs)
            found.append(mlp.losses(network, seen, targets, loss).mean(axis=-1))
    return np.concatenate(found)


def _axis(path: Array, center: float, least_reach: float, resolution: int) -> Array:
    """Cover the path with a margin, and at least ``least_reach`` around the centre."""
    low, high = float(path.min()), float(path.max())
    margin = 0.25 * (high - low)
    low = min(low - margin, center - least_reach)
    high = max(high + margin, center + least_reach)
    return np.linspace(low, high, resolution)


def _as_long_as(network: Network, directions: Array, center: Array) -> Array:
    """Give each neuron's part of a direction the length of its weights and bias."""
    scaled = directions.copy()
    own = layers(network, center)
    for (matrix, bias), (own_matrix, own_bias) in zip(layers(network, scaled), own, strict=True):
        length = np.sqrt((matrix**2).sum(axis=-2) + bias**2)
        wanted = np.sqrt((own_matrix**2).sum(axis=-2) + own_bias**2)
        factor = np.where(wanted > 0, wanted, 1) / np.maximum(length, 1e-12)
        matrix *= factor[:, None, :]
        bias *= factor
    return scaled

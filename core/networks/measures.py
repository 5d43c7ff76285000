"""How good a network is, measured on all examples, for many moments of a training at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.networks import mlp
from core.networks.activations import Array
from core.networks.architecture import Network, featurize, layers
from core.networks.datasets import Dataset

_AT_ONCE = 16
"""Moments per batch: more would only fill the memory."""


@dataclass(frozen=True)
class LossRow:
    """One example and how wrong the network is about it."""

    x: float
    y: float
    target: float
    prediction: float
    squared_error: float
    cross_entropy: float
    """NaN where the output is no sigmoid or the target no class."""

    correct: bool
    """For two classes: on the right side of 0.5. For numbers: within 0.1."""

    is_test: bool


def measure(network: Network, weights: Array, dataset: Dataset, loss: str) -> dict[str, Array]:
    """Measure every moment on all training and all test examples.

    Args:
        network: Its layers.
        weights: One row per moment, shape (F, n_parameters).
        dataset: The examples.
        loss: A key of LOSSES.

    Returns:
        ``train_losses``, ``test_losses``, ``train_accuracies``, ``test_accuracies``, shape (F,);
        NaN for tests without test examples. An accuracy of a regression is R². ``confusion`` and
        ``test_confusion``, shape (F, 2, 2), by actual and predicted class. ``gradient_norms`` of
        the training loss, shape (F, n_layers).

    Example:
        >>> from core.networks import datasets
        >>> found = measure(Network(), np.zeros((1, 9)), datasets.make(datasets.DataSettings()),
        ...     "cross_entropy")
        >>> found["train_losses"].round(3).tolist(), found["confusion"].tolist()
        ([0.693], [[[2, 0], [2, 0]]])
    """
    parts = [
        _measure_some(network, weights[at : at + _AT_ONCE], dataset, loss)
        for at in range(0, len(weights), _AT_ONCE)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _measure_some(
    network: Network, weights: Array, dataset: Dataset, loss: str
) -> dict[str, Array]:
    points, targets = dataset.train_points, dataset.train_targets
    seen = mlp.forward(network, weights, featurize(points, network.features))
    gradient = mlp.backward(network, weights, seen, targets, loss)
    found = {
        "train_losses": mlp.losses(network, seen, targets, loss).mean(axis=-1),
        "train_accuracies": accuracies(dataset.task, seen.predictions, targets),
        "confusion": confusion(dataset.task, seen.predictions, targets),
        "gradient_norms": layer_norms(network, gradient),
    }

    points, targets = dataset.test_points, dataset.test_targets
    seen = mlp.forward(network, weights, featurize(points, network.features))
    nothing = np.full(len(weights), np.nan)
    some = len(targets) > 0
    return found | {
        "test_losses": mlp.losses(network, seen, targets, loss).mean(axis=-1) if some else nothing,
        "test_accuracies": accuracies(dataset.task, seen.predictions, targets) if some else nothing,
        "test_confusion": confusion(dataset.task, seen.predictions, targets),
    }


def accuracies(task: str, predictions: Array, targets: Array) -> Array:
    """Share of examples that is right; for regression the share of the variance explained.

    Args:
        task: ``classification`` or ``regression``.
        predictions: Shape (..., n).
        targets: Shape (n,).

    Returns:
        Shape (...).

    Example:
        >>> accuracies("classification", np.array([0.2, 0.7]), np.array([0.0, 0.0])).item()
        0.5
    """
    if task == "classification":
        return ((predictions > 0.5) == (targets > 0.5)).mean(axis=-1)
    spread = ((targets - targets.mean()) ** 2).sum()
    return 1 - ((predictions - targets) ** 2).sum(axis=-1) / max(spread, 1e-12)


def confusion(task: str, predictions: Array, targets: Array) -> NDArray[np.int64]:
    """Count examples by actual and predicted class; zeros for regression.

    Args:
        task: ``classification`` or ``regression``.
        predictions: Shape (F, n).
        targets: Shape (n,).

    Returns:
        Shape (F, 2, 2), by [actual][predicted].

    Example:
        >>> confusion("classification", np.array([[0.2, 0.7]]), np.array([0.0, 0.0])).tolist()
        [[[1, 1], [0, 0]]]
    """
    counts = np.zeros((len(predictions), 2, 2), dtype=np.int64)
    if task == "classification":
        for actual in (0, 1):
            said = predictions[:, targets == actual] > 0.5
            counts[:, actual, 1] = said.sum(axis=1)
            counts[:, actual, 0] = said.shape[1] - counts[:, actual, 1]
    return counts


def loss_table(network: Network, weights: ArrayLike, dataset: Dataset) -> list[LossRow]:
    """Lay both losses of every example side by side.

    Args:
        network: Its layers.
        weights: Shape (n_parameters,).
        dataset: The examples.

    Returns:
        One row per example, in the order of the data.
    """
    weights = np.asarray(weights, dtype=np.float64)
    with np.errstate(all="ignore"):
        seen = mlp.forward(network, weights, featurize(dataset.points, network.features))
        squared = mlp.losses(network, seen, dataset.targets, "squared_error")
        entropy = np.full(len(squared), np.nan)
        if network.output == "sigmoid" and dataset.task == "classification":
            entropy = mlp.losses(network, seen, dataset.targets, "cross_entropy")
    off = np.abs(seen.predictions - dataset.targets)
    correct = off < (0.5 if dataset.task == "classification" else 0.1)
    columns = (
        dataset.points[:, 0],
        dataset.points[:, 1],
        dataset.targets,
        seen.predictions,
        squared,
        entropy,
        correct,
        dataset.is_test,
    )
    return [LossRow(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def layer_norms(network: Network, gradient: Array) -> Array:
    """Length of the gradient, layer by layer.

    Args:
        network: Its layers.
        gradient: Shape (..., n_parameters).

    Returns:
        Shape (..., n_layers).

    Example:
        >>> layer_norms(Network(hidden=(), activations=()), np.array([3.0, 0.0, 4.0])).tolist()
        [5.0]
    """
    squares = [
        (matrix**2).sum(axis=(-1, -2)) + (bias**2).sum(axis=-1)
        for matrix, bias in layers(network, gradient)
    ]
    return np.sqrt(np.stack(squares, axis=-1))

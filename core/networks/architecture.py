"""What a network is before it has learned anything: its inputs, layers, names and settings.

All weights and biases live in one long vector, layer after layer: first a layer's matrix, row by
row (row = where a link comes from, column = the neuron it goes to), then its biases. So a
network's whole state is one row of numbers, and so is its gradient.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.foundations import optimizers
from core.networks.activations import ACTIVATIONS, Array

LOSSES = {"cross_entropy": "Binary cross-entropy", "squared_error": "Squared error"}
RULES = tuple(name for name in optimizers.OPTIMIZERS if name != "newton")
"""Optimisers that a network can use; Newton's would need every second derivative."""

FEATURES = {
    "x": ("x", lambda x, y: x),
    "y": ("y", lambda x, y: y),
    "x2": ("x²", lambda x, y: x * x),
    "y2": ("y²", lambda x, y: y * y),
    "xy": ("x·y", lambda x, y: x * y),
    "sin_x": ("sin x", lambda x, y: np.sin(x)),
    "sin_y": ("sin y", lambda x, y: np.sin(y)),
}
"""What a network may be given of a point: name, as it is written, how it is computed."""

MOST_LAYERS = 6
MOST_NEURONS = 16


@dataclass(frozen=True)
class Network:
    """Which inputs, which layers, which bends. It has one output neuron."""

    features: tuple[str, ...] = ("x", "y")
    """Keys of FEATURES."""

    hidden: tuple[int, ...] = (2,)
    """Neurons of each hidden layer; empty for none."""

    activations: tuple[str, ...] = ("sigmoid",)
    """Activation of each hidden layer, keys of ACTIVATIONS."""

    output: str = "sigmoid"
    """Activation of the output neuron: sigmoid for two classes, linear for a number."""

    def __post_init__(self) -> None:
        if not self.features or set(self.features) - set(FEATURES):
            raise ValueError(f"features must be among {', '.join(FEATURES)}, got {self.features}")
        if len(self.hidden) > MOST_LAYERS or any(
            not 1 <= width <= MOST_NEURONS for width in self.hidden
        ):
            raise ValueError(
                f"at most {MOST_LAYERS} hidden layers of 1 to {MOST_NEURONS} neurons, "
                f"got {self.hidden}"
            )
        if len(self.activations) != len(self.hidden):
            raise ValueError(
                f"{len(self.hidden)} hidden layers need as many activations, "
                f"got {len(self.activations)}"
            )
        if unknown := set(self.layer_activations) - set(ACTIVATIONS):
            raise ValueError(f"no activation is called {', '.join(sorted(unknown))}")

    @property
    def widths(self) -> tuple[int, ...]:
        """Numbers in each layer: features, hidden layers, the one output."""
        return (len(self.features), *self.hidden, 1)

    @property
    def layer_activations(self) -> tuple[str, ...]:
        """Activation of every layer, the output's last."""
        return (*self.activations, self.output)

    @property
    def n_parameters(self) -> int:
        """How many weights and biases there are."""
        return sum((n_in + 1) * n_out for n_in, n_out in _pairs(self))


@dataclass(frozen=True)
class Training:
    """How a network is trained."""

    loss: str = "cross_entropy"
    optimizer: str = "gradient_descent"
    settings: tuple[tuple[str, float], ...] = ()
    """The optimiser's own settings, such as (("momentum", 0.9),)."""

    learning_rate: float = 1.0
    schedule: str = "constant"
    """One of schedules.SCHEDULES; its factor changes once per epoch."""

    n_epochs: int = 500
    batch_size: int | None = None
    """Examples per step; None takes all of them."""

    l1: float = 0.0
    """Adds l1 · |w| of every weight to the loss; biases are spared."""

    l2: float = 0.0
    """Adds l2 / 2 · w² of every weight to the loss; biases are spared."""

    dropout: float = 0.0
    """Share of hidden neurons that are silenced at random in each step of training."""

    seed: int = 0
    """Decides the order of the examples and which neurons are silenced."""

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise ValueError(f"no loss is called {self.loss!r}; there are {', '.join(LOSSES)}")
        if self.optimizer not in RULES:
            raise ValueError(f"no optimiser for networks is called {self.optimizer!r}")
        if self.n_epochs < 1 or (self.batch_size is not None and self.batch_size < 1):
            raise ValueError("n_epochs and batch_size must be at least 1")
        if min(self.l1, self.l2) < 0 or not 0 <= self.dropout < 1:
            raise ValueError("l1 and l2 must be at least 0, and dropout from 0 to below 1")


def featurize(points: ArrayLike, features: Sequence[str] = ("x", "y")) -> Array:
    """Compute what the network is given of each point.

    Args:
        points: Shape (n_examples, 2).
        features: Keys of FEATURES.

    Returns:
        Shape (n_examples, n_features).

    Example:
        >>> featurize([[2.0, 3.0]], ("x", "xy")).tolist()
        [[2.0, 6.0]]
    """
    x, y = np.asarray(points, dtype=np.float64).reshape(-1, 2).T
    return np.stack([FEATURES[name][1](x, y) for name in features], axis=1)


def layers(network: Network, weights: Array) -> list[tuple[Array, Array]]:
    """Show the vector of weights as matrices and biases.

    Args:
        network: Its layers.
        weights: Shape (..., n_parameters).

    Returns:
        Per layer a matrix, shape (..., n_in, n_out), and biases, shape (..., n_out). They are
        views: changing them changes the vector.

    Raises:
        ValueError: If the vector has another length.

    Example:
        >>> (matrix, bias), = layers(Network(hidden=(), activations=()), np.array([1.0, 2.0, 3.0]))
        >>> matrix.tolist(), bias.tolist()
        ([[1.0], [2.0]], [3.0])
    """
    if weights.shape[-1] != network.n_parameters:
        raise ValueError(f"the network has {network.n_parameters} weights, got {weights.shape[-1]}")
    parts, at = [], 0
    for n_in, n_out in _pairs(network):
        matrix = weights[..., at : at + n_in * n_out]
        at += n_in * n_out
        parts.append(
            (matrix.reshape(*matrix.shape[:-1], n_in, n_out), weights[..., at : at + n_out])
        )
        at += n_out
    return parts


def weight_mask(network: Network) -> Array:
    """Mark the weights with 1 and the biases with 0, shape (n_parameters,).

    Example:
        >>> weight_mask(Network(hidden=(), activations=())).tolist()
        [1.0, 1.0, 0.0]
    """
    mask = np.ones(network.n_parameters)
    for _, bias in layers(network, mask):
        bias[:] = 0.0
    return mask


def neuron_names(network: Network) -> list[list[str]]:
    """Name the inputs and every neuron, layer by layer.

    Example:
        >>> neuron_names(Network())
        [['x', 'y'], ['h1', 'h2'], ['out']]
        >>> neuron_names(Network(hidden=(1, 1), activations=("tanh", "tanh")))[1:]
        [['h1.1'], ['h2.1'], ['out']]
    """
    several = len(network.hidden) > 1
    inputs = [FEATURES[name][0] for name in network.features]
    hidden = [
        [f"h{depth}.{at + 1}" if several else f"h{at + 1}" for at in range(width)]
        for depth, width in enumerate(network.hidden, start=1)
    ]
    return [inputs, *hidden, ["out"]]


def parameter_names(network: Network) -> list[str]:
    """Name every weight and bias, in the order of the vector.

    Example:
        >>> parameter_names(Network(hidden=(), activations=()))
        ['x → out', 'y → out', 'bias of out']
    """
    names = neuron_names(network)
    found = []
    for sources, neurons in itertools.pairwise(names):
        found += [f"{source} → {neuron}" for source in sources for neuron in neurons]
        found += [f"bias of {neuron}" for neuron in neurons]
    return found


def _pairs(network: Network) -> list[tuple[int, int]]:
    widths = network.widths
    return list(itertools.pairwise(widths))

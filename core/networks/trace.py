"""One example through the network and back, with every number on the way.

``mlp`` computes whole matrices at once. Here the same arithmetic is taken apart: each product,
each sum, each slope, each gradient, each new weight; and every gradient is checked against the
plainest definition there is, by moving its weight a little.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.networks import gradient_check, mlp, updates
from core.networks.activations import ACTIVATIONS, Array
from core.networks.architecture import (
    FEATURES,
    Network,
    Training,
    featurize,
    layers,
    neuron_names,
)
from core.networks.datasets import Dataset
from core.networks.gradient_check import Check

FLAT = 0.05
"""A squashing neuron is called saturated below this share of its steepest slope."""

_STEEPEST = {"sigmoid": 0.25, "tanh": 1.0}


@dataclass(frozen=True)
class Term:
    """One link into a neuron."""

    source: str
    value: float
    """What arrives."""

    weight: float
    product: float
    """value × weight, what the link adds to the sum."""

    gradient: float
    """δ of the neuron × value: how the loss changes with the weight."""

    index: int
    """Place of the weight in the vector of weights."""


@dataclass(frozen=True)
class Pull:
    """What one neuron of the next layer asks of this one."""

    target: str
    weight: float
    delta: float
    product: float
    """weight × δ of the target, its part of the error."""


@dataclass(frozen=True)
class Neuron:
    """One neuron, forward and backward."""

    layer: int
    """From 1; the last is the output's."""

    name: str
    activation: str
    inputs: tuple[Term, ...]
    bias: float
    bias_index: int
    total: float
    """z: the products and the bias, added."""

    output: float
    """a: the sum, bent."""

    slope: float
    """da/dz, how much the output follows the sum."""

    pulls: tuple[Pull, ...]
    """Empty for the output neuron, whose error comes from the loss."""

    error: float
    """dL/da. Of the output neuron with cross-entropy it can be infinite, while δ is not."""

    delta: float
    """dL/dz = error × slope; it is also the gradient of the bias."""

    flag: str
    """``saturated``, ``silent`` (a ReLU that is off for this example), ``dead`` (off for every
    example) or empty."""


@dataclass(frozen=True, eq=False)
class Walk:
    """One example, forward and backward."""

    network: Network
    training: Training
    weights: Array
    """Shape (n_parameters,)."""

    point: tuple[float, float]
    target: float
    inputs: tuple[tuple[str, float], ...]
    """What the network is given: label and value of each feature."""

    layers: tuple[tuple[Neuron, ...], ...]
    losses: dict[str, float]
    """Both losses of this example; cross-entropy is NaN for an output that is no sigmoid."""

    gradient: Array
    """Of this example's loss, penalties left out, shape (n_parameters,)."""

    checks: tuple[Check, ...]
    updates: tuple[updates.Update, ...]

    @property
    def prediction(self) -> float:
        """What the network says."""
        return self.layers[-1][0].output

    @property
    def loss(self) -> float:
        """The loss that is trained on."""
        return self.losses[self.training.loss]

    @property
    def all_agree(self) -> bool:
        """Whether every gradient that has a slope to compare with passed its check."""
        return all(check.agrees or check.at_kink for check in self.checks)


def walk(
    network: Network,
    weights: ArrayLike,
    point: tuple[float, float],
    target: float,
    training: Training,
    *,
    dataset: Dataset | None = None,
) -> Walk:
    """Send one example forward and its error backward, and keep every number.

    Args:
        network: Its layers.
        weights: Shape (n_parameters,).
        point: x and y.
        target: What should come out.
        training: Loss, optimiser, learning rate and penalties; the update is a first step on this
            one example, without dropout.
        dataset: Where the example is from; tells a dead ReLU from one that is off just here.

    Returns:
        Every intermediate number of forward pass, loss, backward pass, gradient check and update.

    Raises:
        ValueError: If there are too few or too many weights, one is not finite, or the loss does
            not fit the output.

    Example:
        >>> network = Network(features=("x",), hidden=(), activations=(), output="linear")
        >>> seen = walk(network, [2.0, 1.0], (3.0, 0.0), 6.0, Training("squared_error"))
        >>> (out,), = seen.layers
        >>> out.inputs[0].product, out.total, out.delta, out.inputs[0].gradient, seen.loss
        (6.0, 7.0, 1.0, 3.0, 0.5)
    """
    weights = np.asarray(weights, dtype=np.float64)
    if not np.isfinite(weights).all():
        raise ValueError("a weight is not a finite number")
    inputs = featurize([point], network.features)
    targets = np.array([float(target)])

    with np.errstate(all="ignore"):
        seen = mlp.forward(network, weights, inputs)
        gradient = mlp.backward(network, weights, seen, targets, training.loss)
        scene = _Scene(
            network=network,
            names=neuron_names(network),
            parts=layers(network, weights),
            gradients=layers(network, gradient),
            seen=seen,
            target=float(target),
            loss=training.loss,
            silent=_always_silent(network, weights, dataset),
        )
        return Walk(
            network=network,
            training=training,
            weights=weights,
            point=(float(point[0]), float(point[1])),
            target=float(target),
            inputs=tuple(
                (FEATURES[name][0], float(value))
                for name, value in zip(network.features, inputs[0], strict=True)
            ),
            layers=_neurons(scene),
            losses=_both_losses(network, seen, targets),
            gradient=gradient,
            checks=gradient_check.check(network, weights, inputs, targets, gradient, training.loss),
            updates=updates.first_updates(network, weights, gradient, training),
        )


def _both_losses(network: Network, seen: mlp.Pass, targets: Array) -> dict[str, float]:
    found = {"squared_error": float(mlp.losses(network, seen, targets, "squared_error")[0])}
    entropy = float("nan")
    if network.output == "sigmoid" and 0 <= targets[0] <= 1:
        entropy = float(mlp.losses(network, seen, targets, "cross_entropy")[0])
    return found | {"cross_entropy": entropy}


@dataclass(frozen=True, eq=False)
class _Scene:
    """What all neurons of a walk are read from."""

    network: Network
    names: list[list[str]]
    parts: list[tuple[Array, Array]]
    gradients: list[tuple[Array, Array]]
    seen: mlp.Pass
    target: float
    loss: str
    silent: list[Array]


def _neurons(scene: _Scene) -> tuple[tuple[Neuron, ...], ...]:
    """Take the matrices apart, layer by layer."""
    found, at = [], 0
    for depth, (matrix, _) in enumerate(scene.parts):
        n_in, n_out = matrix.shape
        found.append(tuple(_neuron(scene, depth, to, at) for to in range(n_out)))
        at += (n_in + 1) * n_out
    return tuple(found)


def _neuron(scene: _Scene, depth: int, to: int, at: int) -> Neuron:
    """Read one neuron; its layer's numbers begin at place ``at`` of the vector of weights."""
    n_in, n_out = scene.parts[depth][0].shape
    activation = scene.network.layer_activations[depth]
    z, a = scene.seen.totals[depth][0, to], scene.seen.outputs[depth + 1][0, to]
    slope = float(ACTIVATIONS[activation].slope(z, a))
    pulls = _pulls(scene, depth, to)
    return Neuron(
        layer=depth + 1,
        name=scene.names[depth + 1][to],
        activation=activation,
        inputs=_terms(scene, depth, to, at),
        bias=float(scene.parts[depth][1][to]),
        bias_index=at + n_in * n_out + to,
        total=float(z),
        output=float(a),
        slope=slope,
        pulls=pulls,
        error=sum(pull.product for pull in pulls)
        if pulls
        else _output_error(float(a), scene.target, scene.loss),
        delta=float(scene.gradients[depth][1][to]),  # δ is the gradient of the bias
        flag=_flag(activation, slope, bool(scene.silent[depth][to])),
    )


def _terms(scene: _Scene, depth: int, to: int, at: int) -> tuple[Term, ...]:
    matrix, gradient = scene.parts[depth][0], scene.gradients[depth][0]
    arriving = scene.seen.outputs[depth][0]
    return tuple(
        Term(
            source=scene.names[depth][source],
            value=float(arriving[source]),
            weight=float(matrix[source, to]),
            product=float(arriving[source] * matrix[source, to]),
            gradient=float(gradient[source, to]),
            index=at + source * matrix.shape[1] + to,
        )
        for source in range(len(matrix))
    )


def _pulls(scene: _Scene, depth: int, source: int) -> tuple[Pull, ...]:
    if depth + 1 == len(scene.parts):
        return ()
    weights, deltas = scene.parts[depth + 1][0][source], scene.gradients[depth + 1][1]
    return tuple(
        Pull(target=name, weight=float(weight), delta=float(delta), product=float(weight * delta))
        for name, weight, delta in zip(scene.names[depth + 2], weights, deltas, strict=True)
    )


def _output_error(prediction: float, target: float, loss: str) -> float:
    """Slope of the loss at the prediction."""
    if loss == "squared_error":
        return prediction - target
    return float((np.float64(prediction) - target) / (prediction * (1 - prediction)))


def _always_silent(network: Network, weights: Array, dataset: Dataset | None) -> list[Array]:
    """Find the neurons whose sum is not above 0 for any example, per layer, shape (width,)."""
    if dataset is None:
        return [np.zeros(width, dtype=bool) for width in network.widths[1:]]
    seen = mlp.forward(network, weights, featurize(dataset.points, network.features))
    return [(total <= 0).all(axis=0) for total in seen.totals]


def _flag(activation: str, slope: float, silent: bool) -> str:
    if activation in _STEEPEST and slope < FLAT * _STEEPEST[activation]:
        return "saturated"
    if activation == "relu" and slope == 0:
        return "dead" if silent else "silent"
    return ""

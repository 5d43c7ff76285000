"""Every gradient, checked against the plainest definition there is: move the weight, look again."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.networks import mlp
from core.networks.activations import Array
from core.networks.architecture import Network, parameter_names

NUDGE = 1e-5
"""How far the check moves a weight, times the weight where that is above 1."""


@dataclass(frozen=True)
class Check:
    """One gradient, checked."""

    name: str
    index: int
    value: float
    gradient: float
    """By back-propagation."""

    nudge: float
    loss_plus: float
    """Loss with the weight moved up by ``nudge``."""

    loss_minus: float
    difference: float
    """(loss_plus − loss_minus) / (2 × nudge), the gradient by its definition."""

    relative_error: float
    """|gradient − difference| over the larger of the two."""

    agrees: bool
    at_kink: bool
    """A ReLU switched between the two losses: at a kink there is no slope to compare with."""


def check(
    network: Network, weights: Array, inputs: Array, targets: Array, gradient: Array, loss: str
) -> tuple[Check, ...]:
    """Check a gradient: move each weight up and down a little, and see what the loss does.

    Args:
        network: Its layers.
        weights: Shape (n_parameters,).
        inputs: Shape (n_examples, n_features).
        targets: Shape (n_examples,).
        gradient: What is to be checked, of the mean loss, shape (n_parameters,).
        loss: A key of LOSSES.

    Returns:
        One check per weight, in the order of the vector.

    Example:
        >>> network = Network(features=("x",), hidden=(), activations=(), output="linear")
        >>> weights, gradient = np.array([2.0, 1.0]), np.array([3.0, 1.0])
        >>> inputs, targets = np.array([[3.0]]), np.array([6.0])
        >>> [round(found.difference, 6) for found in check(
        ...     network, weights, inputs, targets, gradient, "squared_error")]
        [3.0, 1.0]
    """
    nudges = NUDGE * np.maximum(1, np.abs(weights))
    up = mlp.forward(network, weights + np.diag(nudges), inputs)
    down = mlp.forward(network, weights - np.diag(nudges), inputs)
    plus = mlp.losses(network, up, targets, loss).mean(axis=-1)
    minus = mlp.losses(network, down, targets, loss).mean(axis=-1)
    differences = (plus - minus) / (2 * nudges)
    off = np.abs(gradient - differences)
    largest = np.maximum(np.abs(gradient), np.abs(differences))
    agrees = off <= 1e-6 * np.maximum(np.maximum(1, largest), np.abs(plus))
    kinks = crosses_a_kink(network, up, down)
    return tuple(
        Check(
            name=name,
            index=at,
            value=float(weights[at]),
            gradient=float(gradient[at]),
            nudge=float(nudges[at]),
            loss_plus=float(plus[at]),
            loss_minus=float(minus[at]),
            difference=float(differences[at]),
            relative_error=float(off[at] / largest[at]) if largest[at] > 0 else 0.0,
            agrees=bool(agrees[at]),
            at_kink=bool(kinks[at]),
        )
        for at, name in enumerate(parameter_names(network))
    )


def crosses_a_kink(network: Network, up: mlp.Pass, down: mlp.Pass) -> NDArray[np.bool_]:
    """Tell for which weights a ReLU was on in one pass and off, or just at 0, in the other.

    Args:
        network: Its layers.
        up: A pass of one network per weight, that weight moved up.
        down: The same, moved down.

    Returns:
        One truth per weight, shape (n_parameters,).
    """
    crosses = np.zeros(network.n_parameters, dtype=bool)
    for activation, above, below in zip(
        network.layer_activations, up.totals, down.totals, strict=True
    ):
        if activation in {"relu", "leaky_relu"}:
            switched = np.sign(above) != np.sign(below)
            crosses |= switched.any(axis=(-1, -2))
    return crosses

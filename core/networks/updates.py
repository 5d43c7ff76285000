"""How one step changes every weight."""

from dataclasses import dataclass

import numpy as np

from core.foundations import optimizers
from core.networks import mlp
from core.networks.activations import Array
from core.networks.architecture import Network, Training, parameter_names, weight_mask


@dataclass(frozen=True)
class Update:
    """One weight, improved."""

    name: str
    index: int
    old: float
    gradient: float
    """With the penalty."""

    penalty: float
    """The part of the gradient that L1 and L2 add."""

    rate: float
    step: float
    """−rate × gradient for plain descent; else the first step of the chosen optimiser."""

    new: float


def first_updates(
    network: Network, weights: Array, gradient: Array, training: Training
) -> tuple[Update, ...]:
    """Take one step of the chosen optimiser, from an empty memory.

    Args:
        network: Its layers.
        weights: Shape (n_parameters,).
        gradient: Of the loss, penalties left out, shape (n_parameters,).
        training: Optimiser, learning rate and penalties.

    Returns:
        One update per weight, in the order of the vector.

    Example:
        >>> network = Network(features=("x",), hidden=(), activations=(), output="linear")
        >>> training = Training("squared_error", learning_rate=0.1)
        >>> found = first_updates(network, np.array([2.0, 1.0]), np.array([3.0, 1.0]), training)
        >>> [round(update.new, 6) for update in found]
        [1.7, 0.9]
    """
    penalty = weight_mask(network) * (training.l1 * np.sign(weights) + training.l2 * weights)
    full = gradient + penalty
    rule = optimizers.make(
        training.optimizer, learning_rate=training.learning_rate, **dict(training.settings)
    )
    rate = float(mlp.learning_rates(training)[0])
    terms = rule.update(optimizers.start_terms(rule, weights), full, weights, None, rate, 1)
    step = np.broadcast_to(terms["step"], weights.shape)
    return tuple(
        Update(
            name=name,
            index=at,
            old=float(weights[at]),
            gradient=float(full[at]),
            penalty=float(penalty[at]),
            rate=rate,
            step=float(step[at]),
            new=float(weights[at] + step[at]),
        )
        for at, name in enumerate(parameter_names(network))
    )

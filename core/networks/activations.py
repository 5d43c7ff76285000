"""The functions that bend a neuron's sum, with their slopes.

Without one of them between the layers, any number of layers is still a single straight line.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAK = 0.01
"""What leaky ReLU lets through below zero."""

_ROOT = np.sqrt(2 / np.pi)


@dataclass(frozen=True)
class Activation:
    """One activation function."""

    title: str
    formula: str
    """LaTeX, in z."""

    value: Callable[[Array], Array]
    """Sum z to output a, element by element."""

    slope: Callable[[Array, Array], Array]
    """Slope da/dz, from z and the output a that was already computed."""


def sigmoid(z: Array) -> Array:
    """Squash a number into 0 to 1.

    Args:
        z: Any shape. Written with tanh, which cannot overflow.

    Example:
        >>> sigmoid(np.array([0.0, -1e300])).tolist()
        [0.5, 0.0]
    """
    return 0.5 * (1 + np.tanh(0.5 * z))


def _gelu_bend(z: Array) -> Array:
    return np.tanh(_ROOT * z * (1 + 0.044715 * z * z))


def _gelu(z: Array) -> Array:
    """Hendrycks and Gimpel (2016), the tanh form that GPT-2 uses."""
    return 0.5 * z * (1 + _gelu_bend(z))


def _gelu_slope(z: Array, a: Array) -> Array:
    bent = _gelu_bend(z)
    return 0.5 * (1 + bent) + 0.5 * z * (1 - bent * bent) * _ROOT * (1 + 3 * 0.044715 * z * z)


ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": Activation("Sigmoid", r"\frac{1}{1 + e^{-z}}", sigmoid, lambda z, a: a * (1 - a)),
    "tanh": Activation("Tanh", r"\tanh z", np.tanh, lambda z, a: 1 - a * a),
    "relu": Activation(
        "ReLU",
        r"\max(0, z)",
        lambda z: np.maximum(z, 0),
        lambda z, a: (z > 0).astype(np.float64),
    ),
    "leaky_relu": Activation(
        "Leaky ReLU",
        rf"z \text{{ if }} z > 0 \text{{, else }} {LEAK} z",
        lambda z: np.where(z > 0, z, LEAK * z),
        lambda z, a: np.where(z > 0, 1.0, LEAK),
    ),
    "gelu": Activation(
        "GELU",
        r"\tfrac{z}{2}\left(1 + \tanh\left(\sqrt{2/\pi}\,(z + 0.044715 z^3)\right)\right)",
        _gelu,
        _gelu_slope,
    ),
    "linear": Activation("Linear", "z", lambda z: z, lambda z, a: np.ones_like(z)),
}

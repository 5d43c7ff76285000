"""How far restored weights are from the original ones."""

from dataclasses import dataclass
from math import inf, log10

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Damage:
    """The error of a restored matrix."""

    mse: float
    """Mean squared error."""

    worst: float
    """Largest absolute error of a weight."""

    worst_at: tuple[int, int]
    """Row and column of it."""

    snr_db: float
    """Power of the weights over that of the error, in decibels: 6 more for each good bit."""


def measure(weights: NDArray[np.float32], restored: NDArray[np.float32]) -> Damage:
    """Compare weights with what came back from storage.

    Args:
        weights: The original, shape (rows, cols).
        restored: What ``Quantized.dequantize`` returned, same shape.

    Returns:
        Mean and worst error, and signal over noise (infinite without an error).

    Raises:
        ValueError: If the shapes differ.

    Example:
        >>> measure(np.array([[3.0, 4.0]]), np.array([[3.0, 4.5]])).snr_db
        20.0
    """
    if weights.shape != restored.shape:
        raise ValueError(f"Shapes {weights.shape} and {restored.shape} differ.")
    errors = np.abs(restored - weights)
    flat = int(errors.argmax())
    noise = float(np.square(errors, dtype=np.float64).mean())
    signal = float(np.square(weights, dtype=np.float64).mean())
    ratio = signal / noise if noise else inf
    snr_db = 10 * log10(ratio) if ratio else -inf
    row, col = np.unravel_index(flat, errors.shape)
    return Damage(noise, float(errors.flat[flat]), (int(row), int(col)), snr_db)

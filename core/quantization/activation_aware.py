"""Activation-aware scaling: columns that get large inputs are rounded more finely."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.quantization import error_feedback, rounding
from core.quantization.groups import Groups

STRENGTHS = tuple(step / 20 for step in range(21))
"""Exponents to try, from 0 (no scaling) to 1 (as strong as the inputs)."""


@dataclass(frozen=True, eq=False)
class AwareGroups:
    """A matrix whose columns were scaled before rounding."""

    groups: Groups
    """The scaled matrix."""

    column_scales: NDArray[np.float32]
    """Factor of each column, shape (cols,)."""

    strength: float
    """The exponent that was best."""

    output_errors: NDArray[np.float64]
    """Mean squared error of the outputs for each of STRENGTHS."""


def encode(
    weights: NDArray[np.float32],
    round_matrix: Callable[[NDArray[np.float32]], Groups],
    *,
    inputs: NDArray[np.float32],
) -> AwareGroups:
    """Multiply each column by its inputs' size to a power before rounding; find the best power.

    An error in a column with large inputs does more harm. A column that is scaled up before
    rounding and down afterwards is rounded to a finer grid. Too much, and it becomes the outlier
    that coarsens the grid of its whole block: so 21 powers are tried on the example inputs.

    Args:
        weights: The matrix, shape (rows, cols).
        round_matrix: Rounds a matrix to nearest.
        inputs: Example inputs of the layer, shape (n_samples, cols).

    Returns:
        The scaled and rounded matrix with its factors.

    Raises:
        ValueError: If the inputs do not fit the matrix or are not finite.

    Source:
        Lin et al. 2023, "AWQ: activation-aware weight quantization", section 3.2.
    """
    error_feedback.check_inputs(weights, inputs)
    sizes = np.abs(inputs).mean(axis=0, dtype=np.float64)
    sizes = np.maximum(sizes, 1e-4 * sizes.max()) if sizes.any() else np.ones_like(sizes)
    products = (inputs.T @ inputs) / np.float32(len(inputs))

    tried = []
    for strength in STRENGTHS:
        factors = sizes**strength
        factors /= np.sqrt(factors.max() * factors.min())
        factors = rounding.to_half(factors.astype(np.float32))
        groups = round_matrix(weights * factors)
        restored = groups.decode().reshape(-1)[: weights.size].reshape(weights.shape) / factors
        off = restored - weights
        # The mean of |X·offᵀ|² without running the inputs again: trace(off · XᵀX · offᵀ).
        error = float(np.einsum("ij,ij", off @ products, off, dtype=np.float64)) / len(weights)
        tried.append((error, strength, groups, factors))

    _, strength, groups, factors = min(tried, key=lambda attempt: attempt[:2])
    return AwareGroups(groups, factors, strength, np.array([attempt[0] for attempt in tried]))

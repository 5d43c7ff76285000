"""Rounding with error feedback: what one column loses, the columns after it make up for."""

import numpy as np
from numpy.typing import NDArray

from core.quantization import rounding
from core.quantization.groups import Groups

DAMPING = 0.01
"""Share of the mean squared input added to each: keeps rarely seen columns in check."""

_COLUMNS_AT_ONCE = 128


def encode(
    weights: NDArray[np.float32], grid: Groups, *, bits: int, inputs: NDArray[np.float32]
) -> Groups:
    """Round column by column on a given grid, and shift what is left to do onto the rest.

    Round-to-nearest asks that each weight be close. But only the outputs matter: if one weight
    had to be rounded up, a neighbour whose inputs rise and fall with its own can go down. How
    far is read from the inverse of XᵀX. The scales stay those of the grid.

    Args:
        weights: The matrix, shape (rows, cols).
        grid: The matrix rounded to nearest; its scales and zero points are kept. Groups run
            along the rows.
        bits: Bits of one integer; the integers are 0 to 2^bits − 1.
        inputs: Example inputs X of the layer, shape (n_samples, cols).

    Returns:
        The grid with other integers.

    Raises:
        ValueError: If the inputs do not fit the matrix or are not finite.

    Source:
        Frantar et al. 2022, "GPTQ", section 3 (steps 1 to 3).

    Example:
        Both inputs are always equal, so only the sum of the weights matters: 0.4 + 0.4 is
        better stored as 0 + 1 than as 0 + 0.

        >>> one = np.array([1.0], np.float32)
        >>> grid = Groups(np.array([[0, 0]], np.uint8), one, zeros=0 * one)
        >>> weights, inputs = np.full((1, 2), 0.4, np.float32), np.ones((8, 2), np.float32)
        >>> encode(weights, grid, bits=2, inputs=inputs).codes.tolist()
        [[0, 1]]
    """
    check_inputs(weights, inputs)
    n_rows, n_cols = weights.shape
    feedback = _feedback(inputs)
    left = weights.astype(np.float64)
    codes = np.zeros(grid.codes.size, np.uint8)

    for start in range(0, n_cols, _COLUMNS_AT_ONCE):
        stop = min(start + _COLUMNS_AT_ONCE, n_cols)
        debts = np.empty((n_rows, stop - start))
        for col in range(start, stop):
            flat = np.arange(n_rows) * n_cols + col
            codes[flat], stored = _round_column(left[:, col], grid, flat // grid.group_size, bits)
            debts[:, col - start] = (left[:, col] - stored) / feedback[col, col]
            # Within these columns at once; the far ones get all 128 debts in one product below.
            left[:, col:stop] -= np.outer(debts[:, col - start], feedback[col, col:stop])
        left[:, stop:] -= debts @ feedback[start:stop, stop:]
    return Groups(codes.reshape(grid.codes.shape), grid.scales, zeros=grid.zeros)


def check_inputs(weights: NDArray[np.float32], inputs: NDArray[np.float32]) -> None:
    """Make sure that example inputs fit a matrix.

    Raises:
        ValueError: If they do not, are none, or are not finite.
    """
    if inputs.ndim != 2 or not len(inputs) or inputs.shape[1] != weights.shape[1]:
        raise ValueError(f"Inputs have shape (n_samples, {weights.shape[1]}), not {inputs.shape}.")
    if not np.isfinite(inputs).all():
        raise ValueError("Inputs must be finite: one is infinite or not a number.")


def _feedback(inputs: NDArray[np.float32]) -> NDArray[np.float64]:
    """Factor (XᵀX)⁻¹ = UᵀU; row i of U says how column i's error is spread over later ones."""
    products = inputs.astype(np.float64).T @ inputs
    strengths = np.diag(products)
    damping = DAMPING * strengths.mean() or 1.0
    inverse = np.linalg.inv(products + damping * np.eye(len(products)))
    return np.linalg.cholesky((inverse + inverse.T) / 2).T


def _round_column(
    column: NDArray[np.float64], grid: Groups, groups: NDArray[np.int64], bits: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    scales, zeros = grid.scales[groups], grid.zeros[groups if len(grid.zeros) > 1 else [0]]
    steps = np.rint(column * rounding.inverse(scales) + zeros)
    codes = np.clip(steps, 0, 2**bits - 1)
    return codes.astype(np.uint8), scales * (codes - zeros)

"""The few weights that are much larger than the rest, and what one of them does to all others."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Edit = Literal["keep", "clip", "delete"]


@dataclass(frozen=True, eq=False)
class Columns:
    """How large the weights of each column get. A column is one input of the layer."""

    peaks: NDArray[np.float32]
    """Largest size of a weight in each column, shape (n_cols,)."""

    is_outlier: NDArray[np.bool_]
    """Whether a column's peak is more than ``limit``, shape (n_cols,)."""

    limit: float
    """Six standard deviations of all weights."""


def largest(weights: NDArray[np.floating]) -> tuple[int, int]:
    """Return row and column of the weight farthest from zero; the first of equals.

    Example:
        >>> largest(np.array([[1.0, -3.0], [2.0, 0.0]]))
        (0, 1)
    """
    row, col = np.unravel_index(int(np.argmax(np.abs(weights))), weights.shape)
    return int(row), int(col)


def columns(weights: NDArray[np.floating]) -> Columns:
    """Measure each column and mark those with a weight beyond six standard deviations.

    Args:
        weights: Shape (rows, cols).

    Source: Dettmers et al. 2022, LLM.int8(), section 3.2, calls a feature an outlier from a size
    of 6 on; that is a threshold for inputs of size about 1, and here it is in standard deviations.
    """
    peaks = np.abs(weights).max(axis=0).astype(np.float32)
    limit = 6 * float(np.std(weights, dtype=np.float64))
    return Columns(peaks, peaks > limit, limit)


def edit(weights: NDArray[np.float32], row: int, col: int, how: Edit) -> NDArray[np.float32]:
    """Change one weight, in a copy.

    Args:
        weights: Shape (rows, cols).
        row: Its row.
        col: Its column.
        how: "delete" makes it 0; "clip" shortens it to the size of the largest of the others, if
            it is larger; "keep" changes nothing.

    Returns:
        A new matrix; the same one for "keep".

    Raises:
        IndexError: If the matrix has no such row or column.

    Example:
        >>> edit(np.array([[1.0, -9.0]], np.float32), 0, 1, "clip").tolist()
        [[1.0, -1.0]]
    """
    n_rows, n_cols = weights.shape
    if not (0 <= row < n_rows and 0 <= col < n_cols):
        raise IndexError(f"({row}, {col}) is outside a matrix of {n_rows} × {n_cols}.")
    if how == "keep":
        return weights
    changed = weights.copy()
    changed[row, col] = 0
    if how == "clip":
        limit = np.abs(changed).max()
        changed[row, col] = np.clip(weights[row, col], -limit, limit)
    return changed


def histogram(
    weights: NDArray[np.floating], *, n_bins: int = 121, reach: float | None = None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Count weights in equal bins around zero; zero is in the middle of a bin.

    Args:
        weights: Any shape.
        n_bins: An odd number.
        reach: The bins go from minus this to this; None takes the largest weight.

    Returns:
        Middles of the bins and counts, both shape (n_bins,).
    """
    far = float(np.abs(weights).max()) if reach is None else reach
    far = far or 1.0
    counts, edges = np.histogram(weights, bins=n_bins, range=(-far, far))
    return (edges[:-1] + edges[1:]) / 2, counts


def code_entropy(codes: NDArray[np.integer]) -> float:
    """Return how many bits of information a stored integer carries on average.

    As many as its bits if all integers are equally common; far fewer if most weights share one.

    Example:
        >>> code_entropy(np.array([0, 0, 1, 1])), code_entropy(np.array([5, 5]))
        (1.0, 0.0)
    """
    _, counts = np.unique(codes, return_counts=True)
    shares = counts / counts.sum()
    return max(0.0, float(-(shares * np.log2(shares)).sum()))

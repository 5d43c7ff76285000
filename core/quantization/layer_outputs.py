"""What a changed weight matrix does to the outputs of its layer."""

import numpy as np
from numpy.typing import NDArray


def relative_change(
    weights: NDArray[np.float32], restored: NDArray[np.float32], inputs: NDArray[np.float32]
) -> float:
    """Return how far the layer's outputs move, relative to their size.

    Args:
        weights: The matrix, shape (rows, cols).
        restored: What the scheme made of it, same shape.
        inputs: What the layer gets to see, shape (n_tokens, cols).

    Returns:
        Root of the mean squared change over root of the mean squared output; 0 is no change.

    Example:
        >>> eye = np.eye(2, dtype=np.float32)
        >>> relative_change(eye, 0.5 * eye, np.ones((3, 2), np.float32))
        0.5
    """
    change = inputs @ (restored - weights).T
    size = float(np.linalg.norm(inputs @ weights.T))
    return float(np.linalg.norm(change)) / size if size else float(np.linalg.norm(change) > 0)

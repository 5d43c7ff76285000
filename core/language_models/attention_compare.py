"""The same head on two texts: which tokens look elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Comparison:
    """How far the rows of one head differ between two texts."""

    distances: NDArray[np.float64]
    """Share of its attention that each token moved elsewhere, 0 to 1; shape (n,)."""

    is_same_token: NDArray[np.bool_]
    """Whether the two texts have the same token at that place; shape (n,)."""

    n_beyond: int
    """Tokens at the end of the longer text that have no partner."""


def compare(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    first_ids: Sequence[int],
    second_ids: Sequence[int],
) -> Comparison:
    """Compare the attention that the tokens at the same places pay.

    Args:
        first: Attention of a head on the first text, shape (T1, T1).
        second: Attention of the same head on the second text, shape (T2, T2).
        first_ids: Token ids of the first text, shape (T1,).
        second_ids: Token ids of the second text, shape (T2,).

    Returns:
        For each place that both texts have, half the sum of the absolute differences: 0 if the
        token pays the same attention to the same places, 1 if it looks at entirely other ones.

    Raises:
        ValueError: If a map does not fit its tokens.

    Example:
        >>> first, second = np.array([[1, 0], [0.5, 0.5]]), np.array([[1, 0], [0.25, 0.75]])
        >>> compare(first, second, [7, 8], [7, 9]).distances.tolist()
        [0.0, 0.25]
    """
    for probs, ids in ((first, first_ids), (second, second_ids)):
        if probs.shape != (len(ids), len(ids)):
            raise ValueError(f"a map of the shape {probs.shape} does not fit {len(ids)} tokens")
    size = max(len(first_ids), len(second_ids))
    n_both = min(len(first_ids), len(second_ids))
    rows = np.zeros((2, n_both, size))
    rows[0, :, : len(first_ids)] = first[:n_both]
    rows[1, :, : len(second_ids)] = second[:n_both]
    return Comparison(
        distances=np.abs(rows[0] - rows[1]).sum(axis=-1) / 2,
        is_same_token=np.equal(first_ids[:n_both], second_ids[:n_both]),
        n_beyond=size - n_both,
    )

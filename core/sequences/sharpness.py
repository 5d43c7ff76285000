"""Why attention divides by √D: what the softmax does to products of longer and longer vectors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.sequences import attention
from core.sequences.attention import Array

SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""Head sizes that are tried; 64 is what GPT-2 and SmolLM2 use."""


@dataclass(frozen=True, eq=False)
class Sharpness:
    """Means over many random queries and keys, with and without the scaling."""

    sizes: NDArray[np.int64]
    """Head sizes D, shape (n,)."""

    n_keys: int
    n_trials: int

    spread: Array
    """Standard deviation of the scores, without and with scaling; shape (2, n)."""

    largest: Array
    """Mean of the largest share in a row; shape (2, n)."""

    entropy_bits: Array
    """Mean entropy of a row; shape (2, n)."""

    slope: Array
    """Mean of p·(1 − p) of the largest share: how much it still answers to a change of its own
    score, and so how much training can still move it; shape (2, n)."""


def measure(
    sizes: Sequence[int] = SIZES, *, n_keys: int = 16, n_trials: int = 1_000, seed: int = 0
) -> Sharpness:
    """Compare random queries with random keys of rising size.

    Args:
        sizes: Head sizes, each at least 1.
        n_keys: Keys that each query looks at.
        n_trials: Queries per size.
        seed: Of the draws; all numbers of queries and keys are N(0, 1).

    Returns:
        The means. Scores without scaling spread by √D, with it by 1.

    Example:
        >>> found = measure([4, 64], n_trials=500)
        >>> found.spread.round(0).tolist()
        [[2.0, 8.0], [1.0, 1.0]]
    """
    rows = []
    for place, size in enumerate(sizes):
        draw = np.random.default_rng([seed, place])
        q = draw.standard_normal((n_trials, 1, size), dtype=np.float32)
        k = draw.standard_normal((n_trials, n_keys, size), dtype=np.float32)
        products = np.einsum("nqd,nkd->nk", q, k).astype(np.float64)
        rows.append([_figures(products), _figures(products / np.sqrt(size))])
    figures = np.array(rows)  # (n, 2, 4)
    spread, largest, entropy_bits, slope = np.moveaxis(figures, 2, 0).swapaxes(1, 2)
    return Sharpness(np.array(sizes), n_keys, n_trials, spread, largest, entropy_bits, slope)


def one_row(size: int, *, n_keys: int = 16, seed: int = 0) -> tuple[Array, Array]:
    """Draw one query and its keys, and share out its attention without and with scaling.

    Returns:
        Two rows of shares, shape (n_keys,) each.

    Example:
        >>> [float(row.sum().round(6)) for row in one_row(64)]
        [1.0, 1.0]
    """
    draw = np.random.default_rng([seed, size])
    products = draw.standard_normal((n_keys, size)) @ draw.standard_normal(size)
    return attention.softmax(products), attention.softmax(products / np.sqrt(size))


def _figures(scores: Array) -> tuple[float, float, float, float]:
    shares = attention.softmax(scores)
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    top = shares.max(axis=-1)
    return (
        float(scores.std()),
        float(top.mean()),
        float(-(shares * logs).sum(axis=-1).mean()),
        float((top * (1 - top)).mean()),
    )

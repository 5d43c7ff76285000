"""The shuffle test: does attention notice when the words change places?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.sequences import multi_head
from core.sequences.attention import Array
from core.sequences.multi_head import LayerSettings, LayerTrace, LayerWeights


@dataclass(frozen=True, eq=False)
class ShuffleTest:
    """What a layer makes of a text and of the same words in another order."""

    order: NDArray[np.int64]
    """Which word stands at each place after the shuffle, shape (T,)."""

    before: LayerTrace
    after: LayerTrace

    changes: Array
    """Largest change of each word's own output, in the first order; shape (T,)."""

    @property
    def largest_change(self) -> float:
        """Largest change of any number of any word's output."""
        return float(self.changes.max())

    @property
    def moved_outputs(self) -> Array:
        """Outputs after the shuffle, put back into the first order; shape (T, C)."""
        return self.after.outputs[np.argsort(self.order)]


def shuffle_test(
    embeddings: ArrayLike, weights: LayerWeights, settings: LayerSettings, *, order: ArrayLike
) -> ShuffleTest:
    """Send words through a layer in two orders and compare each word with itself.

    Args:
        embeddings: One row per word, shape (T, C).
        weights: The layer.
        settings: How it works.
        order: Which word stands at each place in the second run; a permutation of 0 to T - 1.

    Returns:
        Both runs and the changes. Without positions and without a mask the changes are rounding:
        attention computes with a set of words, not with a sequence.

    Raises:
        ValueError: If ``order`` is no permutation.

    Example:
        >>> one = np.eye(2)
        >>> layer = LayerWeights(one, one, one, one)
        >>> test = shuffle_test([[1, 0], [0, 1]], layer, LayerSettings(), order=[1, 0])
        >>> test.largest_change
        0.0
    """
    x = np.asarray(embeddings, dtype=np.float64)
    order = np.asarray(order)
    if not np.array_equal(np.sort(order), np.arange(len(x))):
        raise ValueError(f"{order.tolist()} is no order of {len(x)} words.")
    before = multi_head.self_attention(x, weights, settings)
    after = multi_head.self_attention(x[order], weights, settings)
    # Row n of the second run belongs to word order[n].
    changes = np.abs(after.outputs - before.outputs[order]).max(axis=1)
    return ShuffleTest(order, before, after, changes[np.argsort(order)])


def draw_order(n_words: int, *, seed: int) -> NDArray[np.int64]:
    """Draw an order in which at least one word has moved, if there are two or more.

    Example:
        >>> sorted(draw_order(3, seed=1).tolist())
        [0, 1, 2]
    """
    draw = np.random.default_rng(seed)
    order = draw.permutation(n_words)
    while n_words > 1 and np.array_equal(order, np.arange(n_words)):
        order = draw.permutation(n_words)
    return order


def largest_of_many(
    embeddings: ArrayLike,
    weights: LayerWeights,
    settings: LayerSettings,
    *,
    n_orders: int,
    seed: int,
) -> Array:
    """Repeat the test with many random orders.

    Returns:
        The largest change in each, shape (n_orders,).
    """
    n_words = len(np.asarray(embeddings))
    return np.array(
        [
            shuffle_test(
                embeddings, weights, settings, order=draw_order(n_words, seed=seed + n)
            ).largest_change
            for n in range(n_orders)
        ]
    )

"""What attention costs, counted: work and memory against the length of the text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class CostPoint:
    """The cost of one head at one length."""

    n_tokens: int
    compare_ms: float
    """Fastest of several runs: products, softmax, mixture."""

    project_ms: float
    """The same for the projections to queries, keys and values, which see each token alone."""

    n_products: int
    """Multiplications of the comparison and the mixture: 2 · T² · D."""

    n_bytes: int
    """What the T × T table of shares takes in float32."""


def growth_exponent(points: Sequence[CostPoint], *, last: int = 4) -> float:
    """Fit time = constant · length^exponent to the longest texts.

    Args:
        points: At least two lengths.
        last: How many of the longest ones to use; short ones are ruled by fixed costs.

    Returns:
        The exponent: 2 if doubling the text takes four times as long.

    Example:
        >>> two = [CostPoint(10, 1.0, 0, 0, 0), CostPoint(20, 4.0, 0, 0, 0)]
        >>> round(growth_exponent(two), 6)
        2.0
    """
    used = sorted(points, key=lambda point: point.n_tokens)[-last:]
    lengths = np.log([point.n_tokens for point in used])
    times = np.log([max(point.compare_ms, 1e-9) for point in used])
    return float(np.polyfit(lengths, times, 1)[0])


def layer_work(
    n_tokens: int,
    *,
    n_embd: int = 576,
    n_head: int = 9,
    n_kv_head: int = 3,
    n_mlp: int = 1536,
) -> dict[str, int]:
    """Count the multiplications of one layer of a Llama-like model, SmolLM2's by default.

    Args:
        n_tokens: Length of the text.
        n_embd: C.
        n_head: Query heads.
        n_kv_head: Key/value heads.
        n_mlp: Width of the gated feed-forward part.

    Returns:
        Multiplications of "Comparing words" (T² · C twice), "Projections" and "Feed-forward".

    Example:
        >>> layer_work(1, n_embd=2, n_head=2, n_kv_head=1, n_mlp=4)
        {'Comparing words': 4, 'Projections': 12, 'Feed-forward': 24}
    """
    head_size = n_embd // n_head
    return {
        "Comparing words": 2 * n_tokens**2 * n_embd,
        "Projections": n_tokens * n_embd * (2 * n_embd + 2 * n_kv_head * head_size),
        "Feed-forward": 3 * n_tokens * n_embd * n_mlp,
    }


def kv_cache_bytes(
    n_tokens: int, *, n_layer: int = 30, n_kv_head: int = 3, head_size: int = 64, n_bytes: int = 2
) -> int:
    """Count what a model keeps of a text while it writes: keys and values of every layer.

    Example:
        >>> kv_cache_bytes(1, n_layer=1, n_kv_head=1, head_size=1)
        4
    """
    return 2 * n_tokens * n_layer * n_kv_head * head_size * n_bytes

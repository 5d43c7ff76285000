"""Four ways to tell attention where a token stands: waves, a learnt table, rotation, a penalty."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.sequences.attention import Array


def sinusoidal(n_positions: int, n_embd: int, *, base: float = 10_000.0) -> Array:
    """Give every position its own pattern of waves, to be added to the token's numbers.

    Args:
        n_positions: Number of positions, from 0.
        n_embd: Numbers per position; even columns hold sines, odd ones cosines.
        base: The slowest wave takes about 2π times this many positions.

    Returns:
        Shape (n_positions, n_embd).

    Raises:
        ValueError: If there is no position, no column, or the base is not above 1.

    Source:
        Vaswani et al. 2017, Attention Is All You Need, section 3.5.

    Example:
        >>> sinusoidal(2, 4).round(3).tolist()
        [[0.0, 1.0, 0.0, 1.0], [0.841, 0.54, 0.01, 1.0]]
    """
    if n_positions < 1 or n_embd < 1:
        raise ValueError(f"{n_positions} positions of {n_embd} numbers leave nothing to compute.")
    angles = np.arange(n_positions)[:, None] * frequencies(n_embd + n_embd % 2, base=base)
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=-1)
    return waves.reshape(n_positions, -1)[:, :n_embd]


def frequencies(size: int, *, base: float = 10_000.0) -> Array:
    """Return how far each pair of numbers turns per position.

    Args:
        size: Numbers per token, an even number; they form ``size / 2`` pairs.
        base: The larger, the slower the last pairs turn.

    Returns:
        Radians per position, from fast to slow; shape (size / 2,).

    Raises:
        ValueError: If the size is odd or the base is not above 1.

    Example:
        >>> frequencies(4).tolist()
        [1.0, 0.01]
    """
    if size < 2 or size % 2:
        raise ValueError(f"Only an even number of columns can form pairs, not {size}.")
    if not base > 1:
        raise ValueError(f"The base must be above 1, not {base}.")
    return base ** (-np.arange(0, size, 2) / size)


def rotate(x: ArrayLike, positions: ArrayLike, *, base: float = 10_000.0) -> Array:
    """Turn queries or keys by their position, pair by pair (RoPE).

    Column ``i`` forms a pair with column ``i + D/2``, as in Llama's published weights; the paper
    pairs neighbours. That is another order of the columns, nothing more.

    Args:
        x: Queries or keys, shape (..., T, D), D even.
        positions: Where each token stands, shape (T,).
        base: As in ``frequencies``.

    Returns:
        The same vectors, turned; lengths do not change.

    Raises:
        ValueError: If D is odd or the base is not above 1.

    Source:
        Su et al. 2021, RoFormer, section 3.2.2.

    Example:
        >>> rotate([[1.0, 0.0]], [np.pi / 2]).round(6).tolist()
        [[0.0, 1.0]]
    """
    x = np.asarray(x, dtype=np.float64)
    angles = np.asarray(positions)[:, None] * frequencies(x.shape[-1], base=base)
    first, second = np.split(x, 2, axis=-1)
    cos, sin = np.cos(angles), np.sin(angles)
    return np.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)


def rope_products(q: ArrayLike, k: ArrayLike, n_positions: int, *, base: float = 10_000.0) -> Array:
    """Compare one query with one key at every pair of positions under RoPE.

    Args:
        q: A query, shape (D,).
        k: A key, shape (D,).
        n_positions: Positions 0 to ``n_positions - 1`` for both.
        base: As in ``frequencies``.

    Returns:
        Dot products, query position by key position; equal along every diagonal.

    Example:
        >>> table = rope_products([1.0, 0.0], [1.0, 0.0], 3)
        >>> table.round(4).tolist()[0]
        [1.0, 0.5403, -0.4161]
    """
    places = np.arange(n_positions)
    turned = [
        rotate(np.tile(np.asarray(one, dtype=np.float64), (n_positions, 1)), places, base=base)
        for one in (q, k)
    ]
    return turned[0] @ turned[1].T


def alibi_slopes(n_head: int) -> Array:
    """Return how much each head dislikes distance.

    For a power of two the slopes are a geometric series that starts at 2^(-8/n). For other numbers
    the authors' program takes the series of the next smaller power of two, and then every second
    slope of the next larger one.

    Args:
        n_head: Number of heads, at least 1.

    Returns:
        Penalty per token of distance; shape (n_head,).

    Raises:
        ValueError: If there is no head.

    Source:
        Press, Smith, Lewis 2022, Train Short, Test Long, section 3.

    Example:
        >>> alibi_slopes(8).tolist()
        [0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 0.00390625]
    """
    if n_head < 1:
        raise ValueError(f"There must be at least one head, not {n_head}.")
    power = 2 ** int(np.log2(n_head))
    slopes = 2.0 ** (-8.0 * np.arange(1, power + 1) / power)
    if power == n_head:
        return slopes
    finer = 2.0 ** (-8.0 * np.arange(1, 2 * power + 1, 2) / (2 * power))
    return np.concatenate([slopes, finer[: n_head - power]])


def alibi_bias(n_tokens: int, n_head: int) -> Array:
    """Return what ALiBi adds to the scores: minus slope times distance.

    Args:
        n_tokens: Number of tokens.
        n_head: Number of heads.

    Returns:
        Shape (n_head, n_tokens, n_tokens), query by key. Keys that come later are as far away as
        those that came before; a causal mask hides them.

    Example:
        >>> alibi_bias(3, 8)[0].tolist()[2]
        [-1.0, -0.5, -0.0]
    """
    places = np.arange(n_tokens)
    return -alibi_slopes(n_head)[:, None, None] * np.abs(places[:, None] - places)


def by_distance(products: ArrayLike) -> tuple[NDArray[np.int64], Array, Array]:
    """Sort the products of positions by how far apart the two stand.

    Args:
        products: Position by position, shape (n, n).

    Returns:
        Distances 0 to n - 1; the mean product at each; its standard deviation at each, which is 0
        when distance is all that matters.

    Example:
        >>> [part.tolist() for part in by_distance([[2.0, 1.0], [1.0, 4.0]])]
        [[0, 1], [3.0, 1.0], [1.0, 0.0]]
    """
    products = np.asarray(products, dtype=np.float64)
    diagonals = [np.diagonal(products, -distance) for distance in range(len(products))]
    means = np.array([line.mean() for line in diagonals])
    spreads = np.array([line.std() for line in diagonals])
    return np.arange(len(products)), means, spreads

"""The visible dice: tokens laid end to end on a bar from 0 to 1, and a number that lands on one.

The bar begins with the likeliest token. The same number thrown on two bars couples two settings:
where they agree the same token comes out, so that a difference between two texts comes from the
settings and not from luck.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class CumulativeBar:
    """Tokens end to end, the likeliest first; of equals the lower id first."""

    token_ids: NDArray[np.intp]
    """Tokens with a probability above 0, shape (n,)."""
    probs: NDArray[np.float64]
    """Length of each token's piece, shape (n,)."""
    highs: NDArray[np.float64]
    """Where each piece ends, shape (n,); the last ends at 1."""

    @property
    def lows(self) -> NDArray[np.float64]:
        """Where each piece begins, shape (n,)."""
        return np.concatenate(([0.0], self.highs[:-1]))


@dataclass(frozen=True)
class Draw:
    """A number thrown on the bar, and the token it landed on."""

    uniform: float
    token_id: int
    position: int
    """Place on the bar, 0 for the likeliest token."""
    low: float
    high: float
    """The token's piece of the bar: it is drawn for low <= uniform < high."""


@dataclass(frozen=True, eq=False)
class DrawCounts:
    """Counts of many draws against what theory expects."""

    n: int
    probs: NDArray[np.float64]
    """What was drawn from, shape (V,)."""
    counts: NDArray[np.int64]
    """How often each token came, shape (V,), summing to n."""

    @property
    def expected(self) -> NDArray[np.float64]:
        """Expected counts n p, shape (V,)."""
        return self.n * self.probs

    @property
    def standard_errors(self) -> NDArray[np.float64]:
        """Standard deviation of each count, sqrt(n p (1 - p)), shape (V,)."""
        return np.sqrt(self.n * self.probs * (1 - self.probs))

    @property
    def z_scores(self) -> NDArray[np.float64]:
        """How many standard errors each count is off, shape (V,); 0 where none is possible."""
        errors = self.standard_errors
        off = self.counts - self.expected
        return np.divide(off, errors, out=np.zeros_like(off), where=errors > 0)


def uniforms(seed: int, n: int) -> NDArray[np.float64]:
    """Throw n numbers between 0 and 1; the same seed always throws the same.

    Args:
        seed: Names the row of numbers. A longer row begins with the shorter one.
        n: How many.

    Returns:
        Numbers from 0 up to but not including 1, shape (n,).

    Raises:
        ValueError: If ``seed`` or ``n`` is negative.

    Source:
        O'Neill (2014), PCG: a family of simple fast random number generators.

    Example:
        >>> uniforms(7, 3)[:2].tolist() == uniforms(7, 2).tolist()
        True
    """
    if seed < 0 or n < 0:
        raise ValueError(f"seed and n must be 0 or more, not {seed} and {n}")
    return np.random.Generator(np.random.PCG64(seed)).random(n)


def coins(seed: int, n: int) -> NDArray[np.float64]:
    """Throw a second row of numbers for the same seed, for filters that toss a coin.

    The dice keep their own row, so that switching such a filter on does not shift them.

    Args:
        seed: The seed of the dice.
        n: How many.

    Returns:
        Numbers from 0 up to but not including 1, shape (n,).

    Raises:
        ValueError: If ``seed`` or ``n`` is negative.
    """
    if seed < 0 or n < 0:
        raise ValueError(f"seed and n must be 0 or more, not {seed} and {n}")
    second_row = np.random.SeedSequence([seed, 1])
    return np.random.Generator(np.random.PCG64(second_row)).random(n)


def cumulative_bar(probs: ArrayLike) -> CumulativeBar:
    """Lay the tokens end to end, the likeliest first.

    Args:
        probs: Probabilities, shape (V,), summing to 1.

    Returns:
        The bar.

    Raises:
        ValueError: If a probability is negative or NaN, or they do not sum to 1.

    Example:
        >>> bar = cumulative_bar([0.25, 0.0, 0.5, 0.25])
        >>> bar.token_ids.tolist(), bar.highs.tolist()
        ([2, 0, 3], [0.5, 0.75, 1.0])
    """
    p = _checked(probs)
    alive = np.flatnonzero(p)
    order = alive[np.argsort(-p[alive], kind="stable")]
    return CumulativeBar(order, p[order], _highs(p[order]))


def draw(bar: CumulativeBar, uniform: float) -> Draw:
    """Find the token whose piece of the bar holds the number.

    Args:
        bar: Tokens end to end.
        uniform: From 0 up to but not including 1.

    Returns:
        The token and its piece.

    Raises:
        ValueError: If ``uniform`` is outside 0 to 1.

    Example:
        >>> draw(cumulative_bar([0.25, 0.0, 0.5, 0.25]), 0.6)
        Draw(uniform=0.6, token_id=0, position=1, low=0.5, high=0.75)
    """
    _check_uniform(uniform)
    position = int(np.searchsorted(bar.highs, uniform, side="right"))
    return _piece(bar.token_ids[position], position, bar.highs, uniform)


def draw_from(probs: ArrayLike, uniform: float) -> Draw:
    """Throw a number on the bar of these probabilities, without laying out the whole bar.

    Args:
        probs: Probabilities, shape (V,), summing to 1.
        uniform: From 0 up to but not including 1.

    Returns:
        The token and its piece, the same as ``draw`` finds.

    Raises:
        ValueError: If ``uniform`` is outside 0 to 1, or the probabilities are none.

    Example:
        >>> draw_from([0.25, 0.0, 0.5, 0.25], 0.6)
        Draw(uniform=0.6, token_id=0, position=1, low=0.5, high=0.75)
    """
    _check_uniform(uniform)
    p = _checked(probs)

    # Sorting lengths alone is much faster than sorting tokens, and one throw needs one token.
    lengths = np.sort(p)[::-1]
    highs = _highs(lengths)
    position = int(np.searchsorted(highs, uniform, side="right"))

    # Of pieces of the same length the lower ids come first.
    first_alike = int(np.searchsorted(-lengths, -lengths[position]))
    token_id = int(np.flatnonzero(p == lengths[position])[position - first_alike])
    return _piece(token_id, position, highs, uniform)


def locate(probs: ArrayLike, token_id: int, uniform: float) -> Draw | None:
    """Find a given token's piece of the bar, for a token that was chosen by hand.

    Args:
        probs: Probabilities, shape (V,), summing to 1.
        token_id: The token.
        uniform: The number that was thrown, for the record.

    Returns:
        Its piece, or None if its probability is 0.

    Raises:
        ValueError: If the probabilities are none.

    Example:
        >>> locate([0.25, 0.75], 0, 0.1).low
        0.75
    """
    p = _checked(probs)
    if p[token_id] == 0:
        return None
    lengths = np.sort(p)[::-1]
    n_alike_before = np.count_nonzero(p[:token_id] == p[token_id])
    position = int(np.searchsorted(-lengths, -p[token_id]) + n_alike_before)
    return _piece(token_id, position, _highs(lengths), uniform)


def draw_many(probs: ArrayLike, *, n: int, seed: int) -> DrawCounts:
    """Throw the dice n times and count.

    Args:
        probs: Probabilities, shape (V,), summing to 1.
        n: How many draws.
        seed: Seed of the dice; the first draw is the one that ``uniforms(seed, 1)`` makes.

    Returns:
        Counts against theory.

    Raises:
        ValueError: If the probabilities are none, or ``n`` or ``seed`` is negative.

    Example:
        >>> draw_many([0.0, 1.0], n=100, seed=0).counts.tolist()
        [0, 100]
    """
    p = np.asarray(probs, dtype=np.float64)
    bar = cumulative_bar(p)
    positions = np.searchsorted(bar.highs, uniforms(seed, n), side="right")
    counts = np.bincount(bar.token_ids[positions], minlength=p.size)
    return DrawCounts(n=n, probs=p, counts=counts)


def _checked(probs: ArrayLike) -> NDArray[np.float64]:
    p = np.asarray(probs, dtype=np.float64)
    if not (p.min(initial=0.0) >= 0 and abs(p.sum() - 1) < 1e-4):
        raise ValueError(f"probabilities must be 0 or more and sum to 1, not {p.sum()}")
    return p


def _check_uniform(uniform: float) -> None:
    if not 0 <= uniform < 1:
        raise ValueError(f"uniform must be from 0 up to but not including 1, not {uniform}")


def _highs(lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    # Dividing by the last sum makes the bar end at exactly 1.
    sums = np.cumsum(lengths)
    return sums / sums[-1]


def _piece(token_id: int, position: int, highs: NDArray[np.float64], uniform: float) -> Draw:
    return Draw(
        uniform=float(uniform),
        token_id=int(token_id),
        position=position,
        low=float(highs[position - 1]) if position else 0.0,
        high=float(highs[position]),
    )

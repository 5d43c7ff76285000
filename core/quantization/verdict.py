"""The court: is quantization "just rounding"? The accused is the change of the right token's odds.

Rounding that is only noise helps a token as often, and as much, as it harms one. A model that
really got worse loses more than it wins. llama.cpp asks for this test in words; here it is one.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Kind = Literal["same", "noise", "damage"]

SAME = 1e-3
"""If the typical change of probability (root mean square) is below this, nothing changed."""

SURE = 3.0
"""Standard errors between a mean and 0 from which on it is not chance."""

SKEWED = 1.25
"""The losing tail over the winning tail from which on the picture is lopsided."""

BROKEN = 0.02
"""A mean loss of two percentage points is damage whatever the tails look like."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What the court found."""

    kind: Kind
    """``same``: nothing to see. ``noise``: both ways alike. ``damage``: the model got worse."""
    n: int
    """How many tokens testified."""
    mean: float
    """Mean change of the right token's probability, −1 to 1."""
    standard_error: float
    """How far that mean may be off by chance."""
    spread: float
    """Root mean square of the changes."""
    percentiles: NDArray[np.float64]
    """The changes at ``ranks``, shape (n_ranks,)."""
    ranks: tuple[float, ...]
    n_worse: int
    """Tokens that lost more than ``SAME``."""
    n_better: int
    """Tokens that won more than ``SAME``."""

    @property
    def losing_tail(self) -> float:
        """What the 5 % of tokens that lost most lost at least."""
        return max(0.0, -self.at(5))

    @property
    def winning_tail(self) -> float:
        """What the 5 % that won most won at least."""
        return max(0.0, self.at(95))

    @property
    def skew(self) -> float:
        """Losing tail over winning tail: 1 is symmetric; infinite if nobody wins."""
        if self.winning_tail == 0:
            return 1.0 if self.losing_tail == 0 else float("inf")
        return self.losing_tail / self.winning_tail

    def at(self, rank: float) -> float:
        """The change at a percentile that is in ``ranks``."""
        return float(self.percentiles[self.ranks.index(rank)])


def judge(
    delta_p: ArrayLike, *, ranks: tuple[float, ...] = (0.1, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9)
) -> Verdict:
    """Judge whether a change of a model is noise or damage.

    The rule: below a typical change of 0.001 nothing changed. It is damage if the mean change is
    at least three standard errors below 0 and the losing tail at least a quarter longer than the
    winning one, or if the mean loss is two percentage points or more. Everything else is noise.

    Args:
        delta_p: Change of the probability of the right token at each place, −1 to 1, shape (n,).
        ranks: Percentiles to report; 5 and 95 must be among them.

    Returns:
        The verdict.

    Raises:
        ValueError: If there are fewer than two changes, or 5 and 95 are not among the ranks.

    Source:
        The README of llama.cpp's perplexity tool on the percentiles of Δp; the thresholds are ours.

    Example:
        >>> judge([-0.2, 0.2, -0.1, 0.1]).kind, judge([-0.2, -0.3, -0.25, -0.2]).kind
        ('noise', 'damage')
    """
    changes = np.asarray(delta_p, dtype=np.float64)
    if changes.size < 2:
        raise ValueError("a court needs two witnesses or more")
    if not {5, 95} <= set(ranks):
        raise ValueError("the percentiles 5 and 95 must be among the ranks")
    mean = float(changes.mean())
    standard_error = float(changes.std(ddof=1) / np.sqrt(changes.size))
    found = Verdict(
        kind="noise",
        n=changes.size,
        mean=mean,
        standard_error=standard_error,
        spread=float(np.sqrt(np.mean(changes**2))),
        percentiles=np.percentile(changes, ranks),
        ranks=ranks,
        n_worse=int(np.count_nonzero(changes < -SAME)),
        n_better=int(np.count_nonzero(changes > SAME)),
    )
    return _with_kind(found)


def _with_kind(found: Verdict) -> Verdict:
    if found.spread < SAME:
        return replace(found, kind="same")
    is_lower = found.mean <= -SURE * found.standard_error
    is_lopsided = found.skew >= SKEWED
    if (is_lower and is_lopsided) or (is_lower and found.mean <= -BROKEN):
        return replace(found, kind="damage")
    return found

"""The court: is quantization "just rounding"? The accused is the change of the right token's odds.

Rounding that is only noise helps a token as often, and as much, as it harms one. A model that
really got worse loses more than it wins. llama.cpp asks for this test in words; here it is one.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Kind = Literal["same", "noise", "scratch", "damage"]

SAME = 1e-3
"""If the typical change of probability (root mean square) is below this, nothing changed."""

SURE = 3.0
"""Standard errors between a mean and 0 from which on it is not chance."""

SKEWED = 1.25
"""The losing tail over the winning tail from which on the picture is lopsided."""

GRAVE = 0.01
"""A systematic loss of a percentage point per token is damage; less is a scratch."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What the court found."""

    kind: Kind
    """``same``: nothing changed. ``noise``: both ways alike. ``scratch``: a loss beyond chance, but
    a small one. ``damage``: the model got worse."""
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

    The rule: with a typical change below 0.001 nothing changed. If the mean change is three
    standard errors or more below 0, the loss is not chance: it is damage from one percentage point
    on, and below that a scratch, provided that the losing tail is a quarter longer than the winning
    one. Everything else is noise.

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


def in_words(found: Verdict, *, mean_before: float | None = None) -> str:
    """Say what the court found, with its numbers.

    Args:
        found: The verdict.
        mean_before: Mean probability of the right token before the change, 0 to 1, to say how much
            of it is gone.

    Returns:
        Two or three sentences without markup.
    """
    tails = (
        f"One token in twenty lost {_points(found.losing_tail)} or more, and one in twenty won "
        f"{_points(found.winning_tail)} or more"
    )
    if found.kind == "same":
        return (
            "Nothing to judge. The probability of the right token moved by "
            f"{_points(found.spread)} in the typical case."
        )
    if found.kind == "noise":
        return (
            f"Noise. {tails}: about alike. On average the right token changed by "
            f"{_points(found.mean)}, with {_points(found.standard_error)} either way by chance."
        )
    mean = f"On average the right token lost {_points(-found.mean)}"
    if mean_before:
        mean += f" of the {_points(mean_before)} it had"
    chance = f"that is {-found.mean / max(found.standard_error, 1e-12):.0f} standard errors from 0"
    if found.kind == "scratch":
        return f"A scratch. {mean}: small, but {chance}. {tails}."
    return f"Damage. {tails}: lopsided. {mean}; {chance}."


def _points(share: float) -> str:
    """Percentage points with three digits."""
    return f"{100 * share:.3g} points"


def _with_kind(found: Verdict) -> Verdict:
    if found.spread < SAME:
        return replace(found, kind="same")
    if found.mean > -SURE * found.standard_error:
        return found
    if found.mean <= -GRAVE:
        return replace(found, kind="damage")
    return replace(found, kind="scratch") if found.skew >= SKEWED else found

"""Numbers about a text: how surprising, how varied, how repetitive."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.language_models import steps

REPETITION_WINDOW = 32
"""How many tokens back a token counts as repeated: about two sentences."""


@dataclass(frozen=True)
class TextFigures:
    """What one text measures."""

    n_tokens: int
    mean_surprisal_bits: float
    """Average surprise of its tokens under the model's own distribution."""
    mean_entropy_bits: float
    """Average entropy of the model's own distribution along the text."""
    distinct_1: float
    """Share of tokens that are different ones, 0 to 1."""
    distinct_2: float
    """Share of pairs of neighbours that are different ones, 0 to 1."""
    repetition_rate: float
    """Share of tokens that occurred among the 32 before them, 0 to 1."""

    @property
    def perplexity(self) -> float:
        """Among how many equally likely tokens the model might as well have chosen."""
        return float(2.0**self.mean_surprisal_bits)


def figures_of(text: Sequence[steps.DecodingStep]) -> TextFigures:
    """Measure a text that was decoded.

    Args:
        text: Its steps, one per token.

    Returns:
        The figures.

    Raises:
        ValueError: If the text is empty.
    """
    if not text:
        raise ValueError("an empty text has no figures")
    token_ids = [step.token_id for step in text]
    return TextFigures(
        n_tokens=len(text),
        mean_surprisal_bits=float(np.mean([step.surprisal_bits for step in text])),
        mean_entropy_bits=float(np.mean([step.raw_entropy_bits for step in text])),
        distinct_1=distinct_n(token_ids, 1),
        distinct_2=distinct_n(token_ids, 2),
        repetition_rate=repetition_rate(token_ids),
    )


def distinct_n(token_ids: Sequence[int], n: int) -> float:
    """Give the share of n-grams that are different ones.

    Args:
        token_ids: The text.
        n: Length of an n-gram in tokens.

    Returns:
        Different n-grams divided by all of them, 0 to 1; 1 for a text shorter than n.

    Raises:
        ValueError: If ``n`` is below 1.

    Source:
        Li et al. (2016), A diversity-promoting objective function for neural conversation models.

    Example:
        The pairs are "1 2", "2 1" and "1 2" again.

        >>> round(distinct_n([1, 2, 1, 2], 2), 4)
        0.6667
    """
    if n < 1:
        raise ValueError(f"n must be 1 or more, not {n}")
    n_grams = [tuple(token_ids[at : at + n]) for at in range(len(token_ids) - n + 1)]
    return len(set(n_grams)) / len(n_grams) if n_grams else 1.0


def repetition_rate(token_ids: Sequence[int], *, window: int = REPETITION_WINDOW) -> float:
    """Give the share of tokens that occurred shortly before.

    Args:
        token_ids: The text.
        window: How many tokens back count.

    Returns:
        Share from 0 to 1; 0 for an empty text.

    Source:
        Welleck et al. (2020), Neural text generation with unlikelihood training, section 6.

    Example:
        >>> repetition_rate([1, 2, 1, 3])
        0.25
    """
    repeated = [
        token_id in token_ids[max(0, at - window) : at] for at, token_id in enumerate(token_ids)
    ]
    return sum(repeated) / len(repeated) if repeated else 0.0


def first_divergence(first: Sequence[int], second: Sequence[int]) -> int | None:
    """Find where two texts part.

    Args:
        first: One text as token ids.
        second: The other.

    Returns:
        The first place with different tokens, or where the shorter one ends; None if they are the
        same.

    Example:
        >>> first_divergence([5, 6, 7], [5, 8, 7])
        1
    """
    for place, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return place
    return None if len(first) == len(second) else min(len(first), len(second))

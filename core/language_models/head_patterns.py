"""Known patterns of attention, each defined as a set of cells of the map.

The score of a head for a pattern is the share of its attention that falls on these cells, averaged
over the tokens that have one. Beside it stands what a head gets that looks at everything it may
see evenly: a score means little without it.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

N_RANDOM = 40
"""How many random tokens are repeated."""


@dataclass(frozen=True)
class Pattern:
    """A known way for a head to look."""

    key: str
    title: str
    definition: str
    """What is measured, one sentence for the reader."""

    text: Literal["own", "repeated"]
    """Measured on the reader's text, or on random tokens that are said twice."""

    purpose: str
    """What such a head is good for."""


PATTERNS: Mapping[str, Pattern] = MappingProxyType(
    {
        pattern.key: pattern
        for pattern in (
            Pattern(
                "previous",
                "Previous token",
                "Attention on the token just before.",
                "own",
                "It tells every place what stood before it; other heads build on that.",
            ),
            Pattern(
                "first",
                "First token (sink)",
                "Attention on the first token of the text.",
                "own",
                "Attention must sum to 1. A head with nothing to do puts it where it does no harm.",
            ),
            Pattern(
                "self",
                "Itself",
                "Attention on the token itself.",
                "own",
                "It changes a token by what the token is, not by its neighbours.",
            ),
            Pattern(
                "duplicate",
                "Duplicate token",
                f"{N_RANDOM} random tokens are said twice. Attention, from the second time, on the "
                "same token the first time.",
                "repeated",
                "It notices that something has been said before.",
            ),
            Pattern(
                "induction",
                "Induction",
                f"{N_RANDOM} random tokens are said twice. Attention, from the second time, on the "
                "token that came next the first time.",
                "repeated",
                "It looks up how the story went on last time, so that the model can copy it.",
            ),
            Pattern(
                "same_word",
                "Same word",
                "Attention on other places with the same letters, capitals and spaces aside.",
                "own",
                "It gathers what was said about one thing.",
            ),
            Pattern(
                "punctuation",
                "Punctuation",
                "Attention on other tokens that are only punctuation.",
                "own",
                "Marks often hold a summary of their sentence, or serve as a second place to rest.",
            ),
        )
    }
)
"""Known patterns by key."""


def cells(key: str, words: Sequence[str], *, causal: bool) -> NDArray[np.bool_]:
    """Say which cells of a map belong to a pattern.

    The first token's row never counts: a causal model has no choice there.

    Args:
        key: A key of ``PATTERNS``.
        words: The tokens as text, shape (T,). For a pattern measured on repeated tokens, one
            unrepeated token and then the same tokens twice.
        causal: Whether no token looks at a later one.

    Returns:
        Shape (T, T), row = query: True where attention counts.

    Raises:
        ValueError: If there is no such pattern.

    Example:
        >>> cells("previous", ["a", "b", "c"], causal=True).astype(int).tolist()
        [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    """
    if key not in PATTERNS:
        raise ValueError(f"there is no pattern {key!r}")
    n_tokens = len(words)
    query, key_place = np.indices((n_tokens, n_tokens))
    n_repeated = (n_tokens - 1) // 2
    if key == "previous":
        marked = key_place == query - 1
    elif key == "first":
        marked = key_place == 0
    elif key == "self":
        marked = key_place == query
    elif key == "duplicate":
        marked = (key_place == query - n_repeated) & (query > n_repeated)
    elif key == "induction":
        marked = (key_place == query - n_repeated + 1) & (query > n_repeated)
    else:
        plain = np.array([_letters(word) for word in words], dtype=object)
        if key == "same_word":
            marked = (plain[:, None] == plain[None, :]) & (plain != "")[:, None]
        else:
            marked = np.array([_is_punctuation(word) for word in words], bool) & (query >= 0)
        marked &= key_place != query
    if causal:
        marked &= key_place <= query
    return marked & (query > 0)


def best_fit(shares: Mapping[str, tuple[float, float]], *, least: float = 0.2) -> str | None:
    """Choose the pattern that describes a head best.

    Args:
        shares: For each pattern the head's score and that of even attention.
        least: How far the score must be on the way from even attention to all attention.

    Returns:
        A key, or None if no pattern gets that far.

    Example:
        >>> best_fit({"self": (0.9, 0.5), "previous": (0.3, 0.1)})
        'self'
        >>> best_fit({"self": (0.55, 0.5)}) is None
        True
    """
    gains = {key: (score - even) / (1 - even) for key, (score, even) in shares.items() if even < 1}
    best = max(gains, key=lambda key: gains[key], default=None)
    return best if best is not None and gains[best] >= least else None


def _letters(word: str) -> str:
    """Strip a token to its letters and digits, so that " The", "the" and "##the" are the same."""
    return "".join(sign for sign in word.casefold() if sign.isalnum())


def _is_punctuation(word: str) -> bool:
    signs = word.strip(" ␣")
    return bool(signs) and all(unicodedata.category(sign)[0] == "P" for sign in signs)

"""What is this head? Known patterns of attention, each defined and measured.

Every pattern is a set of cells of the map, such as "the token before". Its score is the share of
attention that falls on these cells, averaged over the tokens that have one. Beside it stands what
a head gets that looks at everything it may see evenly: a score means little without it.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.language_models import attention_maps

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


@dataclass(frozen=True, eq=False)
class HeadScores:
    """How much every head of a model does one thing."""

    pattern: Pattern

    scores: NDArray[np.float64]
    """Share of attention on the cells of the pattern, shape (n_layer, n_head); NaN if the text has
    no such cell."""

    even: float
    """The score of a head that looks at everything it may see evenly."""

    @property
    def is_measured(self) -> bool:
        """Whether the text has a cell of this pattern."""
        return not np.isnan(self.even)


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


def score(probs: NDArray[np.floating], marked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Average the attention that falls on marked cells.

    Args:
        probs: Attention weights, shape (n_layer, n_head, T, T).
        marked: Which cells count, shape (T, T).

    Returns:
        Per head, the sum over a row's marked cells, averaged over the rows that have one; shape
        (n_layer, n_head), NaN if there is none.

    Example:
        >>> probs = np.array([[[[1.0, 0.0], [0.25, 0.75]]]])
        >>> score(probs, np.array([[False, False], [True, False]])).tolist()
        [[0.25]]
    """
    n_rows = int(marked.any(axis=1).sum())
    if not n_rows:
        return np.full(probs.shape[:2], np.nan)
    flat = marked.ravel().astype(np.float32)
    # One layer at a time, so that only one is ever held in full precision.
    sums = [layer.reshape(len(layer), -1).astype(np.float32) @ flat for layer in probs]
    return np.stack(sums).astype(np.float64) / n_rows


def even_attention(n_tokens: int, *, causal: bool) -> NDArray[np.float64]:
    """Return the map of a head that looks at everything it may see evenly, shape (T, T)."""
    seen = np.ones((n_tokens, n_tokens))
    seen = np.tril(seen) if causal else seen
    return seen / seen.sum(axis=1, keepdims=True)


def own_text_scores(
    maps: attention_maps.AttentionMaps, words: Sequence[str]
) -> dict[str, HeadScores]:
    """Score the heads for the patterns that are measured on the reader's text.

    Args:
        maps: The attention of all heads for the text.
        words: Its tokens as text, shape (T,).

    Returns:
        Scores by pattern key.
    """
    return _scores(maps, words, "own")


def repeated_scores(loaded: Any, *, seed: int = 0) -> dict[str, HeadScores]:
    """Score the heads for the patterns that are measured on random tokens said twice.

    Args:
        loaded: A model from the store; it may be shared.
        seed: Which random tokens.

    Returns:
        Scores by pattern key.

    Raises:
        NoAttentionError: If the model has no attention heads that can be read.

    Source:
        Olsson et al. (2022), In-context learning and induction heads, "Definition of induction
        heads" and the model analysis table.
    """
    token_ids = repeated_tokens(loaded.tokenizer, seed=seed)
    maps = attention_maps.attention_maps(loaded, token_ids)
    return _scores(maps, [""] * len(token_ids), "repeated")


def repeated_tokens(tokenizer: Any, *, seed: int = 0, n_random: int = N_RANDOM) -> tuple[int, ...]:
    """Draw random tokens and say them twice, after a token that opens the text.

    Args:
        tokenizer: A Hugging Face tokenizer.
        seed: Which tokens.
        n_random: How many.

    Returns:
        1 + 2 * n_random token ids; none special but perhaps the first.
    """
    special = set(tokenizer.all_special_ids)
    opening = next(
        (one for one in (tokenizer.bos_token_id, tokenizer.cls_token_id) if one is not None), 0
    )
    usable = np.array([one for one in range(len(tokenizer)) if one not in special])
    drawn = np.random.Generator(np.random.PCG64(seed)).choice(usable, n_random, replace=False)
    return (int(opening), *drawn.tolist(), *drawn.tolist())


def strongest_looks(maps: attention_maps.AttentionMaps) -> NDArray[np.float64]:
    """Find how strongly each head looks anywhere from the last token, past the first token.

    Args:
        maps: The attention of all heads.

    Returns:
        The largest weight of the last row, first column left out; shape (n_layer, n_head). Zero
        for a text of one token.
    """
    last = maps.probs[:, :, -1, 1:].astype(np.float64)
    return last.max(axis=-1, initial=0.0)


def best_heads(scores: NDArray[np.float64], n_heads: int) -> list[tuple[int, int]]:
    """List the heads with the highest scores.

    Args:
        scores: Shape (n_layer, n_head).
        n_heads: How many.

    Returns:
        Layer and head of each, best first.

    Example:
        >>> best_heads(np.array([[0.1, 0.9], [0.5, 0.2]]), 2)
        [(0, 1), (1, 0)]
    """
    order = np.argsort(-np.nan_to_num(scores, nan=-1.0), axis=None, kind="stable")[:n_heads]
    return [divmod(int(place), scores.shape[1]) for place in order]


def _scores(
    maps: attention_maps.AttentionMaps, words: Sequence[str], text: str
) -> dict[str, HeadScores]:
    even = even_attention(maps.n_tokens, causal=maps.causal)[None, None]
    found = {}
    for key, pattern in PATTERNS.items():
        if pattern.text == text:
            marked = cells(key, words, causal=maps.causal)
            found[key] = HeadScores(
                pattern=pattern,
                scores=score(maps.probs, marked),
                even=float(score(even, marked)[0, 0]),
            )
    return found


def _letters(word: str) -> str:
    """Strip a token to its letters and digits, so that " The", "the" and "##the" are the same."""
    return "".join(sign for sign in word.casefold() if sign.isalnum())


def _is_punctuation(word: str) -> bool:
    signs = word.strip(" ␣")
    return bool(signs) and all(unicodedata.category(sign)[0] == "P" for sign in signs)

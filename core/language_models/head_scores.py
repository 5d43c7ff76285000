"""What is this head? Known patterns of attention, measured for every head of a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.language_models import attention_maps, head_patterns
from core.language_models.head_patterns import N_RANDOM, Pattern


@dataclass(frozen=True, eq=False)
class HeadScores:
    """How much every head of a model does one thing."""

    pattern: Pattern

    scores: NDArray[np.float64]
    """Share of attention on the cells of the pattern, shape (n_layer, n_head); NaN if the text has
    no such cell."""

    even: float
    """The score of a head that looks at everything it may see evenly."""

    n_rows: int
    """How many tokens it is averaged over."""

    @property
    def is_measured(self) -> bool:
        """Whether the text has a cell of this pattern."""
        return self.n_rows > 0


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
    # BERT's vocabulary keeps a thousand seats called [unused7], which no text ever sat on.
    empty = {one for name, one in tokenizer.get_vocab().items() if name.startswith("[unused")}
    usable = np.array([one for one in range(len(tokenizer)) if one not in special | empty])
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
    for key, pattern in head_patterns.PATTERNS.items():
        if pattern.text == text:
            marked = head_patterns.cells(key, words, causal=maps.causal)
            found[key] = HeadScores(
                pattern=pattern,
                scores=score(maps.probs, marked),
                even=float(score(even, marked)[0, 0]),
                n_rows=int(marked.any(axis=1).sum()),
            )
    return found

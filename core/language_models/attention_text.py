"""A text, or a pair of texts, as the tokens between which a model pays attention."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.language_models import vocabulary

MAX_TOKENS = 512
"""Longer texts lose their end: every head keeps a number for every pair of tokens."""

SHORT_TOKENS = 128
"""Up to here all heads travel to a browser at once, in about a megabyte."""


@dataclass(frozen=True)
class AttentionText:
    """What the model reads, token by token."""

    token_ids: tuple[int, ...]
    """Shape (T,)."""

    tokens: tuple[str, ...]
    """Visible names, shape (T,)."""

    segments: tuple[int, ...]
    """0 for the first text, 1 for the second, shape (T,)."""

    special: tuple[int, ...] = ()
    """Places of the tokens that the tokenizer added, such as [CLS] and [SEP]."""

    n_cut: int = 0
    """How many tokens were left out because there were too many."""

    @property
    def n_tokens(self) -> int:
        """How many tokens the model reads."""
        return len(self.token_ids)

    @property
    def is_short(self) -> bool:
        """Whether the attention of all heads travels to a browser at once."""
        return self.n_tokens <= SHORT_TOKENS

    @property
    def is_pair(self) -> bool:
        """Whether there is a second text."""
        return 1 in self.segments


def read(
    loaded: Any, text: str, *, second: str = "", max_tokens: int = MAX_TOKENS
) -> AttentionText:
    """Split a text into the tokens that the model reads, its special tokens included.

    Text is text: ``[SEP]`` or ``<|im_end|>`` typed by a person becomes the letters.

    Args:
        loaded: A loaded model with ``.model`` and ``.tokenizer``.
        text: What a person typed.
        second: A second text for an encoder that reads pairs; empty for none.
        max_tokens: How many tokens may stay; the model's own limit also holds. Of a text the
            beginning is kept, of a pair the longer one is shortened first.

    Returns:
        The tokens and how many were cut.

    Raises:
        ValueError: If there is nothing to read.

    Example:
        >>> from types import SimpleNamespace
        >>> read(SimpleNamespace(), "")
        Traceback (most recent call last):
        ...
        ValueError: there is no text yet: type something for the model to read
    """
    if not text and not second:
        raise ValueError("there is no text yet: type something for the model to read")
    # Cut by hand: to ask the shared tokenizer for it would change the tokenizer for everybody.
    texts = (text, second) if second else (text,)
    whole = loaded.tokenizer(
        *texts, split_special_tokens=True, return_special_tokens_mask=True, verbose=False
    )
    token_ids, special = whole["input_ids"], whole["special_tokens_mask"]
    segments = whole.get("token_type_ids") or [0] * len(token_ids)
    kept = _places_kept(segments, special, min(max_tokens, _own_limit(loaded.model)))
    if not kept:
        raise ValueError("this text holds nothing that the tokenizer knows: type something else")

    return AttentionText(
        token_ids=tuple(token_ids[place] for place in kept),
        tokens=tuple(
            vocabulary.visible_token(loaded.tokenizer, token_ids[place]).text for place in kept
        ),
        segments=tuple(segments[place] for place in kept),
        special=tuple(n for n, place in enumerate(kept) if special[place]),
        n_cut=len(token_ids) - len(kept),
    )


def _places_kept(segments: Sequence[int], special: Sequence[int], limit: int) -> list[int]:
    """Choose the tokens that stay: all special ones, and the beginning of each text."""
    left = dict.fromkeys(sorted(set(segments)), 0)
    for segment, is_special in zip(segments, special, strict=True):
        left[segment] += not is_special
    excess = len(segments) - limit
    while excess > 0 and left:
        longest = max(left, key=lambda segment: left[segment])
        others = [n for segment, n in left.items() if segment != longest]
        cut = max(1, min(excess, left[longest] - max(others, default=0)))
        left[longest] -= cut
        excess -= cut

    kept = []
    for place, (segment, is_special) in enumerate(zip(segments, special, strict=True)):
        if is_special or left[segment] > 0:
            kept.append(place)
            left[segment] -= not is_special
    return kept


def _own_limit(model: Any) -> int:
    return getattr(model.config, "max_position_embeddings", None) or MAX_TOKENS

r"""Pre-tokenization: cut a text into chunks before any pair is counted.

No merge ever crosses a chunk border. Without this first cut "dog.", "dog!" and "dog?" would each
become a token of their own; with it the word and the mark are learnt apart.

The patterns are those the models were trained with. They need Unicode classes such as ``\p{L}``
(any letter), which Python's own ``re`` does not have, so the ``regex`` package runs them. Which
characters are letters depends on the Unicode version of a library: one that was added to Unicode
last year can be a letter here and nothing yet in tiktoken.
"""

from dataclasses import dataclass
from functools import lru_cache

import regex

MAX_PATTERN_LENGTH = 1_000
DEFAULT_TIMEOUT_SECONDS = 3.0


@dataclass(frozen=True)
class NamedPattern:
    """A pre-tokenization pattern that a published tokenizer uses."""

    title: str
    pattern: str
    rule: str
    """What it does to words, numbers and spaces, in a sentence."""


_CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_MARKS_AND_SPACES = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_MARKS_SLASH_AND_SPACES = r" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_CAMEL_START = rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+"
_CAMEL_CAPITALS = rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*"

GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K = rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}|{_MARKS_AND_SPACES}"
QWEN = rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}|{_MARKS_AND_SPACES}"
O200K = (
    rf"{_CAMEL_START}{_CONTRACTIONS}?|{_CAMEL_CAPITALS}{_CONTRACTIONS}?"
    rf"|\p{{N}}{{1,3}}|{_MARKS_SLASH_AND_SPACES}"
)
TEKKEN = rf"{_CAMEL_START}|{_CAMEL_CAPITALS}|\p{{N}}|{_MARKS_SLASH_AND_SPACES}"

NAMED = {
    "gpt2": NamedPattern(
        "GPT-2",
        GPT2,
        "A word takes the one space before it; a run of digits stays whole, however long.",
    ),
    "cl100k": NamedPattern(
        "cl100k (GPT-4, and Llama 3)",
        CL100K,
        "Digits go in threes, contractions in any case, a mark may open a word, newlines bundle.",
    ),
    "o200k": NamedPattern(
        "o200k (GPT-4o)",
        O200K,
        "Like cl100k, but camelCase is cut at its capitals and a contraction stays on its word.",
    ),
    "qwen": NamedPattern("Qwen", QWEN, "Like cl100k, but every digit stands alone."),
    "tekken": NamedPattern("Tekken (Mistral)", TEKKEN, "Like o200k, but every digit stands alone."),
}
_TRUSTED = frozenset(named.pattern for named in NAMED.values())


@lru_cache(maxsize=64)
def compile_pattern(pattern: str) -> regex.Pattern:
    """Compile a pre-tokenization pattern.

    Args:
        pattern: A regular expression in the syntax of the ``regex`` package.

    Returns:
        The compiled pattern.

    Raises:
        ValueError: If ``pattern`` is empty, longer than ``MAX_PATTERN_LENGTH`` or not a regular
            expression.

    Example:
        >>> compile_pattern(GPT2).match(" dog.").group()
        ' dog'
    """
    if not pattern:
        raise ValueError("The pattern is empty: give one, or choose none.")
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise ValueError(
            f"The pattern has {len(pattern):,} characters; the limit is {MAX_PATTERN_LENGTH:,}."
        )
    try:
        return regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError) as error:
        raise ValueError(f"The pattern {pattern!r} is no regular expression: {error}.") from error


def split(
    text: str,
    pattern: str | None,
    *,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
) -> list[str]:
    """Cut a text into chunks, losing nothing.

    What a pattern does not match is kept as a chunk of its own, so that the chunks always join
    to the text again.

    Args:
        text: The text to cut.
        pattern: A regular expression, or None for one single chunk.
        timeout_seconds: How long a pattern that is not one of ``NAMED`` may search. Some
            patterns, such as ``(a+)+b``, try exponentially many ways to match.

    Returns:
        The chunks, none of them empty.

    Raises:
        ValueError: If ``pattern`` is no valid pattern, or takes longer than
            ``timeout_seconds``.

    Source:
        Radford et al. 2019, "Language models are unsupervised multitask learners", section 2.2.

    Example:
        >>> split("The dog. A dog!", GPT2)
        ['The', ' dog', '.', ' A', ' dog', '!']
    """
    if pattern is None:
        return [text] if text else []

    limit = None if pattern in _TRUSTED else timeout_seconds
    chunks = []
    end = 0
    try:
        for match in compile_pattern(pattern).finditer(text, timeout=limit):
            start, stop = match.span()
            if start > end:
                chunks.append(text[end:start])
            if stop > start:
                chunks.append(text[start:stop])
            end = stop
    except TimeoutError as error:
        raise ValueError(
            f"The pattern was still searching after {timeout_seconds:g} s, so it was stopped. "
            "Nested repeats such as (a+)+ can take for ever: write it without them."
        ) from error

    if end < len(text):
        chunks.append(text[end:])
    return chunks

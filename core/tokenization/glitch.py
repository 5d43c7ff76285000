"""Look around in a vocabulary: very long tokens, split characters, tokens no text can produce.

A token that a training text never shows keeps its random start: asked about it, a model answers
strangely. GPT-2's " SolidGoldMagikarp" is the famous one. Nothing in the vocabulary says how often
a token was seen in training, but three things raise suspicion: it is long, its own text is encoded
otherwise, or a large text of one's own never uses it.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.tokenization import tokenizer_sources


@dataclass(frozen=True)
class VocabularyEntry:
    """One token of a vocabulary."""

    token_id: int
    data: bytes
    text: str | None
    """The token as text, or None if its bytes are no whole characters."""
    script: str
    """The script of its first letter such as "Latin", or "digits", "spaces", "marks", "bytes",
    "special"."""

    @property
    def n_chars(self) -> int:
        """Its length in characters; in bytes if it is no text."""
        return len(self.data if self.text is None else self.text)


@dataclass(frozen=True)
class Glitch:
    """A token whose own text is encoded to something else."""

    entry: VocabularyEntry
    token_ids: tuple[int, ...]
    """What its text is encoded to instead."""


def vocabulary(tokenizer: tokenizer_sources.Tokenizer) -> list[VocabularyEntry]:
    """List every token of a tokenizer.

    Args:
        tokenizer: Any tokenizer.

    Returns:
        The tokens in the order of their ids.
    """
    special = set(tokenizer.special_tokens.values())
    last = max([tokenizer.vocab_size - 1, *special])
    entries = []
    for token_id in range(last + 1):
        try:
            data = tokenizer.token_bytes(token_id)
        except ValueError:
            continue  # Some vocabularies leave ids free between their last token and the marks.
        text = _as_text(data)
        script = "special" if token_id in special else script_of(text)
        entries.append(VocabularyEntry(token_id, data, text, script))
    return entries


def _as_text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def script_of(text: str | None) -> str:
    """Name the script of the first letter of a token.

    Args:
        text: The token, or None for bytes that are no whole characters.

    Returns:
        A script such as "Latin" or "Cyrillic"; "digits", "marks", "spaces" or "bytes" if there is
        no letter.

    Source:
        The first word of the Unicode name of the letter; Chinese characters are called "Han".

    Example:
        >>> [script_of(text) for text in (" the", "шка", "的", "42", "  ", None)]
        ['Latin', 'Cyrillic', 'Han', 'digits', 'spaces', 'bytes']
    """
    if text is None:
        return "bytes"
    letters = next((character for character in text if character.isalpha()), None)
    if letters is not None:
        return _letter_script(letters)
    if not text.strip():
        return "spaces"
    return "digits" if any(character.isdigit() for character in text) else "marks"


@lru_cache(maxsize=4096)
def _letter_script(letter: str) -> str:
    first = unicodedata.name(letter, "unnamed").split()[0].split("-")[0]
    if first in ("FULLWIDTH", "HALFWIDTH", "MODIFIER", "MATHEMATICAL"):
        return "Other"
    return "Han" if first == "CJK" else first.capitalize()


def browse(
    entries: Iterable[VocabularyEntry],
    *,
    script: str | None = None,
    starts_with: str = "",
    contains: str = "",
    min_chars: int = 0,
    longest_first: bool = True,
) -> list[VocabularyEntry]:
    """Pick tokens out of a vocabulary.

    Args:
        entries: What ``vocabulary`` returned.
        script: Only tokens of this script.
        starts_with: Only tokens whose text begins so; a space counts as a letter.
        contains: Only tokens whose text holds this.
        min_chars: Only tokens of at least so many characters.
        longest_first: Sort by length, ties by id; otherwise by id.

    Returns:
        The tokens that fit.

    Example:
        >>> tokens = [VocabularyEntry(7, b" the", " the", "Latin")]
        >>> [entry.token_id for entry in browse(tokens, starts_with=" t", min_chars=4)]
        [7]
    """
    found = [
        entry
        for entry in entries
        if (script is None or entry.script == script)
        and (entry.text or "").startswith(starts_with)
        and contains in (entry.text or "")
        and entry.n_chars >= min_chars
    ]
    if longest_first:
        found.sort(key=lambda entry: (-entry.n_chars, entry.token_id))
    return found


def unreachable(
    tokenizer: tokenizer_sources.Tokenizer, entries: Iterable[VocabularyEntry]
) -> Iterator[Glitch]:
    """Find tokens whose own text is encoded to something else.

    Tokens that are special or no whole characters are passed over: no text of their own exists.
    So are WordPiece's "##" pieces, whose encoding depends on the letters before them.

    Args:
        tokenizer: The tokenizer.
        entries: Tokens of its vocabulary.

    Yields:
        The tokens that their text does not give, with what it gives instead.
    """
    for entry in entries:
        if entry.text is None or entry.script == "special":
            continue
        frame = _frame(tokenizer, entry)
        if frame is None:
            continue
        text, n_before = frame
        token_ids = tuple(tokenizer.encode(text).token_ids.tolist())[n_before:]
        if token_ids != (entry.token_id,):
            yield Glitch(entry, token_ids)


def _frame(
    tokenizer: tokenizer_sources.Tokenizer, entry: VocabularyEntry
) -> tuple[str, int] | None:
    """The text in which a token should come out, and how many tokens stand before it there."""
    if tokenizer.kind == "WordPiece":
        encoded = tokenizer.decode([entry.token_id])
        return None if encoded.startswith("##") else (entry.text, 0)
    if tokenizer.kind.startswith("SentencePiece"):
        if entry.text.startswith(" "):
            return entry.text[1:], 0  # SentencePiece puts the space in front itself.
        return "\n" + entry.text, 2  # A space and the newline, which no piece joins.
    return entry.text, 0


def never_used(tokenizer: tokenizer_sources.Tokenizer, text: str) -> NDArray[np.int64]:
    """List the tokens that a text never uses.

    Args:
        tokenizer: The tokenizer.
        text: A text, the larger the better.

    Returns:
        Ids in rising order, shape (unused,). Ids that are not given out are left out.

    Raises:
        ValueError: If ``text`` holds a lone surrogate or is longer than 5 MB.
    """
    used = np.unique(tokenizer.encode(text).token_ids)
    known = np.array([entry.token_id for entry in vocabulary(tokenizer)], dtype=np.int64)
    return np.setdiff1d(known, used)


def missing_bytes(entries: Iterable[VocabularyEntry]) -> list[int]:
    """List the bytes that a vocabulary has no token for.

    A byte-level tokenizer with a gap drops that byte without a word: a character that needs it does
    not come back. SmolLM2 has such gaps; a vocabulary that starts from all 256 bytes has none.

    Args:
        entries: What ``vocabulary`` returned for a byte-level tokenizer.

    Returns:
        The bytes, rising.

    Example:
        >>> tokens = [VocabularyEntry(n, bytes([n]), None, "bytes") for n in range(255)]
        >>> missing_bytes(tokens)
        [255]
    """
    known = {entry.data for entry in entries}
    return [byte for byte in range(256) if bytes([byte]) not in known]

"""One record per tokenizer and text: the tokens, where they stand, what they cost, what is lost."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.tokenization import spans, text_input, tokenizer_sources

MAX_EXAMPLES = 200


@dataclass(frozen=True)
class Loss:
    """A stretch of text that its tokens do not hold, or hold in another form."""

    start: int
    """First character, from 0."""
    stop: int
    """Character after the last."""
    kind: str
    """"unknown", "case", "accents", "decomposed" (the same character written as its parts),
    "changed", "whitespace" or "dropped"."""
    was: str
    became: str


@dataclass(frozen=True, eq=False)
class RoundTrip:
    """What comes back when the tokens are decoded."""

    decoded: str
    is_exact: bool
    """Whether exactly the text came back."""
    counts: dict[str, int]
    """How many losses of each kind there are in the whole text."""
    examples: tuple[Loss, ...]
    """The first of them, ``MAX_EXAMPLES`` at most. Spaces that decoding adds around marks are in
    ``decoded`` only."""


@dataclass(frozen=True, eq=False)
class TokenizedText:
    """A text in the tokens of one tokenizer."""

    title: str
    kind: str
    vocab_size: int
    context_length: int | None
    text_bytes: bytes
    token_ids: NDArray[np.int64]
    """Shape (n,)."""
    byte_spans: NDArray[np.int64]
    """[start, stop) in ``text_bytes``, shape (n, 2)."""
    char_spans: NDArray[np.int64]
    """The characters each token touches, shape (n, 2)."""
    is_partial: NDArray[np.bool_]
    """Whether a token begins or ends inside a character, shape (n,)."""
    is_special: NDArray[np.bool_]
    """Whether a token is a special one, shape (n,)."""
    n_chars: int
    round_trip: RoundTrip

    @property
    def n_tokens(self) -> int:
        """How many tokens the text takes."""
        return self.token_ids.size

    @property
    def chars_per_token(self) -> float:
        """Characters per token; 0 for an empty text."""
        return self.n_chars / self.n_tokens if self.n_tokens else 0.0

    @property
    def bytes_per_token(self) -> float:
        """Bytes per token; 0 for an empty text."""
        return len(self.text_bytes) / self.n_tokens if self.n_tokens else 0.0

    @property
    def context_fraction(self) -> float | None:
        """Which part of the context window the text fills; above 1 it does not fit."""
        return self.n_tokens / self.context_length if self.context_length else None

    def piece(self, position: int) -> bytes:
        """Return the bytes of the text that a token stands for."""
        start, stop = self.byte_spans[position]
        return self.text_bytes[start:stop]

    def tokens_at(self, character: int) -> NDArray[np.int64]:
        """Return the positions of the tokens that hold a part of one character.

        Args:
            character: Which character of the text, from 0.

        Returns:
            Positions in ``token_ids``: several if the character is split, none if it is lost.
        """
        starts, stops = self.char_spans.T
        return np.flatnonzero((starts <= character) & (character < stops))

    def cost(self, price_per_million: float) -> float:
        """Return what reading the text costs.

        Args:
            price_per_million: The price of a million tokens, in any currency.

        Returns:
            The cost in that currency.

        Raises:
            ValueError: If the price is below 0 or not a number.
        """
        if not price_per_million >= 0:
            raise ValueError(f"The price must be 0 or more, not {price_per_million}.")
        return self.n_tokens * price_per_million / 1e6


def tokenize(
    tokenizer: tokenizer_sources.Tokenizer,
    text: str,
    *,
    parse_special: bool = False,
    add_special: bool = False,
) -> TokenizedText:
    """Encode a text, find where each token stands, and decode it again.

    Args:
        tokenizer: Any tokenizer.
        text: Any text, up to 5 MB.
        parse_special: Read special tokens that are typed in the text as such.
        add_special: Add the marks the model expects around a text.

    Returns:
        The record.

    Raises:
        ValueError: If ``text`` holds a lone surrogate or is longer than 5 MB.
    """
    data = text_input.check_text(text)
    encoding = tokenizer.encode(text, parse_special=parse_special, add_special=add_special)
    starts = spans.character_starts(data)
    special = np.isin(encoding.token_ids, list(tokenizer.special_tokens.values()))
    has_text = encoding.byte_spans[:, 0] < encoding.byte_spans[:, 1]
    char_spans = spans.to_characters(encoding.byte_spans, starts)

    return TokenizedText(
        title=tokenizer.title,
        kind=tokenizer.kind,
        vocab_size=tokenizer.vocab_size,
        context_length=tokenizer.context_length,
        text_bytes=data,
        token_ids=encoding.token_ids,
        byte_spans=encoding.byte_spans,
        char_spans=char_spans,
        is_partial=has_text & (starts[char_spans] != encoding.byte_spans).any(axis=1),
        is_special=special,
        n_chars=len(text),
        # Marks that were added around the text are no part of what should come back.
        round_trip=_round_trip(
            tokenizer, text, encoding.token_ids, char_spans, ~special | has_text
        ),
    )


def _round_trip(
    tokenizer: tokenizer_sources.Tokenizer,
    text: str,
    token_ids: NDArray[np.int64],
    char_spans: NDArray[np.int64],
    is_text: NDArray[np.bool_],
) -> RoundTrip:
    decoded = tokenizer.decode(token_ids[is_text].tolist())
    if decoded == text:
        return RoundTrip(decoded, True, {}, ())

    counts: Counter[str] = Counter()
    examples = []
    for loss in _losses(tokenizer, text, token_ids[is_text], char_spans[is_text]):
        counts[loss.kind] += 1
        if len(examples) < MAX_EXAMPLES:
            examples.append(loss)
    return RoundTrip(decoded, False, dict(counts), tuple(examples))


def _losses(
    tokenizer: tokenizer_sources.Tokenizer,
    text: str,
    token_ids: NDArray[np.int64],
    char_spans: NDArray[np.int64],
) -> Iterator[Loss]:
    special = set(tokenizer.special_tokens.values())
    end = 0
    for start, stop, members in _groups(token_ids.tolist(), char_spans.tolist()):
        if start > end:
            yield from _gap(text, end, start)
        end = max(end, stop)

        was = text[start:stop]
        became = b"".join(tokenizer.token_bytes(member) for member in members).decode(
            "utf-8", errors="replace"
        )
        if start == 0:
            became = became.removeprefix(
                " " * (not was.startswith(" "))
            )  # Put there to be dropped.
        if stop > start and became != was:
            is_unknown = any(member in special for member in members)
            yield Loss(start, stop, "unknown" if is_unknown else _change(was, became), was, became)
    yield from _gap(text, end, len(text))


def _groups(
    token_ids: list[int], char_spans: list[list[int]]
) -> Iterator[tuple[int, int, list[int]]]:
    """Put tokens that share a character together: only as a group do they say something."""
    start = stop = 0
    members: list[int] = []
    for token_id, (first, last) in zip(token_ids, char_spans, strict=True):
        if members and first >= stop:
            yield start, stop, members
            members = []
        if not members:
            start, stop = first, last
        members.append(token_id)
        stop = max(stop, last)
    if members:
        yield start, stop, members


def _gap(text: str, start: int, stop: int) -> Iterator[Loss]:
    """Name what no token holds. One space between two words comes back by itself."""
    was = text[start:stop]
    is_inside = start > 0 and stop < len(text)
    if not was or (was == " " and is_inside):
        return
    kind = "whitespace" if was.isspace() else "dropped"
    yield Loss(start, stop, kind, was, "")


def _change(was: str, became: str) -> str:
    if was.lower() == became.lower():
        return "case"
    if was == unicodedata.normalize("NFC", became):
        return "decomposed"
    bare = [c for c in unicodedata.normalize("NFD", was) if not unicodedata.combining(c)]
    return "accents" if "".join(bare).lower() == became.lower() else "changed"


def visible(piece: bytes) -> str:
    r"""Write a piece so that spaces, line ends, control characters and split characters show.

    Args:
        piece: Bytes of a text, which may begin or end inside a character.

    Returns:
        The piece with "·" for a space, "↵" and "→" for newline and tab, and bytes that are no
        whole character as ⟨hexadecimal⟩.

    Example:
        >>> visible(" é\n".encode()), visible(b"\xf0\x9f")
        ('·é↵', '⟨F0⟩⟨9F⟩')
    """
    marks = {" ": "·", "\n": "↵", "\t": "→", "\x7f": "␡"}
    shown = []
    for character in piece.decode("utf-8", errors="surrogateescape"):
        code = ord(character)
        if 0xDC80 <= code <= 0xDCFF:
            shown.append(f"⟨{code - 0xDC00:02X}⟩")
        elif character in marks:
            shown.append(marks[character])
        elif code < 0x20:
            shown.append(chr(0x2400 + code))
        else:
            shown.append(character)
    return "".join(shown)

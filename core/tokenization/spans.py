"""Where in a text each token stands, to the byte, even if the text was changed before encoding.

A span is [start, stop) in bytes of the UTF-8 text. A character of several bytes can be split
over tokens, so characters are too coarse to say where a token ends.
"""

import itertools
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray


def consecutive(lengths: ArrayLike) -> NDArray[np.int64]:
    """Return the spans of pieces that stand one behind the other.

    Args:
        lengths: Bytes of each piece, shape (n,).

    Returns:
        Start and stop of each piece in bytes, shape (n, 2).

    Example:
        >>> consecutive([2, 3]).tolist()
        [[0, 2], [2, 5]]
    """
    stops = np.cumsum(np.asarray(lengths, dtype=np.int64))
    return np.column_stack([np.concatenate([[0], stops[:-1]])[: stops.size], stops])


def character_starts(text_bytes: bytes) -> NDArray[np.int64]:
    """Return the byte at which each character begins, and the length of the text at the end.

    Args:
        text_bytes: A text in UTF-8.

    Returns:
        Byte positions, shape (characters + 1,).

    Example:
        >>> character_starts("aé!".encode()).tolist()
        [0, 1, 3, 4]
    """
    data = np.frombuffer(text_bytes, dtype=np.uint8)
    # Bytes 10xxxxxx continue a character; every other byte begins one.
    return np.append(np.flatnonzero((data & 0b1100_0000) != 0b1000_0000), data.size)


def to_characters(byte_spans: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Widen byte spans to the characters they touch.

    Args:
        byte_spans: Spans in bytes, shape (n, 2).
        starts: What ``character_starts`` returned for the text.

    Returns:
        Spans in characters, shape (n, 2). Empty spans stay empty.

    Example:
        >>> to_characters(np.array([[0, 2], [2, 3]]), character_starts("aé".encode())).tolist()
        [[0, 2], [1, 2]]
    """
    first = np.searchsorted(starts, byte_spans[:, 0], side="right") - 1
    last = np.searchsorted(starts, byte_spans[:, 1], side="left")
    return np.column_stack([first, np.where(byte_spans[:, 0] == byte_spans[:, 1], first, last)])


@dataclass(frozen=True, eq=False)
class Alignment:
    """A changed text, and where each of its bytes comes from in the original."""

    data: bytes
    """The changed text, N bytes of UTF-8."""
    starts: NDArray[np.int64]
    """First byte in the original that each byte comes from, shape (N,)."""
    stops: NDArray[np.int64]
    """Byte after the last in the original that each byte comes from, shape (N,)."""

    def project(self, byte_spans: NDArray[np.int64]) -> NDArray[np.int64]:
        """Turn spans of the changed text into spans of the original.

        Args:
            byte_spans: Spans in the changed text, none of them empty, shape (n, 2).

        Returns:
            Spans in the original text, shape (n, 2).
        """
        return np.column_stack(
            [self.starts[byte_spans[:, 0]], self.stops[byte_spans[:, 1] - 1]]
        ).reshape(-1, 2)


def align(segments: list[tuple[str, str]]) -> Alignment:
    """Line up a text with its changed form, given piece by piece.

    Args:
        segments: Pairs (original, changed). An unchanged piece is lined up byte by byte; all
            bytes of a changed piece come from the whole original piece.

    Returns:
        The alignment.

    Example:
        >>> aligned = align([("", "_"), ("ab", "ab"), (" ", "_")])
        >>> aligned.data, aligned.starts.tolist(), aligned.stops.tolist()
        (b'_ab_', [0, 0, 1, 2], [0, 1, 2, 3])
    """
    data, starts, stops = [], [], []
    origin = 0
    for original, changed in segments:
        source, target = original.encode(), changed.encode()
        data.append(target)
        if source == target:
            places = np.arange(origin, origin + len(source))
            starts.append(places)
            stops.append(places + 1)
        else:
            starts.append(np.full(len(target), origin))
            stops.append(np.full(len(target), origin + len(source)))
        origin += len(source)

    empty = np.zeros(0, dtype=np.int64)
    return Alignment(
        b"".join(data), np.concatenate([empty, *starts]), np.concatenate([empty, *stops])
    )


def align_sentencepiece(text: str) -> Alignment:
    """Line up a text with what SentencePiece reads: a space in front, every space a "▁".

    Args:
        text: Any text; an empty one gets no space in front.

    Returns:
        The alignment.

    Source:
        Kudo and Richardson 2018, "SentencePiece", section 3.

    Example:
        >>> align_sentencepiece("a b").data.decode()
        '▁a▁b'
    """
    if not text:
        return align([])
    words = text.split(" ")
    spaced = itertools.chain.from_iterable([(" ", "▁"), (word, word)] for word in words)
    return align([("", "▁"), *itertools.islice(spaced, 1, None)])


def align_nfc(text: str) -> Alignment:
    r"""Line up a text with its composed form, where "e" + "´" has become "é".

    Args:
        text: Any text.

    Returns:
        The alignment.

    Source:
        Unicode Standard Annex 15, normalization form C.

    Example:
        >>> aligned = align_nfc("e\u0301!")
        >>> aligned.data.decode(), aligned.stops.tolist()
        ('é!', [3, 3, 4])
    """
    if unicodedata.is_normalized("NFC", text):
        return align([(text, text)])

    # A character that never joins the one before it begins a new segment.
    joining = _joining_characters()
    cuts = [
        place
        for place, character in enumerate(text)
        if place == 0 or not (unicodedata.combining(character) or character in joining)
    ]
    segments = [text[start:stop] for start, stop in itertools.pairwise([*cuts, len(text)])]
    return align([(segment, unicodedata.normalize("NFC", segment)) for segment in segments])


@lru_cache(maxsize=1)
def _joining_characters() -> frozenset[str]:
    """Characters that can compose with the one before them although they are no accents."""
    korean = [chr(code) for code in (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))]
    composed = (unicodedata.decomposition(chr(code)).split() for code in range(0x110000))
    seconds = [
        chr(int(parts[1], 16)) for parts in composed if len(parts) == 2 and parts[0][0] != "<"
    ]
    return frozenset([*korean, *seconds])

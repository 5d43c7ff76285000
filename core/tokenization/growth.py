"""How a text grows together while a tokenizer is trained: which piece stands there from when on.

A merge joins two neighbours for good. So the pieces of a text form a forest: bytes are the leaves,
every merge puts one piece above two others. Kept with the step at which it appears and the step at
which it is swallowed, the forest holds the text as it was after any number of merges.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from core.tokenization import bpe_training, patterns, text_input

Merge = tuple[tuple[int, int], int]
"""The two token ids that are joined, and the id of what they become."""


@dataclass(frozen=True)
class Piece:
    """One token of a text, and for how long it stands there."""

    token_id: int
    token: bytes
    start: int
    """First byte of the text it stands for."""
    chunk: int
    """Which chunk of the text it lies in, from 0. No merge crosses a chunk border."""
    born: int
    """How many merges had been made when it appeared; 0 for a byte."""
    gone: int | None = None
    """How many merges had been made when it was swallowed; None if it stays."""

    @property
    def stop(self) -> int:
        """Byte after the last."""
        return self.start + len(self.token)

    def stands_at(self, n_merges: int) -> bool:
        """Say whether it is a token of the text after a number of merges."""
        return self.born <= n_merges and (self.gone is None or n_merges < self.gone)


def steps_up_to(
    text: str, vocab_size: int, *, pattern: str | None = None, n_candidates: int = 0
) -> tuple[bpe_training.TrainingStep, ...]:
    """Train until the vocabulary has a size, or the text has no pair left to merge.

    Args:
        text: The text to learn from.
        vocab_size: How many tokens to have, the 256 bytes included.
        pattern: Cuts the text into chunks that no merge crosses; None for one chunk.
        n_candidates: How many of the most frequent pairs each step lists.

    Returns:
        The steps; fewer than asked for if the text supports no more.

    Raises:
        ValueError: If ``vocab_size`` is below 256, or as ``bpe_training.train_steps`` raises.

    Example:
        >>> [step.joined for step in steps_up_to("aaabdaaabac", 258)]
        [b'aa', b'ab']
    """
    if vocab_size < bpe_training.N_BYTES:
        raise ValueError(
            f"vocab_size must be at least {bpe_training.N_BYTES}, one per byte, not {vocab_size}."
        )
    steps = bpe_training.train_steps(text, pattern=pattern, n_candidates=n_candidates)
    return tuple(_until(steps, vocab_size))


def _until(
    steps: Iterator[bpe_training.TrainingStep], vocab_size: int
) -> Iterator[bpe_training.TrainingStep]:
    n_vocab = bpe_training.N_BYTES
    while n_vocab < vocab_size and (step := next(steps, None)) is not None:
        n_vocab = max(n_vocab, step.new_id + 1)
        yield step


def pieces_over_time(
    text: str, merges: Iterable[Merge], *, pattern: str | None = None
) -> tuple[Piece, ...]:
    """Apply merges one after the other, and write down every piece that ever stands in a text.

    Args:
        text: A short text, such as the beginning of the one that was learnt from. A text of n
            bytes takes n² steps.
        merges: The merges in the order they were learnt.
        pattern: The pattern used in training.

    Returns:
        At most two pieces per byte, in the order of their first byte, older ones first.

    Raises:
        ValueError: As ``patterns.split`` and ``text_input.check_text``.

    Example:
        >>> pieces = pieces_over_time("ab", [((97, 98), 256)])
        >>> [(piece.token, piece.start, piece.born, piece.gone) for piece in pieces]
        [(b'a', 0, 0, 1), (b'ab', 0, 1, None), (b'b', 1, 0, 1)]
    """
    rows = list(_bytes_of(text, pattern))
    swallowed: list[Piece] = []
    present = _pairs(rows)

    for n_merges, (pair, new_id) in enumerate(merges, start=1):
        if pair not in present:
            continue
        rows = [_merge(row, pair, new_id, n_merges, swallowed) for row in rows]
        present = _pairs(rows)

    everything = [*swallowed, *(piece for row in rows for piece in row)]
    return tuple(sorted(everything, key=lambda piece: (piece.start, piece.born)))


def _bytes_of(text: str, pattern: str | None) -> Iterator[list[Piece]]:
    text_input.check_text(text)
    start = 0
    for number, chunk in enumerate(patterns.split(text, pattern)):
        data = chunk.encode()
        yield [
            Piece(byte, bytes([byte]), start + place, number, 0) for place, byte in enumerate(data)
        ]
        start += len(data)


def _pairs(rows: list[list[Piece]]) -> set[tuple[int, int]]:
    return {(left.token_id, right.token_id) for row in rows for left, right in pairwise(row)}


def _merge(
    row: list[Piece], pair: tuple[int, int], new_id: int, n_merges: int, swallowed: list[Piece]
) -> list[Piece]:
    """Join a pair everywhere in one chunk, from left to right; note what was swallowed."""
    merged: list[Piece] = []
    place = 0
    while place < len(row):
        both = row[place : place + 2]
        if tuple(piece.token_id for piece in both) != pair:
            merged.append(row[place])
            place += 1
            continue

        left, right = both
        swallowed += [replace(left, gone=n_merges), replace(right, gone=n_merges)]
        merged.append(Piece(new_id, left.token + right.token, left.start, left.chunk, n_merges))
        place += 2
    return merged

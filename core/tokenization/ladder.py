"""Merges on one word, rung by rung: what stands there, and the rank of every pair of neighbours.

A published tokenizer encodes a word in the order its merges were learnt in training: of all pairs
that stand side by side, the one with the lowest rank is joined, and then one looks again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from core.tokenization import bpe, patterns, text_input

MAX_BYTES = 400


@dataclass(frozen=True)
class Rung:
    """A word on its way from bytes to tokens."""

    pieces: tuple[bytes, ...]
    """The tokens that stand there now, shape (n,)."""
    ranks: tuple[int | None, ...]
    """The rank of the merge of each piece with the next one, shape (n - 1,); None where there is
    no such merge, or where a chunk ends."""
    place: int | None
    """Which pair is joined next: ``pieces[place]`` and the one after it. None on the last rung."""

    @property
    def rank(self) -> int | None:
        """The rank of the pair that is joined next: the lowest one of its chunk."""
        return None if self.place is None else self.ranks[self.place]


def climb(tokenizer: bpe.BPE, text: str) -> list[Rung]:
    """Replay the merges of a tokenizer on a short text.

    Args:
        tokenizer: A byte-pair tokenizer, own or published.
        text: A word or two.

    Returns:
        One rung per merge, and a last one with the finished tokens. Chunks are climbed one after
        the other. If the table holds a whole chunk that its merges cannot reach, the tokenizer
        takes it at once; the last rung shows what merging alone comes to.

    Raises:
        ValueError: If ``text`` takes more than ``MAX_BYTES`` or holds a lone surrogate.

    Example:
        >>> ab = bpe.from_merges([(97, 98), (256, 99)])
        >>> [(rung.pieces, rung.rank) for rung in climb(ab, "abc")]
        [((b'a', b'b', b'c'), 0), ((b'ab', b'c'), 1), ((b'abc',), None)]
    """
    n_bytes = len(text_input.check_text(text))
    if n_bytes > MAX_BYTES:
        raise ValueError(
            f"The text has {n_bytes:,} bytes; every merge is drawn, so {MAX_BYTES} are the limit. "
            "Use a shorter one."
        )
    return list(_rungs(tokenizer, text))


def _rungs(tokenizer: bpe.BPE, text: str) -> Iterator[Rung]:
    chunks: list[list[int]] = [
        [tokenizer.ids[bytes([byte])] for byte in chunk.encode()]
        for chunk in patterns.split(text, tokenizer.pattern)
    ]
    for step in tokenizer.replay(text):
        before = sum(len(chunk) for chunk in chunks[: step.chunk])
        yield _rung(tokenizer, chunks, place=before + step.place)
        chunks[step.chunk] = list(step.after)
    yield _rung(tokenizer, chunks, place=None)


def _rung(tokenizer: bpe.BPE, chunks: list[list[int]], *, place: int | None) -> Rung:
    pieces: list[bytes] = []
    ranks: list[int | None] = []
    for chunk in chunks:
        if pieces:
            ranks.append(None)  # No merge crosses from one chunk into the next.
        for left, right in pairwise(chunk):
            found = tokenizer.find_merge(left, right)
            ranks.append(found[0] if found else None)
        pieces += [tokenizer.token_bytes[token_id] for token_id in chunk]
    return Rung(tuple(pieces), tuple(ranks), place)

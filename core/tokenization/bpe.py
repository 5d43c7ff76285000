"""Byte-pair encoding: learn merges from a text, then merge any text by them, lowest rank first.

How merges are learnt, step by step, is in ``bpe_training``. Here is what one gets: a tokenizer
that encodes, decodes, and replays which merges make a word.
"""

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from core.tokenization import bpe_training, patterns, text_input

N_BYTES = bpe_training.N_BYTES
Pair = tuple[int, int]


def train(text: str, vocab_size: int, *, pattern: str | None = None, min_count: int = 2) -> "BPE":
    """Learn a tokenizer of a given vocabulary size from a text.

    Args:
        text: The text to learn from.
        vocab_size: How many tokens to have, the 256 bytes included.
        pattern: Cuts the text into chunks that no merge crosses; None for one chunk.
        min_count: A pair seen less often than this is not merged.

    Returns:
        The tokenizer.

    Raises:
        ValueError: If ``vocab_size`` is below 256 or above what the text supports, or as
            ``bpe_training.train_steps`` raises.

    Source:
        As ``bpe_training.train_steps``.

    Example:
        >>> train("aaabdaaabac", 259).encode("aaabdaaabac")
        [258, 100, 258, 97, 99]
    """
    if vocab_size < N_BYTES:
        raise ValueError(f"vocab_size must be at least {N_BYTES}, one per byte, not {vocab_size}.")

    steps = bpe_training.train_steps(text, pattern=pattern, min_count=min_count)
    merges: list[Pair] = []
    n_vocab = N_BYTES
    while n_vocab < vocab_size:
        step = next(steps, None)
        if step is None:
            raise ValueError(
                f"The text supports a vocabulary of {n_vocab:,} tokens, not {vocab_size:,}: after "
                f"that no pair stands in it {min_count} times. Use more text or fewer tokens."
            )
        merges.append(step.pair)
        n_vocab = max(n_vocab, step.new_id + 1)
    return from_merges(merges, pattern=pattern)


def from_merges(merges: Iterable[Pair], *, pattern: str | None = None) -> "BPE":
    """Build a tokenizer from learnt merges, in the order they were learnt.

    Args:
        merges: Pairs of token ids. Ids 0 to 255 are the bytes, then one per new token.
        pattern: The pattern used in training.

    Returns:
        The tokenizer.

    Raises:
        ValueError: If a merge names an id that does not exist yet.

    Example:
        >>> from_merges([(97, 98), (256, 99)]).token_bytes[257]
        b'abc'
    """
    merges = tuple(merges)
    token_bytes = {byte: bytes([byte]) for byte in range(N_BYTES)}
    known = set(token_bytes.values())
    for left, right in merges:
        if left not in token_bytes or right not in token_bytes:
            raise ValueError(f"The merge ({left}, {right}) names an id that does not exist yet.")
        joined = token_bytes[left] + token_bytes[right]
        if joined not in known:
            known.add(joined)
            token_bytes[len(token_bytes)] = joined
    return BPE(token_bytes=token_bytes, merges=merges, pattern=pattern)


def from_ranks(ranks: Mapping[bytes, int], *, pattern: str | None) -> "BPE":
    """Build a tokenizer from a published table of ranks, as OpenAI, Meta and Qwen ship them.

    Such a table has no pairs. Two neighbours may merge if their joined bytes are in the table,
    and the lowest rank goes first; the rank is also the id.

    Args:
        ranks: From the bytes of a token to its rank.
        pattern: The pattern of the tokenizer.

    Returns:
        The tokenizer.

    Raises:
        ValueError: If one of the 256 bytes has no rank, or two tokens share one.

    Source:
        The file format of the tiktoken library.

    Example:
        >>> ranks = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256}
        >>> from_ranks(ranks, pattern=None).encode("abba")
        [256, 98, 97]
    """
    token_bytes = {rank: token for token, rank in ranks.items()}
    if len(token_bytes) != len(ranks):
        raise ValueError("Two tokens of the table have the same rank.")
    missing = [byte for byte in range(N_BYTES) if bytes([byte]) not in ranks]
    if missing:
        raise ValueError(f"The table has no rank for the byte {missing[0]}.")
    return BPE(token_bytes=token_bytes, merges=None, pattern=pattern)


@dataclass(frozen=True)
class MergeStep:
    """One merge while encoding: which neighbours became one token, and what stood there."""

    chunk: int
    """Which chunk of the text, from 0."""
    before: tuple[int, ...]
    """The token ids of the chunk before the merge."""
    ranks: tuple[int | None, ...]
    """The rank of each neighbouring pair of ``before``; None where no merge is known."""
    place: int
    """Which pair merged: ``before[place]`` and ``before[place + 1]``."""
    new_id: int
    """The token they became."""

    @property
    def rank(self) -> int:
        """The rank of the merge: the lowest one there was."""
        return self.ranks[self.place]

    @property
    def after(self) -> tuple[int, ...]:
        """The token ids of the chunk after the merge."""
        return (*self.before[: self.place], self.new_id, *self.before[self.place + 2 :])


@dataclass(frozen=True, eq=False)
class BPE:
    """A byte-pair tokenizer, own or published. Made by ``train`` and the ``from_`` functions."""

    token_bytes: dict[int, bytes]
    """The vocabulary: the bytes of each token id."""
    merges: tuple[Pair, ...] | None
    """The learnt pairs in order, or None if any two tokens whose join is a token may merge."""
    pattern: str | None
    """Cuts a text into chunks that no merge crosses."""

    @property
    def vocab_size(self) -> int:
        """How many tokens there are."""
        return len(self.token_bytes)

    @cached_property
    def ids(self) -> dict[bytes, int]:
        """The id of each token, by its bytes."""
        return {token: token_id for token_id, token in self.token_bytes.items()}

    @cached_property
    def _byte_ids(self) -> list[int]:
        return [self.ids[bytes([byte])] for byte in range(N_BYTES)]

    @cached_property
    def find_merge(self) -> Callable[[int, int], tuple[int, int] | None]:
        """A function of two neighbouring ids: the rank of their merge and the new id, or None."""
        token_bytes, ids = self.token_bytes, self.ids
        if self.merges is None:

            def by_bytes(left: int, right: int) -> tuple[int, int] | None:
                rank = ids.get(token_bytes[left] + token_bytes[right])
                return None if rank is None else (rank, rank)

            return by_bytes

        table = {
            pair: (rank, ids[token_bytes[pair[0]] + token_bytes[pair[1]]])
            for rank, pair in enumerate(self.merges)
        }
        return lambda left, right: table.get((left, right))

    def encode(self, text: str) -> list[int]:
        """Turn a text into token ids.

        Args:
            text: Any text.

        Returns:
            The token ids.

        Raises:
            ValueError: If ``text`` holds a lone surrogate or is longer than 5 MB.
        """
        text_input.check_text(text)
        known: dict[str, list[int]] = {}
        token_ids: list[int] = []
        for chunk in patterns.split(text, self.pattern):
            # Words come again and again, and a chunk is encoded the same way wherever it stands.
            if chunk not in known:
                known[chunk] = self._encode_chunk(chunk.encode())
            token_ids += known[chunk]
        return token_ids

    def _encode_chunk(self, chunk: bytes) -> list[int]:
        """Merge the lowest rank first, leftmost first on a tie, until nothing can merge.

        A heap holds the merges that are possible, so that a chunk of n bytes takes n · log n.
        """
        if self.merges is None and chunk in self.ids:
            return [self.ids[chunk]]  # A published table gives a whole chunk its token at once.
        find_merge = self.find_merge
        ids: list[int | None] = [self._byte_ids[byte] for byte in chunk]
        after = list(range(1, len(ids) + 1))
        before = list(range(-1, len(ids) - 1))
        heap = []
        for place in range(len(ids) - 1):
            if found := find_merge(ids[place], ids[place + 1]):
                heap.append((found[0], place, found[1], ids[place], ids[place + 1]))
        heapq.heapify(heap)

        while heap:
            _, place, new_id, left, right = heapq.heappop(heap)
            swallowed = after[place]
            # An entry is out of date once one of its two tokens has merged with another.
            if ids[place] != left or swallowed >= len(ids) or ids[swallowed] != right:
                continue
            ids[place], ids[swallowed] = new_id, None
            after[place] = after[swallowed]
            if after[place] < len(ids):
                before[after[place]] = place

            for start in (before[place], place):
                if start < 0 or (stop := after[start]) >= len(ids):
                    continue
                if found := find_merge(ids[start], ids[stop]):
                    heapq.heappush(heap, (found[0], start, found[1], ids[start], ids[stop]))
        return [token_id for token_id in ids if token_id is not None]

    def decode_bytes(self, token_ids: Iterable[int]) -> bytes:
        """Join the bytes of tokens.

        Args:
            token_ids: Ids of this vocabulary.

        Returns:
            Their bytes, which need not be whole characters.

        Raises:
            ValueError: If an id is not in the vocabulary.
        """
        try:
            return b"".join(self.token_bytes[token_id] for token_id in token_ids)
        except KeyError as error:
            raise ValueError(f"There is no token with the id {error.args[0]}.") from error

    def decode(self, token_ids: Iterable[int]) -> str:
        """Turn token ids into text; bytes that are no whole character become �.

        Args:
            token_ids: Ids of this vocabulary.

        Returns:
            The text.

        Raises:
            ValueError: If an id is not in the vocabulary.
        """
        return self.decode_bytes(token_ids).decode("utf-8", errors="replace")

    def first_merges(self, n_merges: int) -> "BPE":
        """Return the tokenizer as it was after its first merges: the slider of the lab.

        Args:
            n_merges: How many merges to keep, from 0 to all.

        Returns:
            The younger tokenizer.

        Raises:
            ValueError: If it has no recorded merges, or not that many.
        """
        if self.merges is None or not 0 <= n_merges <= len(self.merges):
            raise ValueError(
                f"This tokenizer has {len(self.merges or ())} recorded merges, not {n_merges}."
            )
        return from_merges(self.merges[:n_merges], pattern=self.pattern)

    def replay(self, text: str) -> list[MergeStep]:
        """Encode a word as ``encode`` does, but slowly, and write down every merge.

        Args:
            text: A word or a short text; a chunk of n bytes takes n² steps.

        Returns:
            The merges in the order they fire, chunk by chunk.

        Raises:
            ValueError: If ``text`` holds a lone surrogate or is longer than 5 MB.
        """
        text_input.check_text(text)
        chunks = patterns.split(text, self.pattern)
        return [
            step
            for number, chunk in enumerate(chunks)
            for step in self._replay_chunk(number, chunk.encode())
        ]

    def derivation(self, token_id: int) -> list[MergeStep]:
        """Return the merges that make one token out of its bytes.

        Args:
            token_id: An id of this vocabulary.

        Returns:
            The merges in order. If they do not end in the token, no text can produce it by
            merging: it is unreachable that way.

        Raises:
            ValueError: If the id is not in the vocabulary.
        """
        return list(self._replay_chunk(0, self.decode_bytes([token_id])))

    def _replay_chunk(self, number: int, chunk: bytes) -> Iterator[MergeStep]:
        ids = tuple(self._byte_ids[byte] for byte in chunk)
        while True:
            merges = [self.find_merge(left, right) for left, right in itertools.pairwise(ids)]
            possible = [(found, place) for place, found in enumerate(merges) if found]
            if not possible:
                return
            (_, new_id), place = min(possible)
            ranks = tuple(found and found[0] for found in merges)
            step = MergeStep(number, ids, ranks, place, new_id)
            yield step
            ids = step.after

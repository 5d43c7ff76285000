"""Learning merges from a text: the most frequent pair becomes a token, again and again."""

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.tokenization import pair_counts, patterns, text_input

N_BYTES = 256
Pair = tuple[int, int]


@dataclass(frozen=True)
class Candidate:
    """A pair that could have been merged, and how often it stands in the text."""

    pair: Pair
    left: bytes
    right: bytes
    count: int


@dataclass(frozen=True)
class TrainingStep:
    """One merge of the training: what was joined, why, and what the text looks like after it."""

    step: int
    """Counts from 0; the number of merges made before this one."""
    pair: Pair
    left: bytes
    right: bytes
    new_id: int
    """The id of the joined token. An older id if the same bytes are a token already."""
    count: int
    """How often the pair stood in the text before the merge."""
    n_tokens: int
    """Tokens of the whole text after the merge."""
    n_unused: int
    """Tokens of the vocabulary that the text no longer holds, after the merge."""
    candidates: tuple[Candidate, ...]
    """The most frequent pairs before the merge, the chosen one first."""

    @property
    def joined(self) -> bytes:
        """The bytes of the new token."""
        return self.left + self.right


def train_steps(
    text: str,
    *,
    pattern: str | None = None,
    min_count: int = 2,
    n_candidates: int = 0,
) -> Iterator[TrainingStep]:
    """Learn merges from a text, one step at a time, for as long as there is a pair to merge.

    Args:
        text: The text to learn from.
        pattern: Cuts the text into chunks that no merge crosses; None for one chunk.
        min_count: A pair seen less often than this is not merged.
        n_candidates: How many of the most frequent pairs each step lists.

    Yields:
        The steps. The pair with the highest count wins; ties go to the lowest ids, left id first.

    Raises:
        ValueError: If ``text`` is empty or no valid text, ``pattern`` is no valid pattern, or
            ``min_count`` is below 1.

    Source:
        Sennrich, Haddow and Birch 2016, "Neural machine translation of rare words with subword
        units", algorithm 1; on bytes as in Radford et al. 2019.

    Example:
        >>> [step.joined for step in train_steps("aaabdaaabac")]
        [b'aa', b'ab', b'aaab']
    """
    if not text_input.check_text(text):
        raise ValueError("There is no text to learn from: type or choose one.")
    if min_count < 1:
        raise ValueError(f"min_count must be at least 1, not {min_count}.")
    chunks = Counter(patterns.split(text, pattern))
    # The same chunk is counted once with a weight: "the" may stand there ten thousand times.
    pairs = pair_counts.PairCounts({chunk.encode(): n for chunk, n in chunks.items()})
    return _merge_until_done(pairs, min_count, n_candidates)


def _merge_until_done(
    pairs: pair_counts.PairCounts, min_count: int, n_candidates: int
) -> Iterator[TrainingStep]:
    token_bytes = [bytes([byte]) for byte in range(N_BYTES)]
    ids = {token: token_id for token_id, token in enumerate(token_bytes)}
    heap = pair_counts.MostFrequent(pairs)
    step = 0

    while (pair := heap.best()) is not None and pairs.counts[pair] >= min_count:
        left, right = token_bytes[pair[0]], token_bytes[pair[1]]
        count = pairs.counts[pair]
        candidates = _most_frequent(pairs.counts, token_bytes, n_candidates)

        # "ab"+"c" and "a"+"bc" are the same bytes: they share one id.
        new_id = ids.setdefault(left + right, len(ids))
        if new_id == len(token_bytes):
            token_bytes.append(left + right)

        heap.note(pairs.merge(pair, new_id))
        n_unused = len(token_bytes) - len(pairs.symbol_counts)
        yield TrainingStep(
            step, pair, left, right, new_id, count, pairs.n_tokens, n_unused, candidates
        )
        step += 1


def _most_frequent(
    counts: Mapping[Pair, int], token_bytes: list[bytes], n_candidates: int
) -> tuple[Candidate, ...]:
    if not n_candidates:
        return ()
    top = heapq.nsmallest(n_candidates, counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        Candidate(pair, token_bytes[pair[0]], token_bytes[pair[1]], count) for pair, count in top
    )

"""Learning WordPiece: join the pair that is most telling instead of the most frequent one.

Byte-pair encoding asks how often a pair occurs. WordPiece asks how much more often than its parts
would meet by chance: count(ab) / (count(a) · count(b)).
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.tokenization import bert_words, pair_counts, text_input

CONTINUES = "##"
"""Stands before a piece that does not begin a word."""
Pair = tuple[int, int]


@dataclass(frozen=True)
class Choice:
    """One merge of a trainer: what was joined, and the numbers it was chosen by."""

    pair: Pair
    left: str
    right: str
    joined: str
    count: int
    """How often the pair stood in the text."""
    left_count: int
    right_count: int

    @property
    def score(self) -> float:
        """How telling the pair is: its count over the product of its parts' counts."""
        return self.count / (self.left_count * self.right_count)


class MostTelling:
    """Finds the pair with the highest score without looking at all of them.

    Like ``pair_counts.MostFrequent``, but a score can also grow when a part of the pair gets
    rarer. So after a merge all pairs that share a part with it are looked at again.
    """

    def __init__(self, pairs: pair_counts.PairCounts):
        self._pairs = pairs
        self._holding: dict[int, set[Pair]] = defaultdict(set)
        self._heap: list[tuple[float, Pair]] = []
        self.note(set(pairs.counts))

    def score(self, pair: Pair) -> float:
        """Return count(ab) / (count(a) · count(b)), or 0 for a pair that is gone."""
        count = self._pairs.counts.get(pair, 0)
        parts = self._pairs.symbol_counts
        return count / (parts[pair[0]] * parts[pair[1]]) if count else 0.0

    def best(self) -> Pair | None:
        """Return the most telling pair, ties to the lowest ids; None when there is no pair."""
        while self._heap:
            noted, pair = self._heap[0]
            score = self.score(pair)
            if score == -noted:
                return pair
            if score:
                heapq.heapreplace(self._heap, (-score, pair))
            else:
                heapq.heappop(self._heap)
        return None

    def note(self, grown: set[Pair], merged: Pair | None = None) -> None:
        """Take in new pairs, and the pairs whose parts got rarer by a merge."""
        for pair in grown:
            for symbol in pair:
                self._holding[symbol].add(pair)
        touched = set(grown)
        for symbol in merged or ():
            alive = {pair for pair in self._holding[symbol] if pair in self._pairs.counts}
            self._holding[symbol] = alive
            touched |= alive
        for pair in touched:
            heapq.heappush(self._heap, (-self.score(pair), pair))


def train_steps(
    text: str, *, rule: str = "score", lowercase: bool = True, min_count: int = 2
) -> Iterator[Choice]:
    """Learn pieces from a text, one merge at a time.

    Args:
        text: The text to learn from.
        rule: "score" for WordPiece; "count" merges the same words as byte-pair encoding would,
            so that nothing but the rule differs.
        lowercase: Drop accents and capitals first.
        min_count: A best pair that is seen less often than this ends the training.

    Yields:
        The merges. Ties go to the lowest ids; ids number the letters in code point order.

    Raises:
        ValueError: If the text has no words, ``rule`` is neither, or ``min_count`` is below 1.

    Source:
        Schuster and Nakajima 2012, "Japanese and Korean voice search"; the score as in the
        Hugging Face course, chapter 6.

    Example:
        >>> text = "hug hug hugs pug"
        >>> [next(train_steps(text, rule=rule)).joined for rule in ("count", "score")]
        ['##ug', 'hu']
    """
    if rule not in ("score", "count"):
        raise ValueError(f'rule must be "score" or "count", not {rule!r}.')
    if min_count < 1:
        raise ValueError(f"min_count must be at least 1, not {min_count}.")
    text_input.check_text(text)
    words = Counter(word.text for word in bert_words.basic_words(text, lowercase=lowercase))
    if not words:
        raise ValueError("There are no words to learn from: type or choose a text.")
    return _merge_until_done(words, rule, min_count)


def _merge_until_done(words: Mapping[str, int], rule: str, min_count: int) -> Iterator[Choice]:
    names = alphabet(words)
    ids = {name: number for number, name in enumerate(names)}
    pairs = pair_counts.PairCounts(
        {tuple(ids[name] for name in _letters(word)): count for word, count in words.items()}
    )
    heap = MostTelling(pairs) if rule == "score" else pair_counts.MostFrequent(pairs)

    while (pair := heap.best()) is not None and pairs.counts[pair] >= min_count:
        left, right = (names[symbol] for symbol in pair)
        joined = left + right.removeprefix(CONTINUES)
        counts = (pairs.counts[pair], pairs.symbol_counts[pair[0]], pairs.symbol_counts[pair[1]])

        new_id = ids.setdefault(joined, len(ids))
        if new_id == len(names):
            names.append(joined)
        grown = pairs.merge(pair, new_id)
        if rule == "score":
            heap.note(grown, pair)
        else:
            heap.note(grown)
        yield Choice(pair, left, right, joined, *counts)


def alphabet(words: Mapping[str, int]) -> list[str]:
    """Return the letters of words, first those that begin one, then those that continue one.

    Args:
        words: The words; how often each occurs does not matter.

    Returns:
        Pieces of one letter, each part in code point order.

    Example:
        >>> alphabet({"hug": 2})
        ['h', '##g', '##u']
    """
    firsts = {word[0] for word in words}
    others = {CONTINUES + letter for word in words for letter in word[1:]}
    return sorted(firsts) + sorted(others)


def _letters(word: str) -> list[str]:
    return [word[0], *(CONTINUES + letter for letter in word[1:])]

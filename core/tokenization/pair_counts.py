"""Which symbols stand side by side, how often, and where: kept up to date merge by merge.

Counting every pair again after every merge costs merges × text. But one merge changes only the
pairs next to it. So each pair remembers its places, and a merge visits those and nothing else.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Mapping

END = -1
"""Stands between two words, so that no pair crosses a border."""
GONE = -2
"""Stands where a symbol was swallowed by its left neighbour."""

Pair = tuple[int, int]


class PairCounts:
    """The pairs of a weighted set of words, under merging.

    All words lie one behind the other in one row of symbols, with ``END`` between them. Rows of
    links say what stands before and after each place once neighbours have been swallowed.

    Attributes:
        counts: How often each pair occurs, every word counted as often as it occurs. In a run
            such as "aaa" the pair (a, a) counts twice although only one merge fits.
        symbol_counts: How often each symbol occurs.
        n_tokens: How many symbols the words have now, all together.

    Example:
        >>> pairs = PairCounts({(1, 2, 1, 2): 1, (1, 2): 10})
        >>> pairs.counts[1, 2], pairs.counts[2, 1]
        (12, 1)
        >>> pairs.merge((1, 2), 3)
        {(3, 3)}
        >>> pairs.counts, pairs.n_tokens
        ({(3, 3): 1}, 12)
    """

    def __init__(self, words: Mapping[tuple[int, ...] | bytes, int]):
        self._symbols = [END]
        self._weights = [0]
        for word, weight in words.items():
            self._symbols += [*word, END]
            self._weights += [weight] * (len(word) + 1)
        self._after = list(range(1, len(self._symbols) + 1))
        self._before = list(range(-1, len(self._symbols) - 1))

        self.symbol_counts: Counter[int] = Counter()
        for word, weight in words.items():
            for symbol in word:
                self.symbol_counts[symbol] += weight
        self.n_tokens = self.symbol_counts.total()

        counts: dict[Pair, int] = defaultdict(int)
        places: dict[Pair, list[int]] = defaultdict(list)
        for place in range(len(self._symbols) - 1):
            pair = (self._symbols[place], self._symbols[place + 1])
            if END not in pair:
                counts[pair] += self._weights[place]
                places[pair].append(place)
        self.counts = dict(counts)
        self._places = dict(places)

    def merge(self, pair: Pair, new: int) -> set[Pair]:
        """Replace a pair by one new symbol, everywhere, from left to right.

        Args:
            pair: The two symbols to join.
            new: The symbol that takes their place.

        Returns:
            The pairs that may have become more frequent. All of them hold ``new``: every other
            pair can only have lost places.
        """
        left, right = pair
        counts, symbols, after, before = self.counts, self._symbols, self._after, self._before
        grown: set[Pair] = set()
        shrunk: set[Pair] = {pair}
        merged = 0

        # Places are noted when a pair arises and never struck out, so each is looked at again:
        # the pair may be gone by now.
        for place in sorted(self._places.pop(pair, ())):
            swallowed = after[place]
            if symbols[place] != left or symbols[swallowed] != right:
                continue
            weight = self._weights[place]
            previous, following = before[place], after[swallowed]

            symbols[place], symbols[swallowed] = new, GONE
            after[place], before[following] = following, place
            counts[pair] -= weight
            merged += weight

            if (neighbour := symbols[previous]) != END:
                counts[neighbour, left] -= weight
                shrunk.add((neighbour, left))
                self._add((neighbour, new), previous, weight)
                grown.add((neighbour, new))
            if (neighbour := symbols[following]) != END:
                counts[right, neighbour] -= weight
                shrunk.add((right, neighbour))
                self._add((new, neighbour), place, weight)
                grown.add((new, neighbour))

        self.n_tokens -= merged
        self.symbol_counts[new] += merged
        for swallowed in pair:
            self.symbol_counts[swallowed] -= merged
        for empty in [symbol for symbol in {*pair} if not self.symbol_counts[symbol]]:
            del self.symbol_counts[empty]
        for empty in [known for known in shrunk | grown if not counts[known]]:
            del counts[empty]
            grown.discard(empty)
        return grown

    def _add(self, pair: Pair, place: int, weight: int) -> None:
        self.counts[pair] = self.counts.get(pair, 0) + weight
        self._places.setdefault(pair, []).append(place)


class MostFrequent:
    """Finds the most frequent pair without looking at all of them.

    A heap holds (−count, pair), so that ties go to the pair with the lowest ids, the oldest
    symbols. Counts that shrink are not corrected at once: an entry that comes to the top with a
    count that is no longer true is put back with the true one. Counts that grow are pushed.

    Example:
        >>> pairs = PairCounts({(1, 2, 1, 2): 1})
        >>> MostFrequent(pairs).best()
        (1, 2)
    """

    def __init__(self, pairs: PairCounts):
        self._pairs = pairs
        self._heap = [(-count, pair) for pair, count in pairs.counts.items()]
        heapq.heapify(self._heap)

    def best(self) -> Pair | None:
        """Return the most frequent pair, or None when no two symbols stand side by side."""
        while self._heap:
            noted, pair = self._heap[0]
            count = self._pairs.counts.get(pair, 0)
            if count == -noted:
                return pair
            if count:
                heapq.heapreplace(self._heap, (-count, pair))
            else:
                heapq.heappop(self._heap)
        return None

    def note(self, grown: set[Pair]) -> None:
        """Take in the pairs that ``PairCounts.merge`` reports as grown."""
        for pair in grown:
            heapq.heappush(self._heap, (-self._pairs.counts[pair], pair))

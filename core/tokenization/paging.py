"""A long text page by page: which tokens stand on a page, whole ones and parts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class PageTokens:
    """The tokens of one page of a text."""

    first: int
    """Position of the first of them in the whole text."""
    char_spans: NDArray[np.int64]
    """The characters of the page that each token touches, cut at its edges, shape (n, 2)."""

    @property
    def positions(self) -> range:
        """Where they stand in the whole text."""
        return range(self.first, self.first + len(self.char_spans))


def page_starts(text: str, page_chars: int) -> list[int]:
    r"""Cut a text into pages, after a line end or a space where there is one.

    Args:
        text: Any text.
        page_chars: Characters of a page at most.

    Returns:
        The first character of each page, and the length of the text at the end. An empty text is
        one empty page.

    Raises:
        ValueError: If ``page_chars`` is below 1.

    Example:
        >>> page_starts("one two\nsix", 6)
        [0, 4, 8, 11]
    """
    if page_chars < 1:
        raise ValueError(f"A page has at least 1 character, not {page_chars}.")
    starts = [0]
    while len(text) - starts[-1] > page_chars:
        begin, limit = starts[-1], starts[-1] + page_chars
        # A border in the last half of the page, else the page is full and cut anywhere.
        half = begin + page_chars // 2
        border = max(text.rfind("\n", half, limit), text.rfind(" ", half, limit))
        starts.append(border + 1 if border >= 0 else limit)
    return [*starts, len(text)]


def tokens_on_page(char_spans: NDArray[np.int64], start: int, stop: int) -> PageTokens:
    """Find the tokens that touch a page.

    A token that stands for no text, such as a mark at the beginning, belongs to the page it stands
    on; one that stands between two pages belongs to the first.

    Args:
        char_spans: The characters each token of the text touches, in order, shape (n, 2).
        start: First character of the page.
        stop: Character after its last.

    Returns:
        The tokens.

    Example:
        >>> page = tokens_on_page(np.array([[0, 3], [3, 5], [5, 9]]), 4, 9)
        >>> page.first, page.char_spans.tolist()
        (1, [[0, 1], [1, 5]])
    """
    starts, stops = char_spans.T
    is_empty = starts == stops
    touches = (starts < stop) & (stops > start)
    stands_here = is_empty & (starts <= stop) & ((starts > start) | (start == 0))
    found = np.flatnonzero(touches | stands_here)
    if not found.size:
        return PageTokens(0, np.zeros((0, 2), dtype=np.int64))
    first, last = int(found[0]), int(found[-1])
    spans = np.clip(char_spans[first : last + 1], start, stop) - start
    return PageTokens(first, spans)

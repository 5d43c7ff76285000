"""A reader's own numbers: changes to words and weights, written so that a link can carry them.

``E cat 1 0.5; Q 4 1 -2`` sets the first number of every "cat" to 0.5, and row 4, column 1 of the
query matrix to −2. Rows and columns count from 1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.sequences import toy_words
from core.sequences.attention import Array
from core.sequences.multi_head import LayerWeights

MATRICES = {"Q": "query", "K": "key", "V": "value", "O": "output"}
MAX_CHANGES = 100
MAX_NUMBER = 100.0


class OwnNumbersError(ValueError):
    """The changes cannot be read; the message says why, in one sentence."""


@dataclass(frozen=True)
class Change:
    """One number that a reader has set."""

    matrix: str
    """"E" for the words, else "Q", "K", "V" or "O"."""

    row: str
    """The word as it is looked up, or the row of a matrix, from 1."""

    column: int
    """From 1."""

    value: float


def read(text: str) -> tuple[Change, ...]:
    """Read changes; a later one replaces an earlier one at the same place.

    Raises:
        OwnNumbersError: If a part cannot be read, a number is too large, or there are too many.

    Example:
        >>> read("E cat 1 0.5; Q 4 1 −2")[1]
        Change(matrix='Q', row='4', column=1, value=-2.0)
    """
    parts = [part.split() for part in text.replace("−", "-").split(";") if part.strip()]
    if len(parts) > MAX_CHANGES:
        raise OwnNumbersError(f"There are {len(parts)} changes; at most {MAX_CHANGES} are kept.")
    changes = [_change(part) for part in parts]
    return tuple({(one.matrix, one.row, one.column): one for one in changes}.values())


def write(changes: Sequence[Change]) -> str:
    """Write changes as ``read`` reads them.

    Example:
        >>> write(read("E cat 1 0.50"))
        'E cat 1 0.5'
    """
    return "; ".join(f"{one.matrix} {one.row} {one.column} {one.value:g}" for one in changes)


def with_change(text: str, change: Change) -> str:
    """Add a change to what is there.

    Example:
        >>> with_change("E cat 1 0.5", Change("E", "cat", 1, 2.0))
        'E cat 1 2'
    """
    return write(read(f"{text}; {write([change])}"))


def to_words(embeddings: Array, words: Sequence[str], changes: Sequence[Change]) -> Array:
    """Put the changed numbers of words into their rows; changes that fit nothing are passed over.

    Example:
        >>> to_words(toy_words.embed(("cat",), 2), ("cat",), read("E cat 2 0.5")).tolist()
        [[1.0, 0.5]]
    """
    changed = embeddings.copy()
    forms = [toy_words.look_up(word) for word in words]
    for one in changes:
        if one.matrix == "E" and one.column <= changed.shape[1]:
            for place, form in enumerate(forms):
                if form == one.row:
                    changed[place, one.column - 1] = one.value
    return changed


def to_weights(weights: LayerWeights, changes: Sequence[Change]) -> LayerWeights:
    """Put the changed weights into their matrices; changes outside a matrix are passed over."""
    for letter, name in MATRICES.items():
        matrix = getattr(weights, name).copy()
        for one in changes:
            is_here = one.matrix == letter and int(one.row) <= matrix.shape[0]
            if is_here and one.column <= matrix.shape[1]:
                matrix[int(one.row) - 1, one.column - 1] = one.value
        weights = replace(weights, **{name: matrix})
    return weights


def _change(part: list[str]) -> Change:
    shown = " ".join(part)[:40]
    if len(part) != 4:
        raise OwnNumbersError(f"{shown!r} is not a letter, a row, a column and a number.")
    matrix, row, column, value = part
    is_place = column.isascii() and column.isdigit() and 1 <= int(column[:4]) <= 99
    if matrix in MATRICES:
        is_place = is_place and row.isascii() and row.isdigit() and 1 <= int(row[:4]) <= 99
    if not is_place or matrix not in {"E", *MATRICES}:
        raise OwnNumbersError(f"{shown!r} names no place in E, Q, K, V or O.")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not abs(number) <= MAX_NUMBER:
        raise OwnNumbersError(f"{shown!r} has no number between −100 and 100.")
    return Change(matrix, row, int(column), number)

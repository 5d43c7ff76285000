"""Tables of numbers that a person types: one row per line, numbers with spaces or commas."""

import re

import numpy as np

from core.foundations.momentum_rules import Array

MAX_CHARACTERS = 2_000
MAX_NUMBER = 1e6
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


class TableError(ValueError):
    """The typed table cannot be used; the message says why, in one sentence."""


def read_table(text: str, *, max_rows: int = 8, max_columns: int = 8) -> Array:
    """Read a table of numbers.

    Args:
        text: Rows end with a line break or a semicolon; numbers are parted by spaces or commas.
        max_rows: Largest number of rows.
        max_columns: Largest number of columns.

    Returns:
        The numbers, shape (rows, columns).

    Raises:
        TableError: If something is no number, rows differ in length, or the table is too large.

    Example:
        >>> read_table("1, 2; 3 −4").tolist()
        [[1.0, 2.0], [3.0, -4.0]]
    """
    if len(text) > MAX_CHARACTERS:
        raise TableError(
            f"The table has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read."
        )
    lines = [line for line in re.split(r"[;\n]", text.replace("−", "-")) if line.strip(" ,\t\r")]
    rows = [[_number(word) for word in re.split(r"[\s,]+", line.strip(" ,\t\r"))] for line in lines]
    if not rows:
        raise TableError("The table is empty: type numbers such as 1 2; 3 4.")
    if len({len(row) for row in rows}) > 1:
        lengths = ", ".join(str(len(row)) for row in rows[:8])
        raise TableError(f"Every row needs as many numbers as the others; these have {lengths}.")
    if len(rows) > max_rows or len(rows[0]) > max_columns:
        raise TableError(
            f"The table has {len(rows)} rows and {len(rows[0])} columns; "
            f"at most {max_rows} and {max_columns} are drawn."
        )
    return np.array(rows)


def _number(word: str) -> float:
    if not _NUMBER.fullmatch(word):
        raise TableError(f"{word[:20]!r} is not a number.")
    value = float(word)
    if abs(value) > MAX_NUMBER:
        raise TableError(f"{word[:20]} is too large; at most {MAX_NUMBER:,.0f} is read.")
    return value

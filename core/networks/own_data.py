"""Your own points: read from pasted or uploaded text, and written into a link."""

import csv
import io
import math
from dataclasses import dataclass

import numpy as np

from core.networks.activations import Array
from core.networks.datasets import DataError, task_of

MOST_ROWS = 500
"""A longer table is sampled, and the note says so."""

MOST_BYTES = 20_000_000
MOST_LINK_ROWS = 60
"""So many points still fit into a link."""

WIDEST = 10.0
"""Columns that reach further are scaled to −5 to 5, and the note says so."""

SAMPLE_SEED = 0


@dataclass(frozen=True)
class OwnData:
    """A table that was read."""

    rows: tuple[tuple[float, float, float], ...]
    """x, y and target; two classes are 0 and 1."""

    task: str
    """``classification`` or ``regression``."""

    note: str
    """What was done to the table, in sentences; may be empty."""


def parse_bytes(data: bytes) -> OwnData:
    """Read an uploaded table.

    Args:
        data: A text file with three columns; see ``parse``.

    Raises:
        DataError: If it is too large, no text, or no table as ``parse`` wants it.

    Example:
        >>> parse_bytes(b"0;0;1;").rows
        Traceback (most recent call last):
        ...
        core.networks.datasets.DataError: Line 1 has 4 columns; three are needed: x, y, answer.
    """
    if len(data) > MOST_BYTES:
        raise DataError(f"The file has {len(data) / 1e6:.3g} MB; at most 20 MB are read.")
    if b"\x00" in data[:4096]:
        raise DataError("This is no text file. Save the table as CSV first.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return parse(text)


def parse(text: str) -> OwnData:
    """Read a table of three columns: x, y and the answer.

    Args:
        text: One point per line; columns apart by comma, semicolon, tab or blanks. A first line
            without numbers is taken as names. The answer is one of two words or numbers (two
            classes), or any number (regression). Further columns are refused, not guessed at.

    Returns:
        At most MOST_ROWS rows, drawn evenly at random from a longer table with a fixed seed.

    Raises:
        DataError: If there is no row, a row is no point, a number is missing or not finite, or
            all answers are the same.

    Example:
        >>> lines = ["x, y, label", "0, 0, no", "0, 1, yes"]
        >>> parse(chr(10).join(lines)).rows
        ((0.0, 0.0, 0.0), (0.0, 1.0, 1.0))
    """
    lines = [line.strip() for line in text.splitlines()]
    numbered = [(at, line) for at, line in enumerate(lines, start=1) if line]
    if not numbered:
        raise DataError("The table is empty. Each line needs x, y and the answer: 0.5, 1.2, 1")
    separator = _separator(numbered[0][1])
    if _is_header(_cells(numbered[0][1], separator)):
        numbered = numbered[1:]
    if not numbered:
        raise DataError("The table has column names but no rows.")

    n_found = len(numbered)
    notes = []
    if n_found > MOST_ROWS:
        chosen = np.random.default_rng(SAMPLE_SEED).choice(n_found, MOST_ROWS, replace=False)
        numbered = [numbered[at] for at in np.sort(chosen)]
        notes.append(f"{MOST_ROWS} of {n_found:,} rows were drawn at random.")

    points, answers = [], []
    for at, line in numbered:
        x, y, answer = _row(_cells(line, separator), at)
        points.append((x, y))
        answers.append(answer)
    targets, task, said = _targets(answers)
    scaled, scaling = _scale(np.array(points))
    rows = tuple(
        (float(x), float(y), float(target)) for (x, y), target in zip(scaled, targets, strict=True)
    )
    return OwnData(rows=rows, task=task, note=" ".join([*notes, *said, *scaling]))


def to_link(rows: tuple[tuple[float, float, float], ...]) -> str:
    """Write points as short text for the address bar; two decimals.

    Returns:
        Points apart by ``_``, numbers apart by ``~``; empty if there are more than
        MOST_LINK_ROWS, too many for a link.

    Example:
        >>> to_link(((0.5, -1.0, 1.0), (2.0, 0.333, 0.0)))
        '0.5~-1~1_2~0.33~0'
    """
    if len(rows) > MOST_LINK_ROWS:
        return ""
    return "_".join("~".join(_short(number) for number in row) for row in rows)


def from_link(text: str) -> tuple[tuple[float, float, float], ...]:
    """Read points from a link.

    Args:
        text: From ``to_link``.

    Raises:
        DataError: If the text is none that ``to_link`` writes.

    Example:
        >>> from_link("0.5~-1~1_2~0.33~0")
        ((0.5, -1.0, 1.0), (2.0, 0.33, 0.0))
    """
    if not text:
        return ()
    parts = text.split("_")
    if len(parts) > MOST_LINK_ROWS:
        raise DataError(f"The link has {len(parts)} points; at most {MOST_LINK_ROWS} fit.")
    rows = []
    for part in parts:
        try:
            x, y, target = (float(number) for number in part.split("~"))
        except ValueError:
            raise DataError("The points in this link cannot be read.") from None
        if not all(math.isfinite(number) and abs(number) <= 1e3 for number in (x, y, target)):
            raise DataError("A point in this link is not a finite number within ±1000.")
        rows.append((x, y, target))
    return tuple(rows)


def _short(number: float) -> str:
    return f"{round(number, 2) + 0.0:g}"


def _separator(line: str) -> str | None:
    """Find what keeps the columns apart; None is blanks."""
    return next((mark for mark in ("\t", ";", ",") if mark in line), None)


def _cells(line: str, separator: str | None) -> list[str]:
    if separator is None:
        return line.split()
    return [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=separator))]


def _is_header(cells: list[str]) -> bool:
    """Names, if neither coordinate is a number, nor meant as one."""
    return len(cells) > 1 and all(
        _number(cell) is None and any(letter.isalpha() for letter in cell) for cell in cells[:2]
    )


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _row(cells: list[str], at: int) -> tuple[float, float, str]:
    if len(cells) != 3:
        columns = "1 column" if len(cells) == 1 else f"{len(cells)} columns"
        raise DataError(f"Line {at} has {columns}; three are needed: x, y, answer.")
    for cell, name in zip(cells, ("x", "y", "the answer"), strict=True):
        if not cell:
            raise DataError(f"Line {at}: {name} is missing.")
    x, y = _number(cells[0]), _number(cells[1])
    for number, cell, name in ((x, cells[0], "x"), (y, cells[1], "y")):
        if number is None:
            raise DataError(f"Line {at}: {name} is {cell[:20]!r}, which is no number.")
        if not math.isfinite(number):
            raise DataError(f"Line {at}: {name} is {cell[:20]}, which is not a finite number.")
        if abs(number) > 1e100:
            raise DataError(f"Line {at}: {name} is {cell[:20]}, which is too large to work with.")
    return x, y, cells[2]


def _targets(answers: list[str]) -> tuple[list[float], str, list[str]]:
    """Turn answers into 0 and 1, or into numbers; say how."""
    kinds = sorted(set(answers))
    numbers = [_number(answer) for answer in answers]
    if all(number is not None for number in numbers):
        return _numeric_targets(numbers)
    if "nan" in {kind.lower() for kind in kinds}:
        raise DataError("An answer is NaN: not a number. Remove that row or fill it in.")
    if len(kinds) == 1:
        raise DataError(f"All {len(answers)} rows have the same answer. Nothing can be told apart.")
    if len(kinds) > 2:
        raise DataError(
            f"The answers are {len(kinds)} different words; this network tells two classes apart."
        )
    said = f"“{kinds[0][:20]}” became class 0 and “{kinds[1][:20]}” class 1."
    return [float(answer == kinds[1]) for answer in answers], "classification", [said]


def _numeric_targets(numbers: list[float]) -> tuple[list[float], str, list[str]]:
    targets = np.array(numbers)
    if not np.isfinite(targets).all():
        raise DataError("An answer is NaN or infinite. Remove that row or fill it in.")
    if np.abs(targets).max() > 1e100:
        raise DataError("An answer is too large to work with.")
    values = np.unique(targets)
    if len(values) == 1:
        raise DataError(f"All {len(numbers)} rows have the same answer. Nothing can be told apart.")
    if len(values) == 2:
        said = (
            []
            if values.tolist() == [0, 1]
            else [f"{values[0]:g} became class 0 and {values[1]:g} class 1."]
        )
        return (targets == values[1]).astype(float).tolist(), "classification", said
    if np.abs(targets).max() <= 1:
        return targets.tolist(), task_of(targets), []
    low, high = float(values[0]), float(values[-1])
    scaled = (targets - low) / (high - low) * 2 - 1
    said = [f"Answers from {low:.3g} to {high:.3g} were scaled to −1 to 1."]
    return scaled.tolist(), "regression", said


def _scale(points: Array) -> tuple[Array, list[str]]:
    """Bring wide columns to −5 to 5, where a network can work with them."""
    if np.abs(points).max() <= WIDEST:
        return points, []
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-300)
    said = (
        f"x from {low[0]:.3g} to {high[0]:.3g} and y from {low[1]:.3g} to {high[1]:.3g} "
        "were scaled to −5 to 5."
    )
    return 5 * (points - middle) / half, [said]

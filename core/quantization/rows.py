"""One row of numbers on a grid: scale, zero point, rounding, clipping; and NF4's uneven grid."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.quantization import code_books

Grid = Literal["whole", "absmax", "zero_point", "nf4"]

MAX_NUMBERS = 64
LARGEST = 1e30

GUIDE_ROW = "15.234, -7.81, 3.06, 0.42, 11.9, -2.57, 8.3, -12.4"
"""The guide's 15.234 in company."""

REAL_ROW = (
    "0.0133, -0.0492, 0.0113, -0.0049, 0.0147, -0.0011, -0.0033, 0.0016, "
    "7.9148, 0.0144, 0.0105, -0.0056, -0.0036, -0.0287, 0.0182, -0.0159"
)
"""Sixteen neighbours out of all-MiniLM-L6-v2: layer 0, output.dense, row 99, columns 848 to 863.
The ninth is the largest weight of the model, and no misprint."""

ONE_SIDED_ROW = "0.12, 0.55, 0.31, 0.94, 0.08, 0.76, 0.43, 0.67"
"""All positive: half of a symmetric grid lies idle."""


class RowError(ValueError):
    """A typed row that cannot be used; the message says what to change."""


@dataclass(frozen=True, eq=False)
class QuantizedRow:
    """A row of numbers as whole numbers.

    Number = scale × (code − zero_point); on NF4's grid it is scale × levels[code].
    """

    values: NDArray[np.float64]
    """The row, shape (n,)."""

    codes: NDArray[np.int64]
    """The stored whole numbers, shape (n,)."""

    restored: NDArray[np.float64]
    """What comes back, shape (n,)."""

    is_clipped: NDArray[np.bool_]
    """Whether a number lay beyond the grid and was put on its end, shape (n,)."""

    bits: int
    grid: Grid
    scale: float
    """Distance between two marks."""

    zero_point: int
    """The code that stands for 0."""

    lowest: int
    """Smallest code."""

    highest: int
    """Largest code."""

    levels: NDArray[np.float64] | None = None
    """What each code stands for before scaling, shape (n_codes,); None: the code itself."""

    @property
    def errors(self) -> NDArray[np.float64]:
        """Restored minus original, shape (n,)."""
        return self.restored - self.values

    @property
    def marks(self) -> NDArray[np.float64]:
        """All numbers the grid can express, ascending, shape (highest − lowest + 1,)."""
        if self.levels is not None:
            return self.scale * self.levels
        return self.scale * (np.arange(self.lowest, self.highest + 1) - self.zero_point)

    @property
    def n_lost(self) -> int:
        """How many numbers other than 0 became 0."""
        return int(np.count_nonzero((self.restored == 0) & (self.values != 0)))


def read_row(text: str) -> NDArray[np.float64]:
    """Read numbers that are separated by commas, semicolons, spaces or line ends.

    Args:
        text: What was typed. A decimal sign is a point; both minus signs are understood.

    Returns:
        Shape (n,), between 1 and MAX_NUMBERS numbers.

    Raises:
        RowError: If there is no number, a piece is none, one is too large, or there are too many.

    Example:
        >>> read_row("15.234, −3 2e-2").tolist()
        [15.234, -3.0, 0.02]
    """
    # A hostile text is cut before it is split: no row needs more.
    pieces = [piece for piece in re.split(r"[\s,;]+", text[:5_000]) if piece]
    if not pieces:
        raise RowError("Type at least one number, such as 15.234.")
    if len(pieces) > MAX_NUMBERS:
        raise RowError(f"Type at most {MAX_NUMBERS} numbers, so that each stays visible.")
    numbers = []
    for piece in pieces:
        try:
            number = float(piece.replace("−", "-"))
        except ValueError:
            raise RowError(f"{piece[:20]!r} is not a number. Write 15.234, with a point.") from None
        if not (math.isfinite(number) and abs(number) <= LARGEST):
            raise RowError(f"{piece[:20]!r} is too large. Stay below {LARGEST:g}.")
        numbers.append(number)
    return np.array(numbers)


def quantize_row(
    values: ArrayLike, *, bits: int, grid: Grid, left_out: Collection[int] = ()
) -> QuantizedRow:
    """Put a row of numbers on a grid of 2^bits marks.

    Args:
        values: The row, shape (n,).
        bits: Bits of one stored number, 2 to 8.
        grid: "whole": marks at whole numbers, scale 1. "absmax": symmetric, the largest number
            gets the last mark. "zero_point": from the smallest to the largest, 0 included. "nf4":
            the 16 marks of NF4, close together near 0; the bits are 4 whatever is asked.
        left_out: Places that do not count when the scale is chosen; they are clipped to the
            grid of the others.

    Returns:
        The whole numbers, what comes back, and the grid.

    Raises:
        ValueError: If ``bits`` is not between 2 and 8 or the row is empty.

    Source: Jacob et al. 2018, Quantization and Training of Neural Networks for Efficient
    Integer-Arithmetic-Only Inference, section 2.1.

    Example:
        >>> row = quantize_row([3.0, -1.0, 0.4], bits=3, grid="absmax")
        >>> row.scale, row.codes.tolist(), row.restored.tolist()
        (1.0, [3, -1, 0], [3.0, -1.0, 0.0])
    """
    row = np.asarray(values, dtype=np.float64)
    if not 2 <= bits <= 8:
        raise ValueError(f"Bits must be between 2 and 8, not {bits}.")
    if row.ndim != 1 or row.size == 0:
        raise ValueError(f"A row has one dimension and is not empty; this has shape {row.shape}.")

    counted = np.delete(row, list(left_out)) if len(left_out) < row.size else row
    if grid == "nf4":
        return _on_levels(row, float(np.abs(counted).max()) or 1.0)
    half = 2 ** (bits - 1)
    scale, zero_point, lowest, highest = 1.0, 0, -half, half - 1
    if grid == "absmax":
        scale, lowest = float(np.abs(counted).max()) / highest, -highest
    elif grid == "zero_point":
        # 0 must have a mark of its own: a network is full of exact zeros.
        low, high = min(float(counted.min()), 0.0), max(float(counted.max()), 0.0)
        lowest, highest = 0, 2**bits - 1
        scale = (high - low) / highest
        zero_point = round(-low / scale) if scale > 0 else 0
    scale = scale or 1.0

    wished = np.rint(row / scale) + zero_point
    codes = np.clip(wished, lowest, highest).astype(np.int64)
    return QuantizedRow(
        values=row,
        codes=codes,
        restored=scale * (codes - zero_point),
        is_clipped=wished != codes,
        bits=bits,
        grid=grid,
        scale=scale,
        zero_point=zero_point,
        lowest=lowest,
        highest=highest,
    )


def _on_levels(row: NDArray[np.float64], scale: float) -> QuantizedRow:
    """Put a row on NF4's levels: each number takes the nearest one."""
    levels = code_books.nf4_levels().astype(np.float64)
    codes = np.abs(row[:, None] / scale - levels).argmin(axis=1)
    return QuantizedRow(
        values=row,
        codes=codes,
        restored=scale * levels[codes],
        is_clipped=np.abs(row) > scale,
        bits=4,
        grid="nf4",
        scale=scale,
        zero_point=0,
        lowest=0,
        highest=len(levels) - 1,
        levels=levels,
    )

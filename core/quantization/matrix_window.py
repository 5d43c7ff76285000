"""A part of a matrix, weight by weight, and the whole of it in little; both small enough to send.

Arrays travel as base64 of little-endian numbers, a third of what decimal text takes.
"""

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.quantization.matrix_study import Study

HEIGHT = 40
WIDTH = 96
MAP_HEIGHT = 48
MAP_WIDTH = 96


@dataclass(frozen=True, eq=False)
class Window:
    """The part of a matrix around one weight."""

    top: int
    """First row."""

    left: int
    """First column."""

    height: int
    width: int


def around(shape: tuple[int, int], row: int, col: int) -> Window:
    """Return the tile of a matrix that holds a weight; tiles do not overlap but at the far ends.

    Args:
        shape: Rows and columns of the matrix.
        row: Row of the weight.
        col: Its column.

    Example:
        >>> around((384, 1536), 99, 856)
        Window(top=80, left=768, height=40, width=96)
    """
    height, width = min(HEIGHT, shape[0]), min(WIDTH, shape[1])
    top = min(row // height * height, shape[0] - height)
    left = min(col // width * width, shape[1] - width)
    return Window(top, left, height, width)


def shrink(sizes: NDArray[np.floating], *, keep: str) -> NDArray[np.float32]:
    """Make a small map of a large matrix.

    Args:
        sizes: Numbers from 0 on, shape (rows, cols).
        keep: "largest" or "rms": what one square of the map says about the weights under it.

    Returns:
        Shape (at most MAP_HEIGHT, at most MAP_WIDTH).

    Example:
        >>> shrink(np.array([[3.0, 4.0]]), keep="largest").tolist()
        [[3.0, 4.0]]
    """
    squares = np.asarray(sizes, dtype=np.float32)
    if keep == "rms":
        squares = squares**2
    combine = np.maximum if keep == "largest" else np.add
    for axis, at_most in enumerate((MAP_HEIGHT, MAP_WIDTH)):
        n = squares.shape[axis]
        n_squares = min(n, at_most)
        starts = np.arange(n_squares) * n // n_squares
        squares = combine.reduceat(squares, starts, axis=axis)
        if keep == "rms":
            counts = np.diff(np.append(starts, n)).astype(np.float32)
            squares = squares / (counts[:, None] if axis == 0 else counts[None, :])
    return np.sqrt(squares) if keep == "rms" else squares


def pack(studied: Study) -> dict[str, object]:
    """Pack a study for the browser: one window in full, the whole matrix in little.

    Args:
        studied: A matrix in a scheme.

    Returns:
        A mapping that JSON can hold. Per weight of the window: ``weights`` and ``restored``
        (float32), ``codes`` (int32), ``group`` (uint32: place in the lists that follow). Per
        group met: ``scales``, ``zeros``, ``mins``. ``levels``: the code book or None; ``isFloat``:
        the integers are bits of a 16-bit float.
        ``columnScales``: of activation-aware scaling, or None. Maps are uint8; the
        upper hundredth is 255.
    """
    rows, cols = studied.weights.shape
    window = around((rows, cols), studied.row, studied.col)
    part = np.s_[window.top : window.top + window.height, window.left : window.left + window.width]
    stored = studied.quantized.groups
    flat = np.arange(rows)[:, None][part[0]] * cols + np.arange(cols)[part[1]]
    met, group = np.unique(flat // stored.group_size, return_inverse=True)
    # A table of 65,536 short floats would say no more than the restored weight.
    is_float = stored.codebook is not None and len(stored.codebook) > 256
    by_column = studied.quantized.column_scales
    return {
        "top": window.top,
        "left": window.left,
        "height": window.height,
        "width": window.width,
        "rows": rows,
        "cols": cols,
        "row": studied.row,
        "col": studied.col,
        "groupSize": stored.group_size,
        "weights": _encode(studied.weights[part], "<f4"),
        "original": float(studied.original[studied.row, studied.col]),
        "restored": _encode(studied.restored[part], "<f4"),
        "codes": _encode(studied.quantized.codes[part], "<i4"),
        "group": _encode(group, "<u4"),
        "scales": _encode(stored.scales[met], "<f4"),
        "zeros": _per_group(stored.zeros, met),
        "mins": _per_group(stored.mins, met),
        "levels": None if is_float or stored.codebook is None else _encode(stored.codebook, "<f4"),
        "isFloat": is_float,
        "columnScales": None if by_column is None else _encode(by_column[part[1]], "<f4"),
        "spread": float(np.std(studied.weights, dtype=np.float64)),
        "weightMap": _map(shrink(np.abs(studied.weights), keep="largest")),
        "errorMap": _map(shrink(np.abs(studied.errors), keep="rms")),
    }


def _per_group(values: NDArray[np.float32] | None, met: NDArray[np.integer]) -> str | None:
    if values is None:
        return None
    return _encode(values[met] if len(values) > 1 else np.repeat(values, len(met)), "<f4")


def _map(sizes: NDArray[np.float32]) -> dict[str, object]:
    # One enormous weight must not darken the rest: the upper hundredth looks alike.
    largest = float(np.quantile(sizes, 0.99)) or float(sizes.max()) or 1.0
    shares = np.minimum(sizes / largest, 1)
    return {
        "height": sizes.shape[0],
        "width": sizes.shape[1],
        "largest": largest,
        "squares": _encode(np.rint(255 * shares), "u1"),
    }


def _encode(numbers: NDArray, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers).astype(kind).tobytes()).decode("ascii")

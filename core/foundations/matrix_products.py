"""Rows times columns: one cell, how alike two vectors are, a picture in layers, a whole layer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.foundations.momentum_rules import Array


@dataclass(frozen=True, eq=False)
class Cell:
    """The arithmetic of one cell of a matrix product."""

    row: Array
    """Row of the left matrix, shape (n,)."""

    column: Array
    """Column of the right matrix, shape (n,)."""

    products: Array
    """Row times column, number by number, shape (n,)."""

    value: float
    """Their sum."""


@dataclass(frozen=True, eq=False)
class Similarity:
    """Two vectors compared."""

    products: Array
    """The numbers whose sum is the dot product, shape (n,)."""

    dot: float
    lengths: tuple[float, float]

    cosine: float
    """Dot product of the two directions, −1 to 1; NaN if a vector has no length."""

    angle: float
    """Angle between them in radians; NaN if a vector has no length."""

    projection: Array
    """Shadow of the first on the line of the second, shape (n,)."""


@dataclass(frozen=True, eq=False)
class LowRank:
    """A picture from a few of its layers."""

    picture: Array
    """The best approximation of this rank, shape (rows, columns)."""

    singular_values: Array
    """All of them, largest first, shape (min(rows, columns),)."""

    rank: int

    numbers_kept: int
    """rank · (rows + columns + 1), against rows · columns of the original."""

    numbers_original: int

    relative_error: float
    """Length of what is missing over the length of the picture, 0 to 1."""


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer of a network, y = Wx + b, as one multiplication."""

    products: Array
    """W times x, number by number, shape (n_outputs, n_inputs)."""

    weighted: Array
    """W x, shape (n_outputs,)."""

    outputs: Array
    """W x + b, shape (n_outputs,)."""

    augmented: Array
    """[W | b], shape (n_outputs, n_inputs + 1): times (x, 1) it gives the outputs at once."""


def cell(left: ArrayLike, right: ArrayLike, row: int, column: int) -> Cell:
    """Write out one cell of a matrix product: a row times a column.

    Args:
        left: Shape (n_rows, n).
        right: Shape (n, n_columns).
        row: Which row of ``left``.
        column: Which column of ``right``.

    Returns:
        The numbers that meet, their products and the sum.

    Raises:
        ValueError: If the matrices do not fit together, or there is no such cell.

    Example:
        >>> one = cell([[1, 2], [3, 4]], [[5, 6], [7, 8]], 0, 1)
        >>> one.products.tolist(), one.value
        ([6.0, 16.0], 22.0)
    """
    left, right = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[0]:
        raise ValueError(
            f"a {left.shape} and a {right.shape} matrix do not fit: "
            "the columns of the first must be as many as the rows of the second"
        )
    if not (0 <= row < left.shape[0] and 0 <= column < right.shape[1]):
        raise ValueError(f"the product has no cell at row {row}, column {column}")
    products = left[row] * right[:, column]
    return Cell(left[row], right[:, column], products, float(products.sum()))


def compare(first: ArrayLike, second: ArrayLike) -> Similarity:
    """Compare two vectors: dot product, lengths, cosine.

    Args:
        first: Shape (n,).
        second: Shape (n,).

    Returns:
        The similarity, with the numbers it is made of.

    Raises:
        ValueError: If the vectors differ in length, are empty, or hold NaN or infinity.

    Example:
        >>> pair = compare([3, 4], [4, 3])
        >>> pair.dot, pair.lengths, pair.cosine
        (24.0, (5.0, 5.0), 0.96)
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape or a.size == 0:
        raise ValueError(f"two vectors of one length are needed, got {a.shape} and {b.shape}")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("the vectors must hold finite numbers")

    products = a * b
    dot, lengths = float(products.sum()), (float(np.linalg.norm(a)), float(np.linalg.norm(b)))
    has_length = min(lengths) > 0
    cosine = float(np.clip(dot / (lengths[0] * lengths[1]), -1, 1)) if has_length else float("nan")
    return Similarity(
        products=products,
        dot=dot,
        lengths=lengths,
        cosine=cosine,
        angle=float(np.arccos(cosine)),
        projection=dot / float(b @ b) * b if lengths[1] else np.zeros_like(b),
    )


def cosine_table(vectors: ArrayLike) -> Array:
    """Compare every vector with every other: one matrix product of directions.

    Args:
        vectors: One row per vector, shape (n, size).

    Returns:
        Cosines, shape (n, n); NaN where a vector has no length.

    Raises:
        ValueError: If ``vectors`` is not a table.

    Example:
        >>> cosine_table([[1, 0], [0, 2]]).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    table = np.asarray(vectors, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"one row per vector is needed, got shape {table.shape}")
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        directions = table / lengths
    return np.clip(directions @ directions.T, -1, 1)


def low_rank(picture: ArrayLike, rank: int) -> LowRank:
    """Rebuild a picture from its ``rank`` strongest layers, each a column times a row.

    Args:
        picture: Grey values, shape (rows, columns).
        rank: How many layers, 0 to min(rows, columns).

    Returns:
        The closest picture of that rank (Eckart and Young, 1936), and what it costs.

    Raises:
        ValueError: If the picture is not a finite table or the rank is out of range.

    Example:
        >>> stripes = [[1, 2], [2, 4]]  # the second row is twice the first: rank 1 is enough
        >>> low_rank(stripes, 1).picture.round(9).tolist()
        [[1.0, 2.0], [2.0, 4.0]]
    """
    table = np.asarray(picture, dtype=np.float64)
    if table.ndim != 2 or table.size == 0 or not np.isfinite(table).all():
        raise ValueError(f"the picture must be a table of finite numbers, got {table.shape}")
    if not 0 <= rank <= min(table.shape):
        raise ValueError(f"rank must be 0 to {min(table.shape)}, got {rank}")

    columns, sizes, rows = np.linalg.svd(table, full_matrices=False)
    missing, whole = np.linalg.norm(sizes[rank:]), np.linalg.norm(sizes)
    return LowRank(
        picture=(columns[:, :rank] * sizes[:rank]) @ rows[:rank],
        singular_values=sizes,
        rank=rank,
        numbers_kept=rank * (sum(table.shape) + 1),
        numbers_original=table.size,
        relative_error=float(missing / whole) if whole else 0.0,
    )


def layer(weights: ArrayLike, inputs: ArrayLike, bias: ArrayLike) -> Layer:
    """Compute a layer of a network, and show it as one matrix product.

    Args:
        weights: W, shape (n_outputs, n_inputs).
        inputs: x, shape (n_inputs,).
        bias: b, shape (n_outputs,).

    Returns:
        Every product, the sums, and the single matrix [W | b].

    Raises:
        ValueError: If the shapes do not fit.

    Example:
        >>> layer([[1, 2], [0, 1]], [3, 4], [10, 20]).outputs.tolist()
        [21.0, 24.0]
    """
    w, x, b = (np.asarray(item, dtype=np.float64) for item in (weights, inputs, bias))
    if w.ndim != 2 or x.shape != w.shape[1:] or b.shape != w.shape[:1]:
        raise ValueError(f"W {w.shape}, x {x.shape} and b {b.shape} do not fit together")
    augmented = np.column_stack([w, b])
    return Layer(
        products=w * x,
        weighted=w @ x,
        outputs=augmented @ np.append(x, 1.0),
        augmented=augmented,
    )

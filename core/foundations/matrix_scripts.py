"""Programs that reproduce the linear algebra lab's numbers on their own, with NumPy alone."""

from numpy.typing import ArrayLike

from core.foundations.momentum_rules import Array

_TRANSFORMATION = '''\
"""What one 2x2 matrix does to the plane."""

import numpy as np

matrix = np.array({matrix})
print("determinant", float(np.linalg.det(matrix)))
print("rank", int(np.linalg.matrix_rank(matrix)))
values, vectors = np.linalg.eig(matrix)
for value, vector in zip(values, vectors.T):
    print("eigenvalue", complex(value))
second, stretches, first = np.linalg.svd(matrix)
print("stretches", *[float(stretch) for stretch in stretches])
print("where (1, 0) and (0, 1) land:", matrix[:, 0].tolist(), matrix[:, 1].tolist())
'''

_PRODUCT = '''\
"""A matrix product, cell by cell: a row of the left times a column of the right."""

left = {left}
right = {right}

for row in left:
    cells = []
    for column in zip(*right):
        cells.append(sum(a * b for a, b in zip(row, column)))
    print(*cells)
'''

_SIMILARITY = '''\
"""How alike two vectors are: {first} and {second}."""

import numpy as np

first = np.array({first_vector})
second = np.array({second_vector})

dot = first @ second
lengths = np.linalg.norm(first), np.linalg.norm(second)
print("dot", float(dot))
print("lengths", float(lengths[0]), float(lengths[1]))
print("cosine", float(dot / (lengths[0] * lengths[1])))
'''

_LOW_RANK = '''\
"""A picture rebuilt from its {rank} strongest layers."""

import numpy as np

# Grey values, 0 to 255, one row of the picture per row.
picture = np.frombuffer(bytes.fromhex({pixels!r}), dtype=np.uint8) / 255
picture = picture.reshape({shape})
columns, sizes, rows = np.linalg.svd(picture, full_matrices=False)
rank = {rank}
rebuilt = (columns[:, :rank] * sizes[:rank]) @ rows[:rank]
print("numbers", rank * (sum(picture.shape) + 1), "of", picture.size)
print("error", float(np.linalg.norm(picture - rebuilt) / np.linalg.norm(picture)))
'''


def transformation_script(matrix: Array) -> str:
    """Write the program behind one 2×2 matrix, shape (2, 2)."""
    return _TRANSFORMATION.format(matrix=_literal(matrix))


def product_script(left: Array, right: Array) -> str:
    """Write the program behind a product, shapes (n_rows, n) and (n, n_columns)."""
    return _PRODUCT.format(left=_literal(left), right=_literal(right))


def similarity_script(names: tuple[str, str], vectors: Array) -> str:
    """Write the program that compares two vectors.

    Args:
        names: What the vectors stand for; they enter as Python literals.
        vectors: Shape (2, size).
    """
    first, second = (ascii(name).replace('"', "'") for name in names)
    return _SIMILARITY.format(
        first=first.replace("\\", "/"),
        second=second.replace("\\", "/"),
        first_vector=_literal(vectors[0]),
        second_vector=_literal(vectors[1]),
    )


def low_rank_script(pixels: Array, *, rank: int) -> str:
    """Write the program that rebuilds a picture.

    Args:
        pixels: Grey values as whole numbers 0 to 255, shape (rows, columns).
        rank: How many layers.
    """
    return _LOW_RANK.format(
        pixels=pixels.astype("uint8").tobytes().hex(), shape=tuple(pixels.shape), rank=rank
    )


def _literal(numbers: ArrayLike) -> str:
    """Write an array so that Python reads back the same numbers."""
    return repr(getattr(numbers, "tolist", lambda: numbers)())

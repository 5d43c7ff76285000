"""A 2×2 matrix as what it does to the plane: areas, kept directions, and three simple moves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.foundations.momentum_rules import Array


@dataclass(frozen=True, eq=False)
class Eigen:
    """The directions that a 2×2 matrix keeps, if there are any."""

    values: NDArray[np.complex128]
    """The two eigenvalues, larger size first; complex when the plane turns. Shape (2,)."""

    vectors: Array
    """Kept directions of length 1, one row each; shape (n, 2) with n = 0, 1 or 2."""

    every_direction: bool
    """Whether the matrix is a multiple of the identity, which keeps every direction."""

    turn: float
    """Angle of the complex pair in radians, 0 when the eigenvalues are real."""


@dataclass(frozen=True, eq=False)
class RotateStretchRotate:
    """A 2×2 matrix as three simple moves: turn, stretch along the axes, turn again."""

    first: Array
    """Vᵀ, a rotation, shape (2, 2)."""

    stretches: Array
    """The singular values, larger first; the last is negative if the plane is flipped."""

    second: Array
    """U, a rotation, shape (2, 2)."""

    first_angle: float
    """Turn of ``first`` in radians, counter-clockwise."""

    second_angle: float
    """Turn of ``second`` in radians, counter-clockwise."""

    @property
    def stages(self) -> tuple[Array, Array, Array, Array]:
        """What has been done to the plane after 0, 1, 2 and 3 moves, each of shape (2, 2)."""
        stretch = np.diag(self.stretches)
        return (
            np.eye(2),
            self.first,
            stretch @ self.first,
            self.second @ stretch @ self.first,
        )


@dataclass(frozen=True, eq=False)
class Transformation:
    """Everything a 2×2 matrix does to the plane."""

    matrix: Array
    """Shape (2, 2); its columns are where the arrows (1, 0) and (0, 1) land."""

    determinant: float
    """What it multiplies areas by; negative if it flips the plane."""

    rank: int
    """2: the plane stays a plane; 1: it collapses to a line; 0: to a point."""

    kind: str
    """identity, rotation, reflection, scaling, shear, projection, singular or general."""

    eigen: Eigen
    """The directions that stay."""

    moves: RotateStretchRotate
    """The same matrix as rotate, stretch, rotate."""


def transform(matrix: ArrayLike) -> Transformation:
    """Work out what a 2×2 matrix does to the plane.

    Args:
        matrix: Shape (2, 2), finite.

    Returns:
        Determinant, rank, kind, kept directions and the three moves.

    Raises:
        ValueError: If the matrix is not 2×2 or holds NaN or infinity.

    Example:
        >>> turn = transform([[0, -1], [1, 0]])
        >>> turn.determinant, turn.kind, turn.eigen.values.tolist()
        (1.0, 'rotation', [1j, -1j])
    """
    matrix = _checked(matrix)
    (a, b), (c, d) = matrix.tolist()
    moves = rotate_stretch_rotate(matrix)
    large, small = np.abs(moves.stretches)
    rank = 0 if large == 0 else 1 + int(small > 1e-12 * large)
    return Transformation(
        matrix=matrix,
        determinant=a * d - b * c if rank == 2 else 0.0,
        rank=rank,
        kind=_kind(matrix, rank),
        eigen=eigen(matrix),
        moves=moves,
    )


def eigen(matrix: ArrayLike) -> Eigen:
    """Find the directions a 2×2 matrix keeps, by the quadratic formula.

    The eigenvalues λ solve λ² − trace · λ + determinant = 0.

    Args:
        matrix: Shape (2, 2), finite.

    Returns:
        Eigenvalues and kept directions. A turning plane keeps none, a shear only one.

    Raises:
        ValueError: If the matrix is not 2×2 or holds NaN or infinity.

    Example:
        >>> kept = eigen([[2, 1], [1, 2]])
        >>> kept.values.real.tolist(), kept.vectors.round(3).tolist()
        ([3.0, 1.0], [[0.707, 0.707], [0.707, -0.707]])
    """
    matrix = _checked(matrix)
    size = float(np.abs(matrix).max())
    if size == 0:
        return Eigen(np.zeros(2, dtype=complex), np.eye(2), every_direction=True, turn=0.0)
    unit = matrix / size  # so that "nearly equal" means the same for small and large numbers
    (a, b), (c, d) = unit.tolist()

    middle = (a + d) / 2
    # (trace/2)² − determinant, written so that equal eigenvalues do not cancel badly.
    gap = ((a - d) / 2) ** 2 + b * c
    if gap < -1e-14:
        root = np.sqrt(-gap)
        values = size * np.array([middle + 1j * root, middle - 1j * root])
        turn = float(np.arctan2(root, middle))
        return Eigen(values, np.empty((0, 2)), every_direction=False, turn=turn)

    root = np.sqrt(max(gap, 0.0))
    low, high = sorted([middle + root, middle - root], key=abs)
    values = size * np.array([high, low], dtype=complex)
    is_single = root <= 1e-7
    if is_single and max(abs(b), abs(c)) <= 1e-12:
        return Eigen(values, np.eye(2), every_direction=True, turn=0.0)

    # Equal eigenvalues without every direction: a shear, which keeps only one.
    directions = [_kept_direction(unit, value) for value in ((high,) if is_single else (high, low))]
    return Eigen(values, np.array(directions), every_direction=False, turn=0.0)


def rotate_stretch_rotate(matrix: ArrayLike) -> RotateStretchRotate:
    """Split a 2×2 matrix into turn, stretch, turn: its singular value decomposition.

    A matrix is half a turning-and-scaling part and half a flipping one. Their sizes and angles
    give the stretches as sum and difference, and the turns as half sum and half difference.

    Args:
        matrix: Shape (2, 2), finite.

    Returns:
        Two rotations and two stretches. Both outer moves are always rotations; a flip shows as a
        negative second stretch.

    Raises:
        ValueError: If the matrix is not 2×2 or holds NaN or infinity.

    Source:
        Blinn (1996), Consider the lowly 2×2 matrix, IEEE CG&A 16(2).

    Example:
        >>> rotate_stretch_rotate([[3, 0], [0, -2]]).stretches.tolist()
        [3.0, -2.0]
    """
    (a, b), (c, d) = _checked(matrix).tolist()
    turn_x, turn_y = (a + d) / 2, (c - b) / 2
    flip_x, flip_y = (a - d) / 2, (c + b) / 2
    turn_size, flip_size = np.hypot(turn_x, turn_y), np.hypot(flip_x, flip_y)
    turn_angle = np.arctan2(turn_y, turn_x) if turn_size else 0.0
    flip_angle = np.arctan2(flip_y, flip_x) if flip_size else 0.0

    first_angle = (turn_angle - flip_angle) / 2
    second_angle = (turn_angle + flip_angle) / 2
    return RotateStretchRotate(
        first=rotation(first_angle),
        stretches=np.array([turn_size + flip_size, turn_size - flip_size]),
        second=rotation(second_angle),
        first_angle=float(first_angle),
        second_angle=float(second_angle),
    )


def rotation(angle: float) -> Array:
    """Make the matrix that turns the plane counter-clockwise by ``angle`` radians.

    Example:
        >>> rotation(0.0).tolist()
        [[1.0, -0.0], [0.0, 1.0]]
    """
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])


def move(matrix: ArrayLike, points: ArrayLike) -> Array:
    """Apply a matrix to points.

    Args:
        matrix: Shape (2, 2).
        points: Shape (..., 2).

    Returns:
        Where they land, same shape.

    Example:
        >>> move([[1, 1], [0, 1]], [[0, 2], [1, 0]]).tolist()
        [[2.0, 2.0], [1.0, 0.0]]
    """
    return np.asarray(points, dtype=np.float64) @ _checked(matrix).T


def blend(matrix: ArrayLike, share: float) -> Array:
    """Go part of the way from doing nothing to a matrix, for an animation.

    Args:
        matrix: Shape (2, 2).
        share: 0 for the identity, 1 for the matrix.

    Returns:
        (1 − share) · identity + share · matrix.

    Example:
        >>> blend([[3, 0], [0, 1]], 0.5).tolist()
        [[2.0, 0.0], [0.0, 1.0]]
    """
    return (1 - share) * np.eye(2) + share * _checked(matrix)


def grid_lines(*, reach: int = 4, points_per_line: int = 2) -> Array:
    """Make the lines of a square grid.

    Args:
        reach: Lines run from −reach to reach.
        points_per_line: At least 2; more if the lines are to be bent.

    Returns:
        Shape (2 · (2 · reach + 1), points_per_line, 2): upright lines first, then level ones.

    Example:
        >>> grid_lines(reach=1).shape
        (6, 2, 2)
    """
    along = np.linspace(-reach, reach, points_per_line)
    upright = [np.stack([np.full_like(along, k), along], -1) for k in range(-reach, reach + 1)]
    level = [line[:, ::-1] for line in upright]
    return np.array(upright + level)


def unit_circle(*, n_points: int = 73) -> Array:
    """Make points of the unit circle, the first repeated at the end, shape (n_points, 2).

    Example:
        >>> unit_circle(n_points=3).round(9).tolist()
        [[1.0, 0.0], [-1.0, 0.0], [1.0, -0.0]]
    """
    angles = np.linspace(0, 2 * np.pi, n_points)
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def _kept_direction(matrix: Array, value: float) -> Array:
    """Find the direction that (matrix − value · identity) sends to nothing."""
    (a, b), (c, d) = matrix.tolist()
    # Each row is at right angles to the answer; the longer one is the safer guide.
    candidates = [np.array([b, value - a]), np.array([value - d, c])]
    direction = max(candidates, key=lambda vector: float(np.abs(vector).max()))
    direction = direction / np.linalg.norm(direction)
    # Of the two ways along a line, take the one that points right, or up.
    lead = direction[np.flatnonzero(np.abs(direction) > 1e-12)[0]]
    return direction * np.sign(lead)


def _kind(matrix: Array, rank: int) -> str:
    """Name the transformation, if it has a name."""
    (a, b), (c, d) = matrix.tolist()
    size = max(np.abs(matrix).max(), 1.0)

    def near(left: ArrayLike, right: ArrayLike) -> bool:
        return bool(np.allclose(left, right, rtol=0, atol=1e-9 * size))

    if near(matrix, np.eye(2)):
        return "identity"
    if rank < 2:
        return "projection" if near(matrix @ matrix, matrix) else "singular"
    if near(matrix @ matrix.T, np.eye(2)):
        return "rotation" if a * d - b * c > 0 else "reflection"
    if near([b, c], [0, 0]):
        return "scaling"
    if near([a, d], [1, 1]) and (near(b, 0) or near(c, 0)):
        return "shear"
    return "general"


def _checked(matrix: ArrayLike) -> Array:
    """Refuse anything but a finite 2×2 matrix."""
    table = np.asarray(matrix, dtype=np.float64)
    if table.shape != (2, 2):
        raise ValueError(f"the matrix must be 2×2, got shape {table.shape}")
    if not np.isfinite(table).all():
        raise ValueError("the matrix must hold finite numbers")
    return table

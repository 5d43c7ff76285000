"""Small steps that every scheme takes: the largest of a group, and rounding in small portions."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

PORTION = 1 << 15
"""Numbers worked on at once: few enough to stay in the processor's cache."""

NEARLY_HALF = np.nextafter(np.float32(0.5), np.float32(0))
"""The float before 0.5: adding it and cutting off rounds halves up and nothing else."""


def portions(n_groups: int, group_size: int) -> Iterator[slice]:
    """Walk over groups in portions of about PORTION numbers.

    Example:
        >>> [(part.start, part.stop) for part in portions(5, 1 << 14)]
        [(0, 2), (2, 4), (4, 6)]
    """
    step = max(1, PORTION // group_size)
    for start in range(0, n_groups, step):
        yield slice(start, start + step)


def tiles(n_groups: int, group_size: int) -> Iterator[tuple[slice, slice]]:
    """Walk over groups in portions; a group that is longer than one is cut.

    Example:
        >>> [(columns.start, columns.stop) for _, columns in tiles(1, 40_000)]
        [(0, 32768), (32768, 65536)]
    """
    for part in portions(n_groups, group_size):
        for start in range(0, group_size, PORTION):
            yield part, slice(start, start + PORTION)


def _fold(groups: NDArray[np.float32], larger: np.ufunc) -> NDArray[np.float32]:
    """Reduce each row by folding it in half: whole rows at once are faster than one by one."""
    size = groups.shape[1]
    while size > 1 and size % 2 == 0:
        size //= 2
        groups = larger(groups[:, :size], groups[:, size : 2 * size])
    return groups[:, 0] if size == 1 else larger.reduce(groups[:, :size], axis=1)


def lowest_and_highest(
    groups: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Find the smallest and the largest number of each group; two arrays of shape (n_groups,).

    Example:
        >>> low, high = lowest_and_highest(np.array([[1, -2, 0, 1]], np.float32))
        >>> low.tolist(), high.tolist()
        ([-2.0], [1.0])
    """
    return _fold(groups, np.minimum), _fold(groups, np.maximum)


def absmax(groups: NDArray[np.float32]) -> NDArray[np.float32]:
    """Find the largest magnitude of each group, shape (n_groups,).

    Example:
        >>> absmax(np.array([[1, -2, 0, 1]], np.float32)).tolist()
        [2.0]
    """
    return _fold(np.abs(groups), np.maximum)


def inverse(scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return 1 / scale, and 0 for a scale of 0 or one so small that its inverse is infinite.

    Example:
        >>> inverse(np.array([4, 0], np.float32)).tolist()
        [0.25, 0.0]
    """
    with np.errstate(divide="ignore", over="ignore"):
        inverted = np.float32(1) / scales
    return np.where(np.isinf(inverted), np.float32(0), inverted)


def cut(numbers: NDArray[np.float32], highest: int) -> NDArray[np.uint8]:
    """Cut off the fraction and keep what is between 0 and ``highest``; changes ``numbers``.

    Example:
        >>> cut(np.array([3.7, 16.2], np.float32), 15).tolist()
        [3, 15]
    """
    np.clip(numbers, 0, highest, out=numbers)
    return numbers.astype(np.uint8)


def round_half_away(numbers: NDArray[np.float32]) -> NDArray[np.int8]:
    """Round to the nearest integer within ±127, halves away from 0.

    Example:
        >>> round_half_away(np.array([2.5, -2.5, 0.4], np.float32)).tolist()
        [3, -3, 0]
    """
    return (numbers + np.copysign(NEARLY_HALF, numbers)).astype(np.int8)


def to_half(numbers: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round to the nearest fp16, and keep what is too large at the largest of them.

    Example:
        >>> to_half(np.array([0.1, 1e6], np.float32)).tolist()
        [0.0999755859375, 65504.0]
    """
    largest = np.finfo(np.float16).max
    return np.clip(numbers, -largest, largest).astype(np.float16).astype(np.float32)


def up_to_half(numbers: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round to the next fp16 away from 0, so that a scale covers what it is meant for.

    Example:
        >>> up_to_half(np.array([0.1, -1e-9], np.float32)).tolist()
        [0.10003662109375, -5.960464477539063e-08]
    """
    halves = to_half(numbers).astype(np.float16)
    too_small = np.abs(halves.astype(np.float32)) < np.abs(numbers)
    farther = np.nextafter(
        halves, np.copysign(np.finfo(np.float16).max, numbers).astype(np.float16)
    )
    return np.where(too_small, farther, halves).astype(np.float32)


def half_bytes(numbers: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Write each number as the two bytes of an fp16; too large ones become infinite.

    Example:
        >>> half_bytes(np.array([1.0], np.float32)).tolist()
        [[0, 60]]
    """
    with np.errstate(over="ignore"):
        return numbers.astype("<f2")[:, None].view(np.uint8)


def from_half_bytes(pairs: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Read numbers from their two bytes, shape (n, 2); the opposite of ``half_bytes``."""
    return np.ascontiguousarray(pairs).view("<f2")[:, 0].astype(np.float32)

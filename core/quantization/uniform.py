"""Evenly spaced levels: a scale, and perhaps a zero point, for each group of weights."""

import numpy as np
from numpy.typing import NDArray

from core.quantization import rounding
from core.quantization.groups import Groups


def absmax(groups: NDArray[np.float32], *, bits: int, scale_bits: int = 32) -> Groups:
    """Spread the levels from −absmax to +absmax, the same number on each side of 0.

    Args:
        groups: Weights that share a scale, shape (n_groups, group_size).
        bits: Bits of one integer, 2 to 8. The integers are −(2^(bits−1) − 1) to 2^(bits−1) − 1:
            one of the 2^bits patterns stays unused, so that 0 is a level.
        scale_bits: 32 or 16: how the scale is stored.

    Returns:
        The integers and scales.

    Raises:
        ValueError: If ``bits`` is not 2 to 8 or ``scale_bits`` is neither 16 nor 32.

    Source:
        Dettmers et al. 2022, "LLM.int8()", section 2.1 (absmax quantization).

    Example:
        >>> stored = absmax(np.array([[0.5, -1.0, 0.2]], np.float32), bits=3)
        >>> stored.codes.tolist(), stored.scales.round(3).tolist()
        ([[2, -3, 1]], [0.3330000042915344])
    """
    _check(bits, scale_bits)
    highest = 2 ** (bits - 1) - 1
    scales = _stored(rounding.absmax(groups) / np.float32(highest), scale_bits)
    return Groups(round_to_grid(groups, scales, None, -highest, highest), scales)


def zero_point(groups: NDArray[np.float32], *, bits: int, scale_bits: int = 32) -> Groups:
    """Spread the levels from the smallest weight to the largest, with 0 among them.

    Args:
        groups: Weights that share a scale, shape (n_groups, group_size).
        bits: Bits of one integer, 2 to 8. The integers are 0 to 2^bits − 1.
        scale_bits: 32 or 16: how the scale is stored.

    Returns:
        The integers, the scales, and the integer that stands for 0 (the zero point).

    Raises:
        ValueError: If ``bits`` is not 2 to 8 or ``scale_bits`` is neither 16 nor 32.

    Source:
        Jacob et al. 2017, "Quantization and training … for efficient integer-arithmetic-only
        inference", section 2.1.

    Example:
        >>> stored = zero_point(np.array([[-1.0, 0.0, 2.0]], np.float32), bits=2)
        >>> stored.codes.tolist(), stored.scales.tolist(), stored.zeros.tolist()
        ([[0, 1, 3]], [1.0], [1.0])
    """
    _check(bits, scale_bits)
    highest = 2**bits - 1
    low, high = rounding.lowest_and_highest(groups)
    low, high = np.minimum(low, 0), np.maximum(high, 0)
    scales = _stored((high - low) / np.float32(highest), scale_bits)
    zeros = np.clip(np.rint(-low * rounding.inverse(scales)), 0, highest)
    return Groups(round_to_grid(groups, scales, zeros, 0, highest), scales, zeros=zeros)


def round_to_grid(
    groups: NDArray[np.float32],
    scales: NDArray[np.float32],
    zeros: NDArray[np.float32] | None,
    lowest: int,
    highest: int,
) -> NDArray[np.integer]:
    """Round each weight to the nearest level of its group; halves go to the even integer.

    Args:
        groups: Weights, shape (n_groups, group_size).
        scales: Distance between two levels, shape (n_groups,).
        zeros: Integer that stands for 0, shape (n_groups,), or None.
        lowest: Smallest integer.
        highest: Largest integer.

    Returns:
        Integers, shape of ``groups``: int8 if some are negative, else uint8.
    """
    codes = np.empty(groups.shape, np.int8 if lowest < 0 else np.uint8)
    inverse = rounding.inverse(scales)
    for part, columns in rounding.tiles(*groups.shape):
        steps = groups[part, columns] * inverse[part, None]
        np.rint(steps, out=steps)
        if zeros is not None:
            steps += zeros[part, None]
        np.clip(steps, lowest, highest, out=steps)
        codes[part, columns] = steps
    return codes


def _stored(scales: NDArray[np.float32], scale_bits: int) -> NDArray[np.float32]:
    return rounding.to_half(scales) if scale_bits == 16 else scales.astype(np.float32)


def _check(bits: int, scale_bits: int) -> None:
    if bits not in range(2, 9):
        raise ValueError(f"bits must be 2 to 8, not {bits}.")
    if scale_bits not in (16, 32):
        raise ValueError(f"scale_bits must be 16 or 32, not {scale_bits}.")

"""Q6_K: sixteen blocks of 16 weights; weight = (d · scale) · (integer − 32)."""

import numpy as np
from numpy.typing import NDArray

from core.quantization import rounding
from core.quantization.groups import Groups

N_REFINEMENTS = 2
NEARBY = np.arange(-0.9, 0.91, 0.1, dtype=np.float32)
"""How much nearer or farther than level −32 the largest weight may lie, to try."""


def groups(codes, scale_codes, outer_scales) -> Groups:
    """Put stored integers and scales together as groups of 16 weights."""
    scale_groups = Groups(scale_codes, outer_scales)
    return Groups(
        codes.reshape(-1, 16),
        scale_groups.decode().reshape(-1),
        zeros=np.array([32], np.float32),
        scale_groups=scale_groups,
    )


def encode(blocks: NDArray[np.float32]) -> tuple[NDArray, ...]:
    """Find integers and scales of least squared error.

    Args:
        blocks: Weights, shape (n_blocks, 256).

    Returns:
        What ``groups`` takes: integers (n_blocks, 16, 16), eight-bit scales (n_blocks, 16), and
        the outer scale (n_blocks,).
    """
    small = blocks.reshape(len(blocks), 16, 16)
    scales = _best_scale(small)

    places = np.abs(scales).argmax(axis=1)[:, None]
    largest = np.take_along_axis(scales, places, axis=1)[:, 0]
    outer_scales = rounding.up_to_half(largest / np.float32(-128))
    steps = scales * rounding.inverse(outer_scales)[:, None]
    scale_codes = np.clip(np.rint(steps), -128, 127).astype(np.int8)
    for _ in range(N_REFINEMENTS):
        levels = _rounded(small, scale_codes, outer_scales)
        known = levels * scale_codes[..., None].astype(np.float32)
        fitted = np.einsum("bij,bij->b", known, small) * rounding.inverse(
            np.einsum("bij,bij->b", known, known)
        )
        outer_scales = _better(small, scale_codes, outer_scales, rounding.to_half(fitted))
    levels = _rounded(small, scale_codes, outer_scales)
    return (levels + 32).astype(np.uint8), scale_codes, outer_scales


def _best_scale(small: NDArray[np.float32]) -> NDArray[np.float32]:
    """Try several scales near the one that puts the largest weight at level −32."""
    places = np.abs(small).argmax(axis=-1)[..., None]
    largest = np.take_along_axis(small, places, axis=-1)[..., 0]
    best, most = largest / np.float32(-32), np.full(largest.shape, -1, np.float32)
    for nearby in NEARBY:
        per_step = np.float32(-(32 + nearby)) * rounding.inverse(largest)
        levels = np.clip(np.rint(small * per_step[..., None]), -32, 31)
        sum_xl = np.einsum("...i,...i", small, levels)
        scale = sum_xl * rounding.inverse(np.einsum("...i,...i", levels, levels))
        # What the fit explains of Σx²: the error is the rest.
        explained = sum_xl * scale
        best = np.where(explained > most, scale, best)
        most = np.maximum(explained, most)
    return best


def _rounded(small, scale_codes, outer_scales) -> NDArray[np.float32]:
    scales = outer_scales[:, None] * scale_codes
    return np.clip(np.rint(small * rounding.inverse(scales)[..., None]), -32, 31)


def _better(small, scale_codes, old, new) -> NDArray[np.float32]:
    errors = []
    for outer in (old, new):
        levels = _rounded(small, scale_codes, outer)
        off = (outer[:, None] * scale_codes)[..., None] * levels - small
        errors.append(np.einsum("bij,bij->b", off, off))
    return np.where(errors[1] < errors[0], new, old)


def pack(groups: Groups) -> NDArray[np.uint8]:
    """Write super-blocks as bytes, shape (n_blocks, 210)."""
    codes = groups.codes.reshape(-1, 2, 4, 32)
    low, high = codes & 15, codes >> 4
    weights = low[:, :, :2] | (low[:, :, 2:] << 4)
    shifts = np.array([0, 2, 4, 6], np.uint8)[:, None]
    highs = np.bitwise_or.reduce(high << shifts, axis=2)
    n_blocks = len(codes)
    return np.concatenate(
        [
            weights.reshape(n_blocks, 128),
            highs.reshape(n_blocks, 64),
            groups.scale_groups.codes.view(np.uint8),
            rounding.half_bytes(groups.scale_groups.scales),
        ],
        axis=1,
    )


def unpack(weights, highs, scales, outer_scales) -> Groups:
    """Read super-blocks from the bytes of their four parts."""
    low = weights.reshape(-1, 2, 2, 32)
    low = np.concatenate([low & 15, low >> 4], axis=2)
    high = highs.reshape(-1, 2, 1, 32) >> np.array([0, 2, 4, 6], np.uint8)[:, None] & 3
    return groups(low | (high << 4), scales.view(np.int8), rounding.from_half_bytes(outer_scales))

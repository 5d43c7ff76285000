"""Q4_K: eight blocks of 32 weights; weight = (d · scale) · integer − (dmin · minimum)."""

import numpy as np
from numpy.typing import NDArray

from core.quantization import rounding
from core.quantization.groups import Groups

N_REFINEMENTS = 2
STRETCHES = np.arange(-1.0, 1.01, 0.1, dtype=np.float32)
"""How many levels more or fewer than 15 the range is stretched over, to try."""


def groups(codes, scale_codes, min_codes, outer_scales, outer_mins) -> Groups:
    """Put stored integers and scales together as groups of 32 weights."""
    scale_groups = Groups(scale_codes, outer_scales)
    min_groups = Groups(min_codes, outer_mins)
    return Groups(
        codes.reshape(-1, 32),
        scale_groups.decode().reshape(-1),
        mins=-min_groups.decode().reshape(-1),
        scale_groups=scale_groups,
        min_groups=min_groups,
    )


def encode(blocks: NDArray[np.float32]) -> tuple[NDArray, ...]:
    """Find integers and scales of least squared error.

    Args:
        blocks: Weights, shape (n_blocks, 256).

    Returns:
        What ``groups`` takes: integers (n_blocks, 8, 32), six-bit scales and minimums (n_blocks, 8)
        each, and the two outer scales (n_blocks,).
    """
    small = blocks.reshape(len(blocks), 8, 32)
    scales, minimums = _best_scale_and_minimum(small)
    outer_scales, scale_codes = _six_bits(scales)
    outer_mins, min_codes = _six_bits(minimums)

    outer = np.stack([outer_scales, outer_mins])
    codes, least = _rounded(small, scale_codes, min_codes, outer)
    for _ in range(N_REFINEMENTS):
        new_outer = _fit_outer(small, codes, scale_codes, min_codes)
        new_codes, errors = _rounded(small, scale_codes, min_codes, new_outer)
        is_better = errors < least
        least = np.where(is_better, errors, least)
        outer = np.where(is_better, new_outer, outer)
        codes = np.where(is_better[:, None, None], new_codes, codes)
    return codes, scale_codes, min_codes, *outer


def _best_scale_and_minimum(small: NDArray[np.float32]) -> tuple[NDArray, NDArray]:
    """Try several stretches of each block, fit a line through each, keep the best."""
    low = np.minimum(small.min(axis=-1), 0)
    width = small.max(axis=-1) - low
    shifted = small - low[..., None]
    sum_x, n_small = small.sum(axis=-1), small.shape[-1]

    best_scale = width / np.float32(15)
    best_low, least = low, np.full(low.shape, np.inf, np.float32)
    for stretch in STRETCHES:
        per_step = np.float32(15 + stretch) * rounding.inverse(width)
        levels = np.clip(np.rint(shifted * per_step[..., None]), 0, 15)
        sum_l, sum_ll = levels.sum(axis=-1), np.einsum("...i,...i", levels, levels)
        sum_xl = np.einsum("...i,...i", small, levels)

        spread = n_small * sum_ll - sum_l**2
        scale = (n_small * sum_xl - sum_x * sum_l) * rounding.inverse(spread)
        lowest = (sum_ll * sum_x - sum_l * sum_xl) * rounding.inverse(spread)
        # A minimum above 0 cannot be stored: then the line goes through 0.
        scale = np.where(lowest > 0, sum_xl * rounding.inverse(sum_ll), scale)
        lowest = np.minimum(lowest, 0)
        off = scale[..., None] * levels + lowest[..., None] - small
        error = np.einsum("...i,...i", off, off)
        is_better = (error < least) & (spread > 0)
        best_scale = np.where(is_better, scale, best_scale)
        best_low = np.where(is_better, lowest, best_low)
        least = np.where(is_better, error, least)
    return best_scale, -best_low


def _six_bits(numbers: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Store numbers ≥ 0 of a super-block in 6 bits each and one fp16 for all."""
    largest = np.maximum(numbers, 0).max(axis=1)
    outer = rounding.up_to_half(largest / np.float32(63))
    codes = np.rint(numbers * rounding.inverse(outer)[:, None])
    return outer, np.clip(codes, 0, 63).astype(np.uint8)


def _rounded(small, scale_codes, min_codes, outer) -> tuple[NDArray[np.uint8], NDArray]:
    """Round to the grid of the stored scales; also the squared error of each super-block."""
    scales = (outer[0][:, None] * scale_codes)[..., None]
    minimums = (outer[1][:, None] * min_codes)[..., None]
    levels = np.clip(np.rint((small + minimums) * rounding.inverse(scales)), 0, 15)
    off = scales * levels - minimums - small
    return levels.astype(np.uint8), np.einsum("bij,bij->b", off, off)


def _fit_outer(small, codes, scale_codes, min_codes) -> NDArray[np.float32]:
    """Find the two fp16 scales that fit the integers best, by least squares."""
    rising = codes * scale_codes[..., None].astype(np.float32)
    falling = np.broadcast_to(-min_codes[..., None].astype(np.float32), rising.shape)
    rr, ff, rf, rx, fx = (
        np.einsum("bij,bij->b", a, b).astype(np.float64)
        for a, b in (
            (rising, rising),
            (falling, falling),
            (rising, falling),
            (rising, small),
            (falling, small),
        )
    )
    spread = rr * ff - rf**2
    usable = spread > 1e-6 * rr * ff
    safe = np.where(usable, spread, 1)
    outer_scales = np.where(usable, (rx * ff - fx * rf) / safe, rx / np.maximum(rr, 1e-30))
    outer_mins = np.where(usable, (fx * rr - rx * rf) / safe, 0)
    fitted = np.maximum(np.stack([outer_scales, outer_mins]), 0)
    return rounding.to_half(fitted.astype(np.float32))


def pack(groups: Groups) -> NDArray[np.uint8]:
    """Write super-blocks as bytes, shape (n_blocks, 144)."""
    codes = groups.codes.reshape(-1, 4, 2, 32)
    scales, minimums = groups.scale_groups.codes, groups.min_groups.codes
    # Blocks 0–3 keep their six bits together; blocks 4–7 give four to a shared byte and
    # two to the spare ends of the first eight.
    first = (scales[:, :4] & 63) | ((scales[:, 4:] >> 4) << 6)
    second = (minimums[:, :4] & 63) | ((minimums[:, 4:] >> 4) << 6)
    third = (scales[:, 4:] & 15) | ((minimums[:, 4:] & 15) << 4)
    weights = codes[:, :, 0] | (codes[:, :, 1] << 4)
    return np.concatenate(
        [
            rounding.half_bytes(groups.scale_groups.scales),
            rounding.half_bytes(groups.min_groups.scales),
            first,
            second,
            third,
            weights.reshape(len(weights), 128),
        ],
        axis=1,
    )


def unpack(outer_scales, outer_mins, scales, weights) -> Groups:
    """Read super-blocks from the bytes of their four parts."""
    first, second, third = scales[:, :4], scales[:, 4:8], scales[:, 8:]
    scale_codes = np.concatenate([first & 63, (third & 15) | ((first >> 6) << 4)], axis=1)
    min_codes = np.concatenate([second & 63, (third >> 4) | ((second >> 6) << 4)], axis=1)
    pairs = weights.reshape(-1, 4, 1, 32)
    codes = np.concatenate([pairs & 15, pairs >> 4], axis=2)
    return groups(
        codes,
        scale_codes,
        min_codes,
        rounding.from_half_bytes(outer_scales),
        rounding.from_half_bytes(outer_mins),
    )

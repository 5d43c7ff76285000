"""GGUF's K-quants: super-blocks of 256 weights whose small blocks' scales are quantized too."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core.quantization import rounding
from core.quantization.blocks import BlockFormat, Part
from core.quantization.groups import Groups

N_WEIGHTS = 256
"""Weights of one super-block."""

FORMATS: Mapping[str, BlockFormat] = MappingProxyType(
    {
        "q4_k": BlockFormat(
            "q4_k",
            N_WEIGHTS,
            (Part("scale", 2), Part("minimum", 2), Part("scales", 12), Part("weights", 128)),
        ),
        "q6_k": BlockFormat(
            "q6_k",
            N_WEIGHTS,
            (Part("weights", 128), Part("high bits", 64), Part("scales", 16), Part("scale", 2)),
        ),
    }
)
"""Formats of 256 weights per super-block. Q4_K: eight blocks of 32, each with a scale and a minimum
in 6 bits. Q6_K: sixteen blocks of 16, each with a scale in 8 bits."""

_STRETCHES = np.arange(-1.0, 1.01, 0.1, dtype=np.float32)
"""Q4_K: how many levels more or fewer than 15 the range is stretched over, to try."""

_NEARBY = np.arange(-0.9, 0.91, 0.1, dtype=np.float32)
"""Q6_K: how much nearer or farther than level −32 the largest weight may lie, to try."""

_N_REFINEMENTS = 2


def encode(blocks: NDArray[np.float32], name: str) -> Groups:
    """Search scales and integers of least squared error for each super-block.

    llama.cpp looks for the least *weighted* error (larger weights count more); this looks for the
    least mean squared error, and afterwards fits the outer scales to the integers found.

    Args:
        blocks: Weights, shape (n_blocks, 256).
        name: Key in FORMATS.

    Returns:
        Integers of the small blocks: shape (8 · n_blocks, 32) for Q4_K, (16 · n_blocks, 16) for
        Q6_K. ``scale_groups`` and ``min_groups`` hold the stored scales.

    Raises:
        KeyError: If no format has that name.
        ValueError: If the blocks do not have 256 weights.

    Source:
        ggml, ``ggml-quants.c`` (``quantize_row_q4_K_ref``, ``quantize_row_q6_K_ref``).
    """
    encoder = {"q4_k": _encode_q4, "q6_k": _encode_q6}[name]
    blocks = np.ascontiguousarray(blocks, np.float32)
    if blocks.ndim != 2 or blocks.shape[1] != N_WEIGHTS:
        raise ValueError(f"Super-blocks have shape (n_blocks, {N_WEIGHTS}), not {blocks.shape}.")
    parts = [encoder(blocks[part]) for part in rounding.portions(*blocks.shape)]
    stored = [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
    return _groups_q4(*stored) if name == "q4_k" else _groups_q6(*stored)


def pack(groups: Groups, name: str) -> NDArray[np.uint8]:
    """Write super-blocks as bytes, shape (n_blocks, bytes per block)."""
    return _pack_q4(groups) if name == "q4_k" else _pack_q6(groups)


def unpack(packed: NDArray[np.uint8], name: str) -> Groups:
    """Read super-blocks from bytes; the opposite of ``pack``.

    Args:
        packed: Bytes, shape (n_blocks, bytes per block).
        name: Key in FORMATS.

    Raises:
        ValueError: If the blocks do not have the format's number of bytes.
    """
    layout = FORMATS[name]
    if packed.ndim != 2 or packed.shape[1] != layout.n_bytes:
        raise ValueError(f"{name} blocks have {layout.n_bytes} bytes, not {packed.shape}.")
    ends = np.cumsum([part.n_bytes for part in layout.parts])[:-1]
    pieces = [np.ascontiguousarray(piece) for piece in np.split(packed, ends, axis=1)]
    return _unpack_q4(*pieces) if name == "q4_k" else _unpack_q6(*pieces)


# --- Q4_K: weight = (d · scale) · integer − (dmin · minimum) ---------------------------------


def _groups_q4(codes, scale_codes, min_codes, outer_scales, outer_mins) -> Groups:
    scale_groups = Groups(scale_codes, outer_scales)
    min_groups = Groups(min_codes, outer_mins)
    return Groups(
        codes.reshape(-1, 32),
        scale_groups.decode().reshape(-1),
        mins=-min_groups.decode().reshape(-1),
        scale_groups=scale_groups,
        min_groups=min_groups,
    )


def _encode_q4(blocks: NDArray[np.float32]) -> tuple[NDArray, ...]:
    small = blocks.reshape(len(blocks), 8, 32)
    scales, minimums = _best_scale_and_minimum(small)
    outer_scales, scale_codes = _six_bits(scales)
    outer_mins, min_codes = _six_bits(minimums)

    best = (_rounded_q4(small, scale_codes, min_codes, outer_scales, outer_mins), outer_scales)
    best = (*best, outer_mins)
    least = _error_q4(small, best[0], scale_codes, min_codes, outer_scales, outer_mins)
    for _ in range(_N_REFINEMENTS):
        outer = _fit_outer(small, best[0], scale_codes, min_codes)
        codes = _rounded_q4(small, scale_codes, min_codes, *outer)
        error = _error_q4(small, codes, scale_codes, min_codes, *outer)
        is_better = error < least
        least = np.where(is_better, error, least)
        best = (
            np.where(is_better[:, None, None], codes, best[0]),
            np.where(is_better, outer[0], best[1]),
            np.where(is_better, outer[1], best[2]),
        )
    return best[0], scale_codes, min_codes, best[1], best[2]


def _best_scale_and_minimum(small: NDArray[np.float32]) -> tuple[NDArray, NDArray]:
    """Try several stretches of each block, fit a line through each, keep the best."""
    low = np.minimum(small.min(axis=-1), 0)
    width = small.max(axis=-1) - low
    shifted = small - low[..., None]
    sum_x, n_small = small.sum(axis=-1), small.shape[-1]

    best_scale = width / np.float32(15)
    best_low, least = low, np.full(low.shape, np.inf, np.float32)
    for stretch in _STRETCHES:
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
    codes = np.rint(numbers * (np.float32(63) * rounding.inverse(largest))[:, None])
    outer = rounding.to_half(largest / np.float32(63))
    return outer, np.clip(codes, 0, 63).astype(np.uint8)


def _rounded_q4(small, scale_codes, min_codes, outer_scales, outer_mins) -> NDArray[np.uint8]:
    scales = outer_scales[:, None] * scale_codes
    minimums = outer_mins[:, None] * min_codes
    steps = (small + minimums[..., None]) * rounding.inverse(scales)[..., None]
    return np.clip(np.rint(steps), 0, 15).astype(np.uint8)


def _error_q4(small, codes, scale_codes, min_codes, outer_scales, outer_mins) -> NDArray:
    scales = outer_scales[:, None] * scale_codes
    minimums = outer_mins[:, None] * min_codes
    off = scales[..., None] * codes - minimums[..., None] - small
    return np.einsum("bij,bij->b", off, off)


def _fit_outer(small, codes, scale_codes, min_codes) -> tuple[NDArray, NDArray]:
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
    return (
        rounding.to_half(np.maximum(outer_scales, 0).astype(np.float32)),
        rounding.to_half(np.maximum(outer_mins, 0).astype(np.float32)),
    )


def _pack_q4(groups: Groups) -> NDArray[np.uint8]:
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
            _half_bytes(groups.scale_groups.scales),
            _half_bytes(groups.min_groups.scales),
            first,
            second,
            third,
            weights.reshape(len(weights), 128),
        ],
        axis=1,
    )


def _unpack_q4(outer_scales, outer_mins, scales, weights) -> Groups:
    first, second, third = scales[:, :4], scales[:, 4:8], scales[:, 8:]
    scale_codes = np.concatenate([first & 63, (third & 15) | ((first >> 6) << 4)], axis=1)
    min_codes = np.concatenate([second & 63, (third >> 4) | ((second >> 6) << 4)], axis=1)
    pairs = weights.reshape(-1, 4, 1, 32)
    codes = np.concatenate([pairs & 15, pairs >> 4], axis=2)
    return _groups_q4(codes, scale_codes, min_codes, _halves(outer_scales), _halves(outer_mins))


# --- Q6_K: weight = (d · scale) · (integer − 32) ---------------------------------------------


def _groups_q6(codes, scale_codes, outer_scales) -> Groups:
    scale_groups = Groups(scale_codes, outer_scales)
    return Groups(
        codes.reshape(-1, 16),
        scale_groups.decode().reshape(-1),
        zeros=np.array([32], np.float32),
        scale_groups=scale_groups,
    )


def _encode_q6(blocks: NDArray[np.float32]) -> tuple[NDArray, ...]:
    small = blocks.reshape(len(blocks), 16, 16)
    scales = _best_scale(small)

    places = np.abs(scales).argmax(axis=1)[:, None]
    largest = np.take_along_axis(scales, places, axis=1)[:, 0]
    per_code = np.float32(-128) * rounding.inverse(largest)
    scale_codes = np.clip(np.rint(scales * per_code[:, None]), -128, 127).astype(np.int8)
    outer_scales = rounding.to_half(rounding.inverse(per_code))
    for _ in range(_N_REFINEMENTS):
        levels = _rounded_q6(small, scale_codes, outer_scales)
        known = levels * scale_codes[..., None].astype(np.float32)
        fitted = np.einsum("bij,bij->b", known, small) * rounding.inverse(
            np.einsum("bij,bij->b", known, known)
        )
        outer_scales = _better_q6(small, scale_codes, outer_scales, rounding.to_half(fitted))
    levels = _rounded_q6(small, scale_codes, outer_scales)
    return (levels + 32).astype(np.uint8), scale_codes, outer_scales


def _best_scale(small: NDArray[np.float32]) -> NDArray[np.float32]:
    """Try several scales near the one that puts the largest weight at level −32."""
    places = np.abs(small).argmax(axis=-1)[..., None]
    largest = np.take_along_axis(small, places, axis=-1)[..., 0]
    best, most = largest / np.float32(-32), np.full(largest.shape, -1, np.float32)
    for nearby in _NEARBY:
        per_step = np.float32(-(32 + nearby)) * rounding.inverse(largest)
        levels = np.clip(np.rint(small * per_step[..., None]), -32, 31)
        sum_xl = np.einsum("...i,...i", small, levels)
        scale = sum_xl * rounding.inverse(np.einsum("...i,...i", levels, levels))
        # What the fit explains of Σx²: the error is the rest.
        explained = sum_xl * scale
        best = np.where(explained > most, scale, best)
        most = np.maximum(explained, most)
    return best


def _rounded_q6(small, scale_codes, outer_scales) -> NDArray[np.float32]:
    scales = outer_scales[:, None] * scale_codes
    return np.clip(np.rint(small * rounding.inverse(scales)[..., None]), -32, 31)


def _better_q6(small, scale_codes, old, new) -> NDArray[np.float32]:
    errors = []
    for outer in (old, new):
        levels = _rounded_q6(small, scale_codes, outer)
        off = (outer[:, None] * scale_codes)[..., None] * levels - small
        errors.append(np.einsum("bij,bij->b", off, off))
    return np.where(errors[1] < errors[0], new, old)


def _pack_q6(groups: Groups) -> NDArray[np.uint8]:
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
            _half_bytes(groups.scale_groups.scales),
        ],
        axis=1,
    )


def _unpack_q6(weights, highs, scales, outer_scales) -> Groups:
    low = weights.reshape(-1, 2, 2, 32)
    low = np.concatenate([low & 15, low >> 4], axis=2)
    high = highs.reshape(-1, 2, 1, 32) >> np.array([0, 2, 4, 6], np.uint8)[:, None] & 3
    return _groups_q6(low | (high << 4), scales.view(np.int8), _halves(outer_scales))


def _half_bytes(numbers: NDArray[np.float32]) -> NDArray[np.uint8]:
    return numbers.astype(np.float16)[:, None].view(np.uint8)


def _halves(piece: NDArray[np.uint8]) -> NDArray[np.float32]:
    return piece.view(np.float16)[:, 0].astype(np.float32)

"""Floats of sixteen and eight bits: most models are published in the former."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.quantization import number_formats, rounding
from core.quantization.groups import Groups


def fp16_patterns(numbers: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Round to fp16 (5 bits of exponent, 10 of fraction), and return the bit patterns.

    Example:
        >>> hex(fp16_patterns(np.array([1.0], np.float32))[0])
        '0x3c00'
    """
    with np.errstate(over="ignore"):
        return numbers.astype(np.float16).view(np.uint16)


def bf16_patterns(numbers: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Round to bf16 (the upper half of a float32), halves to even; bit patterns.

    Example:
        >>> hex(bf16_patterns(np.array([1.0], np.float32))[0])
        '0x3f80'
    """
    patterns = np.ascontiguousarray(numbers, np.float32).view(np.uint32)
    # Adding just under half of what is cut off, and one more if the kept part is odd.
    rounded = patterns + (np.uint32(0x7FFF) + ((patterns >> np.uint32(16)) & np.uint32(1)))
    return (rounded >> np.uint32(16)).astype(np.uint16)


@cache
def _fp16_levels() -> NDArray[np.float32]:
    return np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)


@cache
def _bf16_levels() -> NDArray[np.float32]:
    return (np.arange(1 << 16, dtype=np.uint32) << np.uint32(16)).view(np.float32)


@cache
def _fp8_levels(name: str) -> NDArray[np.float32]:
    layout = number_formats.FORMATS[_FP8[name]]
    return number_formats.decode(np.arange(256), layout).astype(np.float32)


_FP8 = {"fp8_e4m3": "float8_e4m3fn", "fp8_e5m2": "float8_e5m2"}


def encode(groups: NDArray[np.float32], name: str) -> Groups:
    """Store numbers as short floats; the code book lists what every pattern stands for.

    Numbers in 8 bits are first scaled so that the largest of a group just fits, as programs do
    that compute with them: unscaled, small weights would fall between the smallest of them.

    Args:
        groups: Numbers, shape (n_groups, group_size).
        name: "fp16", "bf16", "fp8_e4m3" or "fp8_e5m2".

    Returns:
        Bit patterns, with the scale 1 for floats of 16 bits.

    Raises:
        KeyError: If there is no such format.

    Example:
        >>> encode(np.array([[0.1]], np.float32), "bf16").decode().tolist()
        [[0.10009765625]]
    """
    if name in _FP8:
        return _encode_scaled(groups, name)
    to_patterns = {"fp16": fp16_patterns, "bf16": bf16_patterns}[name]
    return from_patterns(to_patterns(groups), name)


def from_patterns(patterns: NDArray[np.uint16], name: str) -> Groups:
    """Put 16-bit patterns and what they stand for together.

    Args:
        patterns: Bit patterns, shape (n_groups, group_size).
        name: "fp16" or "bf16".

    Raises:
        KeyError: If there is no such format.
    """
    levels = {"fp16": _fp16_levels, "bf16": _bf16_levels}[name]
    return Groups(patterns, np.ones(len(patterns), np.float32), codebook=levels())


def _encode_scaled(groups: NDArray[np.float32], name: str) -> Groups:
    layout = number_formats.FORMATS[_FP8[name]]
    scales = (rounding.absmax(groups) / np.float64(layout.largest)).astype(np.float32)
    inverse = rounding.inverse(scales)
    patterns = np.empty(groups.shape, np.uint8)
    for part, columns in rounding.tiles(*groups.shape):
        scaled = np.clip(
            groups[part, columns] * inverse[part, None], -layout.largest, layout.largest
        )
        patterns[part, columns] = number_formats.encode(scaled, layout)
    return Groups(patterns, scales, codebook=_fp8_levels(name))

"""Floats of sixteen bits: the weights as most models are published."""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

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


_FORMATS: Mapping[str, tuple[Callable, Callable]] = MappingProxyType(
    {"fp16": (fp16_patterns, _fp16_levels), "bf16": (bf16_patterns, _bf16_levels)}
)


def encode(groups: NDArray[np.float32], name: str) -> Groups:
    """Store numbers as 16-bit floats; the code book lists what every pattern stands for.

    Args:
        groups: Numbers, shape (n_groups, group_size).
        name: "fp16" or "bf16".

    Returns:
        Bit patterns, with the scale 1.

    Example:
        >>> encode(np.array([[0.1]], np.float32), "bf16").decode().tolist()
        [[0.10009765625]]
    """
    to_patterns, levels = _FORMATS[name]
    ones = np.ones(len(groups), np.float32)
    return Groups(to_patterns(groups), ones, codebook=levels())

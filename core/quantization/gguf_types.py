"""The types a tensor of a GGUF file can have: how large their blocks are, and how to read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core.quantization import blocks, k_quants, short_floats
from core.quantization.groups import Groups

PLAIN = ("F32", "F16", "BF16")
"""Types without blocks: every weight for itself."""


@dataclass(frozen=True)
class TensorType:
    """One type of the GGML library."""

    number: int
    """How the file names it."""

    name: str
    n_weights: int
    """Weights of one block; 1 where there are no blocks."""

    n_bytes: int
    """Bytes of one block."""

    @property
    def key(self) -> str:
        """Name among the block formats, such as "q4_0"."""
        return self.name.lower()

    @property
    def can_be_read(self) -> bool:
        """Whether this lab turns its bytes into numbers; the others are only listed."""
        return self.name in PLAIN or self.key in blocks.FORMATS or self.key in k_quants.FORMATS

    @property
    def bits_per_weight(self) -> float:
        """Bits per weight, scales counted."""
        return self.n_bytes * 8 / self.n_weights


def _types() -> dict[int, TensorType]:
    rows = (
        *[(0, "F32", 1, 4), (1, "F16", 1, 2), (30, "BF16", 1, 2)],
        *[(2, "Q4_0", 32, 18), (3, "Q4_1", 32, 20), (6, "Q5_0", 32, 22), (7, "Q5_1", 32, 24)],
        *[(8, "Q8_0", 32, 34), (9, "Q8_1", 32, 40), (39, "MXFP4", 32, 17)],
        *[(10, "Q2_K", 256, 84), (11, "Q3_K", 256, 110), (12, "Q4_K", 256, 144)],
        *[(13, "Q5_K", 256, 176), (14, "Q6_K", 256, 210), (15, "Q8_K", 256, 292)],
        *[(16, "IQ2_XXS", 256, 66), (17, "IQ2_XS", 256, 74), (18, "IQ3_XXS", 256, 98)],
        *[(19, "IQ1_S", 256, 50), (20, "IQ4_NL", 32, 18), (21, "IQ3_S", 256, 110)],
        *[(22, "IQ2_S", 256, 82), (23, "IQ4_XS", 256, 136), (29, "IQ1_M", 256, 56)],
        *[(24, "I8", 1, 1), (25, "I16", 1, 2), (26, "I32", 1, 4), (27, "I64", 1, 8)],
        *[(28, "F64", 1, 8), (34, "TQ1_0", 256, 54), (35, "TQ2_0", 256, 66)],
    )
    return {number: TensorType(number, name, *sizes) for number, name, *sizes in rows}


TYPES: Mapping[int, TensorType] = MappingProxyType(_types())
"""Every type by the number that stands for it in a file."""

BY_NAME: Mapping[str, TensorType] = MappingProxyType({kind.name: kind for kind in TYPES.values()})
"""The same by name."""


def unpack(packed: NDArray[np.uint8], kind: TensorType) -> Groups:
    """Read blocks from bytes.

    Args:
        packed: Whole blocks, shape (n_blocks, bytes per block).
        kind: Their type.

    Returns:
        Integers and scales; for a plain type the bit patterns and what they stand for.

    Raises:
        ValueError: If the type cannot be read here, or the bytes are no whole blocks.
    """
    if not kind.can_be_read:
        raise ValueError(f"{kind.name} is listed, but its bytes are not taken apart here.")
    if kind.key in blocks.FORMATS:
        return blocks.unpack(packed, kind.key)
    if kind.key in k_quants.FORMATS:
        return k_quants.unpack(packed, kind.key)
    if kind.name == "F32":
        patterns = np.ascontiguousarray(packed).view("<u4")
        return Groups(patterns, np.ones(len(patterns), np.float32))
    patterns = np.ascontiguousarray(packed).view("<u2")
    return short_floats.from_patterns(patterns, "fp16" if kind.name == "F16" else "bf16")


def to_numbers(packed: NDArray[np.uint8], kind: TensorType) -> NDArray[np.float32]:
    """Turn whole blocks into numbers, shape (n_weights,).

    Args:
        packed: Bytes, any shape.
        kind: Their type.

    Raises:
        ValueError: If the type cannot be read here, or the bytes are no whole blocks.

    Example:
        >>> to_numbers(np.array([0, 60, 0, 192], np.uint8), BY_NAME["F16"]).tolist()
        [1.0, -2.0]
    """
    if packed.size % kind.n_bytes:
        raise ValueError(f"{packed.size} bytes are no whole blocks of {kind.n_bytes}.")
    flat = np.ascontiguousarray(packed).reshape(-1)
    if kind.name == "F32":
        return flat.view("<f4").astype(np.float32)
    return unpack(flat.reshape(-1, kind.n_bytes), kind).decode().reshape(-1)


def to_bytes(numbers: NDArray[np.float32], kind: TensorType) -> NDArray[np.uint8]:
    """Write numbers as whole blocks; flat bytes.

    Args:
        numbers: Weights, shape (rows, cols) or (n,). Blocks run along the rows.
        kind: A type that can be read here.

    Raises:
        ValueError: If the type cannot be written here, or a row is no whole number of blocks.

    Example:
        >>> to_bytes(np.array([1.0, -2.0], np.float32), BY_NAME["F16"]).tolist()
        [0, 60, 0, 192]
    """
    if not kind.can_be_read:
        raise ValueError(f"{kind.name} cannot be written here.")
    if numbers.shape[-1] % kind.n_weights:
        raise ValueError(f"A row of {numbers.shape[-1]} is no multiple of {kind.n_weights}.")
    numbers = np.ascontiguousarray(numbers, "<f4")
    if kind.name == "F32":
        return numbers.reshape(-1).view(np.uint8)
    if kind.name == "F16":
        return short_floats.fp16_patterns(numbers).reshape(-1).view(np.uint8)
    if kind.name == "BF16":
        return short_floats.bf16_patterns(numbers).reshape(-1).view(np.uint8)
    room = k_quants if kind.key in k_quants.FORMATS else blocks
    groups = room.encode(numbers.reshape(-1, kind.n_weights), kind.key)
    return room.pack(groups, kind.key).reshape(-1)

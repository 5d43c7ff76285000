"""The small blocks of GGUF: 32 weights, their scale in front, the integers packed behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core.quantization import rounding
from core.quantization.groups import Groups

N_WEIGHTS = 32
"""Weights of one block."""

E2M1 = np.array([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12], np.float32)
"""MXFP4: what each of the 16 patterns stands for, doubled so that all are whole."""

_E2M1_MIDDLES = np.array([0.5, 1.5, 2.5, 3.5, 5, 7, 10], np.float32)


@dataclass(frozen=True)
class Part:
    """A run of bytes in a block."""

    name: str
    """"scale", "minimum", "high bits" or "weights" (and "scales" in K-quants)."""

    n_bytes: int


@dataclass(frozen=True)
class BlockFormat:
    """How the bytes of one block are laid out."""

    name: str
    n_weights: int
    parts: tuple[Part, ...]
    """In the order of the bytes."""

    @property
    def n_bytes(self) -> int:
        """Bytes of one block."""
        return sum(part.n_bytes for part in self.parts)

    @property
    def bits_per_weight(self) -> float:
        """Bits per weight, scales counted.

        Example:
            >>> FORMATS["q4_0"].bits_per_weight
            4.5
        """
        return self.n_bytes * 8 / self.n_weights


def _format(name: str, *parts: tuple[str, int]) -> BlockFormat:
    return BlockFormat(name, N_WEIGHTS, tuple(Part(*part) for part in parts))


FORMATS: Mapping[str, BlockFormat] = MappingProxyType(
    {
        block.name: block
        for block in (
            _format("q4_0", ("scale", 2), ("weights", 16)),
            _format("q4_1", ("scale", 2), ("minimum", 2), ("weights", 16)),
            _format("q5_0", ("scale", 2), ("high bits", 4), ("weights", 16)),
            _format("q5_1", ("scale", 2), ("minimum", 2), ("high bits", 4), ("weights", 16)),
            _format("q8_0", ("scale", 2), ("weights", 32)),
            _format("mxfp4", ("exponent", 1), ("weights", 16)),
        )
    }
)
"""Formats of 32 weights per block."""


def encode(blocks: NDArray[np.float32], name: str) -> Groups:
    """Choose scale and integers for each block, as llama.cpp's reference does.

    Args:
        blocks: Weights, shape (n_blocks, 32).
        name: Key in FORMATS.

    Returns:
        The integers and scales; ``pack`` turns them into bytes.

    Raises:
        KeyError: If no format has that name.
        ValueError: If the blocks do not have 32 weights.

    Source:
        ggml, ``ggml-quants.c`` (``quantize_row_…_ref``); MXFP4: Open Compute Project, OCP
        Microscaling Formats 1.0, section 6.3.

    Example:
        >>> weights = np.linspace(-8, 7.5, 32, dtype=np.float32)[None]
        >>> stored = encode(weights, "q4_0")
        >>> stored.scales.tolist(), stored.codes[0, [0, 16, 31]].tolist()
        ([1.0], [0, 8, 15])
    """
    encoder = _ENCODERS[name]
    blocks = np.ascontiguousarray(blocks, np.float32)
    if blocks.ndim != 2 or blocks.shape[1] != N_WEIGHTS:
        raise ValueError(f"Blocks have shape (n_blocks, {N_WEIGHTS}), not {blocks.shape}.")
    codes = np.empty(blocks.shape, np.int8 if name == "q8_0" else np.uint8)
    scales = np.empty(len(blocks), np.float32)
    mins = np.empty(len(blocks), np.float32) if name in _WITH_MINIMUM else None
    for part in rounding.portions(*blocks.shape):
        scales[part], minimum, codes[part] = encoder(blocks[part])
        if mins is not None:
            mins[part] = minimum
    return _groups(name, codes, scales, mins)


def pack(groups: Groups, name: str) -> NDArray[np.uint8]:
    """Write blocks as bytes.

    Args:
        groups: Integers and scales as ``encode`` returns them.
        name: Key in FORMATS.

    Returns:
        Bytes, shape (n_blocks, bytes per block).

    Example:
        >>> stored = encode(np.linspace(-8, 7.5, 32, dtype=np.float32)[None], "q4_0")
        >>> pack(stored, "q4_0")[0, :3].tolist()  # fp16 1.0 is 0x3C00; weights 0 and 16
        [0, 60, 128]
    """
    packed = np.empty((len(groups.codes), FORMATS[name].n_bytes), np.uint8)
    place = 0
    for part in FORMATS[name].parts:
        packed[:, place : place + part.n_bytes] = _WRITERS[part.name](groups, name)
        place += part.n_bytes
    return packed


def unpack(packed: NDArray[np.uint8], name: str) -> Groups:
    """Read blocks from bytes; the opposite of ``pack``.

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
    pieces = {
        part.name: np.ascontiguousarray(piece)
        for part, piece in zip(layout.parts, np.split(packed, ends, axis=1), strict=True)
    }

    if name == "mxfp4":
        scales = np.ldexp(np.float32(1), pieces["exponent"][:, 0].astype(np.int32) - 128)
    else:
        scales = rounding.from_half_bytes(pieces["scale"])
    mins = rounding.from_half_bytes(pieces["minimum"]) if name in _WITH_MINIMUM else None

    if name == "q8_0":
        codes = pieces["weights"].view(np.int8)
    else:
        codes = np.concatenate([pieces["weights"] & 15, pieces["weights"] >> 4], axis=1)
    if "high bits" in pieces:
        codes |= np.unpackbits(pieces["high bits"], axis=1, bitorder="little") << 4
    return _groups(name, codes, scales, mins)


_WITH_MINIMUM = ("q4_1", "q5_1")
_ZEROS = {"q4_0": 8, "q5_0": 16}


def _groups(name, codes, scales, mins) -> Groups:
    zeros = np.array([_ZEROS[name]], np.float32) if name in _ZEROS else None
    return Groups(codes, scales, zeros=zeros, mins=mins, codebook=E2M1 if name == "mxfp4" else None)


def _as_half(numbers: NDArray[np.float32]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return numbers.astype(np.float16).astype(np.float32)


def _signed_absmax(blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the number of largest magnitude with its sign; of two equal ones the first."""
    low, high = rounding.lowest_and_highest(blocks)
    largest = np.where(-low > high, low, high)
    (ties,) = np.nonzero(-low == high)
    if len(ties):
        first = np.abs(blocks[ties]).argmax(axis=1)
        largest[ties] = blocks[ties, first]
    return largest


def _signed(n_levels: int) -> Callable:
    """Q4_0, Q5_0: the weight of largest magnitude becomes the lowest integer exactly."""
    middle = n_levels // 2

    def encoder(blocks):
        scales = _signed_absmax(blocks) / np.float32(-middle)
        steps = blocks * rounding.inverse(scales)[:, None]
        steps += np.float32(middle + 0.5)
        return _as_half(scales), None, rounding.cut(steps, n_levels - 1)

    return encoder


def _with_minimum(n_levels: int) -> Callable:
    """Q4_1, Q5_1: from the smallest weight to the largest."""

    def encoder(blocks):
        low, high = rounding.lowest_and_highest(blocks)
        scales = (high - low) / np.float32(n_levels - 1)
        steps = blocks - low[:, None]
        steps *= rounding.inverse(scales)[:, None]
        steps += np.float32(0.5)
        return _as_half(scales), _as_half(low), rounding.cut(steps, n_levels - 1)

    return encoder


def _q8_0(blocks):
    scales = rounding.absmax(blocks) / np.float32(127)
    steps = blocks * rounding.inverse(scales)[:, None]
    return _as_half(scales), None, rounding.round_half_away(steps)


def _mxfp4(blocks):
    """A power of two as scale, and the nearest of E2M1; halfway goes towards 0."""
    largest = rounding.absmax(blocks)
    _, exponents = np.frexp(largest)
    exponents = np.where(largest > 0, np.maximum(exponents - 1 - 2, -127), -127)
    scales = np.ldexp(np.float32(1), exponents - 1)
    steps = np.abs(blocks) / scales[:, None]
    codes = np.zeros(blocks.shape, np.uint8)
    for middle in _E2M1_MIDDLES:
        codes += steps > middle
    codes += ((blocks < 0) & (codes > 0)).astype(np.uint8) << 3
    return scales, None, codes


_ENCODERS = {
    "q4_0": _signed(16),
    "q4_1": _with_minimum(16),
    "q5_0": _signed(32),
    "q5_1": _with_minimum(32),
    "q8_0": _q8_0,
    "mxfp4": _mxfp4,
}


def _weight_bytes(groups: Groups, name: str) -> NDArray[np.uint8]:
    """Weight 0 shares a byte with weight 16, 1 with 17 …; the fifth bit lies elsewhere."""
    if name == "q8_0":
        return groups.codes.view(np.uint8)
    half = N_WEIGHTS // 2
    return (groups.codes[:, :half] & 15) | (groups.codes[:, half:] << 4)


def _exponent_bytes(groups: Groups, name: str) -> NDArray[np.uint8]:
    _, exponents = np.frexp(groups.scales)
    return (exponents - 1 + 128).astype(np.uint8)[:, None]


_WRITERS = {
    "scale": lambda groups, name: rounding.half_bytes(groups.scales),
    "minimum": lambda groups, name: rounding.half_bytes(groups.mins),
    "exponent": _exponent_bytes,
    "high bits": lambda groups, name: np.packbits(groups.codes >> 4, axis=1, bitorder="little"),
    "weights": _weight_bytes,
}

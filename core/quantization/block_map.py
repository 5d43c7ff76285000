"""Whose bit is it? For every bit of a block: the scale's, or which weight's."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.quantization import gguf_types
from core.quantization.gguf_types import TensorType
from core.quantization.groups import NumberStory

Role = Literal[
    "scale", "minimum", "exponent", "block scale", "block minimum", "weight", "sign", "fraction"
]

N_PLAIN = 32
"""Weights shown together where a type has no blocks."""


@dataclass(frozen=True)
class BitRun:
    """Neighbouring bits of one byte that belong to one number."""

    role: Role
    index: int
    """Which weight, or which small block's scale; 0 for what there is only one of."""

    byte: int
    low: int
    """Lowest of the bits, 0 to 7."""

    n_bits: int
    shift: int
    """Where the lowest of them goes in the number."""

    def take(self, block: NDArray[np.uint8]) -> int:
        """Read these bits, already in their place in the number.

        Example:
            >>> BitRun("weight", 0, byte=1, low=4, n_bits=4, shift=0).take(np.array([0, 0xA3]))
            10
        """
        return ((int(block[self.byte]) >> self.low) & ((1 << self.n_bits) - 1)) << self.shift


@dataclass(frozen=True)
class Field:
    """A stored number of a block that is no weight."""

    role: Role
    index: int
    story: str
    """What it says, with the arithmetic."""


@dataclass(frozen=True, eq=False)
class BlockStory:
    """One block, bit by bit."""

    kind: TensorType
    data: NDArray[np.uint8]
    """Its bytes, shape (n_bytes,)."""

    runs: tuple[BitRun, ...]
    """To whom each bit belongs; every bit once."""

    fields: tuple[Field, ...]
    """Scales and minimums."""

    weights: tuple[NumberStory, ...]
    """How each weight is made."""


def n_shown(kind: TensorType) -> int:
    """Blocks that are shown together: one, or N_PLAIN weights of a type without blocks."""
    return 1 if kind.n_weights > 1 else N_PLAIN


def tell(packed: NDArray[np.uint8], kind: TensorType) -> BlockStory:
    """Take a block apart.

    Args:
        packed: One block, shape (1, bytes per block); for a type without blocks up to N_PLAIN
            weights, shape (n, bytes per weight).
        kind: Its type.

    Returns:
        Whose each bit is, and the numbers they make.

    Raises:
        ValueError: If the type cannot be read here.

    Example:
        >>> block = np.array([[0, 60, 0x9A, *[0x88] * 15]], np.uint8)  # scale fp16 1.0
        >>> story = tell(block, gguf_types.BY_NAME["Q4_0"])
        >>> story.weights[0].arithmetic, story.weights[16].value
        ('1 × (10 − 8) = 2', 1.0)
    """
    groups = gguf_types.unpack(packed, kind)
    if kind.name == "F32":
        weights = tuple(_plain(int(code), packed[i].view("<f4")[0]) for i, code in _each(groups))
    else:
        weights = tuple(groups.explain(index) for index in range(groups.codes.size))
    runs = bit_runs(kind, len(packed))
    return BlockStory(kind, packed.reshape(-1), runs, _fields(groups, kind), weights)


@cache
def bit_runs(kind: TensorType, n_blocks: int = 1) -> tuple[BitRun, ...]:
    """List to whom each bit of a block belongs.

    Args:
        kind: A type that can be read here.
        n_blocks: For a type without blocks: how many weights.

    Raises:
        ValueError: If the type cannot be read here.
    """
    if kind.name in gguf_types.PLAIN:
        return tuple(run for i in range(n_blocks) for run in _plain_runs(kind.name, i))
    if kind.name == "Q4_K":
        return tuple(_q4_k_runs())
    if kind.name == "Q6_K":
        return tuple(_q6_k_runs())
    if not kind.can_be_read:
        raise ValueError(f"{kind.name} is listed, but its bytes are not taken apart here.")
    return tuple(_small_runs(kind.name))


def _small_runs(name: str) -> list[BitRun]:
    """Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, MXFP4: scale in front, weight i beside weight i + 16."""
    runs = [BitRun("exponent", 0, 0, 0, 8, 0)] if name == "MXFP4" else _half("scale", 0)
    at = 1 if name == "MXFP4" else 2
    if name in ("Q4_1", "Q5_1"):
        runs += _half("minimum", at)
        at += 2
    if name in ("Q5_0", "Q5_1"):
        runs += [BitRun("weight", i, at + i // 8, i % 8, 1, 4) for i in range(32)]
        at += 4
    if name == "Q8_0":
        return runs + [BitRun("weight", i, at + i, 0, 8, 0) for i in range(32)]
    return runs + [BitRun("weight", i, at + i % 16, 4 * (i // 16), 4, 0) for i in range(32)]


def _q4_k_runs() -> list[BitRun]:
    runs = _half("scale", 0) + _half("minimum", 2)
    for j in range(8):
        for role, at, nibble in (("block scale", 4, 0), ("block minimum", 8, 4)):
            if j < 4:
                runs.append(BitRun(role, j, at + j, 0, 6, 0))
            else:
                runs.append(BitRun(role, j, 12 + j - 4, nibble, 4, 0))
                runs.append(BitRun(role, j, at + j - 4, 6, 2, 4))
    for i in range(256):
        small, place = divmod(i, 32)
        runs.append(BitRun("weight", i, 16 + 32 * (small // 2) + place, 4 * (small % 2), 4, 0))
    return runs


def _q6_k_runs() -> list[BitRun]:
    runs = []
    for i in range(256):
        half, rest = divmod(i, 128)
        quarter, place = divmod(rest, 32)
        low = 64 * half + 32 * (quarter % 2) + place
        runs.append(BitRun("weight", i, low, 4 * (quarter // 2), 4, 0))
        runs.append(BitRun("weight", i, 128 + 32 * half + place, 2 * quarter, 2, 4))
    runs += [BitRun("block scale", j, 192 + j, 0, 8, 0) for j in range(16)]
    return runs + _half("scale", 208)


def _half(role: Role, at: int) -> list[BitRun]:
    return [BitRun(role, 0, at, 0, 8, 0), BitRun(role, 0, at + 1, 0, 8, 8)]


def _plain_runs(name: str, i: int) -> list[BitRun]:
    """Sign, exponent and fraction, from the highest bit down; the lowest byte comes first."""
    n_exponent = {"F32": 8, "F16": 5, "BF16": 8}[name]
    n_bits = 32 if name == "F32" else 16
    n_fraction = n_bits - 1 - n_exponent
    edges = [(0, n_fraction, "fraction"), (n_fraction, n_bits - 1, "exponent")]
    edges.append((n_bits - 1, n_bits, "sign"))
    runs = []
    for start, stop, role in edges:
        for byte in range(start // 8, (stop - 1) // 8 + 1):
            low, high = max(start, 8 * byte), min(stop, 8 * byte + 8)
            at = i * n_bits // 8 + byte
            runs.append(BitRun(role, i, at, low - 8 * byte, high - low, low - start))
    return runs


def _each(groups):
    return enumerate(groups.codes.reshape(-1))


def _plain(code: int, value: np.float32) -> NumberStory:
    return NumberStory(code, float(value), 1.0, 0.0, 0.0, float(value))


def _fields(groups, kind: TensorType) -> tuple[Field, ...]:
    if kind.name in gguf_types.PLAIN:
        return ()
    if groups.scale_groups is None:
        role = "exponent" if kind.name == "MXFP4" else "scale"
        fields = [Field(role, 0, f"{groups.scales[0]:.6g}")]
        if groups.mins is not None:
            fields.append(Field("minimum", 0, f"{groups.mins[0]:.6g}"))
        return tuple(fields)

    fields = [Field("scale", 0, f"{groups.scale_groups.scales[0]:.6g}")]
    pairs = [("block scale", groups.scale_groups)]
    if groups.min_groups is not None:
        fields.append(Field("minimum", 0, f"{groups.min_groups.scales[0]:.6g}"))
        pairs.append(("block minimum", groups.min_groups))
    for role, inner in pairs:
        for j in range(inner.codes.size):
            fields.append(Field(role, j, inner.explain(j).arithmetic))
    return tuple(fields)

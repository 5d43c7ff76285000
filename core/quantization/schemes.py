"""Every way to store a weight matrix in fewer bits, behind one function: ``quantize``."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.quantization import blocks, code_books, short_floats, ternary, uniform
from core.quantization.groups import Groups, NumberStory

Granularity = Literal["tensor", "channel", "block"]
Method = Literal["nearest", "error_feedback", "activation_aware"]

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "float": "Shorter floats",
        "uniform": "Evenly spaced integers",
        "gguf": "GGUF blocks",
        "codebook": "Code books",
        "calibrated": "Calibrated on real inputs",
        "ternary": "Ternary",
    }
)
"""Kinds of schemes, in the order of a menu: key → title."""


@dataclass(frozen=True)
class Scheme:
    """One way to store weights. Change a knob with ``dataclasses.replace``."""

    name: str
    """Key in SCHEMES, such as "int4_absmax_block"."""

    title: str
    """Short name for a person, such as "int4, absmax, per block"."""

    family: str
    """Key in FAMILIES."""

    bits: float
    """Bits of one stored integer, without scales (nominal)."""

    granularity: Granularity = "block"
    """Which weights share a scale: all, one row, or ``block_size`` neighbours."""

    block_size: int = 0
    """Neighbours that share a scale; 0 unless the granularity is "block"."""

    symmetric: bool = True
    """Uniform schemes: absmax (True) or zero point (False)."""

    double_quant: bool = False
    """Code books: whether the scales are quantized too."""

    method: Method = "nearest"
    scale_bits: int = 16
    """Bits of one stored scale (uniform schemes; the scale is rounded to that float)."""

    knobs: tuple[str, ...] = ()
    """Fields that a person may change with ``dataclasses.replace``."""

    summary: str = ""
    """One sentence on the idea."""

    @property
    def needs_inputs(self) -> bool:
        """Whether ``quantize`` needs example inputs of the layer."""
        return self.method != "nearest"


@dataclass(frozen=True, eq=False)
class Quantized:
    """A weight matrix in a scheme."""

    scheme: Scheme
    shape: tuple[int, int]
    """Rows (outputs) and columns (inputs) of the matrix."""

    groups: Groups
    """The stored integers and scales. Groups run along the rows, one row after the other:
    weight (row, col) has the flat index ``row * n_cols + col`` and is in group
    ``flat // groups.group_size``. Where the matrix is no multiple of the block size the last
    group is filled up with zeros."""

    column_scales: NDArray[np.float32] | None = None
    """Activation-aware scaling: each column was multiplied by this before rounding and is
    divided by it afterwards, shape (n_cols,)."""

    @property
    def codes(self) -> NDArray[np.integer]:
        """The integers in storage, shape (rows, cols)."""
        return self.groups.codes.reshape(-1)[: self.shape[0] * self.shape[1]].reshape(self.shape)

    @property
    def scales(self) -> NDArray[np.float32]:
        """One scale per group, shape (n_groups,)."""
        return self.groups.scales

    @property
    def zeros(self) -> NDArray[np.float32] | None:
        """The level that stands for 0, shape (n_groups,) or (1,); None: no zero point."""
        return self.groups.zeros

    @property
    def mins(self) -> NDArray[np.float32] | None:
        """Added after scaling, shape (n_groups,) or (1,); None: no minimum."""
        return self.groups.mins

    @property
    def size_bits(self) -> int:
        """Bits that storing the matrix takes: integers, scales, zero points and minimums."""
        return storage_bits(self.scheme, *self.shape)

    @property
    def bits_per_weight(self) -> float:
        """Exact average, all scales, zero points and minimums counted."""
        return self.size_bits / (self.shape[0] * self.shape[1])

    def dequantize(self) -> NDArray[np.float32]:
        """Turn the integers back into weights, shape (rows, cols)."""
        n_rows, n_cols = self.shape
        weights = self.groups.decode().reshape(-1)[: n_rows * n_cols].reshape(self.shape)
        if self.column_scales is not None:
            weights /= self.column_scales
        return weights

    def explain(self, row: int, col: int) -> NumberStory:
        """Tell how one weight is made: scale × (level − zero) + minimum.

        With activation-aware scaling the story is that of the scaled weight: divide its value
        by ``column_scales[col]``.

        Raises:
            IndexError: If the matrix has no such row or column.
        """
        n_rows, n_cols = self.shape
        if not (0 <= row < n_rows and 0 <= col < n_cols):
            raise IndexError(f"({row}, {col}) is outside a matrix of {n_rows} × {n_cols}.")
        return self.groups.explain(row * n_cols + col)


def quantize(
    weights: ArrayLike, scheme: Scheme | str, *, inputs: ArrayLike | None = None
) -> Quantized:
    """Store a weight matrix in a scheme.

    Args:
        weights: The matrix, shape (rows, cols): one row per output, as in ``nn.Linear.weight``.
        scheme: A scheme or its name in SCHEMES.
        inputs: Example inputs of the layer, shape (n_samples, cols). Only calibrated schemes
            need them (``scheme.needs_inputs``).

    Returns:
        The stored matrix. ``weights`` is not changed.

    Raises:
        ValueError: If the matrix is not two-dimensional, is empty or holds a number that is not
            finite, or if a calibrated scheme got no fitting ``inputs``.
        KeyError: If no scheme has that name.

    Example:
        >>> stored = quantize([[0.5, -1.0, 0.25, 0.75]], "int8_absmax_channel")
        >>> stored.codes.tolist(), stored.explain(0, 1).arithmetic
        ([[64, -127, 32, 95]], '0.007874 × (−127) = −1')
    """
    scheme = SCHEMES[scheme] if isinstance(scheme, str) else scheme
    weights = np.ascontiguousarray(weights, np.float32)
    if weights.ndim != 2 or not weights.size:
        raise ValueError(f"Weights have shape (rows, cols), not {weights.shape}.")
    if not np.isfinite(weights).all():
        raise ValueError("Weights must be finite: one is infinite or not a number.")
    if scheme.needs_inputs:
        return _calibrated(weights, scheme, inputs)

    groups = _grouped(weights, group_size(scheme, *weights.shape))
    return Quantized(scheme, weights.shape, _encode(groups, scheme))


def group_size(scheme: Scheme, rows: int, cols: int) -> int:
    """Count the neighbours that are encoded together.

    Example:
        >>> group_size(SCHEMES["int4_absmax_channel"], 3, 5)
        5
    """
    return {"tensor": rows * cols, "channel": cols, "block": scheme.block_size}[scheme.granularity]


def storage_bits(scheme: Scheme | str, rows: int, cols: int) -> int:
    """Count the bits that a matrix takes in a scheme, without quantizing one.

    Every scale, zero point and minimum is counted, and what fills up the last block of a GGUF
    format. The 16 or 256 levels of a code book are not: one table serves all matrices.

    Example:
        >>> storage_bits("q4_0", 1, 64), storage_bits("int4_zeropoint_block", 1, 64)
        (288, 276)
    """
    scheme = SCHEMES[scheme] if isinstance(scheme, str) else scheme
    n_weights = rows * cols
    n_groups = -(-n_weights // group_size(scheme, rows, cols))
    if scheme.family == "float":
        return n_weights * int(scheme.bits)
    if scheme.family == "gguf":
        return n_groups * _gguf_format(scheme.name).n_bytes * 8
    if scheme.family == "ternary":
        return ternary.packed_bits(n_weights) + n_groups * scheme.scale_bits
    if scheme.family == "codebook":
        scales = n_groups * scheme.scale_bits
        if scheme.double_quant:
            n_outer = -(-n_groups // code_books.SCALES_PER_GROUP)
            scales = n_groups * 8 + n_outer * 32 + 32
        return n_weights * int(scheme.bits) + scales

    zero_bits = 0 if scheme.symmetric else int(scheme.bits)
    column_bits = 16 * cols if scheme.method == "activation_aware" else 0
    return n_weights * int(scheme.bits) + n_groups * (scheme.scale_bits + zero_bits) + column_bits


def _grouped(weights: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Lay a matrix out flat, in groups; the last one is filled up with zeros."""
    if weights.size % size == 0:
        return weights.reshape(-1, size)
    filled = np.zeros(-(-weights.size // size) * size, np.float32)
    filled[: weights.size] = weights.reshape(-1)
    return filled.reshape(-1, size)


def _encode(groups: NDArray[np.float32], scheme: Scheme) -> Groups:
    if scheme.family == "float":
        return short_floats.encode(groups, scheme.name)
    if scheme.family == "gguf":
        return blocks.encode(groups, scheme.name)
    if scheme.family == "ternary":
        return ternary.encode(groups)
    if scheme.family == "codebook":
        book = scheme.name.removesuffix("_double")
        return code_books.encode(groups, book, double_quant=scheme.double_quant)
    rule = uniform.absmax if scheme.symmetric else uniform.zero_point
    return rule(groups, bits=int(scheme.bits), scale_bits=scheme.scale_bits)


def _gguf_format(name: str) -> blocks.BlockFormat:
    return blocks.FORMATS[name]


def _calibrated(
    weights: NDArray[np.float32], scheme: Scheme, inputs: ArrayLike | None
) -> Quantized:
    raise NotImplementedError


def _float(name: str, title: str, summary: str) -> Scheme:
    return Scheme(name, title, "float", 16, granularity="channel", scale_bits=0, summary=summary)


def _uniform(bits: int, granularity: Granularity, symmetric: bool) -> Scheme:
    rule = "absmax" if symmetric else "zero point"
    shared = {"tensor": "the whole matrix", "channel": "each row", "block": "each block"}
    return Scheme(
        name=f"int{bits}_{rule.replace(' ', '')}_{granularity}",
        title=f"int{bits}, {rule}, per {granularity}",
        family="uniform",
        bits=bits,
        granularity=granularity,
        block_size=64 if granularity == "block" else 0,
        symmetric=symmetric,
        scale_bits=16 if granularity == "block" else 32,
        knobs=("block_size",) if granularity == "block" else (),
        summary=(
            f"{2**bits - symmetric} evenly spaced levels from "
            f"{'−absmax to +absmax' if symmetric else 'the smallest weight to the largest'} of "
            f"{shared[granularity]}."
        ),
    )


def _gguf(name: str, bits: float, summary: str) -> Scheme:
    title = name.upper()
    return Scheme(
        name, title, "gguf", bits, block_size=_gguf_format(name).n_weights, summary=summary
    )


def _book(name: str, title: str, bits: int, block_size: int, summary: str) -> Scheme:
    return Scheme(
        name,
        title,
        "codebook",
        bits,
        block_size=block_size,
        double_quant=name.endswith("_double"),
        scale_bits=32,
        knobs=("block_size",),
        summary=summary,
    )


_DOUBLE = "The same, with the scales stored in 8 bits too (double quantization)."

SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        scheme.name: scheme
        for scheme in [
            _float("fp16", "fp16", "5 bits of exponent, 10 of fraction."),
            _float("bf16", "bf16", "8 bits of exponent, 7 of fraction: the upper half of fp32."),
            *[
                _uniform(bits, granularity, symmetric)
                for bits in (8, 4, 3, 2)
                for symmetric in (True, False)
                for granularity in ("tensor", "channel", "block")
            ],
            _gguf("q8_0", 8, "32 weights share a scale: absmax in 8 bits."),
            _gguf("q5_1", 5, "32 weights share a scale and a minimum."),
            _gguf("q5_0", 5, "32 weights share a scale; the largest one is met exactly."),
            _gguf("q4_1", 4, "32 weights share a scale and a minimum."),
            _gguf("q4_0", 4, "32 weights share a scale; the largest one is met exactly."),
            _gguf("mxfp4", 4, "4-bit floats; 32 of them share a power of two."),
            _book("nf4", "NF4", 4, 64, "16 levels placed for a bell curve of weights."),
            _book("nf4_double", "NF4, double", 4, 64, _DOUBLE),
            _book(
                "fp4", "FP4", 4, 64, "A 4-bit float: sign, two bits of exponent, one of fraction."
            ),
            _book("fp4_double", "FP4, double", 4, 64, _DOUBLE),
            _book("dynamic8", "8 bits, dynamic", 8, 256, "256 levels over seven powers of ten."),
            Scheme(
                "ternary",
                "Ternary",
                "ternary",
                1.6,
                granularity="tensor",
                scale_bits=32,
                summary="−1, 0 or +1 times the mean magnitude of the matrix.",
            ),
        ]
    }
)
"""Every scheme by name, in the order of a menu."""

"""Every way to store a weight matrix in fewer bits, behind one function: ``quantize``."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
    """
    raise NotImplementedError


def storage_bits(scheme: Scheme | str, rows: int, cols: int) -> int:
    """Count the bits that a matrix takes in a scheme, without quantizing one.

    Every scale, zero point and minimum is counted, and the filling of the last block.
    """
    raise NotImplementedError


def _uniform(bits: int, granularity: Granularity, symmetric: bool) -> Scheme:
    rule = "absmax" if symmetric else "zero point"
    per = {"tensor": "per tensor", "channel": "per channel", "block": "per block"}[granularity]
    return Scheme(
        name=f"int{bits}_{rule.replace(' ', '')}_{granularity}",
        title=f"int{bits}, {rule}, {per}",
        family="uniform",
        bits=bits,
        granularity=granularity,
        block_size=64 if granularity == "block" else 0,
        symmetric=symmetric,
        scale_bits=16 if granularity == "block" else 32,
        knobs=("block_size",) if granularity == "block" else (),
    )


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        scheme.name: scheme
        for scheme in [
            _uniform(bits, granularity, symmetric)
            for bits in (8, 4, 3, 2)
            for symmetric in (True, False)
            for granularity in ("tensor", "channel", "block")
        ]
    }
)
"""Every scheme by name, in the order of a menu."""

"""Every way to store a weight matrix in fewer bits, behind one function: ``quantize``."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.quantization import (
    activation_aware,
    blocks,
    code_books,
    error_feedback,
    k_quants,
    scheme_list,
    short_floats,
    ternary,
    uniform,
)
from core.quantization.groups import Groups, NumberStory
from core.quantization.scheme_list import Scheme

SCHEMES = scheme_list.SCHEMES
"""Every scheme by name, in the order of a menu."""

FAMILIES = scheme_list.FAMILIES
"""Kinds of schemes, in the order of a menu: key → title."""


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
    groups = _grouped(weights, scheme)
    if scheme.needs_inputs:
        return _calibrated(weights, groups, scheme, inputs)
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
        return n_weights * int(scheme.bits) + n_groups * scheme.scale_bits
    if scheme.family == "gguf":
        return n_groups * scheme_list.gguf_format(scheme.name).n_bytes * 8
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


def _grouped(weights: NDArray[np.float32], scheme: Scheme) -> NDArray[np.float32]:
    """Lay a matrix out flat, in groups; the last one is filled up with zeros."""
    size = group_size(scheme, *weights.shape)
    if weights.size % size == 0:
        return weights.reshape(-1, size)
    filled = np.zeros(-(-weights.size // size) * size, np.float32)
    filled[: weights.size] = weights.reshape(-1)
    return filled.reshape(-1, size)


def _encode(groups: NDArray[np.float32], scheme: Scheme) -> Groups:
    if scheme.family == "float":
        return short_floats.encode(groups, scheme.name)
    if scheme.family == "gguf":
        room = k_quants if scheme.name in k_quants.FORMATS else blocks
        return room.encode(groups, scheme.name)
    if scheme.family == "ternary":
        return ternary.encode(groups)
    if scheme.family == "codebook":
        book = scheme.name.removesuffix("_double")
        return code_books.encode(groups, book, double_quant=scheme.double_quant)
    rule = uniform.absmax if scheme.symmetric else uniform.zero_point
    return rule(groups, bits=int(scheme.bits), scale_bits=scheme.scale_bits)


def _calibrated(
    weights: NDArray[np.float32],
    groups: NDArray[np.float32],
    scheme: Scheme,
    inputs: ArrayLike | None,
) -> Quantized:
    if inputs is None:
        raise ValueError(f"{scheme.title} needs example inputs of the layer.")
    inputs = np.asarray(inputs, np.float32)
    if scheme.method == "error_feedback":
        grid = _encode(groups, scheme)
        stored = error_feedback.encode(weights, grid, bits=int(scheme.bits), inputs=inputs)
        return Quantized(scheme, weights.shape, stored)

    aware = activation_aware.encode(
        weights, lambda scaled: _encode(_grouped(scaled, scheme), scheme), inputs=inputs
    )
    return Quantized(scheme, weights.shape, aware.groups, aware.column_scales)

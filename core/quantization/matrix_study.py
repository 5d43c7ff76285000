"""One real matrix in one scheme: what it costs, what is lost, and what one outlier did."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.quantization import damage, layer_outputs, outliers, schemes
from core.quantization.damage import Damage
from core.quantization.schemes import Quantized, Scheme


@dataclass(frozen=True, eq=False)
class Study:
    """A matrix that went through a scheme, perhaps with one weight changed before."""

    original: NDArray[np.float32]
    """The matrix as published, shape (rows, cols)."""

    weights: NDArray[np.float32]
    """The matrix that was quantized: the original, or one with a weight changed."""

    quantized: Quantized
    restored: NDArray[np.float32]
    """What came back, shape (rows, cols)."""

    row: int
    """Row of the weight that is looked at."""

    col: int
    """Its column."""

    how: outliers.Edit
    """What was done to that weight before quantizing."""

    damage: Damage
    """Error against the weights that were quantized."""

    others: Damage
    """The same without the weight that is looked at: how all the others fare."""

    output_error: float | None
    """How far the layer's outputs move against those of the original, relative to their size;
    None without inputs."""

    @property
    def errors(self) -> NDArray[np.float32]:
        """Restored minus quantized, shape (rows, cols)."""
        return self.restored - self.weights

    @property
    def size_bytes(self) -> float:
        """Memory of the matrix in the scheme."""
        return self.quantized.size_bits / 8

    @property
    def share_lost(self) -> float:
        """Share of the weights other than 0 that became exactly 0."""
        is_there = self.weights != 0
        return float(np.mean(self.restored[is_there] == 0)) if is_there.any() else 0.0


@dataclass(frozen=True, eq=False)
class Stored:
    """A matrix in a scheme, and what comes back."""

    weights: NDArray[np.float32]
    """What was quantized, shape (rows, cols)."""

    quantized: Quantized
    restored: NDArray[np.float32]
    """Shape (rows, cols)."""


def store(
    weights: NDArray[np.float32],
    scheme: Scheme,
    *,
    row: int = 0,
    col: int = 0,
    how: outliers.Edit = "keep",
    calibration_inputs: NDArray[np.float32] | None = None,
) -> Stored:
    """Quantize a matrix, perhaps with one weight changed before.

    Args:
        weights: The matrix, shape (rows, cols).
        scheme: The scheme.
        row: Row of the weight that is changed.
        col: Its column.
        how: What to do to that weight.
        calibration_inputs: What a calibrated scheme looks at, shape (n_samples, cols).

    Raises:
        ValueError: As in ``schemes.quantize``.
        IndexError: If the matrix has no such row or column.
    """
    changed = outliers.edit(weights, row, col, how)
    inputs = calibration_inputs if scheme.needs_inputs else None
    quantized = schemes.quantize(changed, scheme, inputs=inputs)
    return Stored(changed, quantized, quantized.dequantize())


def study(
    original: NDArray[np.float32],
    stored: Stored,
    *,
    row: int,
    col: int,
    how: outliers.Edit = "keep",
    inputs: NDArray[np.float32] | None = None,
) -> Study:
    """Measure what storing a matrix did.

    Args:
        original: The matrix as published, shape (rows, cols).
        stored: From ``store``.
        row: Row of the weight that is looked at.
        col: Its column.
        how: What ``store`` did to that weight.
        inputs: Inputs on which the outputs are compared, shape (n_tokens, cols).

    Returns:
        All errors.
    """
    moved = None
    if inputs is not None:
        moved = layer_outputs.relative_change(original, stored.restored, inputs)
    return Study(
        original=original,
        weights=stored.weights,
        quantized=stored.quantized,
        restored=stored.restored,
        row=row,
        col=col,
        how=how,
        damage=damage.measure(stored.weights, stored.restored),
        others=damage.measure(
            _without(stored.weights, row, col), _without(stored.restored, row, col)
        ),
        output_error=moved,
    )


def _without(matrix: NDArray[np.float32], row: int, col: int) -> NDArray[np.float32]:
    """Blank one weight out, so that neither its size nor its error counts."""
    rest = matrix.copy()
    rest[row, col] = 0
    return rest


@dataclass(frozen=True)
class TableRow:
    """One scheme on the matrix, in numbers alone."""

    scheme: str
    title: str
    family: str
    bits_per_weight: float
    mse: float
    worst: float
    snr_db: float
    output_error: float | None


def table_row(studied: Study) -> TableRow:
    """Keep the numbers of a study and drop its arrays."""
    scheme = studied.quantized.scheme
    return TableRow(
        scheme=scheme.name,
        title=scheme.title,
        family=scheme.family,
        bits_per_weight=studied.quantized.bits_per_weight,
        mse=studied.damage.mse,
        worst=studied.damage.worst,
        snr_db=studied.damage.snr_db,
        output_error=studied.output_error,
    )

"""Four closer looks at a stored matrix: weights, integers, columns, and every other scheme."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from components import controls, layout
from components.charts import quantization_matrix as charts
from core.quantization import outliers, schemes
from core.quantization.matrix_study import TableRow

if TYPE_CHECKING:
    from components.quantization_matrix import Matrix


def _key(name: str) -> str:
    return f"quantization_lab_{name}"


def look_closer(matrix: "Matrix") -> None:
    """Let the reader choose one of the four, and show it."""
    look = controls.choice(
        "Look closer",
        ("Weights", "Stored integers", "Columns", "All schemes"),
        key=_key("look"),
    )
    {
        "Weights": _look_at_weights,
        "Stored integers": _look_at_codes,
        "Columns": _look_at_columns,
        "All schemes": _look_at_all_schemes,
    }[look](matrix)


def _look_at_weights(matrix: "Matrix") -> None:
    studied = matrix.studied
    spread = float(np.std(studied.weights))
    farthest = float(np.abs(studied.weights).max())
    reach = min(6 * spread, farthest) or 1.0
    middles, before = outliers.histogram(studied.weights, reach=reach)
    _, after = outliers.histogram(studied.restored, reach=reach)
    layout.draw(
        charts.weights(middles, before, after),
        alt="Histogram of the weights before (grey) and after (blue)",
        key=_key("histogram"),
    )
    n_outside = int((np.abs(studied.weights) > reach).sum())
    st.caption(
        f"Grey: before. Blue: after; where the grid has few marks, the hill becomes a few towers. "
        f"{n_outside:,} weights lie outside the picture, the farthest {farthest / spread:.3g} "
        "standard deviations from 0."
    )


def _look_at_codes(matrix: "Matrix") -> None:
    quantized = matrix.studied.quantized
    if quantized.scheme.family == "float" and quantized.scheme.bits == 16:
        st.info("This scheme stores short floats, no integers.", icon=":material/info:")
        return
    values, counts = np.unique(quantized.codes, return_counts=True)
    entropy = outliers.code_entropy(quantized.codes)
    layout.draw(
        charts.codes(values, counts),
        alt="How many weights share each stored integer",
        key=_key("codes"),
    )
    st.caption(
        f"{len(values)} different integers occur. On average one carries {entropy:.2f} bits of "
        f"information, and takes {quantized.bits_per_weight:.2f}. The closer the two, the less is "
        "wasted."
    )


def _look_at_columns(matrix: "Matrix") -> None:
    measured = outliers.columns(matrix.studied.weights)
    layout.draw(
        charts.columns(measured),
        alt="Size of the largest weight of each column, outliers in amber",
        key=_key("columns"),
    )
    top = int(measured.peaks.argmax())
    st.caption(
        f"{int(measured.is_outlier.sum())} of {len(measured.peaks):,} columns hold a weight beyond "
        f"6 standard deviations (σ), {measured.limit:.3g}. The largest, {measured.peaks[top]:.3g}, "
        f"is in column {top}."
    )


def _look_at_all_schemes(matrix: "Matrix") -> None:
    names = [name for name, scheme in schemes.SCHEMES.items() if not scheme.needs_inputs]
    calibrated = [name for name, scheme in schemes.SCHEMES.items() if scheme.needs_inputs]
    if matrix.has_inputs and controls.switch(
        "With the calibrated schemes",
        key=_key("calibrated"),
        help="They take a few seconds the first time.",
    ):
        names += calibrated
    with st.spinner(f"Storing the matrix in {len(names)} schemes…", show_time=True):
        rows = [matrix.compare(name) for name in names]
    _draw_schemes(rows, chosen=matrix.studied.quantized.scheme.name)
    st.dataframe(
        {
            "Scheme": [row.title for row in rows],
            "Bits per weight": [row.bits_per_weight for row in rows],
            "Signal to noise (dB)": [row.snr_db for row in rows],
            "Mean squared error": [row.mse for row in rows],
            "Worst error": [row.worst for row in rows],
            "Output error": [row.output_error for row in rows],
        },
        column_config={
            "Bits per weight": st.column_config.NumberColumn(format="%.3f"),
            "Signal to noise (dB)": st.column_config.NumberColumn(format="%.1f"),
            "Mean squared error": st.column_config.NumberColumn(format="%.2e"),
            "Worst error": st.column_config.NumberColumn(format="%.3g"),
            "Output error": st.column_config.NumberColumn(format="percent"),
        },
        hide_index=True,
        height=280,
    )


def _draw_schemes(rows: list[TableRow], *, chosen: str) -> None:
    weights_side, outputs_side = st.columns(2)
    with weights_side:
        layout.draw(
            charts.all_schemes(rows, chosen=chosen, families=schemes.FAMILIES),
            alt="Bits per weight and signal to noise of every scheme on this matrix",
            key=_key("all_schemes"),
        )
        st.caption(
            "The weights; higher is better. Dashed: 6 dB for each bit, what even rounding gives "
            "when all numbers of the range are equally likely."
        )
    if any(row.output_error for row in rows):
        with outputs_side:
            layout.draw(
                charts.all_outputs(rows, chosen=chosen, families=schemes.FAMILIES),
                alt="Bits per weight and output error of every scheme on this matrix",
                key=_key("all_outputs"),
            )
            st.caption(
                "The layer's outputs; lower is better. Here the calibrated schemes win, though "
                "their weights are further off."
            )
    st.caption(
        "Amber ring: the scheme chosen, with its usual block size and no weight changed. Floats "
        "of 16 bits are in the table."
    )

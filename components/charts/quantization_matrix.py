"""Pictures of one matrix in a scheme: weights, stored integers, columns, all schemes."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from components.charts import palette
from components.charts.drawing import Drawing, specification
from core.quantization.matrix_study import TableRow
from core.quantization.outliers import Columns

DB_PER_BIT = 6.02
"""What one bit more gains on evenly spread numbers: half the step, a quarter of the noise."""

MOST_BITS = 9
"""The pictures of all schemes end here; floats of 16 bits lie far beyond."""

MAX_COLUMNS = 4_000


def weights(
    middles: NDArray[np.floating],
    before: NDArray[np.integer],
    after: NDArray[np.integer],
) -> Drawing:
    """Draw how many weights there are of each size, before and after.

    Args:
        middles: Middle of each bin, shape (n_bins,).
        before: Weights in each bin, shape (n_bins,).
        after: The same after they were stored and brought back, shape (n_bins,).

    Returns:
        Grey hill behind, blue bars in front.
    """
    half = (middles[1] - middles[0]) / 2
    frame = pd.DataFrame(
        {
            "Low": np.tile(middles - half, 2).astype(np.float32),
            "High": np.tile(middles + half, 2).astype(np.float32),
            "Weights": np.concatenate([before, after]).astype(np.int32),
            "When": ["before"] * len(middles) + ["after"] * len(middles),
        }
    )
    return Drawing(_weights_spec(), frame[frame["Weights"] > 0])


@functools.cache
def _weights_spec() -> dict[str, Any]:
    hue = alt.Scale(domain=["before", "after"], range=[palette.BEFORE, palette.AFTER])
    bars = (
        alt.Chart()
        .mark_bar(opacity=0.75)
        .encode(
            x=alt.X("Low:Q", title="Weight", scale=alt.Scale(zero=False, nice=False)),
            x2="High:Q",
            y=alt.Y(
                "Weights:Q",
                title="How many (log)",
                stack=False,
                scale=_counts(),
                axis=alt.Axis(
                    values=[1, 10, 100, 1_000, 10_000, 100_000, 1_000_000],
                    labelExpr="format(datum.value, ',')",
                ),
            ),
            y2=alt.datum(0),
            color=alt.Color("When:N", scale=hue, legend=alt.Legend(orient="top", title=None)),
            order=alt.Order("When:N", sort="descending"),
            tooltip=[
                "When:N",
                alt.Tooltip("Low:Q", format=".4f", title="From"),
                alt.Tooltip("High:Q", format=".4f", title="To"),
                alt.Tooltip("Weights:Q", format=","),
            ],
        )
    )
    return specification(bars.properties(height=320))


def _counts() -> alt.Scale:
    return alt.Scale(type="symlog", nice=False)


def codes(values: NDArray[np.integer], counts: NDArray[np.integer]) -> Drawing:
    """Draw how many weights share each stored integer.

    Args:
        values: The integers that occur or could occur, shape (n,).
        counts: Weights stored as each, shape (n,).
    """
    frame = pd.DataFrame(
        {
            "Low": values.astype(np.float32) - 0.45,
            "High": values.astype(np.float32) + 0.45,
            "Stored integer": values.astype(np.int32),
            "Weights": counts.astype(np.int32),
            "Share": (counts / counts.sum()).astype(np.float32),
        }
    )
    return Drawing(_codes_spec(), frame)


@functools.cache
def _codes_spec() -> dict[str, Any]:
    bars = (
        alt.Chart()
        .mark_bar(color=palette.AFTER)
        .encode(
            x=alt.X("Low:Q", title="Stored integer", scale=alt.Scale(zero=False, nice=False)),
            x2="High:Q",
            y=alt.Y("Share:Q", title="Share of the weights", axis=alt.Axis(format="%")),
            y2=alt.datum(0),
            tooltip=[
                "Stored integer:Q",
                alt.Tooltip("Weights:Q", format=","),
                alt.Tooltip("Share:Q", format=".2%"),
            ],
        )
    )
    return specification(bars.properties(height=320))


def columns(measured: Columns) -> Drawing:
    """Draw the largest weight of every column; outliers stand out.

    Args:
        measured: From ``outliers.columns``.

    Returns:
        One stem per column, at most MAX_COLUMNS: the largest ones.
    """
    shown = np.sort(np.argsort(-measured.peaks, kind="stable")[:MAX_COLUMNS])
    frame = pd.DataFrame(
        {
            "Column": shown.astype(np.int32),
            "Largest": measured.peaks[shown].astype(np.float32),
            "Kind": np.where(measured.is_outlier[shown], "beyond 6 σ", "within 6 σ"),
            "Limit": np.float32(measured.limit),
        }
    )
    return Drawing(_columns_spec(), frame)


@functools.cache
def _columns_spec() -> dict[str, Any]:
    hue = alt.Scale(domain=["within 6 σ", "beyond 6 σ"], range=[palette.BEFORE, palette.MARKED])
    stems = (
        alt.Chart()
        .mark_bar(width=2)
        .encode(
            x=alt.X(
                "Column:Q",
                title="Column: one input of the layer",
                scale=alt.Scale(nice=False, padding=4),
            ),
            y=alt.Y("Largest:Q", title="Size of its largest weight"),
            color=alt.Color("Kind:N", scale=hue, legend=alt.Legend(orient="top", title=None)),
            tooltip=["Column:Q", alt.Tooltip("Largest:Q", format=".4f"), "Kind:N"],
        )
    )
    limit = alt.Chart().mark_rule(strokeDash=[4, 4], color=palette.MARKED).encode(y="mean(Limit):Q")
    return specification((stems + limit).properties(height=320))


def all_schemes(rows: Sequence[TableRow], *, chosen: str, families: Mapping[str, str]) -> Drawing:
    """Draw what every scheme of at most MOST_BITS costs and how much of the signal it keeps.

    Args:
        rows: One per scheme.
        chosen: Name of the scheme that is marked.
        families: Key of a family to its title, in the order of their colours.

    Returns:
        Points: bits per weight to the right, signal to noise upwards; a straight line for even
        rounding.
    """
    shown = [row for row in rows if row.bits_per_weight <= MOST_BITS and np.isfinite(row.snr_db)]
    frame = _scheme_frame(shown, chosen, families)
    frame["Signal to noise (dB)"] = np.array([row.snr_db for row in shown], np.float32)
    frame["Even rounding"] = (DB_PER_BIT * frame["Bits per weight"]).astype(np.float32)
    return Drawing(_all_schemes_spec(tuple(families.values())), frame)


def all_outputs(rows: Sequence[TableRow], *, chosen: str, families: Mapping[str, str]) -> Drawing:
    """Draw the same schemes with how far they move the layer's outputs; arguments as above."""
    # A scheme without any error has no place on a logarithmic axis.
    shown = [row for row in rows if row.bits_per_weight <= MOST_BITS and row.output_error]
    frame = _scheme_frame(shown, chosen, families)
    frame["Output error"] = np.array([row.output_error for row in shown], np.float32)
    return Drawing(_all_outputs_spec(tuple(families.values())), frame)


def _scheme_frame(
    shown: Sequence[TableRow], chosen: str, families: Mapping[str, str]
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Scheme": [row.title for row in shown],
            "Family": [families[row.family] for row in shown],
            "Bits per weight": np.array([row.bits_per_weight for row in shown], np.float32),
            "Chosen": [row.scheme == chosen for row in shown],
        }
    )


def _scheme_points(
    families: tuple[str, ...], up: alt.Y, tip: alt.Tooltip
) -> tuple[alt.Chart, alt.Chart]:
    """Make the points and the ring around the chosen one."""
    hue = alt.Scale(domain=list(families), range=list(palette.SERIES[: len(families)]))
    key = alt.Legend(orient="bottom", title=None, columns=2)
    across = alt.X("Bits per weight:Q", scale=alt.Scale(domain=[1, MOST_BITS], nice=False))
    base = alt.Chart().encode(x=across, y=up)
    points = base.mark_point(filled=True, size=75, opacity=0.85).encode(
        color=alt.Color("Family:N", scale=hue, legend=key),
        tooltip=["Scheme:N", alt.Tooltip("Bits per weight:Q", format=".3f"), tip],
    )
    ring = base.mark_point(size=260, strokeWidth=2.5, color=palette.MARKED).transform_filter(
        "datum.Chosen"
    )
    return points, ring


@functools.cache
def _all_schemes_spec(families: tuple[str, ...]) -> dict[str, Any]:
    points, ring = _scheme_points(
        families,
        alt.Y("Signal to noise (dB):Q", title="Signal to noise (dB)"),
        alt.Tooltip("Signal to noise (dB):Q", format=".1f"),
    )
    line = (
        alt.Chart()
        .mark_line(color=palette.BEFORE, strokeDash=[4, 4])
        .encode(x="Bits per weight:Q", y=alt.Y("Even rounding:Q", title="Signal to noise (dB)"))
    )
    return specification((line + points + ring).properties(height=440))


@functools.cache
def _all_outputs_spec(families: tuple[str, ...]) -> dict[str, Any]:
    points, ring = _scheme_points(
        families,
        alt.Y(
            "Output error:Q",
            title="Output error (log)",
            scale=alt.Scale(type="log", nice=False, padding=12),
            axis=alt.Axis(format="%", values=[0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1]),
        ),
        alt.Tooltip("Output error:Q", format=".2%"),
    )
    return specification((points + ring).properties(height=440))

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
                axis=alt.Axis(values=[1, 10, 100, 1_000, 10_000, 100_000, 1_000_000], format=","),
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
    return specification(bars.properties(height=260))


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
            x=alt.X("Low:Q", title="Stored integer", scale=alt.Scale(zero=False)),
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
    return specification(bars.properties(height=260))


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
            x=alt.X("Column:Q", title="Column: one input of the layer"),
            y=alt.Y("Largest:Q", title="Size of its largest weight"),
            color=alt.Color("Kind:N", scale=hue, legend=alt.Legend(orient="top", title=None)),
            tooltip=["Column:Q", alt.Tooltip("Largest:Q", format=".4f"), "Kind:N"],
        )
    )
    limit = alt.Chart().mark_rule(strokeDash=[4, 4], color=palette.MARKED).encode(y="mean(Limit):Q")
    return specification((stems + limit).properties(height=260))


def all_schemes(rows: Sequence[TableRow], *, chosen: str, families: Mapping[str, str]) -> Drawing:
    """Draw what every scheme costs and how much of the signal it keeps.

    Args:
        rows: One per scheme.
        chosen: Name of the scheme that is marked.
        families: Key of a family to its title, in the order of their colours.

    Returns:
        Points: bits per weight to the right, signal to noise upwards.
    """
    frame = pd.DataFrame(
        {
            "Scheme": [row.title for row in rows],
            "Family": [families[row.family] for row in rows],
            "Bits per weight": np.array([row.bits_per_weight for row in rows], np.float32),
            "Signal to noise (dB)": np.array([row.snr_db for row in rows], np.float32),
            "Output error": [row.output_error for row in rows],
            "Chosen": [row.scheme == chosen for row in rows],
            "Even": np.array([DB_PER_BIT * row.bits_per_weight for row in rows], np.float32),
        }
    )
    return Drawing(_all_schemes_spec(tuple(families.values())), frame)


@functools.cache
def _all_schemes_spec(families: tuple[str, ...]) -> dict[str, Any]:
    hue = alt.Scale(domain=list(families), range=list(palette.SERIES[: len(families)]))
    across = alt.X("Bits per weight:Q", scale=alt.Scale(type="log", base=2, nice=False, padding=14))
    base = alt.Chart().encode(x=across)
    line = base.mark_line(color=palette.BEFORE, strokeDash=[4, 4]).encode(y="Even:Q")
    points = base.mark_point(filled=True, size=70, opacity=0.85).encode(
        y=alt.Y("Signal to noise (dB):Q"),
        color=alt.Color("Family:N", scale=hue, legend=alt.Legend(orient="top", title=None)),
        tooltip=[
            "Scheme:N",
            alt.Tooltip("Bits per weight:Q", format=".3f"),
            alt.Tooltip("Signal to noise (dB):Q", format=".1f"),
            alt.Tooltip("Output error:Q", format=".2%"),
        ],
    )
    ring = (
        base.mark_point(size=240, strokeWidth=2.5, color=palette.MARKED)
        .encode(y="Signal to noise (dB):Q")
        .transform_filter("datum.Chosen")
    )
    return specification((line + points + ring).properties(height=380))

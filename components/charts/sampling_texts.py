"""Pictures of whole texts: entropy along two of them, and figures of many."""

import functools
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from components.charts import palette
from components.charts.drawing import Drawing, specification

_TEXTS = alt.Scale(domain=["A", "B"], range=[palette.BEFORE, palette.AFTER])


def entropy_along(first: Sequence[float], second: Sequence[float]) -> Drawing:
    """Draw how open the model's choice was at each token of two texts.

    Args:
        first: Entropy at each token of text A in bits, shape (T,).
        second: The same for text B.

    Returns:
        Two lines over the place in the text.
    """
    frame = pd.DataFrame(
        {
            "Text": ["A"] * len(first) + ["B"] * len(second),
            "Place": [*range(1, len(first) + 1), *range(1, len(second) + 1)],
            "Entropy": np.asarray([*first, *second], dtype=np.float32),
        }
    )
    return Drawing(_entropy_spec(), frame)


@functools.cache
def _entropy_spec() -> dict[str, Any]:
    chart = (
        alt.Chart()
        .mark_line(point=True)
        .encode(
            x=alt.X("Place:Q", title="Token of the text", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("Entropy:Q", title="Entropy (bits)"),
            color=alt.Color("Text:N", scale=_TEXTS, legend=alt.Legend(orient="top")),
            tooltip=["Text:N", "Place:Q", alt.Tooltip("Entropy:Q", format=".2f")],
        )
    )
    return specification(chart.properties(height=240))


def figure_of_many(first: Sequence[float], second: Sequence[float]) -> Drawing:
    """Draw one figure of many texts written with two settings.

    Args:
        first: The figure for each text of setting A, shape (n,).
        second: The same for setting B.

    Returns:
        One dot per text and a tick at each median.
    """
    frame = pd.DataFrame(
        {
            "Text": ["A"] * len(first) + ["B"] * len(second),
            "Value": [*first, *second],
            "Median": [np.median(first)] * len(first) + [np.median(second)] * len(second),
        }
    )
    return Drawing(_figure_spec(), frame)


@functools.cache
def _figure_spec() -> dict[str, Any]:
    tooltip = [
        alt.Tooltip("Text:N"),
        alt.Tooltip("Value:Q", format=".3f"),
        alt.Tooltip("Median:Q", format=".3f"),
    ]
    base = alt.Chart().encode(y=alt.Y("Text:N", title=None), tooltip=tooltip)
    dots = base.mark_circle(size=90, opacity=0.5).encode(
        x=alt.X("Value:Q", title="One dot per text; the tick is the median").scale(zero=False),
        color=alt.Color("Text:N", scale=_TEXTS, legend=None),
    )
    medians = base.mark_tick(thickness=3, size=34, color=palette.MARKED).encode(x="Median:Q")
    return specification((dots + medians).properties(height=alt.Step(44)))


def perplexity_along(names: Sequence[str], perplexities: Sequence[Sequence[float]]) -> Drawing:
    """Draw the perplexity of texts up to each of their tokens.

    Args:
        names: One per text, the reader's own first.
        perplexities: One row per text, shape (T,); NaN where there is none yet.

    Returns:
        A line per text over the place in it.
    """
    frame = pd.DataFrame(
        [
            {"Text": name, "Place": place, "Perplexity": value}
            for name, row in zip(names, perplexities, strict=True)
            for place, value in enumerate(row, start=1)
            if np.isfinite(value)
        ],
        columns=["Text", "Place", "Perplexity"],
    )
    return Drawing(_perplexity_spec(), frame)


@functools.cache
def _perplexity_spec() -> dict[str, Any]:
    colours = alt.Scale(range=[palette.AFTER, palette.NEGATIVE])
    chart = (
        alt.Chart()
        .mark_line()
        .encode(
            x=alt.X("Place:Q", title="Token of the text", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("Perplexity:Q", title="Perplexity so far", scale=alt.Scale(type="log")),
            color=alt.Color("Text:N", scale=colours, sort=None, legend=alt.Legend(orient="top")),
            tooltip=["Text:N", "Place:Q", alt.Tooltip("Perplexity:Q", format=",.1f")],
        )
    )
    return specification(chart.properties(height=240))

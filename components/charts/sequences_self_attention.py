"""Pictures of the self-attention lab: places and their distance, the sharpness of the softmax."""

import functools
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from components.charts import palette
from components.charts.drawing import Drawing, specification
from core.sequences.attention import Array
from core.sequences.sharpness import Sharpness

_WITHOUT, _WITH = "Without √D", "With √D"
_SCALING = alt.Scale(domain=[_WITHOUT, _WITH], range=[palette.NEGATIVE, palette.AFTER])
_LEGEND = alt.Legend(title=None, orient="top", labelLimit=260)


def by_distance(distances: Array, means: Array, spreads: Array, *, what: str) -> Drawing:
    """Draw how the product of two places depends on how far apart they are.

    Args:
        distances: Shape (n,).
        means: Mean product at each distance.
        spreads: Its standard deviation; a band of no width means that only distance matters.
        what: Name of the number.

    Returns:
        A line in a band of one standard deviation.
    """
    frame = pd.DataFrame(
        {
            "Distance": distances,
            "Mean": means,
            "Low": means - spreads,
            "High": means + spreads,
            "Spread": spreads,
        }
    )
    return Drawing(_distance_spec(what), frame)


@functools.cache
def _distance_spec(what: str) -> dict[str, Any]:
    across = alt.X(
        "Distance:Q",
        title="Places apart",
        axis=alt.Axis(tickMinStep=1),
        scale=alt.Scale(nice=False),
    )
    tooltip = [
        alt.Tooltip("Distance:Q"),
        alt.Tooltip("Mean:Q", format=".3g", title=what),
        alt.Tooltip("Spread:Q", format=".1e", title="Differs by"),
    ]
    band = (
        alt.Chart()
        .mark_area(color=palette.AFTER, opacity=0.22)
        .encode(x=across, y=alt.Y("Low:Q", title=what, scale=alt.Scale(zero=False)), y2="High:Q")
    )
    line = (
        alt.Chart()
        .mark_line(color=palette.AFTER, point=alt.OverlayMarkDef(size=26, filled=True))
        .encode(x=across, y=alt.Y("Mean:Q", title=what), tooltip=tooltip)
    )
    return specification((band + line).properties(height=300))


def sharpness(found: Sharpness, *, chosen: int, figure: str) -> Drawing:
    """Draw a figure of the softmax against the head size, with and without scaling.

    Args:
        found: The measurement.
        chosen: The head size to mark.
        figure: "largest" for the largest share, "slope" for what training still feels.

    Returns:
        Two lines over a log axis, and a rule at the chosen size.
    """
    values = getattr(found, figure)
    frame = pd.concat(
        pd.DataFrame({"Size": found.sizes, "Value": values[row], "Scaling": name})
        for row, name in enumerate((_WITHOUT, _WITH))
    )
    mark = pd.DataFrame({"Chosen": [chosen]})
    return Drawing(_sharpness_spec(figure), pd.concat([frame, mark], ignore_index=True))


@functools.cache
def _sharpness_spec(figure: str) -> dict[str, Any]:
    titles = {"largest": "Largest share of a row", "slope": "What training still feels, p·(1 − p)"}
    ticks = alt.Axis(values=[1, 4, 16, 64, 256, 1024])
    across = alt.X(
        "Size:Q", title="Numbers per query, D", axis=ticks, scale=alt.Scale(type="log", nice=False)
    )
    lines = (
        alt.Chart()
        .transform_filter("isValid(datum.Size)")
        .mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=36, filled=True))
        .encode(
            x=across,
            y=alt.Y("Value:Q", title=titles[figure], scale=alt.Scale(zero=True)),
            color=alt.Color("Scaling:N", scale=_SCALING, legend=_LEGEND),
            tooltip=[
                alt.Tooltip("Size:Q", title="D"),
                alt.Tooltip("Scaling:N"),
                alt.Tooltip("Value:Q", format=".3f", title=titles[figure]),
            ],
        )
    )
    rule = (
        alt.Chart()
        .transform_filter("isValid(datum.Chosen)")
        .mark_rule(color=palette.MARKED, strokeWidth=2)
        .encode(x=alt.X("Chosen:Q", scale=alt.Scale(type="log", nice=False)))
    )
    return specification((lines + rule).properties(height=330))


def one_row(without: Array, scaled: Array) -> Drawing:
    """Draw how one query shares out its attention, without and with scaling."""
    keys = np.arange(1, len(without) + 1)
    frame = pd.concat(
        pd.DataFrame({"Key": keys, "Share": shares, "Scaling": name})
        for shares, name in ((without, _WITHOUT), (scaled, _WITH))
    )
    return Drawing(_row_spec(), frame)


@functools.cache
def _row_spec() -> dict[str, Any]:
    bars = (
        alt.Chart()
        .mark_bar()
        .encode(
            x=alt.X("Key:O", title="Key", axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("Scaling:N", sort=[_WITHOUT, _WITH]),
            y=alt.Y("Share:Q", title="Share", axis=alt.Axis(format="%")),
            color=alt.Color("Scaling:N", scale=_SCALING, legend=_LEGEND),
            tooltip=[
                alt.Tooltip("Key:O"),
                alt.Tooltip("Scaling:N"),
                alt.Tooltip("Share:Q", format=".2%"),
            ],
        )
    )
    return specification(bars.properties(height=330))


def penalties(shares: Array, slopes: Array) -> Drawing:
    """Draw how far back each head looks under ALiBi, all products being equal.

    Args:
        shares: Shares of the last token by distance, shape (n_head, n).
        slopes: Shape (n_head,).

    Returns:
        A line per head, steep heads dark.
    """
    frame = pd.concat(
        pd.DataFrame(
            {
                "Distance": np.arange(shares.shape[1]),
                "Share": row,
                "Head": head + 1,
                "Slope": slope,
            }
        )
        for head, (row, slope) in enumerate(zip(shares, slopes, strict=True))
    )
    return Drawing(_penalty_spec(), frame)


@functools.cache
def _penalty_spec() -> dict[str, Any]:
    lines = (
        alt.Chart()
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("Distance:Q", title="Places back", scale=alt.Scale(nice=False)),
            y=alt.Y("Share:Q", title="Share of the last word", axis=alt.Axis(format="%")),
            color=alt.Color(
                "Head:Q",
                title="Head",
                scale=alt.Scale(range=[palette.SEQUENTIAL[4], palette.SEQUENTIAL[1]]),
                legend=alt.Legend(format="d", tickMinStep=1),
            ),
            detail="Head:N",
            tooltip=[
                alt.Tooltip("Head:O"),
                alt.Tooltip("Slope:Q", format=".3g"),
                alt.Tooltip("Distance:Q"),
                alt.Tooltip("Share:Q", format=".1%"),
            ],
        )
    )
    return specification(lines.properties(height=320))

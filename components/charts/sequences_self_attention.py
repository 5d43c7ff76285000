"""Pictures of the self-attention lab: distance, sharpness, order, cost."""

import functools
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from components.charts import palette
from components.charts.drawing import Drawing, specification
from core.sequences.attention import Array
from core.sequences.cost import CostPoint
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


def cost(points: Sequence[CostPoint]) -> Drawing:
    """Draw measured time against length, next to n² and to n.

    Args:
        points: The measurement, shortest text first.

    Returns:
        Two measured lines and two dashed guides, on log axes. The guides go through the
        measurements of the longest text.
    """
    lengths = np.array([point.n_tokens for point in points])
    compare = np.array([point.compare_ms for point in points])
    project = np.array([point.project_ms for point in points])
    share = lengths / lengths[-1]
    lines = {
        "Comparing words, measured": compare,
        "n²": compare[-1] * share**2,
        "Each word alone, measured": project,
        "n": project[-1] * share,
    }
    frame = pd.concat(
        pd.DataFrame({"Tokens": lengths, "Time": times, "Line": name, "Guide": len(name) < 3})
        for name, times in lines.items()
    )
    return Drawing(_cost_spec(), frame)


@functools.cache
def _cost_spec() -> dict[str, Any]:
    names = ["Comparing words, measured", "n²", "Each word alone, measured", "n"]
    hues = alt.Scale(
        domain=names, range=[palette.AFTER, palette.AFTER, palette.BEFORE, palette.BEFORE]
    )
    encoding = {
        "x": alt.X(
            "Tokens:Q",
            title="Length of the text (tokens)",
            scale=alt.Scale(type="log", nice=False),
            axis=alt.Axis(values=[64, 128, 256, 512, 1024, 2048, 4096], format=",d"),
        ),
        "y": alt.Y(
            "Time:Q",
            title="Time of one head (ms)",
            scale=alt.Scale(type="log"),
            axis=alt.Axis(format="~g", values=[10.0**power for power in range(-3, 5)]),
        ),
        "color": alt.Color("Line:N", scale=hues, sort=names, legend=_LEGEND),
    }
    tooltip = [
        alt.Tooltip("Line:N"),
        alt.Tooltip("Tokens:Q", format=",d"),
        alt.Tooltip("Time:Q", format=".3g", title="Time (ms)"),
    ]
    measured = (
        alt.Chart()
        .transform_filter("!datum.Guide")
        .mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=46, filled=True))
        .encode(**encoding, tooltip=tooltip)
    )
    guides = (
        alt.Chart()
        .transform_filter("datum.Guide")
        .mark_line(strokeDash=[5, 4], strokeWidth=1.5)
        .encode(**encoding, tooltip=tooltip)
    )
    return specification((guides + measured).properties(height=350))


def layer_work(lengths: Sequence[int], shares: dict[str, Array]) -> Drawing:
    """Draw what share of a layer's multiplications each part takes, by length.

    Args:
        lengths: Numbers of tokens.
        shares: Part to its share at each length; they sum to 1.

    Returns:
        Stacked areas.
    """
    frame = pd.concat(
        pd.DataFrame({"Tokens": lengths, "Share": values, "Part": part})
        for part, values in shares.items()
    )
    return Drawing(_work_spec(), frame)


@functools.cache
def _work_spec() -> dict[str, Any]:
    parts = ["Comparing words", "Projections", "Feed-forward"]
    hues = alt.Scale(domain=parts, range=[palette.AFTER, palette.SERIES[3], palette.BEFORE])
    areas = (
        alt.Chart()
        .mark_area(opacity=0.8)
        .encode(
            x=alt.X(
                "Tokens:Q",
                title="Length of the text (tokens)",
                scale=alt.Scale(type="log", nice=False),
                axis=alt.Axis(values=[16, 64, 256, 1024, 4096, 16384, 65536], format=",d"),
            ),
            y=alt.Y(
                "Share:Q",
                title="Share of the multiplications",
                stack="zero",
                axis=alt.Axis(format="%"),
                scale=alt.Scale(domain=[0, 1]),
            ),
            color=alt.Color("Part:N", scale=hues, sort=parts, legend=_LEGEND),
            order=alt.Order("Part:N"),
            tooltip=[
                alt.Tooltip("Part:N"),
                alt.Tooltip("Tokens:Q", format=",d"),
                alt.Tooltip("Share:Q", format=".1%"),
            ],
        )
    )
    return specification(areas.properties(height=330))


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

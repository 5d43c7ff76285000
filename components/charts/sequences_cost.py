"""Pictures of what attention costs against the length of the text."""

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

_LEGEND = alt.Legend(title=None, orient="top", labelLimit=260, columns=2)
"""Two names side by side fit on a phone; more would be cut off."""


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

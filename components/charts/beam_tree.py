"""The tree that beam search grows: every candidate, those kept, and the winner."""

import functools
from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.charts import palette
from components.charts.drawing import Drawing, specification

FATES = ("dropped", "kept", "best text")


def beam_tree(rows: Sequence[dict[str, Any]]) -> Drawing:
    """Draw a tree of beams from left to right.

    Args:
        rows: One per candidate: Token, Depth, Place, Parent place, Log-probability, Fate.

    Returns:
        Lines from each candidate's parent, and its token.
    """
    frame = pd.DataFrame(rows)
    frame["Parent depth"] = frame["Depth"] - 1
    frame["Printed"] = [token[:9] for token in frame["Token"]]
    return Drawing(_beam_tree_spec(), frame)


@functools.cache
def _beam_tree_spec() -> dict[str, Any]:
    colours = alt.Scale(domain=list(FATES), range=[palette.BEFORE, palette.AFTER, palette.MARKED])
    x = alt.X("Depth:Q", title="Token of the text", axis=alt.Axis(tickMinStep=1, grid=False))
    y = alt.Y("Place:Q", title="Place, likeliest on top", scale=alt.Scale(reverse=True))
    base = alt.Chart().encode(
        color=alt.Color("Fate:N", scale=colours, legend=alt.Legend(orient="top", title=None)),
        tooltip=[
            alt.Tooltip("Token:N"),
            alt.Tooltip("Depth:Q", title="Token of the text"),
            alt.Tooltip("Log-probability:Q", format=".2f", title="Log-probability so far (nats)"),
            alt.Tooltip("Fate:N"),
        ],
    )
    lines = base.mark_rule(opacity=0.6, strokeWidth=2).encode(
        x=alt.X("Parent depth:Q"), y=alt.Y("Parent place:Q"), x2="Depth:Q", y2="Place:Q"
    )
    dots = base.mark_circle(size=60).encode(x=x, y=y)
    text = base.mark_text(font="monospace", fontSize=11, dy=-10).encode(x=x, y=y, text="Printed:N")
    return specification((lines + dots + text).properties(height=320))

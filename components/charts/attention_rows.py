"""Pictures of rows of attention: how far each token's attention moved between two texts."""

import functools
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from components.charts import palette
from components.charts.drawing import Drawing, specification

MAX_BARS = 60
"""Tokens that are drawn; more have no room for their names."""

_SAME, _OTHER = "same token in both texts", "another token"


def moved_attention(
    tokens: Sequence[str], distances: NDArray[np.float64], is_same: NDArray[np.bool_]
) -> Drawing:
    """Draw how much of its attention each token moved elsewhere.

    Args:
        tokens: Names of the tokens of the first text, shape (n,).
        distances: Share that moved, 0 to 1, shape (n,).
        is_same: Whether both texts have the same token there, shape (n,).

    Returns:
        One bar per token, in the order of the text; at most ``MAX_BARS``.
    """
    n_drawn = min(len(distances), MAX_BARS)
    frame = pd.DataFrame(
        {
            # Two tokens can be called the same; their places cannot.
            "Token": [f"{tokens[place]}  {place}" for place in range(n_drawn)],
            "Moved": distances[:n_drawn],
            "Kind": np.where(is_same[:n_drawn], _SAME, _OTHER),
        }
    )
    return Drawing(_moved_spec(), frame)


@functools.cache
def _moved_spec() -> dict[str, Any]:
    hues = alt.Scale(domain=[_SAME, _OTHER], range=[palette.AFTER, palette.MARKED])
    bars = (
        alt.Chart()
        .mark_bar()
        .encode(
            x=alt.X("Token:N", sort=None, title=None, axis=alt.Axis(labelAngle=-50)),
            y=alt.Y(
                "Moved:Q",
                title="Attention that moved",
                axis=alt.Axis(format=".0%", tickCount=4),
            ),
            color=alt.Color("Kind:N", scale=hues, legend=alt.Legend(title=None, orient="top")),
            tooltip=[
                alt.Tooltip("Token:N"),
                alt.Tooltip("Moved:Q", title="Moved", format=".2%"),
                alt.Tooltip("Kind:N", title="Place"),
            ],
        )
        .properties(height=280)
    )
    return specification(bars)

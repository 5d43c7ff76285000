"""Pictures of the seed lottery: how often a small network solves XOR."""

import functools
from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.charts import palette
from components.charts.drawing import Drawing, specification


def shares(names: Sequence[str], found: Sequence[tuple[float, float]], *, present: str) -> Drawing:
    """Draw the share of solved seeds for each value of a setting.

    Args:
        names: What is compared, in order, as printed.
        found: Share and its standard error for each.
        present: The name that is chosen at the moment.

    Returns:
        One bar per value with the range of chance, two standard errors to each side.
    """
    frame = pd.DataFrame(
        {
            "Setting": list(names),
            "Share": [share for share, _ in found],
            "Low": [max(0.0, share - 2 * error) for share, error in found],
            "High": [min(1.0, share + 2 * error) for share, error in found],
            "Present": [name == present for name in names],
            "Order": range(len(names)),
        }
    )
    return Drawing(_shares_spec(), frame)


@functools.cache
def _shares_spec() -> dict[str, Any]:
    across = alt.X("Setting:N", sort=alt.EncodingSortField("Order"), axis=alt.Axis(labelAngle=0),
                   title=None)  # fmt: skip
    percent = alt.Axis(format="%")
    tooltip = [
        alt.Tooltip("Setting:N"),
        alt.Tooltip("Share:Q", format=".1%", title="Solved"),
        alt.Tooltip("Low:Q", format=".1%", title="Chance alone: from"),
        alt.Tooltip("High:Q", format=".1%", title="to"),
    ]
    base = alt.Chart().encode(across)
    bars = base.mark_bar(width={"band": 0.6}).encode(
        alt.Y("Share:Q", title="Solved", scale=alt.Scale(domain=[0, 1]), axis=percent),
        color=alt.condition(
            "datum.Present", alt.value(palette.AFTER), alt.value(palette.SEQUENTIAL[1])
        ),
        tooltip=tooltip,
    )
    errors = base.mark_rule(strokeWidth=2, color=palette.BEFORE).encode(
        alt.Y("Low:Q", title="Solved"), alt.Y2("High")
    )
    texts = base.mark_text(dy=-14, color=palette.BEFORE).encode(
        alt.Y("High:Q", title="Solved"), alt.Text("Share:Q", format=".1%")
    )
    return specification(alt.layer(bars, errors, texts).properties(height=230, width="container"))

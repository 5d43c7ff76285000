"""The price of a vocabulary: four costs on one chart."""

import functools
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from components.charts import palette
from components.charts.drawing import Drawing, specification
from core.tokenization import trade_off

_TOKENS, _ATTENTION = "Tokens, n", "Attention, n²"
_EMBEDDING, _UNUSED = "Embedding, V·d", "Never used"
_COLOURS = {
    _TOKENS: palette.SERIES[0],
    _ATTENTION: palette.SERIES[3],
    _EMBEDDING: palette.SERIES[4],
    _UNUSED: palette.NEGATIVE,
}


def vocabulary_costs(points: Sequence[trade_off.VocabularyPoint], *, chosen: int) -> Drawing:
    """Draw what each vocabulary size costs, every cost as a share of its own largest value.

    Args:
        points: One per vocabulary size, rising.
        chosen: The size of the vocabulary that the reader has made; it gets a rule.

    Returns:
        Four lines over the vocabulary size.
    """
    costs = {
        _TOKENS: [point.n_tokens for point in points],
        _ATTENTION: [point.attention_pairs for point in points],
        _EMBEDDING: [point.embedding_parameters for point in points],
        _UNUSED: [point.n_unused for point in points],
    }
    sizes = [point.vocab_size for point in points]
    frames = [
        pd.DataFrame(
            {
                "Vocabulary": np.array(sizes, dtype=np.int32),
                "Cost": name,
                "Amount": np.array(amounts, dtype=np.float64),
                "Share": np.array(amounts, dtype=np.float64) / max(*amounts, 1),
                "Yours": np.nan,
            }
        )
        for name, amounts in costs.items()
    ]
    frames[0].loc[0, "Yours"] = chosen
    return Drawing(_vocabulary_costs_spec(), pd.concat(frames, ignore_index=True))


@functools.cache
def _vocabulary_costs_spec() -> dict[str, Any]:
    x = alt.X(
        "Vocabulary:Q",
        scale=alt.Scale(type="log", base=2, nice=False),
        title="Vocabulary size V (tokens)",
        axis=alt.Axis(format=",d"),
    )
    colours = alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values()))
    lines = (
        alt.Chart()
        .mark_line(point=alt.OverlayMarkDef(size=30, filled=True), strokeWidth=2)
        .encode(
            x=x,
            y=alt.Y(
                "Share:Q",
                title="Share of its largest value",
                axis=alt.Axis(format="%", tickCount=5),
            ),
            color=alt.Color(
                "Cost:N",
                scale=colours,
                legend=alt.Legend(title=None, orient="top", columns=2, labelLimit=240),
            ),
            tooltip=[
                alt.Tooltip("Cost:N"),
                alt.Tooltip("Vocabulary:Q", format=",d"),
                alt.Tooltip("Amount:Q", format=",d"),
                alt.Tooltip("Share:Q", format=".3~%"),
            ],
        )
    )
    yours = (
        alt.Chart()
        .transform_filter("isValid(datum.Yours)")
        .mark_rule(color=palette.MARKED, strokeWidth=2, strokeDash=[5, 4])
        .encode(x="Yours:Q", tooltip=[alt.Tooltip("Yours:Q", format=",d", title="Your vocabulary")])
    )
    return specification((lines + yours).properties(height=360))

"""Pictures of the GGUF lab."""

import functools
from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.charts import palette
from components.charts.drawing import Drawing, specification
from core.quantization import gguf_summary
from core.quantization.gguf_summary import Share

_COLOURS = {
    gguf_summary.HEAD: palette.BEFORE,
    "Embedding and head": palette.SERIES[4],
    "Attention": palette.AFTER,
    "MLP": palette.SERIES[3],
    "Norms and biases": palette.MARKED,
    "Other tensors": palette.SERIES[6],
}


def bytes_by_part(shares: Sequence[Share]) -> Drawing:
    """Draw how many bytes each part of a file takes.

    Args:
        shares: From ``gguf_summary.shares``.
    """
    total = sum(share.n_bytes for share in shares)
    frame = pd.DataFrame(
        {
            "Part": [_label(share) for share in shares],
            "Kind": [share.part for share in shares],
            "Megabytes": [share.n_bytes / 1e6 for share in shares],
            "Share": [share.n_bytes / total for share in shares],
            "Tensors": [share.n_tensors for share in shares],
        }
    )
    return Drawing(_bytes_spec(), frame)


@functools.cache
def _bytes_spec() -> dict[str, Any]:
    hues = alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values()))
    chart = (
        alt.Chart()
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            x=alt.X("Megabytes:Q", title="Megabytes"),
            y=alt.Y("Part:N", sort=None, title=None, axis=alt.Axis(labelLimit=220, ticks=False)),
            color=alt.Color("Kind:N", legend=None, scale=hues),
            tooltip=[
                "Part:N",
                alt.Tooltip("Megabytes:Q", format=",.3f"),
                alt.Tooltip("Share:Q", format=".2%"),
                alt.Tooltip("Tensors:Q", format=","),
            ],
        )
        .properties(height=alt.Step(26))
    )
    return specification(chart)


def _label(share: Share) -> str:
    return f"{share.part}, {share.type_name}" if share.type_name else share.part

"""Pictures of what models take in memory."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from components.charts import palette
from components.charts.drawing import Drawing, specification
from core.quantization import sizes
from core.quantization.sizes import Footprint

NOWHERE = "more than 24 GB"


def one_model(titles: Sequence[str], counted: Sequence[Footprint], *, chosen: int) -> Drawing:
    """Draw weights and cache of a model in several schemes, and the memories they must fit in.

    Args:
        titles: Names of the schemes, all different, shape (n,).
        counted: Memory in each, shape (n,).
        chosen: Place of the scheme that is marked; −1 for none.
    """
    n = len(titles)
    parts = [one.weights_bytes for one in counted] + [one.cache_bytes for one in counted]
    frame = pd.DataFrame(
        {
            "Scheme": [*titles, *titles],
            "Rank": np.tile(np.arange(n, dtype=np.int16), 2),
            "Part": ["weights"] * n + ["keys and values"] * n,
            "GB": np.array(parts, np.float64) / sizes.GIB,
            "Total": np.tile([one.total_bytes / sizes.GIB for one in counted], 2),
            "Mark": [f"{'▸ ' if i == chosen else ''}{title}" for i, title in enumerate(titles)] * 2,
        }
    )
    return Drawing(_one_model_spec(n, _cards_near(frame["Total"].max())), frame)


def _cards_near(largest_gb: float) -> tuple[int, ...]:
    """Return the memories up to the first that holds everything: the others would squeeze it."""
    too_small = [card for card in sizes.CARDS_GB if card < largest_gb]
    return tuple(sizes.CARDS_GB[: len(too_small) + 1])


@functools.cache
def _one_model_spec(n: int, cards: tuple[int, ...]) -> dict[str, Any]:
    hue = alt.Scale(domain=["weights", "keys and values"], range=[palette.AFTER, palette.SERIES[4]])
    bars = (
        alt.Chart()
        .mark_bar(size=15)
        .encode(
            y=alt.Y(
                "Mark:N",
                sort=alt.SortField("Rank"),
                title=None,
                axis=alt.Axis(labelLimit=210, ticks=False, domain=False, labelOverlap=False),
            ),
            x=alt.X("GB:Q", title="Memory (GB)"),
            color=alt.Color("Part:N", scale=hue, legend=alt.Legend(orient="top", title=None)),
            order=alt.Order("Part:N", sort="descending"),
            tooltip=[
                "Scheme:N",
                "Part:N",
                alt.Tooltip("GB:Q", format=".3~f"),
                alt.Tooltip("Total:Q", format=".3~f", title="Together"),
            ],
        )
    )
    layers: alt.Chart | alt.LayerChart = bars
    for card in cards:
        rule = (
            alt.Chart()
            .mark_rule(color=palette.NEGATIVE, strokeDash=[4, 3])
            .encode(x=alt.datum(card, type="quantitative"))
        )
        name = (
            alt.Chart()
            .mark_text(dy=-6, color=palette.NEGATIVE, fontSize=11, baseline="bottom", y=0)
            .encode(x=alt.datum(card, type="quantitative"), text=alt.datum(f"{card}"))
        )
        layers = layers + rule + name
    return specification(layers.properties(height=24 * n + 110))


def all_models(
    models: Sequence[str],
    schemes: Sequence[str],
    counted: Mapping[tuple[int, int], Footprint],
) -> Drawing:
    """Draw the smallest memory that holds each model in each scheme.

    Args:
        models: Names, smallest first, all different.
        schemes: Names, all different.
        counted: (place of the model, place of the scheme) to memory.
    """
    rows = [
        {
            "Model": models[i],
            "Scheme": schemes[j],
            "Row": i,
            "Column": j,
            "GB": one.total_bytes / sizes.GIB,
            "Text": _gb(one.total_bytes / sizes.GIB),
            "Fits in": _card(sizes.smallest_card(one)),
        }
        for (i, j), one in counted.items()
    ]
    return Drawing(_all_models_spec(), pd.DataFrame(rows))


def _gb(size: float) -> str:
    return f"{size:.2g}" if size < 10 else f"{size:,.0f}"


def _card(card: int | None) -> str:
    return NOWHERE if card is None else f"{card} GB"


@functools.cache
def _all_models_spec() -> dict[str, Any]:
    names = [_card(card) for card in (*sizes.CARDS_GB, None)]
    hue = alt.Scale(domain=names, range=[*palette.SEQUENTIAL[:4], "#8a929e"])
    base = alt.Chart().encode(
        x=alt.X(
            "Scheme:N",
            sort=alt.SortField("Column"),
            title=None,
            axis=alt.Axis(
                orient="top",
                labelAngle=0,
                ticks=False,
                domain=False,
                labelLimit=150,
                labelOverlap=False,
            ),
        ),
        y=alt.Y(
            "Model:N",
            sort=alt.SortField("Row"),
            title=None,
            axis=alt.Axis(ticks=False, domain=False, labelLimit=180, labelOverlap=False),
        ),
        tooltip=[
            "Model:N",
            "Scheme:N",
            alt.Tooltip("GB:Q", format=".3~f", title="Memory (GB)"),
            "Fits in:N",
        ],
    )
    squares = base.mark_rect(cornerRadius=2).encode(
        color=alt.Color(
            "Fits in:N", scale=hue, legend=alt.Legend(orient="top", title="Fits in", columns=2)
        )
    )
    numbers = base.mark_text(fontSize=11, color="#10151c").encode(text="Text:N")
    return specification((squares + numbers).properties(height=alt.Step(21)))

"""Pictures of which parts of a model matter: damage, bits, and size against damage."""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from components.charts import palette
from components.charts.drawing import Drawing, specification

if TYPE_CHECKING:
    from core.quantization.sensitivity import Part

_KINDS = ["embedding", "attention", "MLP", "head"]
_COLOURS = alt.Scale(
    domain=_KINDS,
    range=[palette.SERIES[3], palette.SERIES[0], palette.SERIES[1], palette.SERIES[4]],
)
_EVEN, _MIXED = "the same bits everywhere", "bits spent where they matter"


def damages(parts: "Sequence[Part]", values: Sequence[float], *, unit: str) -> Drawing:
    """Draw the damage that rounding each part alone does.

    Args:
        parts: The parts, in the order of the model.
        values: Damage of each, in the unit.
        unit: What the axis says.

    Returns:
        Bars along the model, coloured by kind.
    """
    frame = _places(parts)
    frame["Damage"] = np.asarray(values, dtype=np.float64)
    frame["Unit"] = unit
    return Drawing(_damages_spec(unit), frame)


@functools.cache
def _damages_spec(unit: str) -> dict[str, Any]:
    chart = (
        alt.Chart()
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=_along(),
            xOffset=alt.XOffset("Kind:N", sort=_KINDS),
            y=alt.Y("Damage:Q", title=unit, scale=alt.Scale(type="sqrt")),
            color=_by_kind(),
            tooltip=[
                "Part:N",
                alt.Tooltip("Damage:Q", format=".3g", title=unit),
                alt.Tooltip("Weights:Q", format=","),
            ],
        )
    )
    return specification(chart.properties(height=280))


def bits(parts: "Sequence[Part]", values: Sequence[float]) -> Drawing:
    """Draw how many bits each part gets.

    Args:
        parts: The parts, in the order of the model.
        values: Bits of a stored integer.

    Returns:
        One cell per part with its bits.
    """
    frame = _places(parts)
    frame["Bits"] = np.asarray(values, dtype=np.float32)
    return Drawing(_bits_spec(), frame)


@functools.cache
def _bits_spec() -> dict[str, Any]:
    base = alt.Chart().encode(
        x=_along(),
        y=alt.Y("Kind:N", sort=_KINDS, title=None),
        tooltip=["Part:N", "Bits:Q", alt.Tooltip("Weights:Q", format=",")],
    )
    scale = alt.Scale(range=list(palette.SEQUENTIAL), domain=[2, 3, 4, 6, 8])
    cells = base.mark_rect(cornerRadius=2).encode(
        color=alt.Color("Bits:Q", scale=scale, legend=None)
    )
    numbers = base.mark_text(fontSize=11).encode(
        text="Bits:Q",
        color=alt.condition("datum.Bits >= 5", alt.value("white"), alt.value("#17324d")),
    )
    return specification((cells + numbers).properties(height=alt.Step(30)))


def front(
    even: Sequence[tuple[str, float, float]],
    mixed: Sequence[tuple[str, float, float]],
    foretold: Sequence[tuple[float, float]],
    *,
    unit: str,
    budget_mb: float | None = None,
) -> Drawing:
    """Draw size against damage: the same bits everywhere, and bits spent where they matter.

    Args:
        even: Title, size in MB and measured damage of models with the same bits everywhere.
        mixed: The same for mixtures.
        foretold: Size in MB and foretold damage of all mixtures, the smallest first.
        unit: What the axis of damage says.
        budget_mb: The size that the reader has chosen.

    Returns:
        Points joined by lines on a logarithmic axis, the foretold ones as a thin line.
    """
    rows = [
        *((_EVEN, "measured", *point) for point in even),
        *((_MIXED, "measured", *point) for point in mixed),
        *((_MIXED, "foretold", "", *point) for point in foretold),
    ]
    frame = pd.DataFrame(rows, columns=["Bits are", "How", "Model", "Size", "Damage"])
    frame["Budget"] = np.nan
    if budget_mb is not None:
        frame.loc[len(frame)] = {"How": "budget", "Budget": budget_mb}
    return Drawing(_front_spec(unit), frame[(frame["Damage"] > 0) | (frame["How"] == "budget")])


@functools.cache
def _front_spec(unit: str) -> dict[str, Any]:
    damage = alt.Y(
        "Damage:Q",
        title=unit,
        scale=alt.Scale(type="log"),
        axis=alt.Axis(format="~r", tickCount=6),
    )
    size = alt.X("Size:Q", title="Size of the weights (MB)", scale=alt.Scale(zero=False))
    colour = alt.Color(
        "Bits are:N",
        scale=alt.Scale(domain=[_EVEN, _MIXED], range=[palette.BEFORE, palette.AFTER]),
        legend=alt.Legend(orient="top", title=None, columns=1, labelLimit=220),
    )
    tooltip = [
        "Model:N",
        "Bits are:N",
        alt.Tooltip("Size:Q", format=".1f", title="Size (MB)"),
        alt.Tooltip("Damage:Q", format=".3g", title=unit),
    ]
    foretold = (
        alt.Chart()
        .transform_filter("datum.How == 'foretold'")
        .mark_line(strokeWidth=1.5, strokeDash=[4, 3], opacity=0.7)
        .encode(x=size, y=damage, color=colour)
    )
    measured = (
        alt.Chart()
        .transform_filter("datum.How == 'measured'")
        .mark_line(point=alt.OverlayMarkDef(size=70), strokeWidth=2)
        .encode(x=size, y=damage, color=colour, tooltip=tooltip)
    )
    chosen = (
        alt.Chart()
        .transform_filter("isValid(datum.Budget)")
        .mark_rule(strokeWidth=2, color=palette.MARKED)
        .encode(x="Budget:Q")
    )
    return specification((foretold + measured + chosen).properties(height=300))


def _places(parts: "Sequence[Part]") -> pd.DataFrame:
    last = max((part.layer for part in parts if part.layer is not None), default=-1)
    place = {"embedding": 0, "head": last + 2}
    names = {"embedding": "emb.", "head": "head"}
    return pd.DataFrame(
        {
            "Part": [part.title for part in parts],
            "Kind": ["MLP" if part.kind == "mlp" else part.kind for part in parts],
            "Place": [names.get(part.kind) or str((part.layer or 0) + 1) for part in parts],
            "Order": [place.get(part.kind, (part.layer or 0) + 1) for part in parts],
            "Weights": [part.n_weights for part in parts],
        }
    )


def _along() -> alt.X:
    return alt.X(
        "Place:N",
        sort=alt.EncodingSortField("Order", op="min"),
        title="Layer",
        axis=alt.Axis(labelAngle=0, labelOverlap=True),
    )


def _by_kind() -> alt.Color:
    legend = alt.Legend(title=None, orient="top", symbolType="square")
    return alt.Color("Kind:N", scale=_COLOURS, sort=_KINDS, legend=legend)

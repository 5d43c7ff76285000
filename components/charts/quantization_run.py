"""Pictures of a model that runs on rounded weights: changes of probability, tails, speed."""

import functools
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from components.charts import palette
from components.charts.drawing import Drawing, specification

_LOST, _WON, _MIRROR = "lost probability", "won probability", "mirror of the winners"
_N_BINS = 24
"""Bins on each side of 0."""

_SIDES = alt.Scale(
    domain=[_LOST, _WON, _MIRROR], range=[palette.NEGATIVE, palette.POSITIVE, palette.BEFORE]
)


def delta_p_histogram(delta_p: NDArray[np.floating]) -> Drawing:
    """Draw how the probability of the right token changed, with the winners mirrored over.

    If rounding were only noise, the losing side would look like the mirror of the winning side.

    Args:
        delta_p: Change at each token, −1 to 1, shape (n,).

    Returns:
        Bars, and a stepped outline of the mirrored winning side.
    """
    points = 100 * np.asarray(delta_p, dtype=np.float64)
    reach = _reach(points)
    edges = np.linspace(-reach, reach, 2 * _N_BINS + 1)
    counts, _ = np.histogram(np.clip(points, -reach, reach), edges)
    middles = (edges[:-1] + edges[1:]) / 2
    mirrored = np.where(middles < 0, counts[::-1], 0)
    n_bins = counts.size
    frame = pd.DataFrame(
        {
            "Change": np.tile(middles, 2),
            "From": np.tile(edges[:-1], 2),
            "To": np.tile(edges[1:], 2),
            "Tokens": np.concatenate((counts, mirrored)).astype(np.int32),
            "Side": [*np.where(middles < 0, _LOST, _WON), *[_MIRROR] * n_bins],
        }
    )
    return Drawing(_delta_p_spec(), frame[(frame["Side"] != _MIRROR) | (frame["Change"] < 0)])


def _reach(points: NDArray[np.float64]) -> float:
    """The edge of the picture: a round number that nearly all changes stay within."""
    most = float(np.percentile(np.abs(points), 99.5)) if points.size else 1.0
    return next((edge for edge in (0.1, 0.5, 1, 2, 5, 10, 20, 50) if most <= edge), 100.0)


@functools.cache
def _delta_p_spec() -> dict[str, Any]:
    tooltip = [
        alt.Tooltip("From:Q", format="+.2f"),
        alt.Tooltip("To:Q", format="+.2f"),
        alt.Tooltip("Tokens:Q", format=","),
        alt.Tooltip("Side:N"),
    ]
    tokens = alt.Y("Tokens:Q", title="Tokens", scale=alt.Scale(type="sqrt", domainMin=0))
    x = alt.X("From:Q", title="Change of probability (percentage points)")
    legend = alt.Legend(title=None, orient="top", symbolType="square", columns=2)
    colour = alt.Color("Side:N", scale=_SIDES, legend=legend)
    bars = (
        alt.Chart()
        .transform_filter(f"datum.Side != '{_MIRROR}'")
        .mark_rect(opacity=0.8)
        .encode(x=x, x2="To:Q", y=tokens, y2=alt.datum(0), color=colour, tooltip=tooltip)
    )
    outline = (
        alt.Chart()
        .transform_filter(f"datum.Side == '{_MIRROR}'")
        .mark_line(interpolate="step", strokeWidth=2)
        .encode(x="Change:Q", y=tokens, color=colour, tooltip=tooltip)
    )
    return specification((bars + outline).properties(height=260))


def tails(ranks: Sequence[float], percentiles: NDArray[np.floating]) -> Drawing:
    """Draw each losing percentile against the winning one of the same rank.

    Args:
        ranks: Percentiles in rising order, symmetric about 50, shape (n,).
        percentiles: The change at each, −1 to 1, shape (n,).

    Returns:
        Two bars per row, to the left and to the right of 0.
    """
    rows = []
    for low, high in zip(range(len(ranks) // 2), reversed(range(len(ranks))), strict=False):
        row = f"{ranks[low]:g} % and {ranks[high]:g} %"
        rows += [
            (row, low, _LOST, 100 * min(0.0, percentiles[low])),
            (row, low, _WON, 100 * max(0.0, percentiles[high])),
        ]
    frame = pd.DataFrame(rows, columns=["Percentiles", "Order", "Side", "Change"])
    return Drawing(_tails_spec(), frame)


@functools.cache
def _tails_spec() -> dict[str, Any]:
    chart = (
        alt.Chart()
        .mark_bar(cornerRadius=2, opacity=0.85)
        .encode(
            x=alt.X("Change:Q", title="Change (percentage points)"),
            y=alt.Y(
                "Percentiles:N", sort=alt.EncodingSortField("Order", order="ascending"), title=None
            ),
            color=alt.Color("Side:N", scale=_SIDES, legend=None),
            tooltip=[
                "Percentiles:N",
                "Side:N",
                alt.Tooltip("Change:Q", format="+.2f"),
            ],
        )
    )
    return specification(chart.properties(height=alt.Step(36)))


def line_up(
    titles: Sequence[str], bits: Sequence[float], delta_ps: Sequence[NDArray[np.floating]]
) -> Drawing:
    """Draw the changes of several schemes under each other.

    Args:
        titles: One per scheme.
        bits: Exact bits per weight of each.
        delta_ps: Changes of each, −1 to 1, shape (n,).

    Returns:
        For each scheme the range from the 1st to the 99th percentile, from the 5th to the 95th, the
        middle half, and the mean.
    """
    rows = []
    for order, (title, per_weight, delta_p) in enumerate(zip(titles, bits, delta_ps, strict=True)):
        at = 100 * np.percentile(delta_p, (1, 5, 25, 75, 95, 99))
        rows.append((title, order, per_weight, *at, 100 * float(np.mean(delta_p))))
    names = ["P1", "P5", "P25", "P75", "P95", "P99"]
    return Drawing(
        _line_up_spec(), pd.DataFrame(rows, columns=["Scheme", "Order", "Bits", *names, "Mean"])
    )


@functools.cache
def _line_up_spec() -> dict[str, Any]:
    tooltip = [
        alt.Tooltip("Scheme:N"),
        alt.Tooltip("Bits:Q", format=".2f"),
        *(alt.Tooltip(f"{name}:Q", format="+.2f") for name in ("P1", "P5", "Mean", "P95", "P99")),
    ]
    row = alt.Y(
        "Scheme:N",
        sort=alt.EncodingSortField("Order"),
        title=None,
        axis=alt.Axis(labelLimit=200),
    )
    title = "Change (percentage points)"
    base = alt.Chart().encode(y=row, tooltip=tooltip)

    def side(low: str, high: str, colour: str, size: int, opacity: float) -> alt.Chart:
        return (
            base.transform_calculate(
                _from=f"min(0, datum.{low})" if colour == palette.NEGATIVE else "0",
                _to="0" if colour == palette.NEGATIVE else f"max(0, datum.{high})",
            )
            .mark_bar(size=size, opacity=opacity, color=colour)
            .encode(x=alt.X("_from:Q", title=title), x2="_to:Q")
        )

    layers = [
        side(low, high, colour, size, opacity)
        for low, high, size, opacity in (
            ("P1", "P99", 8, 0.35),
            ("P5", "P95", 16, 0.55),
            ("P25", "P75", 16, 0.6),
        )
        for colour in (palette.NEGATIVE, palette.POSITIVE)
    ]
    mean = base.mark_tick(thickness=3, size=26, color=palette.MARKED).encode(x="Mean:Q")
    return specification(alt.layer(*layers, mean).properties(height=alt.Step(42)))


def speeds(
    titles: Sequence[str],
    bits: Sequence[float],
    writing: Sequence[float],
    reading: Sequence[float],
) -> Drawing:
    """Draw how many times as fast as the original each kernel is.

    Args:
        titles: One per kernel.
        bits: Bits per weight of each.
        writing: How many times as fast each writes a text.
        reading: How many times as fast each reads a prompt.

    Returns:
        Two bars per kernel.
    """
    n = len(titles)
    frame = pd.DataFrame(
        {
            "Kernel": list(titles) * 2,
            "Order": list(range(n)) * 2,
            "Bits": np.tile(np.asarray(bits, dtype=np.float32), 2),
            "What": ["writing a text"] * n + ["reading a prompt"] * n,
            "Times": np.asarray([*writing, *reading], dtype=np.float32),
        }
    )
    return Drawing(_speeds_spec(), frame)


@functools.cache
def _speeds_spec() -> dict[str, Any]:
    what = ["writing a text", "reading a prompt"]
    chart = (
        alt.Chart()
        .mark_bar(cornerRadiusEnd=2, opacity=0.9)
        .encode(
            x=alt.X("Times:Q", title="Times as fast as float32", axis=alt.Axis(tickCount=8)),
            y=alt.Y("Kernel:N", sort=alt.EncodingSortField("Order", op="min"), title=None),
            yOffset=alt.YOffset("What:N", sort=what),
            color=alt.Color(
                "What:N",
                sort=what,
                scale=alt.Scale(domain=what, range=[palette.AFTER, palette.BEFORE]),
                legend=alt.Legend(title=None, orient="top", symbolType="square"),
            ),
            tooltip=[
                "Kernel:N",
                alt.Tooltip("Bits:Q", format=".3g"),
                "What:N",
                alt.Tooltip("Times:Q", format=".2f"),
            ],
        )
    )
    return specification(chart.properties(height=alt.Step(17)))

"""Pictures of many descents at once: learning rates, momentum, basins.

Layers pick their rows by fields that are empty elsewhere: a mark without a place is left out.
"""

import functools
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from components.charts import palette
from components.charts.drawing import Drawing, specification
from core.foundations import basins as basins_core
from core.foundations import sweeps
from core.foundations.surfaces import Surface

_OUTCOMES = {
    "minimum": palette.AFTER,
    "still moving": "#5aaec0",
    "oscillating": palette.MARKED,
    "diverged": palette.NEGATIVE,
    "saddle": "#8c6bb1",
    "plateau": "#4f9d69",
    "maximum": "#b5577d",
    "stalled": palette.BEFORE,
}
_REGIONS = {
    "monotone": palette.AFTER,
    "oscillating": palette.MARKED,
    "divergent": palette.NEGATIVE,
}
_MINIMA = tuple(hue for hue in palette.SERIES if hue not in (palette.NEGATIVE, palette.BEFORE))
_NUMBER = "~g"


def learning_rate_sweep(sweep: sweeps.Sweep, *, floor: float, present: float) -> Drawing:
    """Draw where each learning rate ended, and the cliff that theory predicts.

    Args:
        sweep: The tried rates.
        floor: The lowest known height; heights are drawn above it, on a log axis.
        present: The rate of the race on screen.

    Returns:
        A point per rate, coloured by its outcome; diverged walks stand on the upper edge.
    """
    n = len(sweep.learning_rates)
    first = np.arange(n) == 0
    frame = pd.DataFrame(
        {
            "Learning rate": sweep.learning_rates,
            # A height of exactly 0 has no logarithm: the float32 limit stands for it.
            "Height": np.maximum(sweep.final_losses - floor, 1e-12),
            "Lost rate": np.where(sweep.diverged_at > 0, sweep.learning_rates, np.nan),
            "Outcome": sweep.outcomes,
            "Diverged at step": sweep.diverged_at,
            "Cliff": np.where(first, np.nan if sweep.cliff is None else sweep.cliff, np.nan),
            "Present": np.where(first & (present > 0), present, np.nan),
        }
    )
    return Drawing(_sweep_spec(), frame)


@functools.cache
def _sweep_spec() -> dict[str, Any]:
    across = alt.X(
        "Learning rate:Q",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(format=_NUMBER, tickCount=6),
    )
    colour = alt.Color(
        "Outcome:N",
        scale=alt.Scale(domain=list(_OUTCOMES), range=list(_OUTCOMES.values())),
        legend=alt.Legend(title=None, orient="top", columns=4),
    )
    tooltip = [
        alt.Tooltip("Learning rate:Q", format=".3g"),
        alt.Tooltip("Height:Q", format=".3g", title="Height above the lowest point"),
        alt.Tooltip("Outcome:N"),
        alt.Tooltip("Diverged at step:Q", format="d"),
    ]
    ended = (
        alt.Chart()
        .mark_point(filled=True, size=46, opacity=0.9)
        .encode(
            x=across,
            y=alt.Y(
                "Height:Q",
                scale=alt.Scale(type="log"),
                title="Final height above the lowest point",
                axis=alt.Axis(format=".0e", tickCount=6),
            ),
            color=colour,
            tooltip=tooltip,
        )
    )
    lost = (
        alt.Chart()
        .mark_point(shape="triangle-up", filled=True, size=46)
        .encode(
            x=alt.X("Lost rate:Q", title="Learning rate"),
            y=alt.value(6),
            color=colour,
            tooltip=tooltip,
        )
    )
    cliff = (
        alt.Chart()
        .mark_rule(strokeWidth=2.5, strokeDash=[6, 4], color=palette.NEGATIVE)
        .encode(
            x=alt.X("Cliff:Q", title="Learning rate"),
            tooltip=[alt.Tooltip("Cliff:Q", format=".4g")],
        )
    )
    present = (
        alt.Chart()
        .mark_rule(strokeWidth=2.5, color=palette.MARKED)
        .encode(
            x=alt.X("Present:Q", title="Learning rate"),
            tooltip=[alt.Tooltip("Present:Q", format=".4g")],
        )
    )
    return specification((ended + lost + cliff + present).properties(height=340))


def momentum_map(
    chart: sweeps.MomentumMap, *, source: str, present: tuple[float, float] | None
) -> Drawing:
    """Draw the regions of learning rate against momentum.

    Args:
        chart: Theory and measurement.
        source: ``"theory"`` or ``"measured"``: which of the two to draw.
        present: Learning rate and momentum of the race on screen, if momentum takes part.

    Returns:
        Cells coloured by region, paler where a walk is slower; the fastest pair as a ring.

    Raises:
        ValueError: If ``source`` is neither.
    """
    parts = {
        "theory": (chart.predicted_region, chart.predicted_rate),
        "measured": (chart.measured_region, chart.measured_rate),
    }
    if source not in parts:
        raise ValueError(f"source must be theory or measured, got {source!r}")
    region, factor = parts[source]
    rates, momenta = np.meshgrid(chart.learning_rates, chart.momenta)
    half_rate = (chart.learning_rates[1] - chart.learning_rates[0]) / 2
    half_momentum = (chart.momenta[1] - chart.momenta[0]) / 2
    marks = [(*chart.best, "fastest in theory")]
    if present is not None:
        marks.append((*present, "this race"))
    cells = pd.DataFrame(
        {
            "Learning rate": rates.ravel(),
            "Momentum": momenta.ravel(),
            "Left": rates.ravel() - half_rate,
            "Right": rates.ravel() + half_rate,
            "Below": momenta.ravel() - half_momentum,
            "Above": momenta.ravel() + half_momentum,
            "Region": np.array(sweeps.REGIONS)[region.ravel()],
            "Factor per step": factor.ravel(),
        }
    )
    points = pd.DataFrame(marks, columns=["Mark rate", "Mark momentum", "Mark"])
    frame = pd.concat([cells, points], ignore_index=True)
    small = dict.fromkeys(frame.select_dtypes("float64"), "float32")
    return Drawing(_momentum_spec(), frame.astype(small))


@functools.cache
def _momentum_spec() -> dict[str, Any]:
    across = alt.Scale(nice=False)
    up = alt.Scale(domain=[0, 1])
    cells = (
        alt.Chart()
        .mark_rect()
        .encode(
            x=alt.X("Left:Q", scale=across, title="Learning rate"),
            x2="Right:Q",
            y=alt.Y("Below:Q", scale=up, title="Momentum β"),
            y2="Above:Q",
            color=alt.Color(
                "Region:N",
                scale=alt.Scale(domain=list(_REGIONS), range=list(_REGIONS.values())),
                legend=alt.Legend(title=None, orient="top"),
            ),
            opacity=alt.Opacity(
                "Factor per step:Q",
                scale=alt.Scale(domain=[0.6, 1.0], range=[0.95, 0.45], clamp=True),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("Learning rate:Q", format=".3g"),
                alt.Tooltip("Momentum:Q", format=".2f"),
                alt.Tooltip("Region:N"),
                alt.Tooltip("Factor per step:Q", format=".3f"),
            ],
        )
    )
    marks = (
        alt.Chart()
        .mark_point(filled=True, size=170, strokeWidth=2, opacity=1, color="white")
        .encode(
            x=alt.X("Mark rate:Q", scale=across, title="Learning rate"),
            y=alt.Y("Mark momentum:Q", scale=up, title="Momentum β"),
            shape=alt.Shape(
                "Mark:N",
                scale=alt.Scale(
                    domain=["fastest in theory", "this race"], range=["circle", "cross"]
                ),
                legend=alt.Legend(title=None, orient="bottom"),
            ),
            stroke=alt.value("black"),
            tooltip=[
                alt.Tooltip("Mark:N"),
                alt.Tooltip("Mark rate:Q", format=".3g", title="Learning rate"),
                alt.Tooltip("Mark momentum:Q", format=".3f", title="Momentum"),
            ],
        )
    )
    return specification((cells + marks).properties(height=340))


def basins(chart: basins_core.Basins, surface: Surface, start: tuple[float, ...]) -> Drawing:
    """Draw which minimum every start ends in.

    Args:
        chart: The map of starts.
        surface: Its known minima are marked with their numbers.
        start: The start of the race on screen.

    Returns:
        A cell per start; grey reached no minimum, vermilion diverged.
    """
    labels = chart.labels if surface.dim == 2 else chart.labels[None, :]
    hues = [*[_MINIMA[i % len(_MINIMA)] for i in range(len(surface.minima))]]
    names = [f"minimum {i + 1}" for i in range(len(surface.minima))]
    # Indices −2 and −1 pick the last two entries.
    hues, names = [*hues, palette.NEGATIVE, palette.BEFORE], [*names, "diverged", "no minimum"]
    across, up = chart.axes[0], chart.axes[1] if surface.dim == 2 else np.zeros(1)
    xs, ys = np.meshgrid(across, up)
    half_x = (across[1] - across[0]) / 2
    half_y = (up[1] - up[0]) / 2 if surface.dim == 2 else 0.5
    frame = pd.DataFrame(
        {
            "x": xs.ravel(),
            "y": ys.ravel(),
            "Left": xs.ravel() - half_x,
            "Right": xs.ravel() + half_x,
            "Below": ys.ravel() - half_y,
            "Above": ys.ravel() + half_y,
            "Ends": np.array(names)[labels.ravel()],
            "Hue": np.array(hues)[labels.ravel()],
        }
    )
    marks = [(*_flat(point), str(i + 1)) for i, point in enumerate(surface.minima)]
    marks = marks if len(marks) <= 9 else []
    marks.append((*_flat(start), "S"))
    points = pd.DataFrame(marks, columns=["Mark x", "Mark y", "Mark"])
    frame = pd.concat([frame, points], ignore_index=True)
    small = dict.fromkeys(frame.select_dtypes("float64"), "float32")
    return Drawing(_basins_spec(surface.dim), frame.astype(small))


def _flat(point: tuple[float, ...]) -> tuple[float, float]:
    return (point[0], point[1]) if len(point) == 2 else (point[0], 0.0)


@functools.cache
def _basins_spec(dim: int) -> dict[str, Any]:
    scale = alt.Scale(nice=False, zero=False)
    axis = alt.Axis() if dim == 2 else None
    cells = (
        alt.Chart()
        .mark_rect(opacity=0.75)
        .encode(
            x=alt.X("Left:Q", scale=scale, title="Start x"),
            x2="Right:Q",
            y=alt.Y("Below:Q", scale=scale, title="Start y", axis=axis),
            y2="Above:Q",
            color=alt.Color("Hue:N", scale=None),
            tooltip=[
                alt.Tooltip("x:Q", format=".3g"),
                alt.Tooltip("y:Q", format=".3g"),
                alt.Tooltip("Ends:N", title="Ends in"),
            ],
        )
    )
    named = alt.Chart().encode(
        x=alt.X("Mark x:Q", title="Start x"), y=alt.Y("Mark y:Q", title="Start y")
    )
    rings = named.mark_point(filled=True, size=260, color="white", opacity=0.92)
    text = named.mark_text(fontWeight="bold", fontSize=11, color="black").encode(text="Mark:N")
    return specification((cells + rings + text).properties(height=320 if dim == 2 else 90))

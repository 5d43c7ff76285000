"""Pictures of slopes: the error of finite differences, a surface from above, its cuts, its dial."""

import functools
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from components.charts import palette
from components.charts.drawing import Drawing, specification
from core.foundations.calculus import Dial, DifferenceErrors, Slice
from core.foundations.surfaces import SurfaceGrid

_FLOOR = 1e-17
"""Errors of exactly 0 have no place on a log axis; they are drawn here."""

_FORWARD, _CENTRAL = "Forward", "Central"
_HUES = alt.Scale(domain=[_FORWARD, _CENTRAL], range=[palette.SERIES[0], palette.SERIES[3]])


def error_against_width(errors: DifferenceErrors, *, chosen: float) -> Drawing:
    """Draw how wrong finite differences are against h, with what theory expects.

    Args:
        errors: Measured and expected errors over many h.
        chosen: The h to mark.

    Returns:
        Points measured, dashed lines expected, log axes.
    """
    both = (
        (_FORWARD, errors.forward, errors.forward_truncation + errors.rounding),
        (_CENTRAL, errors.central, errors.central_truncation + errors.rounding),
    )
    frame = pd.concat(
        pd.DataFrame(
            {
                "h": errors.widths,
                "Difference": name,
                "Error": np.maximum(measured, _FLOOR),
                "Expected": np.maximum(expected, _FLOOR),
                "Chosen": np.nan,
            }
        )
        for name, measured, expected in both
    ).replace([np.inf, -np.inf], np.nan)
    mark = pd.DataFrame({"h": [np.nan], "Difference": [_FORWARD], "Chosen": [chosen]})
    return Drawing(_error_spec(), pd.concat([frame, mark], ignore_index=True))


@functools.cache
def _error_spec() -> dict[str, Any]:
    powers = alt.Axis(format=".0e", values=[10.0**power for power in range(-16, 1, 2)])
    across = alt.X(
        "h:Q", title="Width h", scale=alt.Scale(type="log", domain=[1e-16, 1]), axis=powers
    )
    down = alt.Axis(format=".0e", tickCount=6)
    colour = alt.Color("Difference:N", scale=_HUES, legend=alt.Legend(title=None, orient="top"))
    tooltip = [
        alt.Tooltip("Difference:N"),
        alt.Tooltip("h:Q", format=".2e"),
        alt.Tooltip("Error:Q", format=".2e"),
        alt.Tooltip("Expected:Q", format=".2e"),
    ]
    base = alt.Chart().transform_filter("isValid(datum.h)")
    upright = alt.Scale(type="log", clamp=True)
    theory = base.mark_line(strokeDash=[5, 4], strokeWidth=1.5, opacity=0.7).encode(
        x=across,
        y=alt.Y("Expected:Q", scale=upright, axis=down, title="Error of the slope"),
        color=colour,
    )
    measured = base.mark_line(point=alt.OverlayMarkDef(size=28, filled=True)).encode(
        x=across, y=alt.Y("Error:Q", scale=upright), color=colour, tooltip=tooltip
    )
    mark = (
        alt.Chart()
        .transform_filter("isValid(datum.Chosen)")
        .mark_rule(color=palette.MARKED, strokeWidth=3)
        .encode(
            x=alt.X("Chosen:Q", scale=alt.Scale(type="log", domain=[1e-16, 1])),
            tooltip=[alt.Tooltip("Chosen:Q", format=".0e", title="Your h")],
        )
    )
    return specification((theory + measured + mark).properties(height=330))


def from_above(
    grid: SurfaceGrid,
    point: NDArray[np.floating],
    needle: Dial,
    *,
    chosen_degrees: float,
) -> Drawing:
    """Draw a surface from above with the steepest and the chosen direction.

    Args:
        grid: Heights over x and y.
        point: Where one stands, shape (2,).
        needle: Slopes round the point.
        chosen_degrees: The direction one looks in, counter-clockwise from x.

    Returns:
        Coloured squares; an amber arrow the chosen way, a vermilion one up the gradient.
    """
    across, upwards = grid.axes
    x, y = np.meshgrid(across, upwards)
    # A little more than half a square, so that no seams show between them.
    half_x, half_y = 0.54 * (across[1] - across[0]), 0.54 * (upwards[1] - upwards[0])
    finite = grid.heights[np.isfinite(grid.heights)]
    top = np.quantile(finite, 0.97) if finite.size else 0.0
    squares = pd.DataFrame(
        {
            "x": (x - half_x).ravel(),
            "x2": (x + half_x).ravel(),
            "y": (y - half_y).ravel(),
            "y2": (y + half_y).ravel(),
            "Height": grid.heights.ravel(),
            "Shade": np.minimum(grid.heights, top).ravel(),
        }
    ).astype(np.float32)
    squares["What"] = "surface"
    length = 0.16 * (across[-1] - across[0])
    angles = {"Steepest way up": needle.steepest_angle, "Your way": np.radians(chosen_degrees)}
    arrows = pd.DataFrame(
        [
            {
                "What": what,
                "x": point[0],
                "y": point[1],
                "x2": point[0] + length * np.cos(angle),
                "y2": point[1] + length * np.sin(angle),
            }
            for what, angle in angles.items()
            if what == "Your way" or needle.steepest_slope > 0
        ]
    )
    return Drawing(_above_spec(), pd.concat([squares, arrows], ignore_index=True))


@functools.cache
def _above_spec() -> dict[str, Any]:
    scale = alt.Scale(nice=False, zero=False, domain=[-3.05, 3.05])
    encoding = {
        "x": alt.X("x:Q", scale=scale, title="x", axis=alt.Axis(grid=False)),
        "x2": "x2:Q",
        "y": alt.Y("y:Q", scale=scale, title="y", axis=alt.Axis(grid=False)),
        "y2": "y2:Q",
    }
    squares = (
        alt.Chart()
        .transform_filter("datum.What == 'surface' && isValid(datum.Height)")
        .mark_rect(opacity=1)
        .encode(
            **encoding,
            color=alt.Color(
                "Shade:Q",
                scale=alt.Scale(range=list(palette.SEQUENTIAL)),
                legend=None,
            ),
            tooltip=[alt.Tooltip(f"{name}:Q", format=".3g") for name in ("x", "y", "Height")],
        )
    )
    hues = alt.Scale(
        domain=["Steepest way up", "Your way"], range=[palette.NEGATIVE, palette.MARKED]
    )
    arrows = alt.Chart().transform_filter("datum.What != 'surface'")
    shafts = arrows.mark_rule(strokeWidth=4).encode(
        **encoding,
        stroke=alt.Stroke("What:N", scale=hues, legend=None),
    )
    heads = arrows.mark_point(filled=True, size=90, opacity=1).encode(
        x=alt.X("x2:Q", scale=scale),
        y=alt.Y("y2:Q", scale=scale),
        fill=alt.Fill("What:N", scale=hues, legend=None),
    )
    stand = arrows.mark_point(filled=True, size=110, color="white", opacity=1).encode(
        x=alt.X("x:Q", scale=scale), y=alt.Y("y:Q", scale=scale)
    )
    return specification((squares + shafts + heads + stand).properties(height=350))


def dial_of_slopes(needle: Dial, *, chosen_degrees: float) -> Drawing:
    """Draw the slope in every direction: a wave whose top is the gradient.

    Args:
        needle: Slopes round a point.
        chosen_degrees: The direction to mark.

    Returns:
        A line computed from the gradient, dots measured, two rules.
    """
    degrees = np.degrees(needle.angles)
    wave = pd.DataFrame(
        {"Degrees": degrees, "Slope": needle.slopes, "Measured": needle.measured, "What": "wave"}
    )
    marks = pd.DataFrame(
        {
            "Degrees": [np.degrees(needle.steepest_angle) % 360, chosen_degrees],
            "What": ["Steepest way up", "Your way"],
        }
    )
    return Drawing(_dial_spec(), pd.concat([wave, marks], ignore_index=True))


@functools.cache
def _dial_spec() -> dict[str, Any]:
    turn = alt.Axis(values=list(range(0, 361, 45)), labelExpr="datum.value + '°'")
    across = alt.X(
        "Degrees:Q", title="Direction", axis=turn, scale=alt.Scale(domain=[0, 360], nice=False)
    )
    wave = alt.Chart().transform_filter("datum.What == 'wave'")
    tooltip = [
        alt.Tooltip("Degrees:Q", format=".0f"),
        alt.Tooltip("Slope:Q", format=".4g"),
        alt.Tooltip("Measured:Q", format=".4g"),
    ]
    line = wave.mark_line(color=palette.AFTER, strokeWidth=2.5).encode(
        x=across, y=alt.Y("Slope:Q", title="Slope that way")
    )
    dots = wave.mark_point(color=palette.BEFORE, filled=True, size=32).encode(
        x=across, y=alt.Y("Measured:Q", title="Slope that way"), tooltip=tooltip
    )
    hues = alt.Scale(
        domain=["Steepest way up", "Your way"], range=[palette.NEGATIVE, palette.MARKED]
    )
    rules = (
        alt.Chart()
        .transform_filter("datum.What != 'wave'")
        .mark_rule(strokeWidth=3)
        .encode(x=across, color=alt.Color("What:N", scale=hues, legend=None))
    )
    return specification((line + dots + rules).properties(height=350))


def cut(piece: Slice, *, letter: str) -> Drawing:
    """Draw a surface cut along one coordinate, with its tangent.

    Args:
        piece: The cut.
        letter: Name of the coordinate that varies, ``"x"`` or ``"y"``.

    Returns:
        The curve and, through the point, a line with the partial derivative as its slope.
    """
    reach = 0.18 * (piece.positions[-1] - piece.positions[0])
    ends = np.array([piece.at - reach, piece.at + reach])
    curve = pd.DataFrame({"Place": piece.positions, "Height": piece.heights, "What": "curve"})
    tangent = pd.DataFrame(
        {"Place": ends, "Height": piece.value + piece.slope * (ends - piece.at), "What": "tangent"}
    )
    point = pd.DataFrame({"Place": [piece.at], "Height": [piece.value], "What": "point"})
    frame = pd.concat([curve, tangent, point], ignore_index=True)
    return Drawing(_cut_spec(letter), frame.replace([np.inf, -np.inf], np.nan))


@functools.cache
def _cut_spec(letter: str) -> dict[str, Any]:
    encoding = {
        "x": alt.X("Place:Q", title=letter),
        "y": alt.Y("Height:Q", title="f", scale=alt.Scale(zero=False)),
    }
    tooltip = [
        alt.Tooltip("Place:Q", title=letter, format=".3g"),
        alt.Tooltip("Height:Q", title="f", format=".4g"),
    ]

    def only(what: str) -> alt.Chart:
        return alt.Chart().transform_filter(f"datum.What == '{what}'")

    curve = only("curve").mark_line(color=palette.BEFORE, strokeWidth=3)
    tangent = only("tangent").mark_line(color=palette.AFTER, strokeWidth=2.5)
    point = only("point").mark_point(color=palette.AFTER, filled=True, size=90, opacity=1)
    layers = [layer.encode(**encoding, tooltip=tooltip) for layer in (curve, tangent, point)]
    return specification(alt.layer(*layers).properties(height=220))

"""Pictures of attention heads: all of them at once, one head's habits, its look and its effect."""

import functools
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from components.charts import palette
from components.charts.drawing import Drawing, specification

_ROWS = alt.Step(20)
_DECADES = [10.0**power for power in range(-6, 3)]
_TOKEN_AXIS = alt.Axis(
    labelFont="monospace",
    labelLimit=130,
    labelOverlap=False,
    # Else the first label is moved off its bar to end with the axis.
    labelFlush=False,
    ticks=False,
    domain=False,
)
_FAINTEST = 1e-4
"""Where colours follow the order of magnitude, anything smaller is drawn like this."""


def head_map(
    values: NDArray[np.floating], *, chosen: tuple[int, int], title: str, is_log: bool = False
) -> Drawing:
    """Draw one number for every head of a model.

    Args:
        values: Shape (n_layer, n_head).
        chosen: Layer and head to mark.
        title: What the number is, with its unit.
        is_log: Whether the colours follow the order of magnitude.

    Returns:
        A square per head, the first layer on top, the chosen one framed.
    """
    layer, head = np.indices(values.shape)
    drawn = np.asarray(values, dtype=np.float64).ravel()
    shade = np.log10(np.maximum(drawn, _FAINTEST)) if is_log else drawn
    frame = pd.DataFrame(
        {
            "Layer": layer.ravel().astype(np.int16),
            "Head": head.ravel().astype(np.int16),
            "Value": drawn.astype(np.float32),
            "Shade": shade.astype(np.float32),
            "Chosen": (layer.ravel() == chosen[0]) & (head.ravel() == chosen[1]),
        }
    )
    return Drawing(_head_map_spec(title), frame)


@functools.lru_cache(maxsize=16)
def _head_map_spec(title: str) -> dict[str, Any]:
    base = alt.Chart().encode(
        x=alt.X("Head:O", title="Head", axis=alt.Axis(labelAngle=0, ticks=False, domain=False)),
        y=alt.Y(
            "Layer:O",
            title="Layer",
            axis=alt.Axis(ticks=False, domain=False),
        ),
        tooltip=["Layer:O", "Head:O", alt.Tooltip("Value:Q", format=".3~g", title=title)],
    )
    # Faint rather than pale, so that nothing shines on a dark page.
    squares = base.mark_rect(cornerRadius=2, color=palette.AFTER).encode(
        opacity=alt.Opacity("Shade:Q", scale=alt.Scale(range=[0.06, 1]), legend=None)
    )
    frames = (
        base.transform_filter("datum.Chosen")
        .mark_rect(fillOpacity=0, stroke=palette.MARKED, strokeWidth=3, cornerRadius=2)
        .encode()
    )
    return specification((squares + frames).properties(height=alt.Step(13)))


def head_profile(names: Sequence[str], scores: Sequence[float], even: Sequence[float]) -> Drawing:
    """Draw how much one head does each of the known things.

    Args:
        names: Titles of the patterns, shape (n,).
        scores: The head's share of attention, shape (n,); NaN where not measured.
        even: What a head gets that looks everywhere evenly, shape (n,).

    Returns:
        A bar per pattern, with a tick for even attention.
    """
    frame = pd.DataFrame(
        {
            "Pattern": list(names),
            "Share": np.asarray(scores, dtype=np.float32),
            "Even": np.asarray(even, dtype=np.float32),
        }
    )
    return Drawing(_head_profile_spec(), frame)


@functools.cache
def _head_profile_spec() -> dict[str, Any]:
    rows = alt.Y(
        "Pattern:N",
        sort=None,
        title=None,
        axis=alt.Axis(labelLimit=150, labelFlush=False, ticks=False, domain=False),
    )
    tips = [
        "Pattern:N",
        alt.Tooltip("Share:Q", format=".1%", title="This head"),
        alt.Tooltip("Even:Q", format=".1%", title="Looking evenly"),
    ]
    share = alt.X(
        "Share:Q",
        title="Share of the head's attention",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", tickCount=5),
    )
    bars = (
        alt.Chart()
        .mark_bar(size=12, color=palette.AFTER, cornerRadiusEnd=2)
        .encode(x=share, y=rows, tooltip=tips)
    )
    ticks = (
        alt.Chart()
        .mark_tick(color=palette.BEFORE, thickness=3, size=18)
        .encode(x="Even:Q", y=rows, tooltip=tips)
    )
    return specification((bars + ticks).properties(height=_ROWS))


LOOKS = ("Attention", "Attention × length of what it moves", "Rollout, all layers")
"""What ``looks`` draws side by side."""


def looks(
    tokens: Sequence[str],
    places: NDArray[np.integer],
    shares: Sequence[NDArray[np.floating]],
) -> Drawing:
    """Draw three answers to "which tokens matter here", side by side.

    Args:
        tokens: Visible names, shape (n,).
        places: Where each stands in the text, shape (n,).
        shares: For each of ``LOOKS`` a number per token, shape (n,) each, as a share of its total.

    Returns:
        Three columns of bars over the same tokens.
    """
    n = len(tokens)
    names = [f"{place}  {token}" for place, token in zip(places, tokens, strict=True)]
    frame = pd.DataFrame(
        {
            "Token": names * len(LOOKS),
            "Place": np.tile(np.asarray(places, dtype=np.int16), len(LOOKS)),
            "Measure": np.repeat(LOOKS, n),
            "Share": np.concatenate(shares).astype(np.float32),
        }
    )
    return Drawing(_looks_spec(), frame)


@functools.cache
def _looks_spec() -> dict[str, Any]:
    hue = alt.Scale(domain=list(LOOKS), range=list(palette.SERIES[:3]))
    bars = (
        alt.Chart()
        .mark_bar(size=11, cornerRadiusEnd=2)
        .encode(
            x=alt.X(
                "Share:Q",
                title="Share of the whole row",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", tickCount=3),
            ),
            y=alt.Y("Token:N", sort=alt.SortField("Place"), title=None, axis=_TOKEN_AXIS),
            yOffset=alt.YOffset("Measure:N", sort=list(LOOKS)),
            color=alt.Color(
                "Measure:N",
                scale=hue,
                sort=list(LOOKS),
                legend=alt.Legend(orient="top", title=None, columns=1, labelLimit=320),
            ),
            tooltip=["Token:N", "Measure:N", alt.Tooltip("Share:Q", format=".1%")],
        )
    )
    return specification(bars.properties(height=alt.Step(11)))


def answer_change(
    names: Sequence[str], before: NDArray[np.floating], after: NDArray[np.floating]
) -> Drawing:
    """Draw the likeliest next tokens before and after a head is switched off.

    Args:
        names: Labels, all different, shape (n,).
        before: Probabilities with every head at work, shape (n,).
        after: Probabilities without the head, shape (n,).

    Returns:
        Wide grey bars with narrow blue ones on them.
    """
    frame = pd.DataFrame(
        {
            "Token": list(names),
            "Rank": np.arange(len(names), dtype=np.int16),
            "Before": np.asarray(before, dtype=np.float32),
            "After": np.asarray(after, dtype=np.float32),
        }
    )
    return Drawing(_answer_change_spec(), frame)


@functools.cache
def _answer_change_spec() -> dict[str, Any]:
    rows = alt.Y("Token:N", sort=alt.SortField("Rank"), title=None, axis=_TOKEN_AXIS)
    tips = [
        "Token:N",
        alt.Tooltip("Before:Q", format=".2%", title="With the head"),
        alt.Tooltip("After:Q", format=".2%", title="Without it"),
    ]
    share = alt.Axis(format="%", tickCount=5)
    wide = (
        alt.Chart()
        .mark_bar(size=16, color=palette.BEFORE, opacity=0.55, cornerRadiusEnd=2)
        .encode(
            x=alt.X("Before:Q", title="Probability as the next token", axis=share),
            y=rows,
            tooltip=tips,
        )
    )
    narrow = (
        alt.Chart()
        .mark_bar(size=7, color=palette.AFTER, cornerRadiusEnd=2)
        .encode(x="After:Q", y=rows, tooltip=tips)
    )
    return specification((wide + narrow).properties(height=_ROWS))


def look_against_effect(
    look: NDArray[np.floating],
    effect: NDArray[np.floating],
    written: NDArray[np.floating],
    *,
    chosen: tuple[int, int],
    unit: str,
) -> Drawing:
    """Draw every head: how strongly it looks, and what changes without it.

    Args:
        look: Strongest attention weight of each head, shape (n_layer, n_head).
        effect: What switching it off does, shape (n_layer, n_head).
        written: Length of what it adds, shape (n_layer, n_head).
        chosen: Layer and head to mark.
        unit: Unit of the effect.

    Returns:
        A point per head; the effect on a logarithmic scale.
    """
    layer, head = np.indices(look.shape)
    is_chosen = (layer.ravel() == chosen[0]) & (head.ravel() == chosen[1])
    frame = pd.DataFrame(
        {
            "Name": [f"{a}·{b}" for a, b in zip(layer.ravel(), head.ravel(), strict=True)],
            "Look": np.asarray(look, dtype=np.float32).ravel(),
            # Nothing at all has no place on a logarithmic scale.
            "Effect": np.maximum(np.asarray(effect, dtype=np.float64).ravel(), 1e-6),
            "Written": np.asarray(written, dtype=np.float32).ravel(),
            "Chosen": is_chosen,
        }
    )
    # The chosen head is drawn last, on top of the others.
    return Drawing(_look_against_effect_spec(unit), frame.sort_values("Chosen"))


@functools.lru_cache(maxsize=4)
def _look_against_effect_spec(unit: str) -> dict[str, Any]:
    hue = alt.Scale(domain=[False, True], range=[palette.AFTER, palette.MARKED])
    points = (
        alt.Chart()
        .mark_circle(opacity=0.65)
        .encode(
            x=alt.X(
                "Look:Q",
                title="Strongest attention from the last token, past the first",
                scale=alt.Scale(domain=[0, 1]),
            ),
            y=alt.Y(
                "Effect:Q",
                title=f"Effect of switching it off ({unit})",
                scale=alt.Scale(type="log"),
                axis=alt.Axis(values=_DECADES, format="~g"),
            ),
            color=alt.Color("Chosen:N", scale=hue, legend=None),
            size=alt.Size("Chosen:N", scale=alt.Scale(domain=[False, True], range=[45, 240])),
            tooltip=[
                alt.Tooltip("Name:N", title="Layer·head"),
                alt.Tooltip("Look:Q", format=".3~g", title="Strongest attention"),
                alt.Tooltip("Effect:Q", format=".3~g", title=f"Effect ({unit})"),
                alt.Tooltip("Written:Q", format=".3~g", title="Length of what it adds"),
            ],
        )
    )
    spec = specification(points.properties(height=320))
    spec["encoding"]["size"]["legend"] = None
    return spec

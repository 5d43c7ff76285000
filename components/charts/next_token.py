"""Pictures of one next-token distribution: the likeliest tokens, the dice, counts and theory."""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from components.charts import palette

_ROW_PX = 19
_NARROW_ROW_PX = 9
_TOKEN_AXIS = alt.Axis(
    labelFont="monospace", labelLimit=170, labelOverlap=False, ticks=False, domain=False
)
_FINEST_SEGMENT = 0.002
"""Segments of the dice bar narrower than this share are drawn as one."""


def axis_labels(names: Sequence[str], token_ids: Sequence[int]) -> list[str]:
    """Return one unique label per token: the name, and the id where two names print alike.

    Example:
        >>> axis_labels(["a", "b", "a"], [5, 6, 7])
        ['a (5)', 'b', 'a (7)']
    """
    twice = {name for name in names if list(names).count(name) > 1}
    return [
        f"{name} ({token_id})" if name in twice else name
        for name, token_id in zip(names, token_ids, strict=True)
    ]


def likeliest_tokens(
    names: Sequence[str],
    token_ids: Sequence[int],
    before: NDArray[np.floating],
    after: NDArray[np.floating],
    kept: NDArray[np.bool_],
) -> alt.LayerChart:
    """Draw the likeliest tokens before (wide grey bar) and after the filters (narrow blue bar).

    Args:
        names: Visible token names, likeliest first, shape (n,).
        token_ids: Vocabulary numbers, shape (n,).
        before: The model's probabilities, shape (n,).
        after: Probabilities after the filters, shape (n,).
        kept: Whether each token survived the filters, shape (n,).

    Returns:
        A layered bar chart, one row per token.
    """
    labels = axis_labels(names, token_ids)
    frame = pd.DataFrame(
        {
            "Token": labels,
            "Rank": np.arange(1, len(labels) + 1, dtype=np.int16),
            "Token id": np.asarray(token_ids, dtype=np.int32),
            "Before": np.asarray(before, dtype=np.float32),
            "After": np.asarray(after, dtype=np.float32),
            "Fate": np.where(kept, "Before the filters", "Before, cut by a filter"),
        }
    )
    tooltip = [
        alt.Tooltip("Token:N"),
        alt.Tooltip("Token id:Q", format="d"),
        alt.Tooltip("Rank:Q", format="d"),
        alt.Tooltip("Before:Q", format=".3%"),
        alt.Tooltip("After:Q", format=".3%"),
        alt.Tooltip("Fate:N"),
    ]
    row = alt.Y(
        "Token:N",
        sort=labels,
        title=None,
        axis=_TOKEN_AXIS,
    )
    colours = alt.Scale(
        domain=["Before the filters", "Before, cut by a filter", "After the filters"],
        range=[palette.BEFORE, palette.NEGATIVE, palette.AFTER],
    )
    legend = alt.Legend(title=None, orient="top", symbolType="square", labelLimit=240)
    base = alt.Chart(frame).encode(y=row, tooltip=tooltip)
    wide = base.mark_bar(size=_ROW_PX - 5, opacity=0.45, cornerRadiusEnd=2).encode(
        x=alt.X("Before:Q", title="Probability", axis=alt.Axis(format="~%", grid=True)),
        color=alt.Color("Fate:N", scale=colours, legend=legend),
    )
    narrow = base.mark_bar(size=_NARROW_ROW_PX, cornerRadiusEnd=2).encode(
        x=alt.X("After:Q"), color=alt.datum("After the filters")
    )
    return (wide + narrow).properties(height=alt.Step(_ROW_PX))


def dice_bar(
    names: Sequence[str],
    probs: NDArray[np.floating],
    *,
    uniform: float | None = None,
    chosen: int | None = None,
) -> alt.LayerChart:
    """Draw the cumulative bar that the dice falls on.

    Args:
        names: Visible token names in the order of the bar, shape (n,).
        probs: Their probabilities in the same order, shape (n,). What is missing to 1 is the rest
            of the vocabulary and closes the bar.
        uniform: Where the dice fell, 0 to 1.
        chosen: Index of the segment it fell into; None if that is in the rest.

    Returns:
        A one-row stacked bar with a marker.
    """
    ends = np.cumsum(np.asarray(probs, dtype=np.float64))
    wide = int(np.sum(np.asarray(probs) >= _FINEST_SEGMENT))
    starts = np.concatenate([[0.0], ends[:wide]])
    stops = np.concatenate([ends[:wide], [1.0]])
    segment_names = [*names[:wide], "all other tokens"]
    frame = pd.DataFrame(
        {
            "Token": segment_names,
            "From": starts,
            "To": stops,
            "Probability": stops - starts,
            "Middle": (starts + stops) / 2,
            "Name": [
                name if share > 0.012 * (len(name) + 1) else ""
                for name, share in zip(segment_names, stops - starts, strict=True)
            ],
            "Tint": np.arange(wide + 1, dtype=np.int8) % 2,
            "Chosen": np.arange(wide + 1) == (wide if chosen is None else min(chosen, wide)),
        }
    )
    if uniform is None:
        frame["Chosen"] = False
    frame = frame[frame["Probability"] > 0]
    scale = alt.Scale(domain=[0, 1], nice=False)
    tooltip = [
        alt.Tooltip("Token:N"),
        alt.Tooltip("Probability:Q", format=".3%"),
        alt.Tooltip("From:Q", format=".4f"),
        alt.Tooltip("To:Q", format=".4f"),
    ]
    base = alt.Chart(frame).encode(
        x=alt.X("From:Q", scale=scale, title="Cumulative probability"), tooltip=tooltip
    )
    bars = base.mark_bar(height=30).encode(
        x2="To:Q",
        color=alt.condition(
            "datum.Chosen",
            alt.value(palette.MARKED),
            alt.Color(
                "Tint:O",
                scale=alt.Scale(domain=[0, 1], range=[palette.AFTER, palette.SEQUENTIAL[1]]),
                legend=None,
            ),
        ),
        opacity=alt.value(0.75),
    )
    text = base.mark_text(font="monospace", fontSize=11).encode(
        x=alt.X("Middle:Q", scale=scale), text="Name:N"
    )
    layers = bars + text
    if uniform is not None:
        dice = alt.Chart(pd.DataFrame({"Dice": [uniform]}))
        layers += dice.mark_rule(strokeWidth=3, color=palette.MARKED).encode(
            x="Dice:Q", tooltip=[alt.Tooltip("Dice:Q", format=".6f")]
        )
        layers += dice.mark_point(
            shape="triangle-down", filled=True, size=110, color=palette.MARKED, yOffset=-24
        ).encode(x="Dice:Q")
    return layers.properties(height=64)


def counts_against_theory(
    names: Sequence[str],
    token_ids: Sequence[int],
    counts: NDArray[np.integer],
    probs: NDArray[np.floating],
    *,
    n_draws: int,
) -> alt.LayerChart:
    """Draw how often each token was drawn, and how often it should have been.

    Args:
        names: Visible token names, likeliest first, shape (n,).
        token_ids: Vocabulary numbers, shape (n,).
        counts: Times each token was drawn, shape (n,).
        probs: Probability of each token, shape (n,).
        n_draws: Number of draws.

    Returns:
        Bars for the counts; a tick with two standard errors either side for the theory.
    """
    labels = axis_labels(names, token_ids)
    probs = np.asarray(probs, dtype=np.float64)
    expected = n_draws * probs
    two_errors = 2 * np.sqrt(n_draws * probs * (1 - probs))
    frame = pd.DataFrame(
        {
            "Token": labels,
            "Drawn": np.asarray(counts, dtype=np.int32),
            "Expected": expected,
            "Low": np.maximum(expected - two_errors, 0),
            "High": expected + two_errors,
        }
    )
    row = alt.Y("Token:N", sort=labels, title=None, axis=_TOKEN_AXIS)
    tooltip = [
        alt.Tooltip("Token:N"),
        alt.Tooltip("Drawn:Q", format=","),
        alt.Tooltip("Expected:Q", format=",.1f"),
    ]
    base = alt.Chart(frame).encode(y=row, tooltip=tooltip)
    drawn = base.mark_bar(size=13, color=palette.AFTER, opacity=0.75, cornerRadiusEnd=2).encode(
        x=alt.X("Drawn:Q", title=f"Times drawn, of {n_draws:,}")
    )
    spread = base.mark_rule(strokeWidth=2, color=palette.MARKED).encode(x="Low:Q", x2="High:Q")
    theory = base.mark_tick(thickness=3, size=15, color=palette.MARKED).encode(x="Expected:Q")
    return (drawn + spread + theory).properties(height=alt.Step(_ROW_PX))

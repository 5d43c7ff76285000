"""Pictures of one next-token distribution: the likeliest tokens, the dice, counts and theory."""

import functools
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from components.charts import palette
from components.charts.drawing import Drawing, specification

_KEPT, _CUT, _AFTER = "Before", "Before, cut", "After the filters"
_TOKEN_AXIS = alt.Axis(
    labelFont="monospace", labelLimit=170, labelOverlap=False, ticks=False, domain=False
)
_TOKEN_ROW = alt.Y(
    "Token:N", sort=alt.EncodingSortField("Rank", op="min"), title=None, axis=_TOKEN_AXIS
)
_ROWS = alt.Step(19)

_FINEST_PIECE = 0.002
"""Pieces of the dice bar narrower than this share are drawn as one."""

_CHARACTER_SHARE = 0.012
"""Share of the dice bar that one printed character takes."""


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
) -> Drawing:
    """Draw the likeliest tokens before (wide grey bar) and after the filters (narrow blue bar).

    Args:
        names: Visible token names, likeliest first, shape (n,).
        token_ids: Vocabulary numbers, shape (n,).
        before: The model's probabilities, shape (n,).
        after: Probabilities after the filters, shape (n,).
        kept: Whether each token survived the filters, shape (n,).

    Returns:
        Layered bars, one row per token.
    """
    frame = pd.DataFrame(
        {
            "Token": axis_labels(names, token_ids),
            "Rank": np.arange(1, len(names) + 1, dtype=np.int16),
            "Token id": np.asarray(token_ids, dtype=np.int32),
            "Before": np.asarray(before, dtype=np.float32),
            "After": np.asarray(after, dtype=np.float32),
            "Fate": np.where(kept, _KEPT, _CUT),
        }
    )
    return Drawing(_likeliest_tokens_spec(), frame)


@functools.cache
def _likeliest_tokens_spec() -> dict[str, Any]:
    tooltip = [
        alt.Tooltip("Token:N"),
        alt.Tooltip("Token id:Q", format="d"),
        alt.Tooltip("Rank:Q", format="d"),
        alt.Tooltip("Before:Q", format=".3%"),
        alt.Tooltip("After:Q", format=".3%"),
        alt.Tooltip("Fate:N"),
    ]
    colours = alt.Scale(
        domain=[_KEPT, _CUT, _AFTER], range=[palette.BEFORE, palette.NEGATIVE, palette.AFTER]
    )
    legend = alt.Legend(title=None, orient="top", symbolType="square", labelLimit=240)
    axis = alt.Axis(format="~%", grid=True)
    base = alt.Chart().encode(y=_TOKEN_ROW, tooltip=tooltip)
    wide = base.mark_bar(size=14, opacity=0.45, cornerRadiusEnd=2).encode(
        x=alt.X("Before:Q", title="Probability", axis=axis),
        color=alt.Color("Fate:N", scale=colours, legend=legend),
    )
    narrow = base.mark_bar(size=8, cornerRadiusEnd=2).encode(
        x="After:Q", color=alt.datum(_AFTER, type="nominal")
    )
    return specification((wide + narrow).properties(height=_ROWS))


def dice_bar(
    names: Sequence[str],
    probs: NDArray[np.floating],
    *,
    uniform: float | None = None,
    chosen: int | None = None,
) -> Drawing:
    """Draw the cumulative bar that the dice falls on.

    Args:
        names: Visible token names in the order of the bar, shape (n,).
        probs: Their probabilities in the same order, shape (n,). What is missing to 1 is the rest
            of the vocabulary and closes the bar.
        uniform: Where the dice fell, 0 to 1; None draws no marker.
        chosen: Index of the piece it fell on; None if that is in the rest.

    Returns:
        A one-row stacked bar with a marker.
    """
    probs = np.asarray(probs, dtype=np.float64)
    n_pieces = int(np.sum(probs >= _FINEST_PIECE))
    ends = np.append(np.cumsum(probs)[:n_pieces], 1.0)
    starts = np.insert(ends[:-1], 0, 0.0)
    labels = [*names[:n_pieces], "all other tokens"]
    place = n_pieces if chosen is None else min(chosen, n_pieces)
    is_chosen = (np.arange(n_pieces + 1) == place) & (uniform is not None)
    frame = pd.DataFrame(
        {
            "Token": labels,
            "From": starts,
            "To": ends,
            "Probability": ends - starts,
            "Middle": (starts + ends) / 2,
            "Printed": [
                label if share > _CHARACTER_SHARE * (len(label) + 1) else ""
                for label, share in zip(labels, ends - starts, strict=True)
            ],
            "Tint": np.where(is_chosen, "chosen", np.where(np.arange(n_pieces + 1) % 2, "b", "a")),
            "Dice": np.where(is_chosen, uniform, np.nan) if uniform is not None else np.nan,
        }
    )
    return Drawing(_dice_bar_spec(), frame[(frame["Probability"] > 0) | is_chosen])


@functools.cache
def _dice_bar_spec() -> dict[str, Any]:
    scale = alt.Scale(domain=[0, 1], nice=False)
    tints = alt.Scale(
        domain=["a", "b", "chosen"], range=[palette.AFTER, palette.SEQUENTIAL[1], palette.MARKED]
    )
    tooltip = [
        alt.Tooltip("Token:N"),
        alt.Tooltip("Probability:Q", format=".3%"),
        alt.Tooltip("From:Q", format=".4f"),
        alt.Tooltip("To:Q", format=".4f"),
    ]
    bars = (
        alt.Chart()
        .mark_bar(height=30, opacity=0.75)
        .encode(
            x=alt.X("From:Q", scale=scale, title="Cumulative probability"),
            x2="To:Q",
            color=alt.Color("Tint:N", scale=tints, legend=None),
            tooltip=tooltip,
        )
    )
    text = (
        alt.Chart()
        .mark_text(font="monospace", fontSize=11)
        .encode(x=alt.X("Middle:Q", scale=scale), text="Printed:N")
    )
    fell = alt.Chart().transform_filter("isValid(datum.Dice)").encode(x="Dice:Q")
    rule = fell.mark_rule(strokeWidth=3, color=palette.MARKED).encode(
        tooltip=[alt.Tooltip("Dice:Q", format=".6f")]
    )
    pointer = fell.mark_point(
        shape="triangle-down", filled=True, size=110, color=palette.MARKED, yOffset=-24
    )
    return specification((bars + text + rule + pointer).properties(height=64))


def counts_against_theory(
    names: Sequence[str],
    token_ids: Sequence[int],
    counts: NDArray[np.integer],
    expected: NDArray[np.floating],
    standard_errors: NDArray[np.floating],
) -> Drawing:
    """Draw how often each token was drawn, and how often it should have been.

    Args:
        names: Visible token names, likeliest first, shape (n,).
        token_ids: Vocabulary numbers, shape (n,).
        counts: Times each token was drawn, shape (n,).
        expected: Times each token should have been drawn, shape (n,).
        standard_errors: Standard deviation of each count, shape (n,).

    Returns:
        Bars for the counts; a tick with two standard errors either side for the theory.
    """
    frame = pd.DataFrame(
        {
            "Token": axis_labels(names, token_ids),
            "Rank": np.arange(1, len(names) + 1, dtype=np.int16),
            "Drawn": np.asarray(counts, dtype=np.int32),
            "Expected": expected,
            "Low": np.maximum(expected - 2 * standard_errors, 0),
            "High": expected + 2 * standard_errors,
        }
    )
    return Drawing(_counts_spec(), frame)


@functools.cache
def _counts_spec() -> dict[str, Any]:
    tooltip = [
        alt.Tooltip("Token:N"),
        alt.Tooltip("Drawn:Q", format=","),
        alt.Tooltip("Expected:Q", format=",.1f"),
    ]
    base = alt.Chart().encode(y=_TOKEN_ROW, tooltip=tooltip)
    drawn = base.mark_bar(size=13, color=palette.AFTER, opacity=0.75, cornerRadiusEnd=2).encode(
        x=alt.X("Drawn:Q", title="Times drawn")
    )
    spread = base.mark_rule(strokeWidth=2, color=palette.MARKED).encode(x="Low:Q", x2="High:Q")
    theory = base.mark_tick(thickness=3, size=15, color=palette.MARKED).encode(x="Expected:Q")
    return specification((drawn + spread + theory).properties(height=_ROWS))

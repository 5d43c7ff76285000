"""What is this head? Every head of the model measured for known patterns."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from components import cached, layout
from components.attention_reading import Reading
from components.charts import sequences_heads as charts
from core.language_models import head_patterns

if TYPE_CHECKING:
    from core.language_models.head_scores import HeadScores

Pick = Callable[[int, int], None]
"""Shows a head in the viewer, given its layer and number; the callback of a button."""

N_BEST = 6
RESTING = 0.5
FEWEST_PLACES = 3
"""A habit seen at fewer places than this is none."""


def scores(reading: Reading) -> "dict[str, HeadScores]":
    """Measure every known pattern for every head.

    Args:
        reading: Model and text.

    Returns:
        Scores by pattern key, in the order of ``head_patterns.PATTERNS``.
    """
    found = {
        **cached.own_text_scores(*reading.key, reading.text.tokens),
        **cached.repeated_scores(reading.model_id),
    }
    return {key: found[key] for key in head_patterns.PATTERNS}


def section(reading: Reading, *, layer: int, head: int, pick: Pick) -> None:
    """Show the habits of the chosen head, and find heads with a habit.

    Args:
        reading: Model and text.
        layer: Layer of the chosen head.
        head: Its number in the layer.
        pick: Shows another head.
    """
    with st.spinner("Every head is measured…"):
        found = scores(reading)
    st.markdown(
        "A head is known by what it does again and again. Each habit is a set of cells of its map; "
        "the score is the share of attention that falls on them. The grey mark is what a head "
        "would get that looks everywhere evenly."
    )
    key = st.pills(
        "Find me a head with this habit",
        list(found),
        default="induction",
        required=True,
        format_func=lambda key: head_patterns.PATTERNS[key].title,
        key="attention_viewer_pattern",
        bind="query-params",
    )
    everyone, own = st.columns([1, 1], gap="large")
    with everyone:
        _finder(found[key], layer, head, pick)
    with own:
        _profile(found, layer, head)


def _profile(found: "dict[str, HeadScores]", layer: int, head: int) -> None:
    st.markdown(f"**What layer {layer}, head {head} does**")
    known = [one for one in found.values() if one.n_rows >= FEWEST_PLACES]
    layout.draw(
        charts.head_profile(
            [one.pattern.title for one in known],
            [one.scores[layer, head] for one in known],
            [one.even for one in known],
        ),
        alt=f"Scores of layer {layer}, head {head} for {len(known)} known patterns",
        key="attention_viewer_profile",
    )
    st.markdown(verdict(found, layer, head))
    rare = [one.pattern.title.lower() for one in found.values() if one.n_rows < FEWEST_PLACES]
    if rare:
        st.caption(
            f"This text has too few tokens to say anything about: {', '.join(rare)}. A longer text "
            "has more."
        )


def verdict(found: "dict[str, HeadScores]", layer: int, head: int) -> str:
    """Say in a sentence what a head is.

    Args:
        found: Scores of all patterns.
        layer: Its layer.
        head: Its number.

    Returns:
        One or two sentences with the computed number.
    """
    shares = {
        key: (float(one.scores[layer, head]), one.even)
        for key, one in found.items()
        if one.n_rows >= FEWEST_PLACES
    }
    # Resting on the first token is what a head does when its habit finds nothing.
    busy = {key: share for key, share in shares.items() if key != "first"}
    best = head_patterns.best_fit(busy) or head_patterns.best_fit(shares)
    if best is None:
        return (
            "None of these describes it: no habit takes a fifth of its attention more than looking "
            "evenly would. Most heads are like that."
        )
    one = found[best]
    rests = shares["first"][0] if "first" in shares else 0.0
    said = (
        f"Its clearest habit is **{one.pattern.title.lower()}**: {shares[best][0]:.0%} of its "
        f"attention, where looking evenly would give {one.even:.1%}. {one.pattern.purpose}"
    )
    if best != "first" and rests >= RESTING:
        said += f" On your text {rests:.0%} of its attention rests on the first token."
    return said


def _finder(one: "HeadScores", layer: int, head: int, pick: Pick) -> None:
    st.markdown(f"**{one.pattern.title}: the best heads**")
    st.caption(f"{one.pattern.definition} {one.pattern.purpose}")
    if not one.is_measured:
        st.info("This text has no such token. Type one that has.", icon=":material/edit:")
        return
    _buttons(one, pick)
    layout.draw(
        charts.head_map(one.scores, chosen=(layer, head), title="Share of attention"),
        alt=f"{one.pattern.title}: the score of every head of the model",
        key=f"attention_viewer_head_map_{one.pattern.key}",
    )
    st.caption(
        f"All {one.scores.size} heads, one square each, strong for a high score; the amber frame "
        f"is the head you look at. The average head has {np.mean(one.scores):.1%}, even attention "
        f"{one.even:.1%}. Averaged over {one.n_rows} token{'s' * (one.n_rows != 1)}."
    )


def _buttons(one: "HeadScores", pick: Pick) -> None:
    from core.language_models import head_scores

    with st.container(horizontal=True, gap="small"):
        for layer, head in head_scores.best_heads(one.scores, N_BEST):
            st.button(
                f"{layer}·{head}  {one.scores[layer, head]:.0%}",
                key=f"attention_viewer_best_{layer}_{head}",
                on_click=pick,
                args=(layer, head),
                help=f"Look at layer {layer}, head {head}",
            )

"""Two texts read by the same head, side by side."""

from dataclasses import replace

import numpy as np
import streamlit as st

from components import attention_viewer_lab, layout
from components.attention_reading import Reading
from components.attention_view import Look
from components.charts import attention_rows
from components.plain import plain
from core.language_models import attention_compare

KEPT = 1e-3
"""A token that moved less of its attention than this looks where it looked."""


def compare(first: Reading, other: Reading, look: Look) -> attention_compare.Comparison:
    """Compare the chosen head on the two texts."""
    maps = [reading.vectors(look.layer, look.head).model_weights for reading in (first, other)]
    return attention_compare.compare(*maps, first.text.token_ids, other.text.token_ids)


def show(first: Reading, other: Reading, look: Look) -> None:
    """Draw one head on both texts, and how far each token's attention moved.

    Args:
        first: The first text.
        other: The second text.
        look: The head, and the chosen cell of the first text.
    """
    last = other.text.n_tokens - 1
    looks = (look, replace(look, query=min(look.query, last), key=min(look.key, last)))
    for column, reading, shown, name in zip(
        st.columns(2), (first, other), looks, ("first", "other"), strict=True
    ):
        with column:
            attention_viewer_lab.picture(
                reading, shown, view=f"attention_viewer_picture_{name}", has_overview=False
            )
    st.subheader(f"What moved in layer {look.layer}, head {look.head}", anchor=False)
    comparison = compare(first, other, look)
    layout.draw(
        attention_rows.moved_attention(
            first.text.tokens, comparison.distances, comparison.is_same_token
        ),
        alt="How much of its attention each token moved elsewhere between the two texts",
        key="attention_viewer_moved",
    )
    st.caption(summary(first, comparison))


def summary(first: Reading, comparison: attention_compare.Comparison) -> str:
    """Say how many tokens look where they looked, and which moved most."""
    n_kept = int((comparison.distances < KEPT).sum())
    most = int(np.argmax(comparison.distances))
    said = f"Looking where they looked, to a tenth of a percent: {n_kept} of "
    said += f"{len(comparison.distances)} token{'s' * (len(comparison.distances) != 1)}."
    if comparison.distances[most] >= KEPT:
        said += (
            f" Most moved {plain(first.text.tokens[most])} (token {most}): "
            f"{comparison.distances[most]:.1%} of its attention."
        )
    if comparison.n_beyond:
        said += f" {comparison.n_beyond} tokens of the longer text have no partner."
    return said + (
        " A model with a causal mask cannot let a later word change an earlier look."
        if first.parcel(0).causal
        else ""
    )

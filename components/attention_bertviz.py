"""BertViz itself, on as many layers of the text as it can carry."""

import math

import streamlit as st

from components import cached, controls, model_loading
from components.attention_reading import Reading
from components.attention_view import Look
from core.language_models import bertviz_offline

_TITLES = {"head": "Head view", "model": "Model view"}
_HEIGHT = {"head": 60, "model": 120}
"""Pixels of a page beside its tokens or layers."""


def show(reading: Reading, look: Look) -> None:
    """Draw BertViz's head view or model view, and say what did not fit into it.

    Args:
        reading: Model and text.
        look: The layer that is shown first.
    """
    view = controls.choice(
        "BertViz",
        tuple(_TITLES),
        key="attention_viewer_bertviz",
        format_func=_TITLES.__getitem__,
        help="The tool of the guide: lines for the heads of a layer, or all heads at a glance.",
    )
    parcel, n_tokens = reading.parcel(look.layer), reading.text.n_tokens
    fitting = bertviz_offline.layers_that_fit(
        view, n_layer=parcel.n_layer, n_head=parcel.n_head, n_tokens=n_tokens
    )
    if not fitting:
        longest = math.isqrt(bertviz_offline.MAX_CELLS[view] // parcel.n_head)
        st.info(
            f"BertViz's {_TITLES[view].lower()} can carry {longest} tokens of this model, and this "
            f"text has {n_tokens}. Shorten it, or use the lab's own view.",
            icon=":material/content_cut:",
        )
        return
    model_loading.fetch_missing(bertviz_offline.SCRIPT_IDS)
    first = min(max(look.layer - fitting // 2, 0), parcel.n_layer - fitting)
    layers = tuple(range(first, first + fitting))
    st.iframe(
        cached.bertviz_page(*reading.key, reading.text.tokens, view, layers, look.layer),
        height=_height(view, n_tokens, fitting, parcel.n_head),
        alt=f"BertViz's {_TITLES[view].lower()}",
    )
    st.caption(_note(view, fitting, first, parcel.n_layer))


def _height(view: str, n_tokens: int, n_layer: int, n_head: int) -> int:
    # BertViz gives a token 23 pixels; in the model view it shrinks all heads into the width.
    size = 23 * n_tokens if view == "head" else n_layer * max(40, 700 // n_head)
    return min(_HEIGHT[view] + size, 900)


def _note(view: str, fitting: int, first: int, n_layer: int) -> str:
    hint = (
        "Hover a token; a double click on a coloured square shows that head alone."
        if view == "head"
        else "Each small picture is a head, layers downwards: scroll. Click one to enlarge it."
    )
    if fitting == n_layer:
        return hint
    return (
        f"{hint} It shows layers {first} to {first + fitting - 1} of {n_layer}: BertViz writes "
        "every weight as text, and a longer page would not open. The lab's own view carries all."
    )

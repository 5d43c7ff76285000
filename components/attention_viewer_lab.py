"""What the attention viewer shows, in pieces: model, picture, the chosen number, its script."""

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from components import (
    attention_cell_view,
    attention_effects,
    attention_heads,
    attention_look,
    attention_reading,
    attention_view,
    controls,
    layout,
)
from components.attention_reading import Reading
from components.attention_view import Look
from components.plain import plain
from core.language_models import attention_scripts, attention_text
from core.model_store import catalog, store

VIEWS = ("One text", "Two texts", "BertViz")

MAIN = "attention_viewer_main"
"""Key of the picture of a single text."""

_SECTIONS = {
    "What is this head?": attention_heads,
    "Is attention an explanation?": attention_effects,
}


def model_control() -> str:
    """Choose the model that attends."""
    return controls.model_picker("causal_lm", "encoder", key="attention_viewer_model")


@dataclass(frozen=True)
class Typed:
    """What the reader asks to see."""

    view: str
    text: str
    second: str = ""
    """The second text of a pair that the model reads at once; empty for none."""
    other: str | None = None
    """Another text, to compare with."""


def text_controls(model_id: str) -> Typed:
    """Ask what is read and how it is shown.

    Args:
        model_id: The model; an encoder also reads pairs of texts.
    """
    texts, views = st.columns([2, 1], vertical_alignment="top")
    with views:
        view = controls.choice(
            "View",
            VIEWS,
            key="attention_viewer_view",
            help="One text in the lab's own view, two texts side by side, or the BertViz tool.",
        )
    with texts:
        if view == "Two texts":
            text, other = attention_reading.two_text_controls()
            return Typed(view, text, other=other)
        text = attention_reading.text_control(
            "Text", attention_reading.TIRED, key="attention_viewer_text"
        )
        second = ""
        if attention_reading.is_encoder(model_id):
            second = controls.short_text(
                "Second text of a pair",
                "",
                key="attention_viewer_second",
                max_chars=2_000,
                help="An encoder can read two texts at once. Empty: only one.",
            )
    return Typed(view, text, second=second or "")


def look_controls(reading: Reading) -> Look:
    """Show the numbers of the chosen head and cell, and return all that the picture shows."""
    parcel = reading.parcel(0)
    return attention_look.read(
        reading.model_id,
        n_layer=parcel.n_layer,
        n_head=parcel.n_head,
        n_tokens=reading.text.n_tokens,
    )


def picture(reading: Reading, look: Look, *, view: str = MAIN, has_overview: bool = True) -> None:
    """Draw the attention of all heads.

    Args:
        reading: Model and text.
        look: What is shown.
        view: Key of the picture.
        has_overview: Whether the thumbnails of all heads stand beside it.
    """
    header, parts = _header(reading, look)
    header["hasOverview"] = has_overview
    attention_view.attention_view(
        header,
        parts,
        look,
        key=view,
        nonce=attention_look.nonce(look, view=view),
        on_pick=partial(attention_look.choose, view=view, look=look),
    )


def _header(reading: Reading, look: Look) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    parcel, text = reading.parcel(look.layer), reading.text
    sinks = [0] if parcel.causal else list(text.special)
    header = {
        "id": hashlib.sha1(repr((reading.key, parcel.layer)).encode()).hexdigest(),
        "title": reading.loaded.title,
        "alt": f"Who looks at whom among {text.n_tokens} tokens",
        "tokens": text.tokens,
        "segments": text.segments,
        "layers": parcel.n_layer,
        "heads": parcel.n_head,
        "causal": parcel.causal,
        # One token alone has nothing else to look at.
        "sinks": sinks if text.n_tokens > len(sinks) else [],
        "firstLayer": parcel.layer or 0,
        "layersHere": parcel.n_layer if parcel.layer is None else 1,
        "thumbSize": parcel.thumbnail_size,
    }
    return header, parcel.parts


def chosen_cell(reading: Reading, look: Look) -> None:
    """Open the chosen number to its arithmetic, from the model's own queries and keys."""
    from core.language_models import attention_maps

    vectors = reading.vectors(look.layer, look.head)
    arithmetic = attention_maps.cell(vectors, look.query, look.key)
    st.subheader(f"Where the number comes from: layer {look.layer}, head {look.head}", anchor=False)
    if look.scope == "layer" or look.sink:
        st.caption(
            "The picture shows something derived, the mean of a layer or the rest of a row without "
            "its sink. Here is the number of the head itself."
        )
    attention_cell_view.cell_view(
        vectors, arithmetic, tokens=reading.text.tokens, key="attention_viewer_cell"
    )


def look_closer(reading: Reading, look: Look) -> None:
    """Show one of the two long sections: what the head does, and whether it matters."""
    section = controls.choice(
        "Look closer",
        tuple(_SECTIONS),
        key="attention_viewer_section",
        help="Only the chosen one is computed.",
    )
    _SECTIONS[section].section(
        reading, layer=look.layer, head=look.head, pick=attention_look.show_head
    )


def because(reading: Reading, look: Look) -> str:
    """Say what on this screen earns the lab's sentence."""
    from core.language_models import attention_maps

    vectors = reading.vectors(look.layer, look.head)
    cell = attention_maps.cell(vectors, look.query, look.key)
    asks, answers = (plain(reading.text.tokens[place]) for place in (look.query, look.key))
    return (
        f"{asks} looks at {answers} with {cell.weight:.3g}: {cell.products.size} products, their "
        f"sum, one division, one softmax. The model's own number differs by {cell.difference:.1e}."
    )


def script(reading: Reading, look: Look, typed: Typed) -> str:
    """Write the program that prints the chosen row of the chosen head.

    Args:
        reading: The model.
        look: The head and the token that looks.
        typed: The texts.
    """
    return attention_scripts.head_script(
        typed.text,
        second=typed.second,
        layer=look.layer,
        head=look.head,
        query=look.query,
        folder=store.model_folder(reading.model_id).name,
        hub_id=catalog.hub_id(reading.model_id),
        is_encoder=attention_reading.is_encoder(reading.model_id),
        max_tokens=attention_text.MAX_TOKENS,
    )


def read_the_code() -> None:
    """Show the functions that computed what is on screen."""
    from core.language_models import (
        attention_maps,
        attention_packing,
        head_ablation,
        head_patterns,
        head_scores,
        rollout,
    )

    layout.read_the_code(
        attention_maps.cell,
        attention_maps.attention_maps,
        attention_packing.pack,
        head_patterns.cells,
        head_scores.score,
        head_ablation.rank_heads,
        rollout.attention_rollout,
        url_path="attention_viewer",
    )

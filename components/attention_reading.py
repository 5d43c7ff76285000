"""What the attention viewer reads: a model, and a text as the tokens between which it attends."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from components import cached, controls, layout, model_loading
from components.plain import plain
from core.model_store import catalog

if TYPE_CHECKING:
    from core.language_models.attention_maps import AttentionMaps, HeadVectors
    from core.language_models.attention_parcel import Parcel
    from core.language_models.attention_text import AttentionText
    from core.model_store.loading import LoadedModel

TIRED = "The animal didn't cross the street because it was too tired"
"""The sentence that every lecture on attention uses."""

WIDE = "The animal didn't cross the street because it was too wide"
"""Its "it" is the street, though nothing before the last word says so."""

MAX_CHARACTERS = 200_000
"""Longer texts are refused before they are split into tokens."""

CacheKey = tuple[str, tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Reading:
    """A model and a text; what the model does with it is worked out when it is asked for."""

    model_id: str
    loaded: "LoadedModel"
    text: "AttentionText"

    @property
    def key(self) -> CacheKey:
        """What the caches know this reading by."""
        return (self.model_id, self.text.token_ids, self.text.segments)

    @property
    def maps(self) -> "AttentionMaps":
        """The attention of all heads."""
        return cached.attention_maps(*self.key)

    def parcel(self, layer: int) -> "Parcel":
        """What the picture is drawn from."""
        # All layers of a short text travel together: the parcel is the same for each.
        return cached.attention_parcel(*self.key, 0 if self.text.is_short else layer)

    def vectors(self, layer: int, head: int) -> "HeadVectors":
        """Queries, keys and values of one head."""
        return cached.head_vectors(*self.key, layer, head)


def is_encoder(model_id: str) -> bool:
    """Say whether a model of the catalog reads pairs of texts and looks both ways.

    Example:
        >>> is_encoder("all-minilm-l6-v2"), is_encoder("smollm2-135m-instruct")
        (True, False)
    """
    entry = catalog.CATALOG.get(model_id)
    return entry is not None and entry.kind == "encoder"


def read(model_id: str, text: str, *, second: str = "") -> Reading:
    """Load the model, read the text, or end the run with a sentence that says what to do.

    Args:
        model_id: A catalog id or the id of a model on the hub.
        text: What the reader typed.
        second: The second text of a pair, for an encoder.
    """
    longest = max(len(text), len(second))
    if longest > MAX_CHARACTERS:
        layout.ask_again(
            f"This text has {longest:,} characters. Shorten it to {MAX_CHARACTERS:,}; the model "
            "reads 512 tokens of it."
        )
    if not text.strip() and not second.strip():
        layout.ask_again("Type a sentence above; a single word is enough.")
    loaded = model_loading.ready_model(model_id)
    try:
        reading = Reading(model_id, loaded, cached.attention_text(model_id, text, second))
        with st.spinner("The model reads your text…"):
            reading.parcel(0)
            # Some models do more than this lab can write out; better to hear it at once.
            reading.vectors(0, 0)
    except ValueError as problem:
        # Nothing to read, or a model without attention heads: the message is for the reader.
        layout.ask_again(str(problem))
    return reading


def text_control(label: str, default: str, *, key: str) -> str:
    """Ask for a text."""
    return controls.long_text(
        label,
        default,
        key=key,
        height=68,
        help="Anything up to 512 tokens; of a longer text the beginning is read.",
    )


def two_text_controls() -> tuple[str, str]:
    """Ask for two texts to compare."""
    left, right = st.columns(2)
    with left:
        first = text_control("First text", TIRED, key="attention_viewer_text")
    with right:
        return first, text_control("Second text", WIDE, key="attention_viewer_other")


def note(reading: Reading) -> str:
    """Say how much was read, and what is known about the weights."""
    text, loaded = reading.text, reading.loaded
    said = f"{text.n_tokens:,} token{'s' * (text.n_tokens != 1)}"
    if text.n_cut:
        said += f"; {text.n_cut:,} more did not fit into {text.n_tokens} and were left out"
    about = f": {plain(loaded.note)}" if loaded.note else ""
    return f"{said} · {plain(loaded.title)}{about}"

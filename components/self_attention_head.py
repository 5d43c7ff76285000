"""A head of a real model on the reader's sentence, in the same pictures."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from components import attention_steps_view, cached, controls, layout, model_loading
from components.plain import plain
from components.self_attention_hand import temperature_slider
from components.self_attention_numbers import shown
from core.language_models import attention_text
from core.sequences import attention, payload
from core.sequences.attention import AttentionTrace

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from core.language_models.attention_maps import HeadVectors
    from core.model_store.loading import LoadedModel

FIRST_TEXT = "The cat slept because it was tired"
MAX_TOKENS = 32
"""More rows and columns could not be pointed at."""


@dataclass(frozen=True, eq=False)
class RealHead:
    """One head of a model, as it is or with a switch thrown."""

    model_id: str
    title: str
    token_ids: tuple[int, ...]
    segments: tuple[int, ...]
    tokens: tuple[str, ...]
    n_cut: int
    vectors: "HeadVectors"
    trace: AttentionTrace
    scaled: bool
    temperature: float
    is_turned: bool
    """Whether RoPE turned the queries and keys."""
    is_untouched: bool
    """Whether nothing was switched: the shares are then the model's own."""

    def on_previous(self, weights: np.ndarray) -> float:
        """Mean share of the token before, from the third token on.

        The second one is left out: the token before it is also the first, where heads rest.
        """
        shares = np.diagonal(weights, -1)[1:]
        return float(shares.mean()) if shares.size else 0.0

    @property
    def difference(self) -> float:
        """Largest difference between the shares computed here and the model's own."""
        return float(np.abs(self.trace.weights - self.vectors.model_weights).max())


@dataclass(frozen=True)
class _Switches:
    unmasked: bool
    unscaled: bool
    unturned: bool
    temperature: float

    @property
    def any(self) -> bool:
        """Whether something is not as in the model."""
        return self.unmasked or self.unscaled or self.unturned or self.temperature != 1


def read_head() -> RealHead:
    """Ask for a sentence, a model and a head, and take the head apart."""
    what, how = st.columns([4, 5], vertical_alignment="bottom")
    with what:
        text = controls.short_text(
            "Sentence",
            FIRST_TEXT,
            key="self_attention_text",
            help=f"The model's first {MAX_TOKENS} tokens of it are drawn.",
            max_chars=1_000,
        )
    with st.sidebar:
        model_id = controls.model_picker("causal_lm", "encoder", key="self_attention_model")
    loaded = model_loading.ready_model(model_id)
    try:
        layer, head = _choose_head(loaded)
        switches = _read_switches(how)
        read = attention_text.read(loaded, text, max_tokens=MAX_TOKENS)
        vectors = cached.head_vectors(model_id, read.token_ids, read.segments, layer, head)
    except ValueError as problem:
        sentence = str(problem).rstrip(".")
        layout.ask_again(f"{sentence[:1].upper()}{sentence[1:]}.")
    return RealHead(
        model_id,
        loaded.title,
        read.token_ids,
        read.segments,
        read.tokens,
        read.n_cut,
        vectors,
        _attend(vectors, switches),
        scaled=not switches.unscaled,
        temperature=switches.temperature,
        is_turned=vectors.cos is not None and not switches.unturned,
        is_untouched=not switches.any,
    )


def _read_switches(place: "DeltaGenerator") -> _Switches:
    with place.container(horizontal=True):
        unmasked = controls.switch(
            "Lift the mask", key="self_attention_unmasked", help="What if it could look ahead?"
        )
        unscaled = controls.switch(
            "Leave out √D", key="self_attention_head_unscaled", help="What if it did not divide?"
        )
        unturned = controls.switch(
            "Forget places",
            key="self_attention_unturned",
            help="What if RoPE did not turn its queries and keys? A model without RoPE adds its "
            "places to the words, where they cannot be taken out.",
        )
    with st.sidebar:
        temperature = temperature_slider()
    return _Switches(unmasked, unscaled, unturned, temperature)


def _attend(vectors: "HeadVectors", switches: _Switches) -> AttentionTrace:
    return attention.scaled_dot_product(
        vectors.q_before if switches.unturned else vectors.q,
        vectors.k_before if switches.unturned else vectors.k,
        vectors.v,
        mask=None if switches.unmasked else vectors.visible,
        scaled=not switches.unscaled,
        temperature=switches.temperature,
    )


def _choose_head(loaded: "LoadedModel") -> tuple[int, int]:
    # Imported here: it brings torch, which the other parts of the lab do without.
    from core.language_models import attention_blocks

    blocks = attention_blocks.blocks(loaded.model)
    n_layer, n_head = len(blocks), blocks[0].n_head
    with st.sidebar:
        layer = controls.whole_number(
            "Layer",
            0,
            n_layer - 1,
            min(13, n_layer - 1),
            key=f"self_attention_layer_{n_layer}",
            help=f"0 to {n_layer - 1}; the first layer reads the words themselves.",
        )
        head = controls.whole_number(
            "Head",
            0,
            n_head - 1,
            min(8, n_head - 1),
            key=f"self_attention_head_{n_head}",
            help=f"0 to {n_head - 1}. In SmolLM2, layer 13, head 8 ties a pronoun to its noun.",
        )
    return layer, head


def show_head(real: RealHead) -> None:
    """Draw the head's steps and check them against the model."""
    vectors, names = real.vectors, [token.replace("␣", "") or "␣" for token in real.tokens]
    row = next((n for n, name in enumerate(names) if name.lower() == "it"), len(names) - 1)
    attention_steps_view.attention_steps(
        payload.pack_head(
            real.trace,
            names,
            temperature=real.temperature,
            scaled=real.scaled,
            befores=(vectors.q_before, vectors.k_before) if real.is_turned else None,
            turns=_turns(vectors) if real.is_turned else None,
            model_weights=vectors.model_weights if real.is_untouched else None,
        ),
        key="self_attention_head_steps",
        subject=f"{real.model_id} {real.tokens} {vectors.layer} {vectors.head}",
        start=("weights", row, int(real.trace.weights[row].argmax())),
    )
    st.caption(" ".join(_notes(real, names, row)))


def _turns(vectors: "HeadVectors") -> np.ndarray:
    """Read off how far the model turns each pair per position: the angles at position 1."""
    half = vectors.q.shape[1] // 2
    if len(vectors.cos) < 2:
        return np.zeros(half)
    return np.arctan2(vectors.sin[1, :half], vectors.cos[1, :half])


def _notes(real: RealHead, names: list[str], row: int) -> list[str]:
    vectors = real.vectors
    shares = real.trace.weights[row]
    notes = [
        f"{plain(real.title)}, layer {vectors.layer}, head {vectors.head}: "
        f"**{plain(names[row])}** gives **{plain(names[int(shares.argmax())])}** "
        f"{shares.max():.0%}."
    ]
    if real.is_untouched:
        notes.append(
            f"Computed here from its q and k; the model's own shares differ by at most "
            f"{shown(real.difference)}."
        )
    else:
        notes.append("You have changed how it works: the model itself gives other shares.")
    if vectors.n_kv_head < vectors.n_head:
        notes.append(
            f"Its {vectors.n_head} heads share {vectors.n_kv_head} sets of keys and values; this "
            f"one uses set {vectors.key_head}."
        )
    if real.n_cut:
        notes.append(f"The first {len(names)} tokens are drawn; {real.n_cut:,} are left out.")
    return notes


def earned(real: RealHead) -> str:
    """Say with a number on screen why it is only dot products."""
    return (
        f"{real.trace.products.size} dot products of {real.trace.q.shape[-1]} numbers each, and "
        f"the shares differ from the model's own by at most {shown(real.difference)}."
        if real.is_untouched
        else f"{real.trace.products.size} dot products of {real.trace.q.shape[-1]} numbers each."
    )

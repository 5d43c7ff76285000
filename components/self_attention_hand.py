"""Attention by hand: a few words, a handful of numbers each, every step in the browser."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import streamlit as st

from components import attention_steps_view, controls, layout
from components.plain import plain
from core.sequences import multi_head, own_numbers, payload, toy_words
from core.sequences.multi_head import LayerSettings, LayerTrace, Positions

FIRST_WORDS = "the cat slept because it was tired"
OWN_KEY = "self_attention_own"

POSITIONS: dict[Positions, str] = {
    "none": "None",
    "sinusoidal": "Waves",
    "rope": "RoPE",
    "alibi": "ALiBi",
}
_PRESETS = {"hand-made": "Made by hand", "identity": "None: words as they are", "random": "Random"}
_SHARING = ("Each its own", "Pairs", "All heads")


@dataclass(frozen=True, eq=False)
class Hand:
    """Words that went through a layer."""

    words: tuple[str, ...]
    n_left_out: int
    preset: toy_words.Preset
    n_changes: int
    trace: LayerTrace

    @property
    def n_head(self) -> int:
        """Number of heads."""
        return self.trace.settings.n_head

    @property
    def asking(self) -> int:
        """The word whose row is open at first: the first pronoun, or the last word."""
        kinds = [toy_words.KNOWN.get(toy_words.look_up(word), np.zeros(8)) for word in self.words]
        pronouns = [place for place, kind in enumerate(kinds) if kind[3] == 1]
        return pronouns[0] if pronouns else len(self.words) - 1

    def looked_at(self, row: int, *, head: int = 0) -> tuple[str, float]:
        """Return the word that a word looks at most, and the share it gets."""
        shares = self.trace.heads.weights[head, row]
        return self.words[int(shares.argmax())], float(shares.max())


def read_words() -> tuple[tuple[str, ...], int]:
    """Ask for the words; end the run with a sentence if there are none."""
    text = controls.short_text(
        "Words",
        FIRST_WORDS,
        key="self_attention_words",
        help=f"Up to {toy_words.MAX_WORDS} words. Some words have numbers made by hand; others "
        "get random ones, the same each time.",
        max_chars=300,
    )
    words = toy_words.split_words(text)
    if not words:
        layout.ask_again("Type at least one word.")
    return words[: toy_words.MAX_WORDS], max(0, len(words) - toy_words.MAX_WORDS)


def read_layer() -> tuple[toy_words.Preset, int, int, LayerSettings]:
    """Ask for the layer in the sidebar.

    Returns:
        Kind of weights, numbers per word, seed, settings.
    """
    with st.sidebar:
        positions = controls.choice(
            "Positions",
            tuple(POSITIONS),
            key="self_attention_told",
            format_func=POSITIONS.__getitem__,
            help="How the layer is told where each word stands. None: it does not know.",
        )
        preset, n_embd = _read_weights()
        n_head, n_kv_head = _read_heads()
        seed = controls.whole_number(
            "Seed", 0, 9_999, 0, key="self_attention_seed", help="Of the random weights."
        )
        temperature = temperature_slider()
    settings = LayerSettings(
        n_head=n_head, n_kv_head=n_kv_head, temperature=temperature, positions=positions
    )
    return preset, n_embd, seed, settings


def _read_weights() -> tuple[toy_words.Preset, int]:
    preset = st.selectbox(
        "Weights",
        _PRESETS,
        format_func=_PRESETS.__getitem__,
        key="self_attention_weights",
        help="Made by hand: pronouns ask for living beings, deeds for their doers. None: Q, K "
        "and V are the words themselves. Random: a model before training.",
        bind="query-params",
    )
    n_embd = controls.number_slider(
        "Numbers per word, d",
        2,
        8,
        4,
        step=2,
        key="self_attention_d",
        help=f"The first d of: {', '.join(toy_words.FEATURES)}.",
    )
    return preset, n_embd


def _read_heads() -> tuple[int, int]:
    n_head = controls.choice(
        "Heads", (1, 2, 4), key="self_attention_heads", help="Each gets d / heads columns."
    )
    sharing = controls.choice(
        "Keys and values for",
        _SHARING,
        key="self_attention_sharing",
        help="Grouped-query attention: several heads look through the same keys and values, "
        "three by three in SmolLM2.",
    )
    n_kv_head = {"Each its own": n_head, "Pairs": max(1, n_head // 2), "All heads": 1}[sharing]
    return n_head, n_kv_head


def temperature_slider() -> float:
    """Ask by what the scores are divided."""
    return controls.number_slider(
        "Temperature",
        0.1,
        4.0,
        1.0,
        step=0.1,
        key="self_attention_temperature",
        help="Divides the scores too. Below 1 sharpens, above 1 flattens.",
    )


def send_through(
    words: tuple[str, ...],
    n_left_out: int,
    layer: tuple[toy_words.Preset, int, int, LayerSettings],
) -> Hand:
    """Compute the layer, with the reader's own numbers in it."""
    preset, n_embd, seed, settings = layer
    try:
        changes = own_numbers.read(st.session_state.get(OWN_KEY) or "")
        weights = toy_words.layer_weights(preset, n_embd, seed=seed)
        if n_embd % settings.n_head == 0:
            weights = multi_head.share_keys(
                weights, n_head=settings.n_head, n_kv_head=settings.n_kv_head
            )
        trace = multi_head.self_attention(
            own_numbers.to_words(toy_words.embed(words, n_embd), words, changes),
            own_numbers.to_weights(weights, changes),
            settings,
        )
    except own_numbers.OwnNumbersError as problem:
        layout.ask_again(f"Own numbers: {problem} Change them in the sidebar.")
    except ValueError as problem:
        layout.ask_again(f"{problem} Change the heads or d in the sidebar.")
    return Hand(words, n_left_out, preset, len(changes), trace)


def own_numbers_control() -> None:
    """Show the reader's changes as a line of text that the link carries."""
    with st.sidebar:
        controls.short_text(
            "Your own numbers",
            "",
            key=OWN_KEY,
            help="Written here when you change a number in the picture. `E cat 1 0.5` sets the "
            "first number of every “cat”; `Q 4 1 6` sets row 4, column 1 of W_Q.",
            max_chars=1_400,
        )
        st.button(
            "Undo all changes",
            icon=":material/undo:",
            key="self_attention_undo",
            on_click=_forget,
            disabled=not st.session_state.get(OWN_KEY),
        )


def _forget() -> None:
    st.session_state[OWN_KEY] = ""


def _keep(words: tuple[str, ...], matrix: str, row: int, column: int, value: float) -> None:
    if matrix == "E" and row >= len(words):
        return
    name = toy_words.look_up(words[row]) if matrix == "E" else str(row + 1)
    change = own_numbers.Change(matrix, name, column + 1, value)
    try:
        now = own_numbers.with_change(st.session_state.get(OWN_KEY) or "", change)
    except own_numbers.OwnNumbersError as problem:
        st.toast(plain(str(problem)), icon=":material/block:")
        return
    st.session_state[OWN_KEY] = now


def read_hand() -> Hand:
    """Ask for everything and compute."""
    what, switches = st.columns([3, 2], vertical_alignment="bottom")
    with what:
        words, n_left_out = read_words()
    with switches.container(horizontal=True):
        causal = controls.switch(
            "Causal mask",
            key="self_attention_causal",
            help="A word may look only at itself and at what came before, as in a model that "
            "writes.",
        )
        unscaled = controls.switch(
            "Leave out √D", key="self_attention_unscaled", help="Products are not divided."
        )
    preset, n_embd, seed, settings = read_layer()
    own_numbers_control()
    settings = replace(settings, causal=causal, scaled=not unscaled)
    return send_through(words, n_left_out, (preset, n_embd, seed, settings))


def show_hand(hand: Hand) -> None:
    """Draw the steps and say what to see in them."""
    row = hand.asking
    n_embd = hand.trace.inputs.shape[1]
    attention_steps_view.attention_steps(
        payload.pack_layer(hand.trace, hand.words, toy_words.FEATURES[:n_embd]),
        key="self_attention_steps",
        subject=f"{hand.words} {n_embd} {hand.preset}",
        start=("weights", row, int(hand.trace.heads.weights[0, row].argmax())),
        named=hand.preset != "random" and hand.trace.weights.key.shape[1] == n_embd,
        on_change=partial(_keep, hand.words),
    )
    st.caption(" ".join(_notes(hand)))


def _notes(hand: Hand) -> list[str]:
    word, share = hand.looked_at(hand.asking)
    notes = [
        f"**{plain(hand.words[hand.asking])}** gives **{plain(word)}** the largest share, "
        f"{share:.0%}. Point at any cell, or walk with the arrow keys. Click a number of a word "
        "or a weight to change it."
    ]
    unknown = sorted({word for word in hand.words if not toy_words.is_known(word)})
    if unknown:
        notes.append(f"Numbers drawn at random: {', '.join(map(plain, unknown))}.")
    if hand.n_left_out:
        notes.append(
            f"The first {len(hand.words)} words are used; {hand.n_left_out:,} are left out."
        )
    return notes


def earned(hand: Hand) -> str:
    """Say with a number on screen why it is only dot products."""
    heads, n = hand.trace.heads, len(hand.words)
    return (
        f"{n} words, {n * n} pairs: {heads.products.size} dot products of "
        f"{heads.q.shape[-1]} numbers each made every share on screen."
    )

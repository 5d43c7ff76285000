"""The shuffle test: what a layer makes of the same words in another order."""

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from components import controls
from components import self_attention_hand as by_hand
from components.matrix_tables import Table, matrix_tables
from components.plain import plain
from components.self_attention_numbers import ROUNDING, shown
from core.sequences import shuffle, toy_words
from core.sequences.attention import Array

N_ORDERS = 50


@dataclass(frozen=True, eq=False)
class Order:
    """The test and its repetitions."""

    hand: by_hand.Hand
    test: shuffle.ShuffleTest
    repeated: Array
    """Largest change in each of many orders."""

    seed: int

    @property
    def n_changed(self) -> int:
        """How many words came out with other numbers."""
        return int((self.test.changes > ROUNDING).sum())


def _draw_again() -> None:
    st.session_state["self_attention_order"] = (
        st.session_state.get("self_attention_order", 1) % 9_999 + 1
    )


def read_order() -> Order:
    """Ask for words, positions and an order, and run the test."""
    what, switches = st.columns([3, 2], vertical_alignment="bottom")
    with what:
        words, n_left_out = by_hand.read_words()
    with switches.container(horizontal=True, vertical_alignment="center"):
        causal = controls.switch(
            "Causal mask",
            key="self_attention_causal",
            help="A word may look only at itself and at what came before.",
        )
        st.button(
            "Shuffle again",
            icon=":material/shuffle:",
            key="self_attention_shuffle",
            on_click=_draw_again,
        )
    preset, n_embd, seed, settings = by_hand.read_layer()
    by_hand.own_numbers_control()
    with st.sidebar:
        order_seed = controls.whole_number(
            "Order", 1, 9_999, 1, key="self_attention_order", help="Seed of the shuffle."
        )
    layer = (preset, n_embd, seed, replace(settings, causal=causal))
    hand = by_hand.send_through(words, n_left_out, layer)
    trace = hand.trace
    test = shuffle.shuffle_test(
        trace.embeddings,
        trace.weights,
        trace.settings,
        order=shuffle.draw_order(len(words), seed=order_seed),
    )
    repeated = shuffle.largest_of_many(
        trace.embeddings, trace.weights, trace.settings, n_orders=N_ORDERS, seed=order_seed
    )
    return Order(hand, test, repeated, order_seed)


def show_order(order: Order) -> None:
    """Draw each word's output before and after."""
    words, test = order.hand.words, order.test
    features = toy_words.FEATURES[: order.hand.trace.outputs.shape[1]]
    st.markdown(f"Now reads: **{plain(' '.join(words[place] for place in test.order))}**")
    row = st.container(horizontal=True)
    row.metric("Words that came out different", f"{order.n_changed} of {len(words)}")
    row.metric("Largest change", shown(test.largest_change))
    row.metric(f"Largest in {N_ORDERS} other orders", shown(float(order.repeated.max())))
    before, after = test.before.outputs, test.moved_outputs
    largest = float(max(np.abs(before).max(), np.abs(after).max(), 1e-9))
    tables = (
        ("before", "Output before", before),
        ("after", "After, sorted back", after),
        ("change", "Change", after - before),
    )
    matrix_tables(
        [
            Table(name, title, array, words, "change", columns=features, largest=largest)
            for name, title, array in tables
        ],
        key="self_attention_order_tables",
        alt="Each word's output before the shuffle, after it, and the difference.",
        start=("change", order.hand.asking, 0),
    )
    st.caption(_reading(order))


def _reading(order: Order) -> str:
    settings = order.hand.trace.settings
    if settings.positions == "none" and not settings.causal:
        return (
            "No positions: each word takes home exactly what it took home before, whatever the "
            "order. “Dog bites man” and “man bites dog” are one and the same to this layer. "
            "What is left is rounding. Now switch positions on in the sidebar."
        )
    if settings.positions == "none":
        return (
            "No positions, but a mask: the order comes in through who may look at whom. A model "
            "that writes can therefore do without any code for places, if with effort."
        )
    if settings.positions == "alibi" and not settings.causal:
        return (
            "ALiBi counts how far away a word stands, not on which side: without a mask it tells "
            "orders apart, but a text and its mirror image are the same to it."
        )
    return (
        f"Positions ({by_hand.POSITIONS[settings.positions]}): the same words in another order "
        "come out with other numbers. The layer can tell."
    )


def earned(order: Order) -> str:
    """Say with a number on screen what attention knows of order."""
    return (
        f"In {N_ORDERS + 1} orders of {len(order.hand.words)} words the largest change was "
        f"{shown(float(max(order.repeated.max(), order.test.largest_change)))}: dot products do "
        "not know where a word stands unless they are told."
    )

"""The Train view of the neural network lab: the picture that plays, and what it asks of us."""

import math
from typing import Any

import streamlit as st

from components import cached, network_view, xor_data, xor_state, xor_weights
from components.plain import plain
from core.networks import architecture, datasets
from core.networks.recording import Recording, Setup

N_WINDOW = 199
"""Steps in a close-up, where every single step is a frame."""

VIEWS = {
    "train": "Train",
    "walk": "Step by step",
    "lottery": "Seed lottery",
    "landscape": "Loss landscape",
    "learned": "What it learned",
    "gallery": "Gallery",
}


def run(setup: Setup) -> Recording:
    """Train, or say why it cannot be done and end the run.

    Args:
        setup: Everything that decides the training.
    """
    try:
        with st.spinner("Training …", show_time=False):
            return cached.network_training(setup)
    except ValueError as problem:
        st.info(
            f"This cannot be trained: {plain(str(problem))}. Change the settings in the sidebar.",
            icon=":material/edit:",
        )
        st.stop()


def show(trained: Recording) -> None:
    """Show the training, playing in the browser.

    Args:
        trained: The whole training.
    """
    setup = trained.setup
    at, first = _close_up(trained)
    last = None if first is None else min(first + N_WINDOW, trained.outcome.step)
    network_view.network_view(
        cached.packed_network(setup, first or 0, last),
        key=xor_state.key("view"),
        token=f"{setup!r} {first}",
        alt=f"The output over the plane, with the points of the data set {trained.dataset.title}",
        on={
            "window": _look_closer,
            "reseed": lambda _: xor_state.next_seed("seed")(),
            "start": _start_from,
            "walk": _walk,
            "draw": xor_data.draw,
            "reshape": _reshape,
        },
        open_at=at,
        is_window=first is not None,
        drawing=setup.data.name == datasets.OWN,
    )


def tell_why(trained: Recording) -> None:
    """Say from measured numbers why the training ended where it did."""
    found = cached.network_diagnosis(trained.setup)
    st.markdown(f":material/stethoscope: **{found.title}.** {plain(found.sentence)}")


def tell_the_end(trained: Recording) -> None:
    """Say why a training stopped before its time: a goal was reached, it exploded, or took long."""
    outcome = trained.outcome
    if outcome.kind in ("exploded", "too_long"):
        st.warning(plain(outcome.sentence), icon=":material/warning:")
    elif outcome.kind != "finished":
        st.caption(f"Stopped at step {outcome.step:,}: {plain(outcome.sentence)}")


def _close_up(trained: Recording) -> tuple[int | None, int | None]:
    """Return the step to open at and the first step of the close-up; None plays the whole."""
    wanted = st.session_state.get(xor_state.key("close_up"))
    if not wanted or wanted["setup"] != trained.setup:
        return None, None
    at = min(wanted["at"], trained.outcome.step)
    return at, None if wanted["whole"] else max(0, min(at - 1, trained.outcome.step - N_WINDOW))


def _look_closer(event: Any) -> None:
    if isinstance(event, dict) and _is_step(event.get("at")):
        st.session_state[xor_state.key("close_up")] = {
            "setup": st.session_state[xor_state.key("shown")],
            "at": event["at"],
            "whole": bool(event.get("whole")),
        }


def _start_from(event: Any) -> None:
    if isinstance(event, dict) and xor_weights.keep(event.get("weights")) and event.get("walk"):
        st.session_state[xor_state.key("moment")] = 0
        st.session_state[xor_state.key("show")] = "walk"


def _walk(event: Any) -> None:
    if not isinstance(event, dict) or not _is_step(event.get("step")):
        return
    st.session_state[xor_state.key("moment")] = event["step"]
    example = event.get("example")
    if _is_step(example):
        st.session_state[xor_state.key("example")] = example
    st.session_state[xor_state.key("show")] = "walk"


def _is_step(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


def _reshape(event: Any) -> None:
    """Take or add a neuron or a layer, as the buttons above the picture ask."""
    if not isinstance(event, dict) or event.get("change") not in (-1, 1):
        return
    layer = event.get("layer")
    setup: Setup = st.session_state[xor_state.key("shown")]
    hidden = setup.network.hidden
    if layer is None:
        wanted = len(hidden) + event["change"]
        st.session_state[xor_state.key("layers")] = max(0, min(wanted, architecture.MOST_LAYERS))
    elif _is_step(layer) and layer < len(hidden):
        wanted = hidden[layer] + event["change"]
        st.session_state[xor_state.key(f"neurons_{layer + 1}")] = max(
            1, min(wanted, architecture.MOST_NEURONS)
        )


def because(trained: Recording) -> str:
    """Say what on this screen earns the lab's sentence."""
    first, last = trained.train_losses[0], trained.train_losses[-1]
    told = f"{trained.outcome.step:,} steps took the loss from {first:.3g} to {last:.3g}"
    if trained.dataset.task == "classification" and math.isfinite(trained.train_accuracies[-1]):
        right = round(trained.train_accuracies[-1] * trained.dataset.n_train)
        told += f", with {right} of {trained.dataset.n_train} examples right"
    return f"{told}: {trained.setup.network.n_parameters} numbers, each moved against its gradient."

"""The Gallery view: best and worst settings, each with one sentence and one click."""

import streamlit as st

from components import cached, xor_state
from core.networks import gallery
from core.networks.recording import Recording


def show(trained: Recording) -> None:
    """Show the gallery; every figure on a card is computed from its own training.

    Args:
        trained: The training on screen; not used.
    """
    for good, title in ((True, "Settings that work"), (False, "Settings that fail")):
        st.subheader(title, anchor=False)
        columns = st.columns(3)
        entries = [entry for entry in gallery.ENTRIES if entry.good == good]
        for place, entry in enumerate(entries):
            with columns[place % 3]:
                _card(entry)


def _card(entry: gallery.Entry) -> None:
    run = cached.network_training(entry.setup)
    with st.container(border=True):
        st.markdown(f"**{entry.title}**")
        st.markdown(entry.sentence)
        figures = f"loss {run.train_losses[-1]:.2g} after {run.outcome.step:,} steps"
        if run.dataset.task == "classification":
            figures = f"{run.train_accuracies[-1]:.0%} right, {figures}"
        if run.dataset.n_test:
            figures += f"; test loss {run.test_losses[-1]:.2g}"
        st.caption(figures)
        st.button(
            "Show it",
            icon=":material/play_arrow:",
            key=xor_state.key(f"gallery_{entry.name}"),
            on_click=xor_state.apply,
            args=(entry.setup,),
        )

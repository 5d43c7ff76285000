"""The Gallery view: best and worst settings, each with one sentence and one click."""

import streamlit as st

from components import cached, xor_state
from core.networks import gallery
from core.networks.recording import Recording

_PER_ROW = 3


def show(trained: Recording) -> None:
    """Show the gallery; every figure on a card is computed from its own training.

    Args:
        trained: The training on screen; not used.
    """
    with st.spinner("Training every card …"):
        for good, title in ((True, "Settings that work"), (False, "Settings that fail")):
            st.subheader(title, anchor=False)
            entries = [entry for entry in gallery.ENTRIES if entry.good == good]
            for at in range(0, len(entries), _PER_ROW):
                columns = st.columns(_PER_ROW)
                for column, entry in zip(columns, entries[at : at + _PER_ROW], strict=False):
                    with column:
                        _card(entry)


def _card(entry: gallery.Entry) -> None:
    run = cached.network_training(entry.setup)
    figures = f"loss {run.train_losses[-1]:.2g} after {run.outcome.step:,} steps"
    if run.dataset.task == "classification":
        figures = f"{run.train_accuracies[-1]:.0%} right, {figures}"
    if run.dataset.n_test:
        figures += f"; test loss {run.test_losses[-1]:.2g}"
    with st.container(border=True, height="stretch"):
        picture, words = st.columns([2, 3])
        picture.image(
            cached.output_map(entry.setup),
            width="stretch",
            alt=f"What this network says over the plane: {figures}",
        )
        with words:
            st.markdown(f"**{entry.title}**")
            st.button(
                "Show it",
                icon=":material/play_arrow:",
                key=xor_state.key(f"gallery_{entry.name}"),
                on_click=xor_state.apply,
                args=(entry.setup,),
            )
        st.markdown(entry.sentence)
        st.caption(figures)

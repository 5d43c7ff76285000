"""The neural network lab in pieces: which view is open, and what it shows."""

import streamlit as st

from components import (
    xor_gallery,
    xor_landscape,
    xor_learned,
    xor_lottery,
    xor_state,
    xor_train,
    xor_walk,
)
from core.networks.recording import Recording


def chosen_view() -> str:
    """Choose what to look at; only that is computed."""
    views = list(xor_train.VIEWS)
    return st.segmented_control(
        "View",
        views,
        default=views[0],
        required=True,
        format_func=xor_train.VIEWS.__getitem__,
        key=xor_state.key("show"),
        bind="query-params",
        label_visibility="collapsed",
    )


def show(view: str, trained: Recording) -> None:
    """Show one view.

    Args:
        view: A key of ``xor_train.VIEWS``.
        trained: The training of the present settings.
    """
    st.session_state[xor_state.key("shown")] = trained.setup
    _SHOWN[view](trained)
    if view not in ("lottery", "gallery"):
        xor_train.tell_the_end(trained)
        xor_train.tell_why(trained)


_SHOWN = {
    "train": xor_train.show,
    "walk": xor_walk.show,
    "lottery": xor_lottery.show,
    "landscape": xor_landscape.show,
    "learned": xor_learned.show,
    "gallery": xor_gallery.show,
}

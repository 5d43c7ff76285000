"""The What it learned view: how the hidden layer moves the points until a line separates them."""

import streamlit as st

from components import cached, network_space, xor_state
from core.networks.recording import Recording


def show(trained: Recording) -> None:
    """Show the plane on its way into the hidden layer.

    Args:
        trained: The whole training.
    """
    if not trained.setup.network.hidden:
        st.info(
            "Without a hidden layer there is nothing to move the points: the output draws one "
            "straight line through the inputs. Add a hidden layer in the sidebar.",
            icon=":material/info:",
        )
        return
    network_space.network_space(
        cached.packed_network(trained.setup),
        key=xor_state.key("space"),
        token=repr(trained.setup),
        alt="The points and the grid of the plane, moved to where the hidden layer puts them",
    )
    told = (
        "A neuron can only draw a straight line. The hidden layer's work is to move the points so "
        "that one straight line is enough."
    )
    if trained.setup.network.hidden[-1] > 2:
        share = cached.hidden_space_explained(trained.setup)
        told += f" This flat picture holds {share:.0%} of what the last hidden layer says."
    st.caption(told)

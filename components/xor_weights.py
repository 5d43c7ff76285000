"""Start weights of one's own: edited in the picture, imported, or read from the link."""

import math
from typing import Any

import streamlit as st

from core.networks import plan
from core.networks.architecture import Network

MOST_IN_LINK = 120
"""So many weights still fit into a link."""

_LINK = "xor_trainer_weights"
_WEIGHTS = "xor_trainer_own_weights"
_DRAWN_AS = "xor_trainer_drawn_as"


def own_weights(network: Network, drawn_as: tuple[str, int]) -> tuple[float, ...]:
    """Return the weights set by hand, if they fit the network; else none.

    Args:
        network: The network on screen.
        drawn_as: How and with which seed the start weights would be drawn; when that changes, new
            ones are wanted, and those set by hand are forgotten.
    """
    if st.session_state.setdefault(_DRAWN_AS, drawn_as) != drawn_as:
        forget()
    st.session_state[_DRAWN_AS] = drawn_as
    if _WEIGHTS not in st.session_state:
        st.session_state[_WEIGHTS] = _from_link(st.query_params.get(_LINK, ""))
    weights: tuple[float, ...] = st.session_state[_WEIGHTS]
    fits = len(weights) == network.n_parameters
    if weights and fits and len(weights) <= MOST_IN_LINK:
        st.query_params[_LINK] = "_".join(f"{weight:.6g}" for weight in weights)
    else:
        st.query_params.pop(_LINK, None)
    if not weights or not fits:
        return ()
    st.caption("The start weights were set by hand.")
    st.button("Draw them again", icon=":material/undo:", key="xor_trainer_forget", on_click=forget)
    return weights


def forget() -> None:
    """Go back to drawn start weights."""
    st.session_state[_WEIGHTS] = ()


def keep(values: Any) -> bool:
    """Start from these weights from now on.

    Args:
        values: From the browser or a file, so not trusted.

    Returns:
        Whether they can be used; if not, a message says why.
    """
    if not isinstance(values, list) or not all(isinstance(one, int | float) for one in values):
        return False
    largest = max((abs(one) for one in values), default=0.0)
    if not (math.isfinite(largest) and largest <= plan.LARGEST_WEIGHT):
        st.toast(
            f"A weight of {largest:.3g} is beyond ±{plan.LARGEST_WEIGHT:g}: nothing could be "
            "learned from there. The start weights stay as they were.",
            icon=":material/block:",
            duration="long",
        )
        return False
    # Six digits are what a link and a person can carry; the training starts from exactly these.
    st.session_state[_WEIGHTS] = tuple(float(f"{one:.6g}") for one in values)
    return True


def _from_link(text: str) -> tuple[float, ...]:
    try:
        weights = tuple(float(part) for part in text.split("_")) if text else ()
    except ValueError:
        return ()
    usable = all(abs(one) <= plan.LARGEST_WEIGHT for one in weights)
    return weights if usable and len(weights) <= MOST_IN_LINK else ()


def show_network(network: Network) -> None:
    """Write a network's layers into the controls of the sidebar.

    Args:
        network: Any network.
    """
    st.session_state["xor_trainer_features"] = list(network.features)
    st.session_state["xor_trainer_layers"] = len(network.hidden)
    for place, (width, bend) in enumerate(
        zip(network.hidden, network.activations, strict=True), start=1
    ):
        st.session_state[f"xor_trainer_neurons_{place}"] = width
        st.session_state[f"xor_trainer_activation_{place}"] = bend

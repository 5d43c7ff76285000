"""The Loss landscape view: the loss over two weights, or two random directions, and the path."""

import streamlit as st

from components import cached, controls, network_plane, xor_state
from core.networks import architecture
from core.networks.recording import Recording

_WAYS = {"weights": "Two weights", "directions": "At random", "path": "The path itself"}


def show(trained: Recording) -> None:
    """Show the loss around the end of a training.

    Args:
        trained: The whole training.
    """
    over, along = st.columns([3, 4])
    with over:
        way = controls.choice("Over", list(_WAYS), key=_key("over"), format_func=_WAYS.__getitem__)
    with along:
        arguments = _ARGUMENTS[way](trained)
    with st.spinner("Measuring the loss of 1,681 networks …"):
        plane = cached.packed_loss_plane(trained.setup, way, *arguments)
    network_plane.network_plane(
        plane,
        key=_key("plane"),
        token=f"{trained.setup!r} {way} {arguments}",
        alt=f"Loss of the network over {_WAYS[way].lower()}, with the path of the training",
    )
    st.caption(
        "Grey: the start. Blue: the path of the training. All other weights stand where it ended, "
        "so only the end of the path lies on this ground exactly. Press 3-D, then drag."
    )


def _key(name: str) -> str:
    return xor_state.key(f"landscape_{name}")


def _two_weights(trained: Recording) -> tuple[int, ...]:
    names = architecture.parameter_names(trained.setup.network)
    left, right = st.columns(2)
    chosen = []
    for column, label, default in ((left, "Across", 0), (right, "Up", 1)):
        key = _key(label.lower())
        if (st.session_state.get(key) or 0) >= len(names):
            st.session_state[key] = default
        chosen.append(
            column.selectbox(
                f"Weight {label.lower()}",
                range(len(names)),
                index=min(default, len(names) - 1),
                format_func=names.__getitem__,
                key=key,
                bind="query-params",
            )
        )
    if chosen[0] == chosen[1]:
        st.info("Choose two different weights.", icon=":material/edit:")
        st.stop()
    return tuple(chosen)


def _two_directions(trained: Recording) -> tuple[int, ...]:
    seed = controls.whole_number(
        "Seed of the directions",
        0,
        2**31 - 1,
        0,
        key=_key("seed"),
        help="Another seed, another pair of directions through the same place.",
    )
    return (seed,)


_ARGUMENTS = {
    "weights": _two_weights,
    "directions": _two_directions,
    "path": lambda trained: (),
}

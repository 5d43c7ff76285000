"""The trained network as files to take away, and the way back in."""

import streamlit as st

from components import cached, xor_weights
from components.plain import plain
from core.networks import exchange, torch_scripts
from core.networks.plan import Setup

_TOLD = "xor_trainer_weights_told"


def export_and_import(setup: Setup) -> None:
    """Offer the trained network as files, and take one back.

    Args:
        setup: The training on screen.
    """
    folded = st.expander(
        "Take the network with you: PyTorch, weights as JSON",
        icon=":material/ios_share:",
        on_change="rerun",
        key="xor_trainer_export_open",
    )
    if not folded.open:
        return
    run = cached.network_training(setup)
    with folded:
        weights = exchange.to_json(setup.network, run.weights[-1])
        torch_code = torch_scripts.torch_script(run)
        left, right = st.columns(2)
        left.download_button(
            "Weights as JSON",
            weights,
            file_name="llm_labs_network.json",
            mime="application/json",
            icon=":material/download:",
            key="xor_trainer_json",
            on_click="ignore",
        )
        right.download_button(
            "PyTorch code",
            torch_code,
            file_name="llm_labs_network_torch.py",
            mime="text/x-python",
            icon=":material/download:",
            key="xor_trainer_torch",
            on_click="ignore",
        )
        st.code(torch_code, language="python", height=260)
        st.file_uploader(
            "Bring weights back (JSON)",
            type=["json"],
            key="xor_trainer_import",
            on_change=_take_file,
            help="A file from the button above. Its layers replace those in the sidebar.",
        )
        if st.session_state.get(_TOLD):
            st.caption(plain(st.session_state[_TOLD]))


def _take_file() -> None:
    file = st.session_state["xor_trainer_import"]
    if file is None:
        return
    try:
        network, weights = exchange.from_json(file.getvalue())
    except exchange.WeightsError as problem:
        st.session_state[_TOLD] = str(problem)
        return
    xor_weights.show_network(network)
    if xor_weights.keep([float(weight) for weight in weights]):
        st.session_state[_TOLD] = f"{len(weights)} weights were read; the training starts there."

"""Controls and frames that steps 3 to 5 of the quantization lab share."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from components import (
    cached,
    controls,
    layout,
    model_loading,
    quantization_scheme,
    shared_work,
)
from components.plain import plain
from components.quantization_work import Step, TrialAsked, start
from core.quantization import sample_texts

if TYPE_CHECKING:
    from core.model_store.loading import LoadedModel

SIMULATED = "simulated"
_COMPUTED_BY = {
    SIMULATED: "Simulated",
    "bnb_int8": "bitsandbytes int8",
    "bnb_nf4": "bitsandbytes NF4",
}
_SCOPES = {"all": "All matrices", "layers": "Layers only"}
_OURS, _OWN = "The lab's text", "My own text"
_FEWEST_CHARACTERS = 60
"""A shorter text has too few tokens to judge anything."""


def read_trial() -> "tuple[LoadedModel, TrialAsked]":
    """Ask for model, scheme, kernel, scope and text; say what is known about the model."""
    with st.sidebar:
        model_id = controls.model_picker("causal_lm", key="quantization_lab_lm")
        scheme = quantization_scheme.scheme_control(default="q4_0")
        scope = controls.choice(
            "Rounded",
            tuple(_SCOPES),
            key="quantization_lab_scope",
            format_func=_SCOPES.get,
            help="All matrices as in a GGUF file, or the layers without embedding and head, as "
            "bitsandbytes does.",
        )
        computed_by = st.selectbox(
            "Computed by",
            list(_COMPUTED_BY),
            format_func=_COMPUTED_BY.get,
            key="quantization_lab_kernel",
            help="Simulated: the weights are rounded, expanded again and computed with in float32. "
            "bitsandbytes computes with its own int8 and NF4, on the layers only.",
            bind="query-params",
        )
        whose = controls.choice("Text to read", (_OURS, _OWN), key="quantization_lab_whose")
    lm = model_loading.ready_causal_lm(model_id)
    kernel = "" if computed_by == SIMULATED else _usable(computed_by)
    text = sample_texts.TEXT if whose == _OURS else _own_text()
    if scheme.needs_inputs and not kernel:
        st.caption(
            ":material/schedule: This scheme looks at each layer's inputs before it rounds it, and "
            "takes about a minute. It stores the layers only: no layer computes an embedding's "
            "input."
        )
    only_layers = bool(kernel) or scheme.needs_inputs
    return lm, TrialAsked(model_id, scheme, kernel, "layers" if only_layers else scope, text)


def note(lm: "LoadedModel") -> None:
    """Say what is known about the weights, and what it means for the figures."""
    if lm.note:
        st.caption(
            f":material/info: {plain(lm.note)} So a scheme with another grid rounds what is "
            "rounded already, and the same grid changes nothing."
        )


def show_step(step: Step) -> None:
    """Show how far the work is."""
    st.progress(min(1.0, step.fraction), text=plain(step.stage))
    if step.so_far:
        st.caption(plain(step.so_far))


def start_button(
    label: str,
    *,
    key: str,
    asked: Any,
    help: str,  # noqa: A002 - Streamlit's own word for it
    is_done: bool = False,
) -> None:
    """Offer to begin some work, unless it is under way.

    Args:
        label: What the button says.
        key: Session key of the request.
        asked: What is asked for.
        help: How long it takes.
        is_done: Whether the result is on screen already.
    """
    st.button(
        label,
        icon=":material/play_arrow:",
        type="primary",
        key=f"{key}_start",
        on_click=shared_work.ask,
        args=(key, asked, start(asked)),
        disabled=is_done or shared_work.is_asked(key, asked),
        help=help,
    )


def _usable(kernel: str) -> str:
    problem = cached.kernel_problem(kernel)
    if problem:
        st.warning(f"{plain(problem)} The lab simulates instead.", icon=":material/extension_off:")
        return ""
    fixed = "int8 by row, with outlier columns in 16 bits" if kernel == "bnb_int8" else "NF4"
    st.caption(f"bitsandbytes brings its own scheme, {fixed}; the one at the side is not used.")
    return kernel


def _own_text() -> str:
    text = controls.long_text(
        "Your text",
        "",
        key="quantization_lab_text",
        help="The first 1,024 tokens are read. A paragraph or more gives steady figures.",
    )
    if len(text) < _FEWEST_CHARACTERS:
        layout.ask_again(
            f"Paste some text for both models to read: {_FEWEST_CHARACTERS} characters or more."
        )
    return text

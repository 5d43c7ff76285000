"""The only caches of the project: one small wrapper around one core call each.

Keys are strings, numbers and tuples; cached models are shared by all sessions and never changed.
Core modules that import torch are imported inside the wrapper, so that a page without a model
stays light.
"""

import gc
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.turns import Turns

if TYPE_CHECKING:
    from core.language_models.next_token import Prompt
    from core.model_store.loading import LoadedModel


@st.cache_resource(max_entries=2, show_spinner=False)
def causal_lm(model_id: str) -> "LoadedModel":
    """Load a language model once for all sessions."""
    from core.model_store import loading

    return loading.load_causal_lm(model_id)


@st.cache_data(max_entries=256, show_spinner=False)
def next_token_logits(model_id: str, text: str) -> NDArray[np.float32]:
    """Run a model on a prompt; shape (V,)."""
    from core.language_models import next_token

    return next_token.next_token_logits(causal_lm(model_id), text)


@st.cache_resource(max_entries=64, show_spinner=False)
def freeze_heap_after(url_path: str) -> None:
    """Once per page, after its first full run: spare the collector what that run has imported.

    Streamlit collects garbage after every run of every session, under the interpreter's lock. What
    a page imports stays for good, and looking at it again and again was nearly half of the work of
    a server with thirty visitors.
    """
    gc.collect()
    gc.freeze()


@st.cache_resource(max_entries=1, show_spinner=False)
def turns() -> Turns:
    """Return the queue in which sessions wait to generate; one generates at a time."""
    return Turns(limit=1)


@st.cache_data(max_entries=256, show_spinner=False)
def encoded_prompt(model_id: str, text: str) -> "Prompt":
    """Split a prompt into the tokens that a model reads."""
    from core.language_models import next_token

    return next_token.encode_prompt(causal_lm(model_id), text)


@st.cache_data(max_entries=2_000, show_spinner=False)
def token_names(model_id: str, token_ids: tuple[int, ...]) -> tuple[str, ...]:
    """Return the visible names of some tokens of a model's vocabulary."""
    from core.language_models import vocabulary

    tokenizer = causal_lm(model_id).tokenizer
    return tuple(vocabulary.visible_token(tokenizer, token_id).text for token_id in token_ids)

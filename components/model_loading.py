"""What a reader sees while a model is fetched and loaded, and when it cannot be."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from components import cached
from components.plain import plain
from core.model_store import errors, fetching, store

if TYPE_CHECKING:
    from core.model_store.loading import LoadedModel


def ready_causal_lm(model_id: str) -> "LoadedModel":
    """Return a language model, showing what happens until it is there.

    A model that is not in the store is fetched first, with its progress on screen. One that
    cannot be had ends the run with a sentence that says what to do.

    Args:
        model_id: A catalog id or the id of a model on the hub.
    """
    return _ready(model_id, cached.causal_lm)


def ready_encoder(model_id: str) -> "LoadedModel":
    """Return an encoder, in the same way."""
    return _ready(model_id, cached.encoder)


def ready_model(model_id: str) -> "LoadedModel":
    """Return a language model or an encoder, whichever the id stands for."""
    return _ready(model_id, cached.any_model)


def fetch_missing(model_ids: Iterable[str]) -> None:
    """Fetch what is not in the store, such as a vocabulary, showing its progress.

    Args:
        model_ids: Catalog ids. One that cannot be had ends the run with a sentence.
    """
    try:
        for model_id in model_ids:
            if not store.is_stored(model_id):
                _fetch(model_id)
    except errors.ModelUnavailableError as error:
        st.error(plain(str(error)), title="This is not available", icon=":material/cloud_off:")
        st.stop()


def ready_folder(model_id: str) -> Path:
    """Return the folder of files that are looked at without being loaded, in the same way."""
    try:
        if not store.is_stored(model_id):
            _fetch(model_id)
        store.check(model_id)
    except errors.ModelUnavailableError as error:
        st.error(plain(str(error)), title="This file is not available", icon=":material/cloud_off:")
        st.stop()
    return store.model_folder(model_id)


def _ready(model_id: str, load: Callable[[str], "LoadedModel"]) -> "LoadedModel":
    try:
        if not store.is_stored(model_id):
            _fetch(model_id)
        with st.skeleton(height=320), st.spinner("Loading the model into memory…"):
            return load(model_id)
    except errors.ModelUnavailableError as error:
        st.error(
            plain(str(error)), title="This model is not available", icon=":material/cloud_off:"
        )
        st.stop()


def _fetch(model_id: str) -> None:
    with st.status("Fetching the model, once for this machine", expanded=True) as status:
        bar = st.progress(0.0)
        for progress in fetching.fetch(model_id):
            text = f"{progress.stage}: {progress.detail}" if progress.detail else progress.stage
            bar.progress(progress.fraction or 0.0, text=plain(text))
        status.update(label="The model is in the store", state="complete", expanded=False)

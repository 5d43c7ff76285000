"""What a reader sees while tokenizers are fetched and opened, and when one cannot be."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from components import cached
from components.plain import plain
from core.model_store import errors, fetching, hub_tokenizers, store
from core.tokenization import known_tokenizers

MADE_KEY = "tokenizer_builder_made"
"""Session key under which the lab that builds tokenizers leaves the one the reader made."""


@dataclass(frozen=True)
class Chosen:
    """A tokenizer that is open."""

    name: str
    """How it is called in the address bar."""
    title: str
    tokenizer_json: str = ""
    """Its file, if it is not one of the stored ones."""


def made_here() -> Chosen | None:
    """Return the tokenizer that the reader has built in this session, if there is one."""
    made = st.session_state.get(MADE_KEY)
    if not made:
        return None
    return Chosen(f"own {made['name']}", made["name"], made["json"])


def ready_tokenizers(names: Sequence[str]) -> list[Chosen]:
    """Open tokenizers, fetching those that are not in the store with their progress on screen.

    One that cannot be had is named in a sentence, and left out.

    Args:
        names: Names of known tokenizers, or ids of hub repositories.
    """
    missing = [name for name in names if not _is_ready(name)]
    with st.spinner("Opening the vocabularies…") if missing else st.empty():
        return [chosen for name in names if (chosen := _ready(name))]


def _is_ready(name: str) -> bool:
    known = known_tokenizers.KNOWN.get(name)
    return store.is_stored(known.store_id) if known else hub_tokenizers.find(name) is not None


def _ready(name: str) -> Chosen | None:
    try:
        known = known_tokenizers.KNOWN.get(name)
        if known is None:
            hub_tokenizers.fetch(name)
        elif not store.is_stored(known.store_id):
            _fetch(known.title, known.store_id)
        cached.tokenizer(name)
        return Chosen(name, known.title if known else name)
    except (errors.ModelUnavailableError, FileNotFoundError, ValueError) as error:
        st.warning(
            plain(str(error)),
            title=f"{plain(name)} is not available",
            icon=":material/cloud_off:",
        )
        return None


def _fetch(title: str, store_id: str) -> None:
    with st.status(f"Fetching {title}, once for this machine", expanded=True) as status:
        bar = st.progress(0.0)
        for progress in fetching.fetch(store_id):
            bar.progress(progress.fraction or 0.0, text=plain(progress.stage))
        status.update(label=f"{title} is in the store", state="complete", expanded=False)

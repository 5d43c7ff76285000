"""What the attention viewer shows right now, shared by the address bar, the page and the picture.

The picture answers at once and reports what was chosen in it; the page may also choose, by a link,
a number field or a guided experiment. ``nonce`` tells the picture which of the two it was, so that
a parcel of a megabyte does not travel again for a click that the picture has made itself.
"""

from dataclasses import asdict, replace
from typing import Any

import streamlit as st

from components import controls
from components.attention_view import DRAWINGS, PARTS, SCOPES, Look

_P = "attention_viewer_"
_CHOICES = {"drawing": DRAWINGS, "scope": SCOPES, "part": PARTS}

FIRST = {
    "smollm2-135m-instruct": Look(layer=13, head=8, query=8, key=1),
    "all-minilm-l6-v2": Look(layer=3, head=1, query=10, key=2),
}
"""What a fresh page shows of a model that we know: a head that connects "it" with "animal"."""


def read(model_id: str, *, n_layer: int, n_head: int, n_tokens: int) -> Look:
    """Show the number fields and return what the page shows.

    Args:
        model_id: The model; it decides what a fresh page shows.
        n_layer: Number of layers of the model.
        n_head: Heads per layer.
        n_tokens: Number of tokens of the text.
    """
    first = FIRST.get(model_id, Look(layer=n_layer // 2, head=0, query=n_tokens - 1, key=0))
    chosen: dict[str, Any] = {}
    labels = {
        "layer": ("Layer", n_layer, "Counted from 0 at the bottom, as in papers."),
        "head": ("Head", n_head, "Counted from 0. The heads of a layer work side by side."),
        "query": ("Looks", n_tokens, "Place of the token that looks, the query, from 0."),
        "key": ("Is looked at", n_tokens, "Place of the token that is looked at, the key, from 0."),
    }
    left, right = st.columns(2)
    for n, (name, (label, count, what)) in enumerate(labels.items()):
        key = _P + name
        if st.session_state.get(key) is not None:
            # A shorter text or another model may have fewer of them.
            st.session_state[key] = min(int(st.session_state[key]), count - 1)
        with left if n % 2 == 0 else right:
            default = min(getattr(first, name), count - 1)
            # A field between 0 and 0 cannot be drawn.
            chosen[name] = (
                controls.whole_number(label, 0, count - 1, default, key=key, help=what)
                if count > 1
                else 0
            )
    for name in ("drawing", "across", "scope", "sink", "part"):
        chosen[name] = _remembered(name, getattr(first, name))
    return Look(**chosen)


def _remembered(name: str, default: str | bool) -> str | bool:
    """Recall a setting that only the picture has a control for; keep it in the address bar."""
    key = _P + name
    if key not in st.session_state:
        asked = st.query_params.get(key)
        if isinstance(default, bool):
            st.session_state[key] = asked == "true" if asked else default
        else:
            st.session_state[key] = asked if asked in _CHOICES[name] else default
    value = st.session_state[key]
    if value == default:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = str(value).lower()
    return value


def choose(changed: dict[str, Any], *, view: str, look: Look) -> None:
    """Take over what was chosen in a picture.

    Args:
        changed: Fields of a ``Look``.
        view: Key of the picture that knows it already.
        look: What the picture showed before.
    """
    for name, value in changed.items():
        st.session_state[_P + name] = value
    seen = st.session_state.get(f"{view}_seen", (None, 0))
    st.session_state[f"{view}_seen"] = (replace(look, **changed), seen[1])


def show_head(layer: int, head: int) -> None:
    """Show a head, for a button that names it."""
    st.session_state[_P + "layer"], st.session_state[_P + "head"] = layer, head
    st.session_state[_P + "scope"] = "head"


def nonce(look: Look, *, view: str) -> str:
    """Return a word that changes when a picture has to be told what it shows.

    Args:
        look: What it is to show.
        view: Key of the picture.
    """
    seen, count = st.session_state.get(f"{view}_seen", (None, 0))
    # A picture that was away has no memory of its own.
    if seen != look or view not in st.session_state:
        count += 1
    st.session_state[f"{view}_seen"] = (look, count)
    return str(count)


def settings(look: Look) -> dict[str, Any]:
    """Return a look as the page's controls hold it, for a guided experiment.

    Example:
        >>> settings(Look(layer=1, head=2, query=3, key=0))["attention_viewer_layer"]
        1
    """
    return {_P + name: value for name, value in asdict(look).items()}

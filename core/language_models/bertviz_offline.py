"""BertViz's own pictures, working without a network and with any text.

BertViz writes a page that loads its libraries from the web, and puts the tokens into a script as
they are. Here the libraries come out of the store, and the tokens cannot end the script.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.model_store import browser_scripts, store
from core.model_store.errors import ModelUnavailableError

SCRIPT_IDS = (browser_scripts.JQUERY, browser_scripts.D3)
"""What must be in the store; ``core.model_store.fetching`` gets it."""

MAX_CELLS = {"head": 400_000, "model": 100_000}
"""How many attention weights each view can carry and still answer: about 6 bytes of page each, and
in the model view a line each on the screen at once."""

_FROM_THE_WEB = (
    '<script src="https://cdnjs.cloudflare.com/ajax/libs/require.js/2.3.6/require.min.js"></script>'
)
_DATA = (
    "const params = ",
    "; // HACK: ",
    " is a template marker that is replaced by actual params.",
)
"""What stands before, between and after the two copies of the data."""

_STAND_IN = """
var require = {config: function () {}};
function requirejs(names, run) { run(window.jQuery, window.d3); }
"""
_HEAD = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>BertViz</title>'
    # The page may run what it brings along, and ask nobody for anything.
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:\">"
    # BertViz writes in black.
    "<style>body{background:#fff;color:#222;margin:8px}</style></head><body>"
)


def layers_that_fit(view: str, *, n_layer: int, n_head: int, n_tokens: int) -> int:
    """Say how many layers a view of BertViz can carry.

    Args:
        view: "head" or "model".
        n_layer: How many layers the model has.
        n_head: Heads per layer.
        n_tokens: Length of the text.

    Returns:
        From 0 (the text is too long) to ``n_layer``.

    Example:
        >>> layers_that_fit("head", n_layer=30, n_head=9, n_tokens=64)
        10
    """
    return min(n_layer, MAX_CELLS[view] // (n_head * n_tokens * n_tokens))


def are_scripts_stored() -> bool:
    """Say whether the two libraries are in the store."""
    return all(store.is_stored(one) for one in SCRIPT_IDS)


def head_view_html(
    probs: NDArray[np.floating],
    tokens: Sequence[str],
    *,
    layers: Sequence[int],
    layer: int | None = None,
    second_starts: int | None = None,
) -> str:
    """Write BertViz's head view: lines between tokens, one colour per head of a layer.

    Args:
        probs: Attention weights of all layers, shape (n_layer, n_head, T, T).
        tokens: Visible names of the tokens, shape (T,).
        layers: Which layers go into the page.
        layer: Which of them is shown first; None for the first.
        second_starts: Where the second text of a pair begins, if there is one.

    Returns:
        A whole HTML page that needs nothing from outside.

    Raises:
        ValueError: If this is more than ``MAX_CELLS``, or there is no layer.
        ModelUnavailableError: If the libraries are not in the store.
    """
    import bertviz  # two seconds, so not before somebody asks for it

    page = bertviz.head_view(
        _as_tensors(probs, layers, "head"),
        list(tokens),
        sentence_b_start=second_starts,
        prettify_tokens=False,
        layer=layer,
        include_layers=list(layers),
        html_action="return",
    )
    return _offline(page.data)


def model_view_html(
    probs: NDArray[np.floating],
    tokens: Sequence[str],
    *,
    layers: Sequence[int],
    second_starts: int | None = None,
) -> str:
    """Write BertViz's model view: a small picture per head, layers from top to bottom.

    Args:
        probs: Attention weights of all layers, shape (n_layer, n_head, T, T).
        tokens: Visible names of the tokens, shape (T,).
        layers: Which layers go into the page.
        second_starts: Where the second text of a pair begins, if there is one.

    Returns:
        A whole HTML page that needs nothing from outside.

    Raises:
        ValueError: If this is more than ``MAX_CELLS``, or there is no layer.
        ModelUnavailableError: If the libraries are not in the store.
    """
    import bertviz

    page = bertviz.model_view(
        _as_tensors(probs, layers, "model"),
        list(tokens),
        sentence_b_start=second_starts,
        prettify_tokens=False,
        include_layers=list(layers),
        display_mode="light",
        html_action="return",
    )
    return _offline(page.data)


def _as_tensors(probs: NDArray[np.floating], layers: Sequence[int], view: str) -> list:
    import torch

    n_layer, n_head, n_tokens, _ = probs.shape
    fitting = layers_that_fit(view, n_layer=n_layer, n_head=n_head, n_tokens=n_tokens)
    if not 0 < len(layers) <= fitting:
        raise ValueError(
            f"BertViz's {view} view can carry {fitting} layers of {n_tokens} tokens, "
            f"not {len(layers)}"
        )
    # Four digits are more than a line's shade shows, and a third of the page.
    return [torch.from_numpy(np.round(layer.astype(np.float64), 4))[None] for layer in probs]


def _offline(page: str) -> str:
    """Put the libraries in the place of the web addresses, and make the tokens harmless."""
    before, found, after = page.partition(_FROM_THE_WEB)
    start = after.find(_DATA[0])
    end = after.find("\n", start)
    line = after[start:end]
    # BertViz writes all its data twice: a comment beside it names the marker that it replaces.
    n_data = (len(line) - len("".join(_DATA))) // 2
    data = line[len(_DATA[0]) :][:n_data]
    if not found or start < 0 or line != data.join(_DATA):
        raise ValueError("this version of BertViz writes another page than 1.4.1")
    # Inside the data a "<" can only be text; written as an escape it opens and ends no tag.
    harmless = _DATA[0] + data.replace("<", "\\u003c") + ";"
    scripts = "".join(f"<script>{one}</script>" for one in (*_libraries(), _STAND_IN))
    return f"{_HEAD}{before}{scripts}{after[:start]}{harmless}{after[end:]}</body></html>"


def _libraries() -> list[str]:
    if not are_scripts_stored():
        raise ModelUnavailableError(
            "BertViz's picture needs jQuery and D3, which are not in the store. Fetch them: "
            f"python -m core.model_store fetch {' '.join(SCRIPT_IDS)}"
        )
    names = ("jquery.min.js", "d3.v5.min.js")
    return [
        (store.model_folder(one) / name).read_text(encoding="utf-8")
        for one, name in zip(SCRIPT_IDS, names, strict=True)
    ]

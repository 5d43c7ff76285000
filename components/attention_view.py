"""The attention of all heads of a model, drawn in the browser from one packed parcel."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from components.charts import palette

_FOLDER = Path(__file__).parent
_SCRIPTS = ("data", "draw", "matrix", "export", "hands")

DRAWINGS = ("lines", "matrix")
SCOPES = ("head", "layer")
PARTS = ("all", "00", "01", "10", "11")
"""Which of a pair of texts looks at which: "01" is the first at the second."""

_HTML = """
<div class="attention" data-part="root">
  <div class="bar">
    <span class="title" data-part="title"></span>
    <span class="group" role="group" aria-label="Drawing">
      <button type="button" data-set="drawing=lines">Lines</button>
      <button type="button" data-set="drawing=matrix">Matrix</button></span>
    <span class="group" role="group" aria-label="Direction" data-part="turning">
      <button type="button" data-set="across=false">Vertical</button>
      <button type="button" data-set="across=true">Horizontal</button></span>
    <span class="group" role="group" aria-label="Heads">
      <button type="button" data-set="scope=head">One head</button>
      <button type="button" data-set="scope=layer">Layer mean</button></span>
    <label class="checked" data-part="sinkLabel"><input type="checkbox" data-part="sink">
      <span data-part="sinkText"></span></label>
    <select aria-label="Which text looks at which" data-part="part">
      <option value="all">both texts</option>
      <option value="00">first → first</option><option value="01">first → second</option>
      <option value="10">second → first</option><option value="11">second → second</option></select>
  </div>
  <div class="stage" data-part="stage">
    <div class="heads" data-part="heads">
      <canvas class="overview" role="img" tabindex="0" data-part="overview"></canvas></div>
    <div class="scroller" tabindex="0" aria-label="Arrow keys move the chosen pair of tokens" data-part="scroller">
      <div class="space" data-part="space"><canvas class="main" role="img" data-part="main"></canvas></div></div>
    <div class="tip" data-part="tip" hidden></div>
    <div class="lens" data-part="lens" hidden><canvas data-part="lensImage"></canvas>
      <div class="lensName" data-part="lensName"></div></div>
  </div>
  <div class="foot"><div class="told" data-part="told"></div>
    <div class="tools">
    <label class="zoom">zoom <input type="range" min="-1" max="2" step="0.25" value="0" data-part="zoom"></label>
    <span class="group" role="group" aria-label="Save">
      <button type="button" title="Save the picture as an image" data-part="png">PNG</button>
      <button type="button" title="Save all of it as a page of its own" data-part="page">HTML</button></span>
    </div>
  </div>
</div>
"""  # noqa: E501 - one tag per line


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _script() -> str:
    """Wrap the view as one function, so that a saved page can carry its own source."""
    library = "\n".join(
        [*(_read(f"attention_view_{name}.js") for name in _SCRIPTS), _read("attention_view.js")]
    )
    page = json.dumps({"html": _HTML, "css": _read("attention_view.css")})
    return (
        f"const page = {page};\n"
        f"const library = function () {{\n{library}\nreturn {{ mount, savePage }};\n}};\n"
        "const { mount, savePage } = library();\n"
        "export default (component) => mount(component, (state) => savePage(state, library, page));"
    )


_VIEW = st.components.v2.component(
    "llm_labs_attention_view", html=_HTML, css=_read("attention_view.css"), js=_script()
)


@dataclass(frozen=True)
class Look:
    """Which head is shown, how, and which pair of tokens is chosen."""

    layer: int
    head: int
    query: int
    """The token that looks, from 0."""
    key: int
    """The token that is looked at, from 0."""
    drawing: str = "lines"
    across: bool = False
    """Whether the two rows of tokens run from left to right."""
    scope: str = "head"
    """One head, or the mean of its layer."""
    sink: bool = False
    """Whether the tokens that serve as a sink are hidden and the rest made to sum to 1."""
    part: str = "all"


def parcel(header: Mapping[str, Any], parts: tuple[bytes, ...]) -> bytes:
    r"""Put a header and packed maps into one run of bytes.

    Args:
        header: What JSON can hold.
        parts: Compressed bytes, in the order in which the browser expects them.

    Returns:
        Four bytes with the length of the header, little-endian, the header, the parts.

    Example:
        >>> parcel({}, (b"ab",))
        b'\x0e\x00\x00\x00{"parts": [2]}ab'
    """
    words = json.dumps({**header, "parts": [len(part) for part in parts]}).encode()
    return b"".join((len(words).to_bytes(4, "little"), words, *parts))


def attention_view(
    header: Mapping[str, Any],
    parts: tuple[bytes, ...],
    look: Look,
    *,
    key: str,
    nonce: str,
    on_pick: Callable[[dict[str, Any]], None],
) -> None:
    """Draw the attention of a model.

    Args:
        header: What the maps are: ``id``, ``title``, ``alt``, ``tokens``, ``segments``, ``layers``,
            ``heads``, ``causal``, ``sinks``, ``firstLayer``, ``layersHere``, ``thumbSize``.
        parts: The packed maps.
        look: What is shown first, and again whenever ``nonce`` changes.
        key: Widget key, unique in the app.
        nonce: Changes when the page, not the reader's hand in the picture, has changed the look.
        on_pick: Called with the fields of a ``Look`` that the reader has chosen in the picture.
    """
    colours = {"ramp": palette.SEQUENTIAL, "looks": palette.AFTER, "marked": palette.MARKED}
    told = {"nonce": nonce, **asdict(look)}
    _VIEW(
        key=key,
        data=parcel({**header, "colours": colours, "told": told}, parts),
        on_picked_change=partial(_forward, key, header, on_pick),
        height="content",
    )


def _forward(
    key: str, header: Mapping[str, Any], on_pick: Callable[[dict[str, Any]], None]
) -> None:
    """Pass on what a browser reports; it is not trusted, so only known values in range pass."""
    said = st.session_state[key].picked
    if not isinstance(said, dict):
        return
    n_tokens = len(header["tokens"])
    numbers = {"layer": header["layers"], "head": header["heads"], "query": n_tokens}
    numbers["key"] = n_tokens
    words = {"drawing": DRAWINGS, "scope": SCOPES, "part": PARTS}
    picked: dict[str, Any] = {}
    for name, value in said.items():
        if name in numbers and type(value) in (int, float) and value in range(numbers[name]):
            picked[name] = int(value)
        elif (name in words and value in words[name]) or (
            name in ("across", "sink") and isinstance(value, bool)
        ):
            picked[name] = value
    on_pick(picked)

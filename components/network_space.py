"""The plane as a hidden layer sees it, in the browser: bent, until a line separates the classes."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components import network_view

_HTML = """
<div class="lab" data-part="lab">
  <div class="transport">
    <button type="button" data-part="toPlane">The plane</button>
    <input class="range" type="range" min="0" max="1" step="0.01" aria-label="From the plane to the hidden layer" data-part="share">
    <button type="button" data-part="toSpace">Hidden layer</button>
    <select aria-label="Layer" data-part="layer"></select>
  </div>
  <canvas class="space" role="img" data-part="space"></canvas>
  <div class="transport"><span class="quiet">Training</span>
    <input class="range" type="range" min="0" step="1" aria-label="Place in the training" data-part="frame">
    <span class="count" data-part="count"></span></div>
  <div class="quiet" aria-live="polite" data-part="told"></div>
</div>
"""  # noqa: E501 - one tag per line

_NETWORK_SPACE = st.components.v2.component(
    "llm_labs_network_space",
    html=_HTML,
    css=network_view.CSS,
    js=network_view.joined("network_math.js", "network_graph.js", "network_space.js"),
)


def network_space(run: Mapping[str, Any], *, key: str, token: str, alt: str) -> None:
    """Draw the plane on its way into a hidden layer.

    Args:
        run: From ``payload.pack``; it has at least one hidden layer.
        key: Widget key, unique in the app.
        token: Changes when the training does.
        alt: What the picture shows.
    """
    _NETWORK_SPACE(
        key=key,
        data={"run": run, "token": token, "alt": alt, "colours": network_view.COLOURS},
        height="content",
    )

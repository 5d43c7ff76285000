"""The loss over two directions of the weights, in the browser, with the training's path on it."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components import network_view

_HTML = """
<div class="lab" data-part="lab">
  <div class="terrain">
    <canvas class="space" role="img" tabindex="0" data-part="plane"></canvas>
    <button type="button" class="turn" aria-pressed="false" data-part="relief">3-D</button>
  </div>
  <div class="quiet" data-part="labels"></div>
  <div class="transport"><span class="quiet">Training</span>
    <input class="range" type="range" min="0" step="1" aria-label="Place in the training" data-part="frame">
    <span class="count" data-part="count"></span></div>
  <div class="quiet" aria-live="polite" data-part="told"></div>
</div>
"""  # noqa: E501 - one tag per line

_NETWORK_PLANE = st.components.v2.component(
    "llm_labs_network_plane",
    html=_HTML,
    css=network_view.CSS,
    js=network_view.joined("descent_draw.js", "network_math.js", "network_plane.js"),
)


def network_plane(plane: Mapping[str, Any], *, key: str, token: str, alt: str) -> None:
    """Draw a loss plane.

    Args:
        plane: ``shape``, ``first`` and ``second`` (ranges), ``labels``, ``steps`` and the base64
            arrays ``losses``, ``path``, ``path_losses``, ``off_plane``.
        key: Widget key, unique in the app.
        token: Changes when the plane does.
        alt: What the picture shows.
    """
    _NETWORK_PLANE(
        key=key,
        data={"plane": plane, "token": token, "alt": alt, "colours": network_view.COLOURS},
        height="content",
    )

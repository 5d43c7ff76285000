"""One example's way through a network and back, stage by stage, in the browser."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components import network_view

_HTML = """
<div class="lab" data-part="lab">
  <div class="transport">
    <button type="button" aria-label="One stage back" data-part="back">‹</button>
    <button type="button" class="play" aria-label="Play" data-part="play">▶</button>
    <button type="button" aria-label="One stage forward" data-part="forward">›</button>
    <span class="row" role="group" aria-label="Part of the walk" data-part="phases"></span>
    <input class="range" type="range" min="0" step="1" aria-label="Stage" data-part="range">
    <span data-part="count"></span>
  </div>
  <div class="stage">
    <div>
      <div class="graph tall" role="group" aria-label="The network" data-part="graph"></div>
      <div class="quiet" data-part="meaning"></div>
    </div>
    <div>
      <div class="heading" data-part="title"></div>
      <div class="walk-lines" aria-live="polite" data-part="lines"></div>
    </div>
  </div>
</div>
"""

_NETWORK_WALK = st.components.v2.component(
    "llm_labs_network_walk",
    html=_HTML,
    css=network_view.CSS,
    js=network_view.joined("network_math.js", "network_graph.js", "network_walk.js"),
)


def network_walk(walk: Mapping[str, Any], *, key: str, token: str) -> None:
    """Draw a walk.

    Args:
        walk: From ``walk_stages.pack``.
        key: Widget key, unique in the app.
        token: Changes when the walk does.
    """
    _NETWORK_WALK(
        key=key,
        data={"walk": walk, "token": token, "colours": network_view.COLOURS},
        height="content",
    )

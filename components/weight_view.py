"""A weight matrix before and after, and the error: point at a weight to see how it is made."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from components.charts import palette

_FOLDER = Path(__file__).parent

_HTML = """
<div class="bar" role="group" aria-label="What is drawn">
  <button type="button" data-layer="before" aria-pressed="false">Before</button>
  <button type="button" data-layer="after" aria-pressed="true">After</button>
  <button type="button" data-layer="error" aria-pressed="false">Error</button>
  <span class="legend"></span>
</div>
<div class="stage">
  <figure class="whole"><canvas class="map" role="img"></canvas><figcaption></figcaption></figure>
  <figure class="part"><canvas class="weights" role="img" tabindex="0"></canvas><figcaption></figcaption></figure>
</div>
<div class="say" role="status"></div>
"""  # noqa: E501 - one tag per line

_WEIGHT_VIEW = st.components.v2.component(
    "llm_labs_weight_view",
    html=_HTML,
    css=(_FOLDER / "weight_view.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "weight_view.js").read_text(encoding="utf-8"),
)


def weight_view(parcel: Mapping[str, Any], *, title: str, on_pick, key: str) -> None:
    """Draw a window of a matrix weight by weight, beside a small map of the whole.

    Args:
        parcel: From ``matrix_window.pack``.
        title: What the matrix is, for people who cannot see the picture.
        on_pick: Called with row and column of a weight that was clicked.
        key: Widget key, unique in the app.
    """
    _WEIGHT_VIEW(
        key=key,
        data={
            **parcel,
            "title": title,
            "colours": {
                "positive": palette.POSITIVE,
                "negative": palette.NEGATIVE,
                "neutral": palette.BEFORE,
                "marked": palette.MARKED,
            },
        },
        on_picked_change=partial(_forward, key, (parcel["rows"], parcel["cols"]), on_pick),
        height="content",
    )


def _forward(key: str, shape: tuple[int, int], on_pick) -> None:
    place = st.session_state[key].picked
    # The browser is not trusted: only the place of a weight passes.
    is_pair = isinstance(place, list) and len(place) == 2 and all(type(one) is int for one in place)
    if is_pair and all(0 <= one < n for one, n in zip(place, shape, strict=True)):
        on_pick(place[0], place[1])

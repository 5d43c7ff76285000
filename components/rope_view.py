"""RoPE as dials: each pair of a query's and a key's numbers turns with the word's place."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from components.charts import palette

_FOLDER = Path(__file__).parent

_HTML = """
<div class="rope">
  <div class="dials" data-part="dials" role="img"
    aria-label="One dial per pair of numbers: the query's hand, the key's hand, and where both began"></div>
  <div class="sliders">
    <label for="query"><span class="swatch query"></span>query stands at place</label>
    <input id="query" type="range" min="0" max="31" data-part="query"><output data-part="queryOut"></output>
    <label for="key"><span class="swatch key"></span>key stands at place</label>
    <input id="key" type="range" min="0" max="31" data-part="key"><output data-part="keyOut"></output>
    <label for="both"><span class="swatch both"></span>move both by</label>
    <input id="both" type="range" min="0" max="200" data-part="both"><output data-part="bothOut"></output>
  </div>
  <div class="total" role="status" data-part="total"></div>
</div>
"""  # noqa: E501 - one tag per line

_ROPE_VIEW = st.components.v2.component(
    "llm_labs_rope_view",
    html=_HTML,
    css=(_FOLDER / "rope_view.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "rope_view.js").read_text(encoding="utf-8"),
)


def rope_view(q: Sequence[float], k: Sequence[float], turns: Sequence[float], *, key: str) -> None:
    """Draw the dials; three sliders move the words, in the browser.

    Args:
        q: A query before it is turned, D numbers; number i pairs with number i + D/2.
        k: A key before it is turned, D numbers.
        turns: Radians per place of each pair, D/2 numbers.
        key: Widget key, unique in the app.
    """
    _ROPE_VIEW(
        key=key,
        data={
            "q": [float(one) for one in q],
            "k": [float(one) for one in k],
            "turns": [float(turn) for turn in turns],
            "start": {"query": 7, "key": 4, "both": 0},
            "colours": {
                "query": palette.AFTER,
                "key": palette.SERIES[3],
                "both": palette.MARKED,
            },
        },
        height="content",
    )

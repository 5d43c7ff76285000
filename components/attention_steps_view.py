"""Attention in four pictures drawn in the browser: every cell opens to its arithmetic."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from components.charts import palette

_FOLDER = Path(__file__).parent
_SCRIPTS = ("attention_steps_draw.js", "attention_steps_say.js", "attention_steps_view.js")

_HTML = """
<div class="attention">
  <div class="heads" role="group" aria-label="Heads" data-part="heads"></div>
  <div class="stages" data-part="stages"></div>
  <div class="say" role="status" data-part="say"></div>
  <label class="toggle">
    <input type="checkbox" data-part="showWeights"> show the weight matrices</label>
</div>
"""

_STEPS_VIEW = st.components.v2.component(
    "llm_labs_attention_steps",
    html=_HTML,
    css=(_FOLDER / "attention_steps_view.css").read_text(encoding="utf-8"),
    js="\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in _SCRIPTS),
)

COLOURS = {
    "positive": palette.POSITIVE,
    "negative": palette.NEGATIVE,
    "share": palette.AFTER,
    "chosen": palette.MARKED,
    "first": palette.AFTER,
    "second": palette.SERIES[3],
}


def attention_steps(
    parcel: Mapping[str, Any],
    *,
    key: str,
    subject: str,
    start: tuple[str, int, int],
    named: bool = False,
    on_change: Callable[[str, int, int, float], None] | None = None,
) -> None:
    """Draw an attention with all its steps.

    Args:
        parcel: From ``core.sequences.payload``.
        key: Widget key, unique in the app.
        subject: What the picture is about; when it changes, the chosen cell is ``start`` again.
        start: The cell that is open at first: matrix, row, column.
        named: Whether the columns of queries, keys and values mean what those of the words mean.
        on_change: Called with matrix letter, row, column (from 0) and number when the reader
            changes one; None where nothing can be changed.
    """
    _STEPS_VIEW(
        key=key,
        data={
            "parcel": parcel,
            "subject": subject,
            "start": list(start),
            "named": named,
            "editable": on_change is not None,
            "colours": COLOURS,
        },
        on_changed_change=partial(_forward, key, on_change),
        height="content",
    )


def _forward(key: str, on_change: Callable[[str, int, int, float], None] | None) -> None:
    sent = st.session_state[key].changed
    # The browser is not trusted: only a known matrix, two small places and a number pass.
    if on_change is None or not isinstance(sent, Mapping):
        return
    matrix, value = sent.get("matrix"), sent.get("value")
    row, column = sent.get("row"), sent.get("column")
    is_place = all(type(one) is int and 0 <= one < 100 for one in (row, column))
    is_number = type(value) in (int, float) and abs(value) <= 100
    if matrix in ("E", "Q", "K", "V", "O") and is_place and is_number:
        on_change(matrix, row, column, float(value))

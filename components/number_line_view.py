"""A row of numbers above the grid it is rounded to: point at one and see its arithmetic."""

from functools import partial
from pathlib import Path

import streamlit as st

from components.charts import palette
from core.quantization.rows import QuantizedRow

_FOLDER = Path(__file__).parent

_HTML = """
<svg class="line" role="img"></svg>
<div class="say" role="status"></div>
<div class="scroll" tabindex="0" role="region" aria-label="The row in numbers"><table></table></div>
"""

_NUMBER_LINE_VIEW = st.components.v2.component(
    "llm_labs_number_line_view",
    html=_HTML,
    css=(_FOLDER / "number_line_view.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "number_line_view.js").read_text(encoding="utf-8"),
)


def number_line_view(
    row: QuantizedRow, *, chosen: int, left_out: tuple[int, ...], on_choose, key: str
) -> None:
    """Draw every number, the mark it goes to, and the table of both.

    Args:
        row: The row on its grid.
        chosen: Place of the number that is marked.
        left_out: Places that did not count for the scale; an arrow points to them.
        on_choose: Called with the place of a number that was clicked.
        key: Widget key, unique in the app.
    """
    _NUMBER_LINE_VIEW(
        key=key,
        data={
            "values": row.values.tolist(),
            "codes": row.codes.tolist(),
            "restored": row.restored.tolist(),
            "clipped": row.is_clipped.tolist(),
            "leftOut": list(left_out),
            "scale": row.scale,
            "zeroPoint": row.zero_point,
            "lowest": row.lowest,
            "highest": row.highest,
            "marks": row.marks.tolist(),
            "levels": None if row.levels is None else row.levels.tolist(),
            "chosen": chosen,
            "colours": {
                "before": palette.BEFORE,
                "after": palette.AFTER,
                "error": palette.NEGATIVE,
                "marked": palette.MARKED,
            },
        },
        on_chosen_change=partial(_forward, key, len(row.values), on_choose),
        height="content",
    )


def _forward(key: str, n_numbers: int, on_choose) -> None:
    place = st.session_state[key].chosen
    # The browser is not trusted: only the place of a number passes.
    if type(place) is int and 0 <= place < n_numbers:
        on_choose(place)

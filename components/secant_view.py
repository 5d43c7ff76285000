"""A curve, a secant and the tangent it turns into: the width h is scrubbed in the browser."""

from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st

from components.charts import palette
from core.foundations import calculus

_FOLDER = Path(__file__).parent

_HTML = """
<div class="bar">
  <button type="button" class="play" aria-label="Play: let h shrink">Play</button>
  <label>h <input class="width" type="range" min="0" step="1" aria-label="Width h"></label>
</div>
<svg class="picture" role="img" preserveAspectRatio="none"></svg>
<div class="numbers" role="status"></div>
"""

_SECANT_VIEW = st.components.v2.component(
    "llm_labs_secant_view",
    html=_HTML,
    css=(_FOLDER / "secant_view.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "secant_view.js").read_text(encoding="utf-8"),
)


def _move_to(key: str, position_key: str, low: float, high: float) -> None:
    """Take over where the reader clicked, if it is a place on the curve."""
    place = st.session_state[key].moved
    if isinstance(place, int | float) and np.isfinite(place):
        st.session_state[position_key] = round(min(max(float(place), low), high), 2)


def secant_view(
    curve: calculus.Slice, lines: calculus.Secants, *, position_key: str, key: str
) -> None:
    """Draw a curve with a tangent and a secant whose width the reader scrubs or plays.

    Args:
        curve: The curve over its whole window.
        lines: Secants with shrinking widths, and the tangent.
        position_key: Widget key of the place x; a click on the curve writes it.
        key: Widget key, unique in the app.
    """
    usable = np.isfinite(lines.slopes)
    low, high = float(curve.positions[0]), float(curve.positions[-1])
    _SECANT_VIEW(
        key=key,
        data={
            "x": curve.positions.tolist(),
            "y": [float(y) if np.isfinite(y) else None for y in curve.heights],
            "at": lines.at,
            "value": lines.value,
            "tangent": lines.tangent,
            "widths": lines.widths[usable].tolist(),
            "slopes": lines.slopes[usable].tolist(),
            "colours": {
                "curve": palette.BEFORE,
                "tangent": palette.AFTER,
                "secant": palette.MARKED,
                "gap": palette.NEGATIVE,
            },
        },
        on_moved_change=partial(_move_to, key, position_key, low, high),
        height="content",
    )

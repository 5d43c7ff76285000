"""The plane before and after a 2×2 matrix: grid, circle, square, arrows to drag, own points."""

from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st

from components.charts import palette
from core.foundations import linear_algebra
from core.foundations.momentum_rules import Array

_FOLDER = Path(__file__).parent

_HTML = """
<div class="bar">
  <button type="button" class="play" aria-label="Play the move">Play</button>
  <input class="share" type="range" min="0" max="300" step="1" aria-label="How much of the move">
  <span class="phase" role="status"></span>
</div>
<svg class="picture" role="img"></svg>
"""

_PLANE_VIEW = st.components.v2.component(
    "llm_labs_plane_view",
    html=_HTML,
    css=(_FOLDER / "plane_view.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "plane_view.js").read_text(encoding="utf-8"),
)


def _take_over(key: str, entry_keys: tuple[str, ...], limit: float) -> None:
    """Write the dragged arrows into the four controls, if they are four ordinary numbers."""
    sent = st.session_state[key].dragged
    try:
        numbers = np.asarray(sent, dtype=np.float64)
    except (TypeError, ValueError):
        return  # the browser is not trusted: what is no table of numbers moves nothing
    if numbers.shape == (4,) and np.isfinite(numbers).all():
        for entry_key, number in zip(entry_keys, np.clip(numbers, -limit, limit), strict=True):
            st.session_state[entry_key] = round(float(number) * 20) / 20


def plane_view(
    seen: linear_algebra.Transformation,
    points: Array,
    *,
    in_moves: bool,
    entry_keys: tuple[str, str, str, str],
    limit: float,
    key: str,
) -> None:
    """Draw what a matrix does to the plane; the reader plays the move and drags the arrows.

    Args:
        seen: The matrix with its determinant, kept directions and moves.
        points: The reader's own points, joined by lines, shape (n, 2).
        in_moves: Whether to go by rotate, stretch, rotate; straight there otherwise.
        entry_keys: Widget keys of the matrix entries, row by row; dragging writes them.
        limit: Largest size of an entry.
        key: Widget key, unique in the app.
    """
    _PLANE_VIEW(
        key=key,
        data={
            "matrix": seen.matrix.tolist(),
            "inMoves": in_moves,
            "angles": [seen.moves.first_angle, seen.moves.second_angle],
            "stretches": seen.moves.stretches.tolist(),
            "kept": [] if seen.eigen.every_direction else seen.eigen.vectors.tolist(),
            "circle": linear_algebra.unit_circle(n_points=73).tolist(),
            "grid": linear_algebra.grid_lines(reach=8).tolist(),
            "points": points.tolist(),
            "limit": limit,
            "colours": {
                "before": palette.BEFORE,
                "after": palette.AFTER,
                "flipped": palette.NEGATIVE,
                "kept": palette.MARKED,
                "own": palette.SERIES[3],
            },
        },
        on_dragged_change=partial(_take_over, key, entry_keys, limit),
        height="content",
    )

"""One attention weight opened to its arithmetic: products, sum, scaling, mask, softmax, check."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from components.charts import palette

if TYPE_CHECKING:
    from core.language_models.attention_maps import CellArithmetic, HeadVectors

_FOLDER = Path(__file__).parent

_HTML = """
<div class="cell">
  <p class="who" data-part="who"></p>
  <div class="strip" role="img" data-part="strip"></div>
  <div class="said" data-part="said"></div>
  <div class="below">
    <ol class="steps" data-part="steps"></ol>
    <div class="row" role="img" data-part="row"></div>
  </div>
</div>
"""

_CELL_VIEW = st.components.v2.component(
    "llm_labs_attention_cell",
    html=_HTML,
    css=(_FOLDER / "attention_cell_view.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "attention_cell_view.js").read_text(encoding="utf-8"),
)

CLOSE_ENOUGH = 1e-5
"""What the number computed here may differ from the model's and still count as the same."""

MAX_ROW = 14
"""Tokens of the row that get a bar; the rest of a long row is summed up."""


def cell_view(
    vectors: "HeadVectors", cell: "CellArithmetic", *, tokens: Sequence[str], key: str
) -> None:
    """Write out how one number of an attention map comes about.

    Args:
        vectors: The head taken apart.
        cell: The chosen number, step by step.
        tokens: Visible names of all tokens.
        key: Widget key, unique in the app.
    """
    _CELL_VIEW(key=key, data=_data(vectors, cell, tokens), height="content")


def _data(vectors: "HeadVectors", cell: "CellArithmetic", tokens: Sequence[str]) -> dict[str, Any]:
    before = float(vectors.q_before[cell.query].astype(np.float64) @ vectors.k_before[cell.key])
    return {
        "query": {"token": tokens[cell.query], "place": cell.query},
        "key": {"token": tokens[cell.key], "place": cell.key},
        "head": vectors.head,
        "keyHead": vectors.key_head,
        "nHead": vectors.n_head,
        "nKvHead": vectors.n_kv_head,
        "q": _numbers(vectors.q[cell.query]),
        "k": _numbers(vectors.k[cell.key]),
        "products": _numbers(cell.products),
        "total": cell.total,
        "totalBefore": before if vectors.cos is not None else None,
        "scaling": cell.scaling,
        "scaled": cell.scaled,
        "isVisible": cell.is_visible,
        "row": _row(cell, tokens),
        "nVisible": int(np.isfinite(cell.row_scores).sum()),
        "rowSum": float(np.exp(cell.row_scores - cell.row_scores.max()).sum()),
        "rowTop": float(cell.row_scores.max()),
        "weight": cell.weight,
        "modelWeight": cell.model_weight,
        "difference": cell.difference,
        "isSame": cell.difference <= CLOSE_ENOUGH,
        "colours": {
            "negative": palette.NEGATIVE,
            "positive": palette.POSITIVE,
            "marked": palette.MARKED,
        },
    }


def _row(cell: "CellArithmetic", tokens: Sequence[str]) -> list[dict[str, Any]]:
    """Choose the tokens of the row that are drawn: the strongest, and the chosen one."""
    strongest = np.argsort(-cell.row_weights, kind="stable")[:MAX_ROW]
    places = sorted({*strongest.tolist(), cell.key})
    return [
        {
            "token": tokens[place],
            "place": place,
            "score": float(cell.row_scores[place]) if np.isfinite(cell.row_scores[place]) else None,
            "weight": float(cell.row_weights[place]),
        }
        for place in places
        if np.isfinite(cell.row_scores[place]) or place == cell.key
    ]


def _numbers(values: np.ndarray) -> list[float]:
    return [float(f"{value:.5g}") for value in values]

"""A matrix product: point at a cell and see its row, its column and its arithmetic."""

from pathlib import Path

import streamlit as st

from components.charts import palette
from core.foundations.momentum_rules import Array

_FOLDER = Path(__file__).parent

_HTML = """
<div class="tables"></div>
<div class="say" role="status"></div>
"""

_PRODUCT_VIEW = st.components.v2.component(
    "llm_labs_product_view",
    html=_HTML,
    css=(_FOLDER / "product_view.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "product_view.js").read_text(encoding="utf-8"),
)


def product_view(
    left: Array, right: Array, product: Array, *, names: tuple[str, str, str], key: str
) -> None:
    """Draw three tables; the cell one points at lights up what it is made of.

    Args:
        left: Shape (n_rows, n).
        right: Shape (n, n_columns).
        product: Their product, shape (n_rows, n_columns).
        names: Headings of the three tables.
        key: Widget key, unique in the app.
    """
    _PRODUCT_VIEW(
        key=key,
        data={
            "left": left.tolist(),
            "right": right.tolist(),
            "product": product.tolist(),
            "names": list(names),
            "colours": {"row": palette.AFTER, "column": palette.SERIES[3], "cell": palette.MARKED},
        },
        height="content",
    )

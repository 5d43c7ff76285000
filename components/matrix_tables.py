"""Tables of numbers side by side, drawn in the browser: every cell opens to what it was made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import streamlit as st
from numpy.typing import ArrayLike

from components.attention_steps_view import COLOURS
from core.sequences import payload

_FOLDER = Path(__file__).parent
_SCRIPTS = ("attention_steps_draw.js", "attention_steps_say.js", "matrix_tables.js")

_TABLES = st.components.v2.component(
    "llm_labs_matrix_tables",
    html='<div class="attention"><div class="stages"></div>'
    '<div class="say" role="status"></div></div>',
    css=(_FOLDER / "attention_steps_view.css").read_text(encoding="utf-8")
    + ".say { min-height: 4.6em; }",
    js="\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in _SCRIPTS),
)

Say = Literal["plain", "wave", "product", "likeness", "turned", "penalty", "change", "share"]


@dataclass(frozen=True, eq=False)
class Table:
    """One table of the view."""

    id: str
    title: str
    array: ArrayLike
    """Shape (rows, columns)."""

    rows: Sequence[str]
    say: Say = "plain"
    """What is said about a cell."""

    row_words: Sequence[str] | None = None
    """Longer names of the rows, for the sentence about a cell; None takes ``rows``."""

    columns: Sequence[str] | None = None
    """Names above the columns; None for none."""

    column_words: Sequence[str] | None = None
    """Names of the columns where there is no room above them."""

    of: str | None = None
    """For ``product``: the table whose rows were multiplied."""

    largest: float | None = None
    """What is drawn in full colour; None takes the largest number of the table."""


def matrix_tables(
    tables: Sequence[Table],
    *,
    key: str,
    alt: str,
    start: tuple[str, int, int],
    turns: Sequence[float] | None = None,
    slope: float | None = None,
) -> None:
    """Draw tables side by side.

    Args:
        tables: One to three tables.
        key: Widget key, unique in the app.
        alt: What the tables show, for people who cannot see them.
        start: The cell that is open at first: table, row, column.
        turns: For ``wave``: radians per place of each pair of columns.
        slope: For ``penalty``: what each place of distance costs.
    """
    _TABLES(
        key=key,
        data={
            "tables": [
                {
                    "id": one.id,
                    "title": one.title,
                    "array": _packed(one.array),
                    "rows": list(one.rows),
                    "rowWords": None if one.row_words is None else list(one.row_words),
                    "columns": None if one.columns is None else list(one.columns),
                    "columnWords": None if one.column_words is None else list(one.column_words),
                    "say": one.say,
                    "of": one.of,
                    "largest": one.largest,
                }
                for one in tables
            ],
            "alt": alt,
            "start": list(start),
            "turns": None if turns is None else [float(turn) for turn in turns],
            "slope": slope,
            "colours": COLOURS,
        },
        height="content",
    )


def _packed(array: ArrayLike) -> dict[str, object]:
    parcel = payload.pack(array)
    return parcel | {"shape": [1, *parcel["shape"]]}

"""Rows of tokens with numbers between them: a word on its way up, or one text in several ways."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from components.charts import palette

_FOLDER = Path(__file__).parent

_MERGE_LADDER = st.components.v2.component(
    "llm_labs_merge_ladder",
    html='<div class="ladder" role="list"></div>',
    css=(_FOLDER / "merge_ladder.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "merge_ladder.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class LadderRow:
    """One row of tokens."""

    label: str
    """What the row is, a few words."""
    pieces: tuple[str, ...]
    """Visible tokens, shape (n,)."""
    details: tuple[str, ...]
    """What hovering a token says, shape (n,)."""
    gaps: tuple[str, ...] = ()
    """What stands between two tokens, shape (n - 1,), or nothing at all."""
    place: int | None = None
    """Which gap is marked; the tokens beside it are about to be joined."""


def merge_ladder(rows: Sequence[LadderRow], *, name: str, key: str) -> None:
    """Draw rows of tokens.

    Args:
        rows: From top to bottom.
        name: What the picture is, for people who cannot see it.
        key: Element key, unique in the app.
    """
    _MERGE_LADDER(
        key=key,
        data={
            "name": name,
            "rows": [asdict(row) for row in rows],
            "tints": palette.TOKENS,
            "marked": palette.MARKED,
        },
        height="content",
    )

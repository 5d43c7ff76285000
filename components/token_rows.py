"""One text in many tokenizers: a row of coloured tokens each, all lit by the same character."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import streamlit as st

from components.charts import palette

_FOLDER = Path(__file__).parent

_HTML = """
<div class="board">
  <div class="bar">
    <span class="hint"></span>
    <span class="switch" role="group" aria-label="What a token shows">
      <button type="button" data-show="text">Text</button>
      <button type="button" data-show="ids">Ids</button>
    </span>
  </div>
  <div class="text" aria-label="The text, character by character"></div>
  <div class="rows"></div>
</div>
"""

_TOKEN_ROWS = st.components.v2.component(
    "llm_labs_token_rows",
    html=_HTML,
    css=(_FOLDER / "token_rows.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "token_rows.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class TokenRow:
    """The tokens of one tokenizer, for the part of the text that is on screen."""

    title: str
    note: str
    """The numbers beside the title."""
    first: int
    """Position of the first token in the whole text."""
    token_ids: tuple[int, ...]
    """Shape (n,)."""
    shown: tuple[str, ...]
    """Each token with spaces, line ends and split characters made visible, shape (n,)."""
    bytes: tuple[str, ...]
    """The bytes of each token in hexadecimal, shape (n,)."""
    spans: tuple[tuple[int, int], ...]
    """The characters of the shown text that each token touches, shape (n, 2)."""
    kinds: tuple[str, ...]
    """``text``, ``partial`` (a part of a character) or ``special``, shape (n,)."""


@dataclass(frozen=True)
class PickedToken:
    """The token a reader has clicked."""

    row: int
    """Which row, from 0."""
    position: int
    """Which token of the whole text, from 0."""


def picked_key(key: str) -> str:
    """Return the session key under which the rows keep the token that was clicked."""
    return f"{key}_token"


def _remember(key: str) -> None:
    st.session_state[picked_key(key)] = st.session_state[key].picked


def token_rows(text: str, rows: Sequence[TokenRow], *, key: str) -> PickedToken | None:
    """Draw a text and its tokens in every tokenizer.

    Args:
        text: The part of the text that is on screen.
        rows: One row per tokenizer.
        key: Widget key, unique in the app.

    Returns:
        The token that was clicked, or None. It is on screen.
    """
    picked = _on_screen(st.session_state.get(picked_key(key)), rows)
    _TOKEN_ROWS(
        key=key,
        data={
            "text": text,
            "rows": [asdict(row) for row in rows],
            "picked": [picked.row, picked.position] if picked else None,
            "hues": list(palette.TOKENS),
            "marked": palette.MARKED,
            "damaged": palette.NEGATIVE,
        },
        on_picked_change=partial(_remember, key),
        height="content",
    )
    return picked


def _on_screen(said: object, rows: Sequence[TokenRow]) -> PickedToken | None:
    # The browser is not trusted, and the text may have changed since the click.
    if not (isinstance(said, list) and len(said) == 2 and all(type(one) is int for one in said)):
        return None
    row, position = said
    if not 0 <= row < len(rows):
        return None
    if not rows[row].first <= position < rows[row].first + len(rows[row].token_ids):
        return None
    return PickedToken(row, position)

"""A text drawn as tokens coloured by probability; hover for the numbers, click to choose one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import streamlit as st

from components.charts import palette

_FOLDER = Path(__file__).parent

_HTML = """
<div class="strip" role="group" aria-label="Generated tokens">
  <div class="card" role="status"></div>
</div>
<div class="key" aria-hidden="true">unlikely <span class="ramp"></span> likely</div>
"""

_TOKEN_STRIP = st.components.v2.component(
    "llm_labs_token_strip",
    html=_HTML,
    css=(_FOLDER / "token_strip.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "token_strip.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class StripToken:
    """One token as the strip draws it."""

    text: str
    """The text it adds."""

    shown: str
    """The same with whitespace and special tokens made visible."""

    kind: str
    """``text``, ``space``, ``special`` or ``bytes``."""

    token_id: int
    """Its number in the vocabulary."""

    prob: float
    """Probability the model gave it, 0 to 1, before any filter."""

    rank: int
    """1 for the likeliest token."""

    surprisal_bits: float
    """−log2 of the probability."""

    vocab_size: int
    """How many tokens it was chosen from."""


def selection_key(key: str) -> str:
    """Return the session key under which a strip keeps the index of the chosen token."""
    return f"{key}_selected"


def _remember_choice(key: str) -> None:
    st.session_state[selection_key(key)] = st.session_state[key].picked


def token_strip(
    prompt: str, tokens: Sequence[StripToken], *, key: str, running: bool = False
) -> int | None:
    """Draw a prompt and the tokens that followed it.

    Args:
        prompt: The text before the first token.
        tokens: The tokens in order.
        key: Widget key, unique in the app.
        running: Whether more tokens are on their way.

    Returns:
        The index of the token that the reader has chosen, or None.
    """
    selected = st.session_state.get(selection_key(key))
    # The browser is not trusted: an index outside the text is no choice.
    if not (isinstance(selected, int) and 0 <= selected < len(tokens)):
        selected = None
    _TOKEN_STRIP(
        key=key,
        data={
            "prompt": prompt,
            "tokens": [asdict(token) for token in tokens],
            "selected": selected,
            "running": running,
            "hue": palette.AFTER,
            "marked": palette.MARKED,
        },
        on_picked_change=partial(_remember_choice, key),
        height="content",
    )
    return selected

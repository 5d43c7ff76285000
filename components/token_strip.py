"""A text drawn as tokens coloured by probability; hover for the numbers, click to choose one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
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


def token_strip(
    prompt: str,
    tokens: Sequence[StripToken],
    *,
    key: str,
    selected: int | None = None,
    running: bool = False,
) -> int | None:
    """Draw a prompt and the tokens that followed it.

    Args:
        prompt: The text before the first token.
        tokens: The tokens in order.
        key: Widget key, unique in the app.
        selected: Index of the chosen token, if any.
        running: Whether more tokens are on their way.

    Returns:
        The index of the token that was clicked in this run, or None.
    """
    result = _TOKEN_STRIP(
        key=key,
        data={
            "prompt": prompt,
            "tokens": [asdict(token) for token in tokens],
            "selected": selected,
            "running": running,
            "hue": palette.AFTER,
            "marked": palette.MARKED,
        },
        on_picked_change=lambda: None,
        height="content",
    )
    picked = result.picked
    # The browser is not trusted: an index outside the text is no choice.
    return picked if isinstance(picked, int) and 0 <= picked < len(tokens) else None

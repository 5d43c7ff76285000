"""Byte-pair training to step through: the text, the counted pairs and the vocabulary so far.

The browser gets one payload and scrubs in it; no step costs a rerun.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from components.charts import palette
from core.tokenization import bpe_training, compare, growth

N_OPENING = 11
"""So many bytes of the text are written out as numbers."""

_FOLDER = Path(__file__).parent

_HTML = """
<div class="lab">
  <div class="transport" role="group" aria-label="Steps of the training">
    <button type="button" data-move="first" aria-label="To the bytes">|◀</button>
    <button type="button" data-move="back" aria-label="One merge back">◀</button>
    <button type="button" data-move="play" class="play" aria-label="Play">Play</button>
    <button type="button" data-move="forward" aria-label="One merge forward">▶</button>
    <button type="button" data-move="last" aria-label="To the last merge">▶|</button>
    <input type="range" min="0" step="1" class="scrub" aria-label="Merges made">
  </div>
  <dl class="numbers">
    <div><dt>Merges</dt><dd data-number="merges"></dd></div>
    <div><dt>Vocabulary</dt><dd data-number="vocab"></dd></div>
    <div><dt>Tokens in the text</dt><dd data-number="tokens"></dd></div>
    <div><dt>Bytes per token</dt><dd data-number="ratio"></dd></div>
    <div><dt>Never used</dt><dd data-number="unused"></dd></div>
  </dl>
  <p class="said" role="status" aria-live="polite"></p>
  <div class="halves">
    <div class="text" role="group" aria-label="The text in tokens"></div>
    <div class="pairs">
      <p class="heading"></p>
      <div class="table" role="list"></div>
    </div>
  </div>
  <p class="heading">Tokens learnt so far, oldest first. Click one to go to the merge that made it.</p>
  <div class="learnt" role="group" aria-label="Tokens learnt so far"></div>
</div>
"""  # noqa: E501

_MERGE_STEPS = st.components.v2.component(
    "llm_labs_merge_steps",
    html=_HTML,
    css=(_FOLDER / "merge_steps.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "merge_steps.js").read_text(encoding="utf-8"),
)


def payload(
    steps: Sequence[bpe_training.TrainingStep],
    pieces: Sequence[growth.Piece],
    *,
    n_bytes: int,
    n_unused: int,
    is_excerpt: bool,
    why_it_ends: str,
) -> dict[str, Any]:
    """Pack a training for the browser.

    Args:
        steps: The merges to scrub through, each with its candidates.
        pieces: Every piece of the shown text over time.
        n_bytes: Bytes of the whole text that was learnt from.
        n_unused: How many of the 256 bytes that text never shows.
        is_excerpt: Whether the shown text is only the beginning of it.
        why_it_ends: What to say at the last merge.

    Returns:
        Plain lists and numbers.
    """
    return {
        "pieces": [
            [compare.visible(piece.token), piece.token_id, piece.born, piece.gone, piece.chunk]
            for piece in pieces
        ],
        "bytes": [piece.token.hex(" ").upper() for piece in pieces],
        "steps": [
            {
                "left": compare.visible(step.left),
                "right": compare.visible(step.right),
                "joined": compare.visible(step.joined),
                "id": step.new_id,
                "count": step.count,
                "tokens": step.n_tokens,
                "unused": step.n_unused,
                "pairs": [
                    [compare.visible(one.left), compare.visible(one.right), one.count]
                    for one in step.candidates
                ],
            }
            for step in steps
        ],
        "opening": [piece.token[0] for piece in pieces if piece.born == 0][:N_OPENING],
        "nBytes": n_bytes,
        "unused": n_unused,
        "isExcerpt": is_excerpt,
        "ending": why_it_ends,
    }


def merge_steps(packed: dict[str, Any], *, key: str) -> None:
    """Show a training to step through.

    Args:
        packed: What ``payload`` returned.
        key: Element key, unique in the app.
    """
    colours = {"tints": palette.TOKENS, "marked": palette.MARKED, "bar": palette.AFTER}
    _MERGE_STEPS(key=key, data={**packed, **colours}, height="content")

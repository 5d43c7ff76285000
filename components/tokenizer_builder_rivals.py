"""The builder's comparisons: WordPiece in lock-step, and real merges replayed on a word."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from components import cached, controls, tokenizer_loading
from components.merge_ladder import LadderRow, merge_ladder
from components.plain import plain
from core.tokenization import bpe_training, compare, ladder, lockstep

MAX_LOCKSTEP_CHARACTERS = 20_000
"""No more of the text is learnt from in lock-step; the score rule looks at many pairs."""

N_LOCKSTEPS = 60
"""Steps of the lock-step that are made."""

MAX_WORD_CHARACTERS = 60

_REAL = {"gpt2": "GPT-2", "cl100k": "cl100k", "llama3": "Llama 3"}
_CASES = {"typed": "As typed", "capital": "Capital", "capitals": "ALL CAPITALS"}


@dataclass(frozen=True, eq=False)
class Replay:
    """A word in the merges of a published tokenizer."""

    vocabulary: str
    word: str
    rungs: tuple[ladder.Rung, ...]


def lock_step(text: str) -> tuple[lockstep.LockStep, ...]:
    """Train by count and by score on the same words, and show where the rules part.

    Args:
        text: What to learn from.
    """
    try:
        steps = cached.lock_steps(text[:MAX_LOCKSTEP_CHARACTERS], N_LOCKSTEPS)
    except ValueError as error:
        st.info(plain(str(error)), icon=":material/edit:")
        return ()
    first = next((step for step in steps if step.is_first_difference), None)
    if first is not None:
        st.markdown(f"**They part at step {first.step + 1}.** {plain(first.why)}")
    elif steps:
        st.markdown(f"The two rules agree in all {len(steps)} steps on this text.")
    else:
        st.markdown("No pair stands in this text twice: neither rule has anything to join.")
    if steps:
        st.dataframe(_lock_step_frame(steps), hide_index=True, height=282)
    return steps


def _lock_step_frame(steps: tuple[lockstep.LockStep, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Step": [step.step + 1 for step in steps],
            "Agree": [
                "part here" if step.is_first_difference else "yes" if step.is_same else "no"
                for step in steps
            ],
            "Most frequent (BPE)": [step.by_count and step.by_count.joined for step in steps],
            "Times": [step.by_count and step.by_count.count for step in steps],
            "Most telling (WordPiece)": [step.by_score and step.by_score.joined for step in steps],
            "Its times": [step.by_score and step.by_score.count for step in steps],
            "Its score": [step.by_score and float(f"{step.by_score.score:.3g}") for step in steps],
        }
    )


def replay() -> Replay | None:
    """Ask for a word and a published tokenizer, and draw its merges rung by rung."""
    left, right = st.columns([1, 1])
    with left:
        word = controls.short_text(
            "Word",
            "strawberry",
            key="tokenizer_builder_word",
            max_chars=MAX_WORD_CHARACTERS,
            help="A word or two.",
        )
        has_space = controls.switch(
            "Space in front",
            key="tokenizer_builder_space",
            help="Inside a sentence a word comes with the space before it.",
        )
    with right:
        vocabulary = controls.choice(
            "Merges of",
            tuple(_REAL),
            key="tokenizer_builder_real",
            format_func=lambda name: _REAL.get(name, name),
        )
        case = controls.choice(
            "Letters",
            tuple(_CASES),
            key="tokenizer_builder_case",
            format_func=lambda name: _CASES.get(name, name),
        )
    if not word.strip():
        st.info("Type a word to see its merges.", icon=":material/edit:")
        return None
    written = _written(word, case, has_space=has_space)
    if not tokenizer_loading.ready_tokenizers((vocabulary,)):
        return None
    tokenizer = cached.tokenizer(vocabulary)
    try:
        rungs = tuple(ladder.climb(tokenizer.bpe, written))
    except ValueError as error:
        st.info(plain(str(error)), icon=":material/edit:")
        return None
    rows = [_row(tokenizer.bpe, rung, is_first=place == 0) for place, rung in enumerate(rungs)]
    merge_ladder(
        rows,
        name=f"The merges of {_REAL[vocabulary]} on a word",
        key="tokenizer_builder_ladder",
    )
    merge_ladder(
        _bert_row(written), name="The same word in BERT's pieces", key="tokenizer_builder_bert"
    )
    return Replay(vocabulary, written, rungs)


def _written(word: str, case: str, *, has_space: bool) -> str:
    word = word.strip()
    cased = {"typed": word, "capital": word[0].upper() + word[1:], "capitals": word.upper()}[case]
    return f" {cased}" if has_space else cased


def _row(tokenizer, rung: ladder.Rung, *, is_first: bool) -> LadderRow:
    if rung.rank is None:
        n = len(rung.pieces)
        label = f"{n} token" + "s" * (n != 1)
    else:
        label = ("bytes, " if is_first else "") + f"merge {_number(rung.rank)}"
    return LadderRow(
        label=label,
        pieces=tuple(compare.visible(piece) for piece in rung.pieces),
        details=tuple(
            f"id {tokenizer.ids[piece]} · bytes {piece.hex(' ').upper()}" for piece in rung.pieces
        ),
        gaps=tuple("–" if rank is None else _number(rank) for rank in rung.ranks),
        place=rung.place,
    )


def _number(rank: int) -> str:
    """Print a rank as the number of its merge: the 256 bytes have the first ranks."""
    return f"{rank - bpe_training.N_BYTES + 1:,}"


def _bert_row(written: str) -> list[LadderRow]:
    if not tokenizer_loading.ready_tokenizers(("bert",)):
        return []
    read = compare.tokenize(cached.tokenizer("bert"), written)
    n = read.n_tokens
    return [
        LadderRow(
            label=f"BERT: longest match, {n} token" + "s" * (n != 1),
            pieces=tuple(compare.visible(read.piece(place)) for place in range(n)),
            details=tuple(f"id {token_id}" for token_id in read.token_ids.tolist()),
        )
    ]

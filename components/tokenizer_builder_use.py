"""What the builder does with a finished tokenizer: its price, new text, the file, the other lab."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from components import cached, controls, labs, layout, tokenizer_loading
from components.charts import tokenization_builder as charts
from components.merge_ladder import LadderRow, merge_ladder
from components.plain import plain
from core.tokenization import builder_script, compare, trade_off

if TYPE_CHECKING:
    from components.tokenizer_builder_lab import Training

MAX_RIVAL_CHARACTERS = 20_000
"""WordPiece and Unigram learn from no more of the text."""

MAX_NEW_CHARACTERS = 500
"""Longest new text; every token of it is drawn four times."""

NEW_TEXT = "The dog threw a stick, and strawberry jam splashed! 🦊"
_WIDTHS = (768, 64, 4_096)


@dataclass(frozen=True, eq=False)
class Encoded:
    """New text in the reader's own tokens."""

    text: str
    token_ids: tuple[int, ...]
    n_gpt2: int | None
    """Tokens that GPT-2 needs for it; None if GPT-2's vocabulary is not there."""


def price(training: "Training", max_vocabulary: int) -> tuple[trade_off.VocabularyPoint, ...]:
    """Draw what each vocabulary size would cost on this text.

    Args:
        training: The reader's training.
        max_vocabulary: The largest size to try; the text may support less.
    """
    n_embd = controls.choice(
        "Width of an embedding, d",
        _WIDTHS,
        key="tokenizer_builder_width",
        format_func="{:,}".format,
        help="How many numbers stand for one token inside the model. GPT-2 small has 768.",
    )
    points = cached.vocabulary_costs(
        training.recipe.text, training.recipe.pattern, max_vocabulary, n_embd
    )
    layout.draw(
        charts.vocabulary_costs(points, chosen=training.tokenizer.vocab_size),
        alt="Tokens, attention pairs, embedding numbers and unused tokens by vocabulary size",
        key="tokenizer_builder_price",
    )
    first, last = points[0], points[-1]
    st.caption(
        f"From {first.vocab_size:,} to {last.vocab_size:,} tokens, the most this text supports: "
        f"the text shrinks from {first.n_tokens:,} to {last.n_tokens:,} tokens, attention from "
        f"{first.attention_pairs:,} to {last.attention_pairs:,} pairs. The embedding grows from "
        f"{first.embedding_parameters:,} to {last.embedding_parameters:,} numbers. "
        "Amber: your vocabulary. GPT-2 small spends 38.6 of its 124 million numbers here."
    )
    return points


def encode(training: "Training") -> Encoded | None:
    """Ask for new text and draw it in own tokens, and beside them three rivals'.

    Args:
        training: The reader's training.
    """
    text = controls.short_text(
        "New text",
        NEW_TEXT,
        key="tokenizer_builder_new",
        max_chars=MAX_NEW_CHARACTERS,
        help="Text that your tokenizer has not learnt from.",
    )
    if not text:
        st.info("Type a text to encode.", icon=":material/edit:")
        return None
    own = training.tokenizer
    try:
        token_ids = tuple(own.encode(text))
    except ValueError as error:
        st.info(plain(str(error)), icon=":material/edit:")
        return None
    rows = [
        LadderRow(
            label=f"Yours, byte pairs: {len(token_ids)}",
            pieces=tuple(compare.visible(own.token_bytes[one]) for one in token_ids),
            details=tuple(f"id {one}" for one in token_ids),
        ),
        *_rival_rows(training, text),
    ]
    gpt2 = _gpt2_row(text)
    rows += gpt2
    merge_ladder(rows, name="The new text in four tokenizers", key="tokenizer_builder_encoded")
    return Encoded(text, token_ids, len(gpt2[0].pieces) if gpt2 else None)


def _rival_rows(training: "Training", text: str) -> list[LadderRow]:
    n_merges = len(training.steps)
    corpus = training.recipe.text[:MAX_RIVAL_CHARACTERS]
    try:
        pieces = cached.wordpiece_with_merges(corpus, n_merges)
        unigram = cached.own_tokenizer(cached.unigram_with_pieces(corpus, n_merges))
    except ValueError as error:
        st.caption(f"WordPiece and Unigram cannot learn from this text. {plain(str(error))}")
        return []
    matches = pieces.encode(text)
    read = compare.tokenize(unigram, text)
    return [
        LadderRow(
            label=f"WordPiece: {len(matches)}",
            pieces=tuple(match.piece for match in matches),
            details=tuple(f"id {match.token_id}" for match in matches),
        ),
        _row("Unigram", read),
    ]


def _gpt2_row(text: str) -> list[LadderRow]:
    if not tokenizer_loading.ready_tokenizers(("gpt2",)):
        return []
    return [_row("GPT-2", compare.tokenize(cached.tokenizer("gpt2"), text))]


def _row(title: str, read: compare.TokenizedText) -> LadderRow:
    places = range(read.n_tokens)
    return LadderRow(
        label=f"{title}: {read.n_tokens}",
        pieces=tuple(compare.visible(read.piece(place)) for place in places),
        details=tuple(f"id {token_id}" for token_id in read.token_ids.tolist()),
    )


def save(training: "Training", encoded: Encoded | None) -> None:
    """Offer the tokenizer as a file, and hand it to the lab that compares tokenizers.

    Args:
        training: The reader's training.
        encoded: New text in its tokens, to check the file with.
    """
    recipe = training.recipe
    file = cached.bpe_file(recipe.text, recipe.pattern, recipe.vocab_size)
    checked = _check(file, encoded)
    if checked:
        st.markdown(checked)
    name = controls.short_text(
        "Its name",
        "My tokenizer",
        key="tokenizer_builder_name",
        max_chars=40,
        help="What the lab with the real tokenizers calls it.",
    )
    name = name.strip() or "My tokenizer"
    with st.container(horizontal=True):
        st.download_button(
            "Download tokenizer.json",
            file,
            file_name="tokenizer.json",
            mime="application/json",
            icon=":material/download:",
            key="tokenizer_builder_download",
            on_click="ignore",
        )
        st.button(
            "Use it beside the real ones",
            icon=":material/view_stream:",
            key="tokenizer_builder_hand_over",
            on_click=_hand_over,
            args=(name, file),
        )
    made = tokenizer_loading.made_here()
    if made is None:
        return
    st.success(f"{plain(made.title)} is ready to be compared.", icon=":material/check:")
    if any(lab.url_path == "tokenizer_compare" for lab in labs.LABS):
        lab = labs.find("tokenizer_compare")
        st.page_link(lab.page, label=f"Go to: {lab.title}", icon=lab.icon)


def _hand_over(name: str, file: str) -> None:
    st.session_state[tokenizer_loading.MADE_KEY] = {"name": name, "json": file}


def _check(file: str, encoded: Encoded | None) -> str:
    """Load the file as Hugging Face's library does, and say whether it gives the same ids."""
    try:
        loaded = cached.own_tokenizer(file)
    except ValueError as error:
        return (
            "Hugging Face's `tokenizers` does not take this first cut, so the file is of use in "
            f"these labs only. {plain(str(error))}"
        )
    if encoded is None:
        return ""
    same = tuple(loaded.encode(encoded.text).token_ids.tolist()) == encoded.token_ids
    if same:
        return (
            "Hugging Face's `tokenizers` loads the file and gives the same "
            f"{len(encoded.token_ids)} ids for your text."
        )
    return "Hugging Face's `tokenizers` reads this first cut in another way and gives other ids."


def script(training: "Training", encoded: Encoded | None) -> str:
    """Write the program that learns the same merges and encodes the same text."""
    return builder_script.training_script(
        training.recipe.text,
        pattern=training.recipe.pattern,
        n_merges=len(training.steps),
        new_text=encoded.text if encoded else "",
    )

"""What the lab that compares tokenizers shows first: settings, text, rows of tokens, numbers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from components import cached, controls, tokenizer_loading
from components.plain import plain
from components.token_rows import PickedToken, TokenRow, token_rows
from components.tokenizer_loading import Chosen
from core import guide
from core.model_store import hub
from core.tokenization import (
    known_tokenizers,
    paging,
    sample_texts,
    text_input,
    token_card,
)

if TYPE_CHECKING:
    from core.tokenization.compare import TokenizedText

FOX = guide.EXPERIMENT_TEXT
"""The sentence of the guide's quick experiment."""

GUIDE_TOKENIZERS = ["gpt2", "bert", "mistral_v1"]
"""The guide's GPT-2, BERT and Llama 2, for which its closest open relative stands."""

DEFAULT_TOKENIZERS = [*GUIDE_TOKENIZERS, "o200k"]

PAGE_CHARS = 1_200
"""Characters of a long text that are drawn at a time."""

MAX_SCRIPT_CHARS = 20_000
"""The script carries its text; of a longer one it takes the beginning."""

TEXT_KEY = "tokenizer_compare_text"
NAMES_KEY = "tokenizer_compare_tokenizers"
PAGE_KEY = "tokenizer_compare_page"
ROWS_KEY = "tokenizer_compare_rows"
GUIDE_EXAMPLE = "The guide's quick experiment"

EXAMPLES = {
    GUIDE_EXAMPLE: FOX,
    "strawberry": "strawberry",
    **{sample.title: sample.text for sample in sample_texts.OTHER_TEXTS},
    "Hindi": next(sample.text for sample in sample_texts.TRANSLATIONS if sample.language == "hi"),
}


@dataclass(frozen=True)
class Settings:
    """What the sidebar says."""

    names: tuple[str, ...]
    parse_special: bool
    add_special: bool
    price: float
    """For a million tokens."""
    with_own: bool


@dataclass(frozen=True, eq=False)
class Comparison:
    """One text in several tokenizers."""

    text: str
    chosen: tuple[Chosen, ...]
    records: "tuple[TokenizedText, ...]"
    """Shape (number of chosen,)."""

    def record(self, name: str) -> "TokenizedText":
        """Return the record of the tokenizer with a name; raises KeyError if it is not shown."""
        for chosen, record in zip(self.chosen, self.records, strict=True):
            if chosen.name == name:
                return record
        raise KeyError(name)


def settings() -> Settings:
    """Show the settings of the lab in the sidebar."""
    titles = {name: known.title for name, known in known_tokenizers.KNOWN.items()}
    is_public = hub.is_public_deployment()
    names = st.multiselect(
        "Tokenizers",
        list(titles),
        default=DEFAULT_TOKENIZERS,
        format_func=lambda name: titles.get(name, name),
        key=NAMES_KEY,
        help="All of these work offline."
        + ("" if is_public else " You may also type the id of a repository on the hub."),
        accept_new_options=not is_public,
        bind="query-params",
        persist_state="session",
    )
    own = tokenizer_loading.made_here()
    with_own = own is not None and st.toggle(
        f"Your own: {plain(own.title)}", value=True, key="tokenizer_compare_own"
    )
    return Settings(
        names=tuple(names),
        parse_special=controls.switch(
            "Read special tokens",
            key="tokenizer_compare_parse",
            help="When a mark such as <|endoftext|> is typed in the text: read it as the mark "
            "instead of as plain characters.",
        ),
        add_special=controls.switch(
            "Add the model's own marks",
            key="tokenizer_compare_add",
            help="Add the marks that the model expects around a text, such as [CLS] and [SEP].",
        ),
        price=controls.number_slider(
            "Price of a million tokens",
            0.0,
            30.0,
            1.0,
            step=0.05,
            key="tokenizer_compare_price",
            help="In any currency. Models are paid by the token.",
            format="%.2f",
        ),
        with_own=with_own,
    )


def _take_example() -> None:
    title = st.session_state["tokenizer_compare_example"]
    if title is None:
        return
    st.session_state[TEXT_KEY] = EXAMPLES[title]
    if title == GUIDE_EXAMPLE:
        st.session_state[NAMES_KEY] = GUIDE_TOKENIZERS
    st.session_state["tokenizer_compare_example"] = None


def text_to_compare() -> str:
    """Ask for the text: typed, an example, or a file. Ends the run if there is none."""
    typed = controls.long_text(
        "Text",
        FOX,
        key=TEXT_KEY,
        help="Anything: words, code, emoji, your language. Up to 5 MB.",
        height=68,
    )
    examples, file = st.columns([5, 1], vertical_alignment="center")
    examples.pills(
        "Examples",
        list(EXAMPLES),
        key="tokenizer_compare_example",
        on_change=_take_example,
        label_visibility="collapsed",
    )
    with file.popover("File", icon=":material/upload_file:", width="stretch"):
        uploaded = st.file_uploader(
            "A text file of yours, up to 5 MB", key="tokenizer_compare_file"
        )
    try:
        text = text_input.read_file(uploaded.getvalue()) if uploaded else typed
        text_input.check_text(text)
    except ValueError as error:
        st.error(plain(str(error)), icon=":material/block:")
        st.stop()
    if uploaded:
        st.caption(
            f"This is the file {plain(uploaded.name)}. Remove it under “File” to go back to the "
            "text you typed."
        )
    if not text:
        st.info("Type a text to see its tokens.", icon=":material/edit:")
        st.stop()
    return text


def compare(text: str, given: Settings) -> Comparison:
    """Encode the text with every chosen tokenizer, or recall that.

    Args:
        text: A text that has passed ``text_to_compare``.
        given: The settings.
    """
    own = tokenizer_loading.made_here()
    chosen = tokenizer_loading.ready_tokenizers(given.names)
    if own and given.with_own:
        chosen.append(own)
    if not chosen:
        st.info("Choose a tokenizer in the sidebar.", icon=":material/checklist:")
        st.stop()
    with st.spinner("Cutting the text into tokens…", show_time=True):
        records = tuple(
            cached.tokenized(
                one.name,
                one.tokenizer_json,
                text,
                parse_special=given.parse_special,
                add_special=given.add_special,
            )
            for one in chosen
        )
    return Comparison(text, tuple(chosen), records)


def rows(result: Comparison) -> None:
    """Draw the text as tokens, one row per tokenizer, and open the token that was clicked."""
    start, stop = _page(result.text)
    picked = token_rows(
        result.text[start:stop],
        [
            token_row(chosen, record, start, stop)
            for chosen, record in zip(result.chosen, result.records, strict=True)
        ],
        key=ROWS_KEY,
    )
    if picked:
        _open_token(result, picked)


def _page(text: str) -> tuple[int, int]:
    starts = paging.page_starts(text, PAGE_CHARS)
    n_pages = len(starts) - 1
    if n_pages == 1:
        return 0, len(text)
    # A page that a shorter text does not have any more.
    if st.session_state.get(PAGE_KEY, 1) > n_pages:
        st.session_state[PAGE_KEY] = n_pages
    page = controls.whole_number(
        f"Page of {n_pages:,}",
        1,
        n_pages,
        1,
        key=PAGE_KEY,
        help="The whole text is counted; one page of it is drawn.",
    )
    return starts[page - 1], starts[page]


def token_row(
    chosen: Chosen, record: "TokenizedText", start: int, stop: int, *, title: str = ""
) -> TokenRow:
    """Turn a part of a record into a row of tokens.

    Args:
        chosen: The tokenizer.
        record: A text in its tokens.
        start: First character of the part.
        stop: Character after its last.
        title: What to call the row, if not by the tokenizer's name.
    """
    tokenizer = cached.tokenizer(chosen.name, chosen.tokenizer_json)
    on_page = paging.tokens_on_page(record.char_spans, start, stop)
    ids = record.token_ids[on_page.first : on_page.first + len(on_page.char_spans)].tolist()
    return TokenRow(
        title=title or chosen.title,
        note=f"{record.n_tokens:,} {'token' if record.n_tokens == 1 else 'tokens'}, "
        f"{record.chars_per_token:.2f} characters each",
        first=on_page.first,
        token_ids=tuple(ids),
        shown=tuple(token_card.shown(tokenizer, token_id) for token_id in ids),
        bytes=tuple(record.piece(position).hex(" ").upper() for position in on_page.positions),
        spans=tuple((first, last) for first, last in on_page.char_spans.tolist()),
        kinds=tuple(
            "special"
            if record.is_special[position]
            else "partial"
            if record.is_partial[position]
            else "text"
            for position in on_page.positions
        ),
    )


def _open_token(result: Comparison, picked: PickedToken) -> None:
    chosen, record = result.chosen[picked.row], result.records[picked.row]
    token_id = int(record.token_ids[picked.position])
    card = token_card.token_card(cached.tokenizer(chosen.name, chosen.tokenizer_json), token_id)
    with st.container(border=True):
        rank = "" if card.rank is None else f", rank {card.rank:,}"
        st.markdown(
            f"**{plain(card.shown)}** in {plain(chosen.title)}: id {token_id:,}{rank}, "
            f"{len(card.data)} bytes: {card.data.hex(' ').upper()}"
        )
        if card.role:
            st.caption(card.role)
        elif card.merges:
            st.caption(
                f"{len(card.merges)} merges made it. Every one is in the vocabulary's list; the "
                "lowest rank goes first."
            )
            st.dataframe(
                pd.DataFrame(
                    {
                        "Left": [merge.left for merge in card.merges],
                        "Right": [merge.right for merge in card.merges],
                        "Become": [merge.joined for merge in card.merges],
                        "Rank": [merge.rank for merge in card.merges],
                    }
                ),
                hide_index=True,
                width="content",
                key="tokenizer_compare_merges",
            )
        elif len(card.data) == 1:
            st.caption("One byte. The vocabulary began with it: no merge made it.")
        else:
            st.caption(
                "No merges made it: this tokenizer takes the longest piece of its vocabulary that "
                "fits, from left to right."
                if record.kind == "WordPiece"
                else "No merges made it."
            )


def numbers(result: Comparison, given: Settings) -> None:
    """Show counts, ratios, context and cost in a table."""
    frame = pd.DataFrame(
        {
            "Tokenizer": [one.title for one in result.chosen],
            "How it works": [record.kind for record in result.records],
            "Tokens": [record.n_tokens for record in result.records],
            "Chars / token": [record.chars_per_token for record in result.records],
            "Bytes / token": [record.bytes_per_token for record in result.records],
            "Vocabulary": [record.vocab_size for record in result.records],
            "Of the context": [
                None if record.context_fraction is None else 100 * record.context_fraction
                for record in result.records
            ],
            "Cost × million": [1e6 * record.cost(given.price) for record in result.records],
            "Comes back": [
                "exactly" if record.round_trip.is_exact else "changed" for record in result.records
            ],
        }
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        frame,
        hide_index=True,
        key="tokenizer_compare_numbers",
        alt="Tokens, ratios, context and cost per tokenizer",
        column_config={
            "Tokens": number(format="localized"),
            "Chars / token": number(format="%.2f"),
            "Bytes / token": number(format="%.2f"),
            "Vocabulary": number(format="localized"),
            "Of the context": number(
                format="%.3g %%", help="Of the tokens that its best-known model reads at once."
            ),
            "Cost × million": number(
                format="localized",
                help=f"A million texts like this, at {given.price:.2f} for a million tokens.",
            ),
            "Comes back": st.column_config.TextColumn(
                help="Whether decoding the tokens gives exactly the text again."
            ),
        },
    )


def script(result: Comparison) -> str:
    """Write the program that reproduces the counts, ids and pieces on screen.

    It reads marks that are typed in as plain text and adds none, whatever the switches say.
    """
    from core.tokenization import scripts

    return scripts.compare_script(
        result.text[:MAX_SCRIPT_CHARS], [one.name for one in result.chosen]
    )


def because(result: Comparison) -> str:
    """Say with the numbers on screen why tokens are not words."""
    counts = [record.n_tokens for record in result.records]
    n_words = len(result.text.split())
    spread = (
        f"{min(counts):,}" if min(counts) == max(counts) else f"{min(counts):,} to {max(counts):,}"
    )
    return (
        f"Your text has {n_words:,} words between spaces and {len(result.text):,} characters. It "
        f"takes {spread} tokens, depending on who cuts it."
    )

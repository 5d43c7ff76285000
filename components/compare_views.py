"""Five closer looks: a word, languages, special tokens, the round trip, the vocabulary."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from components import cached, compare_lab, controls, layout
from components.charts import tokenization_compare as charts
from components.compare_lab import Comparison
from components.plain import plain
from components.token_rows import token_rows
from components.tokenizer_loading import Chosen
from core.tokenization import compare, glitch, sample_texts, special_tokens, token_card

if TYPE_CHECKING:
    from core.tokenization.compare import TokenizedText

VIEW_KEY = "tokenizer_compare_view"
MAX_ROWS = 300
"""Tokens in a table of the vocabulary."""

WORD_MD = """
The spelling on the page is the same to you. To the model each of these is a different list of
numbers, because vocabularies are learnt from running text, where a word comes **after a space** and
in small letters.
"""
LANGUAGES_MD = """
One sentence in twelve languages. A vocabulary is learnt mostly from English, so other languages are
cut finer: the same content costs more, is slower, and leaves less room in the context. A hollow dot
has tokens that say only "unknown": cheap, because the text is lost.
"""
OTHERS_MD = """
The same count for what is not a sentence. A hollow dot has tokens that say only "unknown".
"""
SPECIAL_MD = """
Special tokens are marks between the texts: where one begins, ends, or who speaks. They have ids of
their own, and no ordinary text may produce them.
"""
SAFETY_MD = """
If a program reads typed marks as marks, whoever writes the text can end the prompt and pretend to
be the system. So a chat must encode what people type as **plain text**, and add the marks itself.
"""
LOSSES = {
    "unknown": "became the unknown token: what it was is lost",
    "case": "lost capital letters",
    "accents": "lost accents",
    "decomposed": "written as its parts, the same to the eye",
    "changed": "changed into something else",
    "whitespace": "white space dropped",
    "dropped": "dropped",
}


def _titles(result: Comparison) -> dict[str, str]:
    return {one.name: one.title for one in result.chosen}


def _one_tokenizer(result: Comparison, key: str) -> "tuple[Chosen, TokenizedText]":
    titles = _titles(result)
    if st.session_state.get(key) not in titles:  # It was taken out of the comparison.
        st.session_state.pop(key, None)
    name = st.selectbox(
        "Tokenizer",
        list(titles),
        format_func=lambda name: titles.get(name, name),
        key=key,
        help="One of those that you compare.",
        bind="query-params",
    )
    chosen = next(one for one in result.chosen if one.name == name)
    return chosen, result.record(name)


def _encode(
    chosen: Chosen, text: str, *, parse_special: bool = False, add_special: bool = False
) -> "TokenizedText":
    return cached.tokenized(
        chosen.name,
        chosen.tokenizer_json,
        text,
        parse_special=parse_special,
        add_special=add_special,
    )


def one_word(result: Comparison) -> None:
    """Write one word in five ways, and count its tokens and a letter in them."""
    st.markdown(WORD_MD)
    field, letter_field = st.columns([3, 1])
    with field:
        word = controls.short_text(
            "Word", "strawberry", key="tokenizer_compare_word", help="Any single word."
        )
    with letter_field:
        letter = controls.short_text(
            "Count the letter",
            "r",
            key="tokenizer_compare_letter",
            help="How often it stands in the word, and where.",
            max_chars=1,
        )
    if not word.strip():
        st.info("Type a word.", icon=":material/edit:")
        return
    variants = sample_texts.word_variants(word)
    written = controls.choice(
        "Written",
        tuple(variant.title for variant in variants),
        key="tokenizer_compare_written",
        help="What is drawn below. The table counts all five.",
    )
    text = next(variant.text for variant in variants if variant.title == written)
    records = [_encode(chosen, text) for chosen in result.chosen]
    token_rows(
        text,
        [
            compare_lab.token_row(chosen, record, 0, len(text))
            for chosen, record in zip(result.chosen, records, strict=True)
        ],
        key="tokenizer_compare_word_rows",
    )
    _letter_note(result, records, text, letter)
    table = [[_encode(one, variant.text) for variant in variants] for one in result.chosen]
    layout.draw(
        charts.word_counts(
            [one.title for one in result.chosen],
            [variant.title for variant in variants],
            [[record.n_tokens for record in row] for row in table],
            [[_pieces(record) for record in row] for row in table],
        ),
        alt=f"Tokens of {word} written in five ways, per tokenizer",
        key="tokenizer_compare_word_counts",
    )


def _pieces(record: "TokenizedText") -> str:
    return " | ".join(
        compare.visible(record.piece(position)) for position in range(record.n_tokens)
    )


def _letter_note(
    result: Comparison, records: "list[TokenizedText]", text: str, letter: str
) -> None:
    if not letter:
        return
    record = records[0]
    inside = [
        record.piece(position).decode("utf-8", errors="replace").lower().count(letter.lower())
        for position in range(record.n_tokens)
    ]
    ids = ", ".join(f"{number}" for number in record.token_ids.tolist())
    st.markdown(
        f"How many times does **{plain(letter)}** stand in it? You count "
        f"**{text.lower().count(letter.lower())}**. {plain(result.chosen[0].title)} hands the "
        f"model only the ids **{ids}**. The letters are spread over those tokens as "
        f"{' + '.join(map(str, inside)) or '0'}, and no id says so: a model can only have learnt "
        "by heart how each token is spelt."
    )


def languages(result: Comparison) -> None:
    """Draw what the same sentence costs in twelve languages, or what other texts cost."""
    left, right = st.columns(2)
    with left:
        kind = controls.choice(
            "Texts", ("Twelve languages", "Code and signs"), key="tokenizer_compare_texts"
        )
    is_languages = kind == "Twelve languages"
    texts = sample_texts.TRANSLATIONS if is_languages else sample_texts.OTHER_TEXTS
    measure = "Tokens"
    if is_languages:
        with right:
            measure = controls.choice(
                "Measure", ("Times English", "Tokens"), key="tokenizer_compare_measure"
            )
    with st.spinner("Counting…"):
        records = [
            record
            for one in result.chosen
            for record in cached.fertility(one.name, one.tokenizer_json, texts)
        ]
    layout.draw(
        charts.text_costs(records, relative=measure == "Times English"),
        alt="Tokens of each text in each tokenizer",
        key="tokenizer_compare_costs",
    )
    st.caption(LANGUAGES_MD if is_languages else OTHERS_MD)
    with st.expander("The texts", icon=":material/notes:"):
        frame = pd.DataFrame(
            {
                "Text": [one.title for one in texts],
                "Written": [one.text for one in texts],
                "Look at": [one.lesson for one in texts],
            }
        )
        st.dataframe(
            frame if not is_languages else frame.drop(columns="Look at"),
            hide_index=True,
            key="tokenizer_compare_texts_table",
        )


def special(result: Comparison) -> None:
    """List the special tokens of one tokenizer, and type one of them in as text."""
    st.markdown(SPECIAL_MD)
    chosen, _ = _one_tokenizer(result, "tokenizer_compare_special_of")
    tokenizer = cached.tokenizer(chosen.name, chosen.tokenizer_json)
    marks = tokenizer.special_tokens
    if not marks:
        st.info("This tokenizer has no special tokens.", icon=":material/label_off:")
        return
    st.dataframe(
        pd.DataFrame(
            {
                "Mark": list(marks),
                "Id": list(marks.values()),
                "What it does": [special_tokens.role(name) for name in marks],
            }
        ).sort_values("Id"),
        hide_index=True,
        height=min(38 + 35 * len(marks), 280),
        key="tokenizer_compare_marks",
    )
    st.markdown("**Typed in as text**")
    key = "tokenizer_compare_mark"
    if st.session_state.get(key) not in marks:
        st.session_state.pop(key, None)
    mark = st.selectbox(
        "Mark",
        list(marks),
        key=key,
        help="It is typed between two words.",
        bind="query-params",
    )
    text = f"Hello {mark} world"
    plain_record, marked = _encode(chosen, text), _encode(chosen, text, parse_special=True)
    token_rows(
        text,
        [
            compare_lab.token_row(chosen, record, 0, len(text), title=title)
            for title, record in (("Read as text", plain_record), ("Read as the mark", marked))
        ],
        key="tokenizer_compare_mark_rows",
    )
    if not tokenizer.parses_special:
        st.caption("SentencePiece never reads a mark out of a text: both rows are the same.")
    st.caption(SAFETY_MD)
    _typed_note(result.text, list(marks))


def _typed_note(text: str, names: list[str]) -> None:
    found = special_tokens.typed_in(text, names)
    if not found:
        return
    named = ", ".join(sorted({plain(name) for *_, name in found})[:5])
    st.warning(
        f"Your text above holds {len(found):,} of these marks: {named}. The switch “Read special "
        "tokens” in the sidebar decides what becomes of them.",
        icon=":material/warning:",
    )


def round_trip(result: Comparison) -> None:
    """Say for each tokenizer whether the text comes back, and what was lost."""
    st.markdown("Encode the text, decode the ids, and compare with what you wrote.")
    exact = [
        plain(chosen.title)
        for chosen, record in zip(result.chosen, result.records, strict=True)
        if record.round_trip.is_exact
    ]
    if exact:
        st.success(f"Exactly the same text: {', '.join(exact)}.", icon=":material/check:")
    for place, (chosen, record) in enumerate(zip(result.chosen, result.records, strict=True)):
        if not record.round_trip.is_exact:
            _show_losses(chosen, record, place)


def _show_losses(chosen: Chosen, record: "TokenizedText", place: int) -> None:
    trip = record.round_trip
    st.markdown(f"**{plain(chosen.title)}** gives back another text:")
    st.code(trip.decoded[:2_000], language=None, wrap_lines=True)
    if not trip.counts:
        st.caption("Every character is in some token; only the spaces around marks differ.")
        return
    said = "; ".join(f"{count:,} × {LOSSES[kind]}" for kind, count in trip.counts.items())
    st.caption(f"{said}.")
    st.dataframe(
        pd.DataFrame(
            {
                "Character": [loss.start for loss in trip.examples],
                "Was": [compare.visible(loss.was.encode()) for loss in trip.examples],
                "Became": [compare.visible(loss.became.encode()) for loss in trip.examples],
                "What happened": [LOSSES[loss.kind] for loss in trip.examples],
            }
        ),
        hide_index=True,
        key=f"tokenizer_compare_losses_{place}",
    )


def vocabulary(result: Comparison) -> None:
    """Browse a vocabulary, find its dead ends, and tokens that the text never uses."""
    chosen, record = _one_tokenizer(result, "tokenizer_compare_vocabulary_of")
    mode = controls.choice(
        "Show",
        ("All tokens", "Never in your text", "Dead ends"),
        key="tokenizer_compare_hunt",
        help="A dead end is a token whose own text is encoded to something else: no text that you "
        "type can make it come out.",
    )
    with st.spinner("Reading the vocabulary…"):
        entries = cached.vocabulary_entries(chosen.name, chosen.tokenizer_json)
    if mode == "Dead ends":
        _dead_ends(chosen, len(entries))
        return
    if mode == "Never in your text":
        used = set(record.token_ids.tolist())
        entries = [entry for entry in entries if entry.token_id not in used]
        st.caption(
            f"{len(entries):,} tokens never stand in your text. If the text a model learns from "
            "lacks a token too, the token keeps the random numbers it began with, and a model "
            "that meets it answers strangely."
        )
    _browse(chosen, entries)


def _browse(chosen: Chosen, entries: list[glitch.VocabularyEntry]) -> None:
    scripts = ["any", *sorted({entry.script for entry in entries})]
    key = "tokenizer_compare_script"
    if st.session_state.get(key) not in scripts:
        st.session_state.pop(key, None)
    by_script, by_start, by_part, by_length = st.columns(4)
    script = by_script.selectbox("Script", scripts, key=key, bind="query-params")
    with by_start:
        starts_with = controls.short_text(
            "Begins with", "", key="tokenizer_compare_begins", help="A space counts as a letter."
        )
    with by_part:
        contains = controls.short_text(
            "Holds", "", key="tokenizer_compare_holds", help="Anywhere in the token."
        )
    with by_length:
        min_chars = controls.whole_number(
            "Characters at least",
            1,
            200,
            1,
            key="tokenizer_compare_length",
            help="The longest tokens come first.",
        )
    found = glitch.browse(
        entries,
        script=None if script == "any" else script,
        starts_with=starts_with,
        contains=contains,
        min_chars=min_chars,
    )
    tokenizer = cached.tokenizer(chosen.name, chosen.tokenizer_json)
    st.dataframe(
        pd.DataFrame(
            {
                "Token": [token_card.shown(tokenizer, one.token_id) for one in found[:MAX_ROWS]],
                "Id": [one.token_id for one in found[:MAX_ROWS]],
                "Characters": [one.n_chars for one in found[:MAX_ROWS]],
                "Script": [one.script for one in found[:MAX_ROWS]],
            }
        ),
        hide_index=True,
        height=320,
        key="tokenizer_compare_vocabulary",
    )
    st.caption(
        f"{len(found):,} tokens fit"
        + (f"; the first {MAX_ROWS} are listed." if len(found) > MAX_ROWS else ".")
    )


def _dead_ends(chosen: Chosen, n_entries: int) -> None:
    st.markdown(
        "Each token is written out as text and encoded again. Where other tokens come back, no "
        "text can make the token by itself."
    )
    asked = f"tokenizer_compare_searched_{chosen.name}"
    if st.button(
        f"Search all {n_entries:,} tokens", icon=":material/search:", key="tokenizer_compare_search"
    ):
        st.session_state[asked] = True
    if not st.session_state.get(asked):
        return
    with st.spinner("Encoding every token, some seconds…", show_time=True):
        found = cached.unreachable_tokens(chosen.name, chosen.tokenizer_json)
    tokenizer = cached.tokenizer(chosen.name, chosen.tokenizer_json)
    st.markdown(f"**{len(found):,}** of {n_entries:,} tokens are dead ends.")
    st.dataframe(
        pd.DataFrame(
            {
                "Token": [token_card.shown(tokenizer, one.entry.token_id) for one in found],
                "Id": [one.entry.token_id for one in found],
                "Its text gives": [
                    " | ".join(token_card.shown(tokenizer, number) for number in one.token_ids)
                    for one in found
                ],
            }
        ).head(MAX_ROWS),
        hide_index=True,
        height=320,
        key="tokenizer_compare_dead_ends",
    )


VIEWS: dict[str, Callable[[Comparison], None]] = {
    "One word": one_word,
    "Languages": languages,
    "Special tokens": special,
    "Round trip": round_trip,
    "Vocabulary": vocabulary,
}
"""The closer looks by name, in teaching order."""


def closer_look(result: Comparison) -> None:
    """Show one of the closer looks; only that one is computed."""
    st.subheader("Look closer", anchor=False)
    VIEWS[controls.choice("Look at", tuple(VIEWS), key=VIEW_KEY)](result)

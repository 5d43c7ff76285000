import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tokenization import (
    compare,
    fertility,
    glitch,
    known_tokenizers,
    sample_texts,
    special_tokens,
)

LOSSLESS = ["gpt2", "cl100k", "o200k", "llama3", "tekken", "deepseek"]
ALL = list(known_tokenizers.KNOWN)


def pieces(known_tokenizer, name, text):
    record = compare.tokenize(known_tokenizer(name), text)
    return [record.piece(place).decode() for place in range(record.n_tokens)]


@pytest.mark.parametrize(
    ("name", "cut", "one_id"),
    [
        ("gpt2", ["st", "raw", "berry"], 41236),
        ("cl100k", ["str", "aw", "berry"], 73700),
        ("o200k", ["st", "raw", "berry"], 101830),
        ("llama3", ["str", "aw", "berry"], 73700),
    ],
)
def test_strawberry_is_three_tokens_at_the_start_and_one_after_a_space(
    known_tokenizer, name, cut, one_id
):
    assert pieces(known_tokenizer, name, "strawberry") == cut
    after_space = compare.tokenize(known_tokenizer(name), " strawberry")
    assert after_space.token_ids.tolist() == [one_id]


def test_strawberry_is_one_token_for_bert(known_tokenizer):
    assert pieces(known_tokenizer, "bert", "strawberry") == ["strawberry"]


def test_solidgoldmagikarp_is_one_token_in_gpt2_and_five_in_cl100k(known_tokenizer):
    assert compare.tokenize(known_tokenizer("gpt2"), " SolidGoldMagikarp").token_ids == [43453]
    assert compare.tokenize(known_tokenizer("cl100k"), " SolidGoldMagikarp").n_tokens == 5


@pytest.mark.parametrize("name", LOSSLESS)
@given(text=st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_spans_of_byte_level_tokenizers_tile_the_text_and_the_text_comes_back(
    known_tokenizer, name, text
):
    tokenizer = known_tokenizer(name)
    record = compare.tokenize(tokenizer, text)
    joined = b"".join(record.piece(place) for place in range(record.n_tokens))
    assert joined == text.encode()
    assert [record.piece(i) for i in range(record.n_tokens)] == [
        tokenizer.token_bytes(token_id) for token_id in record.token_ids.tolist()
    ]
    assert record.round_trip.is_exact


@pytest.mark.parametrize("name", ALL)
@given(text=st.text(max_size=30) | st.text(alphabet="e\u0301 가각ᄀ▁🦊Aß\n", max_size=30))
@settings(max_examples=60, deadline=None)
def test_spans_lie_in_the_text_in_order_and_characters_agree_with_bytes(
    known_tokenizer, name, text
):
    record = compare.tokenize(known_tokenizer(name), text)
    spans = record.byte_spans
    assert spans.shape == (record.n_tokens, 2)
    assert (spans >= 0).all()
    assert (spans <= len(record.text_bytes)).all()
    assert (np.diff(spans[:, 0]) >= 0).all()
    for place, (first, last) in enumerate(record.char_spans.tolist()):
        touched = text[first:last].encode()
        piece = record.piece(place)
        assert piece in touched
        assert record.is_partial[place] == (piece != touched)
        for character in range(first, last):
            assert place in record.tokens_at(character)


def test_smollm2_silently_drops_a_byte_it_has_no_token_for(known_tokenizer):
    tokenizer = known_tokenizer("smollm2")
    record = compare.tokenize(tokenizer, "a\U00040000b")
    assert [record.piece(i) for i in range(record.n_tokens)] == [b"a", *[b"\x80"] * 3, b"b"]
    assert record.byte_spans.tolist() == [[0, 1], [2, 3], [3, 4], [4, 5], [5, 6]]
    assert record.round_trip.counts == {"changed": 1}
    assert 0xF1 in glitch.missing_bytes(glitch.vocabulary(tokenizer))


def test_qwen_and_mistral_line_up_with_the_text_they_changed(known_tokenizer):
    composed = compare.tokenize(known_tokenizer("qwen"), "Cafe\u0301 x")
    assert composed.piece(composed.n_tokens - 1) == b" x"
    assert composed.round_trip.counts == {"changed": 1}
    spaced = compare.tokenize(known_tokenizer("mistral_v1"), "a▁b c")
    assert [spaced.piece(i).decode() for i in range(spaced.n_tokens)] == ["a", "▁b", " c"]
    assert spaced.round_trip.examples[0].was == "▁b"


def test_a_split_emoji_is_shown_by_its_bytes(known_tokenizer):
    record = compare.tokenize(known_tokenizer("gpt2"), "a🦊b")
    assert record.is_partial.tolist() == [False, True, True, True, False]
    assert record.tokens_at(1).tolist() == [1, 2, 3]
    assert "".join(compare.visible(record.piece(i)) for i in (1, 2, 3)) == "⟨F0⟩⟨9F⟩⟨A6⟩⟨8A⟩"


def test_what_bert_loses_is_named(known_tokenizer):
    text = "Café\n\nNone 每 a\u200db"
    trip = compare.tokenize(known_tokenizer("bert"), text).round_trip
    assert not trip.is_exact
    assert trip.decoded == "cafe none [UNK] ab"
    assert trip.counts == {"accents": 1, "whitespace": 1, "case": 1, "unknown": 1, "changed": 1}
    assert [text[loss.start : loss.stop] for loss in trip.examples] == [
        loss.was for loss in trip.examples
    ]


def test_korean_letters_taken_apart_are_no_lost_accents(known_tokenizer):
    trip = compare.tokenize(known_tokenizer("bert"), "각").round_trip
    assert set(trip.counts) <= {"decomposed", "unknown"}


@pytest.mark.parametrize(
    ("name", "mark", "mark_id"),
    [("gpt2", "<|endoftext|>", 50256), ("llama3", "<|eot_id|>", 128009), ("bert", "[SEP]", 102)],
)
def test_a_typed_special_token_is_text_unless_it_is_parsed(known_tokenizer, name, mark, mark_id):
    tokenizer = known_tokenizer(name)
    plain = compare.tokenize(tokenizer, mark)
    parsed = compare.tokenize(tokenizer, mark, parse_special=True)
    assert plain.n_tokens > 1
    assert not plain.is_special.any()
    assert parsed.token_ids.tolist() == [mark_id]
    assert parsed.is_special.all()


def test_sentencepiece_never_parses_a_mark(known_tokenizer):
    tokenizer = known_tokenizer("mistral_v1")
    assert not tokenizer.parses_special
    assert not compare.tokenize(tokenizer, "</s>", parse_special=True).is_special.any()


@pytest.mark.parametrize(
    ("name", "marks"), [("bert", [101, 102]), ("llama3", [128000]), ("mistral_v1", [1])]
)
def test_added_marks_stand_for_no_text(known_tokenizer, name, marks):
    record = compare.tokenize(known_tokenizer(name), "hi", add_special=True)
    assert record.token_ids[record.is_special].tolist() == marks
    assert [record.piece(i) for i in np.flatnonzero(record.is_special)] == [b""] * len(marks)
    assert not record.is_partial[record.is_special].any()
    assert record.round_trip.is_exact


def test_costs_and_shares_are_counted(known_tokenizer):
    record = compare.tokenize(known_tokenizer("gpt2"), " strawberry" * 256)
    assert record.context_fraction == 0.25
    assert record.chars_per_token == 11.0
    assert record.bytes_per_token == 11.0
    assert record.cost(2.0) == pytest.approx(256 * 2 / 1e6)
    for price in (-1, float("nan")):
        with pytest.raises(ValueError, match="price"):
            record.cost(price)


@pytest.mark.parametrize("name", ALL)
def test_empty_nul_and_surrogates_are_handled(known_tokenizer, name):
    tokenizer = known_tokenizer(name)
    empty = compare.tokenize(tokenizer, "")
    assert (empty.n_tokens, empty.chars_per_token, empty.bytes_per_token) == (0, 0.0, 0.0)
    assert compare.tokenize(tokenizer, "a\0b").byte_spans[-1, 1] == 3
    with pytest.raises(ValueError, match="surrogate"):
        compare.tokenize(tokenizer, "\ud800")
    with pytest.raises(ValueError, match="no token with the id"):
        tokenizer.token_bytes(10_000_000)


def test_every_language_is_measured_against_english(known_tokenizer):
    records = fertility.fertility([known_tokenizer(name) for name in ("gpt2", "o200k", "bert")])
    assert len(records) == 36
    by_name = {(record.tokenizer, record.text): record for record in records}
    assert all(by_name[title, "English"].relative_cost == 1 for title in ("GPT-2", "o200k"))
    hindi = by_name["GPT-2", "Hindi"]
    assert hindi.relative_cost == hindi.n_tokens / 11
    assert hindi.relative_cost > 4 * by_name["o200k", "Hindi"].relative_cost
    assert by_name["BERT uncased", "Chinese"].n_unknown > 0
    assert hindi.n_unknown == 0


def test_fertility_needs_texts(known_tokenizer):
    with pytest.raises(ValueError, match="at least one character"):
        fertility.fertility([known_tokenizer("gpt2")], [])
    with pytest.raises(ValueError, match="at least one character"):
        fertility.fertility([known_tokenizer("gpt2")], [sample_texts.SampleText("none", "")])


def test_there_are_twelve_languages_and_each_sample_is_plain_text():
    languages = [sample.language for sample in sample_texts.TRANSLATIONS]
    assert len(set(languages)) == 12
    assert languages[0] == "en"
    assert "\u200d" in next(s.text for s in sample_texts.OTHER_TEXTS if s.title == "Emoji")


def test_a_blank_word_has_no_variants():
    with pytest.raises(ValueError, match="no word"):
        sample_texts.word_variants("  ")


def test_marks_typed_in_a_text_are_found_longest_name_first():
    assert special_tokens.typed_in("a<|im|>b", ["<|im", "<|im|>"]) == [(1, 7, "<|im|>")]
    assert special_tokens.typed_in("text", []) == []
    assert special_tokens.role("<|fim_prefix|>") == special_tokens.role("<|fim_suffix|>")
    assert special_tokens.role("<odd>") == "A mark of this model's own."

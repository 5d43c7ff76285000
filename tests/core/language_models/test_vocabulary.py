from types import SimpleNamespace

import pytest

from core.language_models import vocabulary


def test_the_byte_table_is_one_to_one():
    table = vocabulary.byte_table()
    assert sorted(table.values()) == list(range(256))
    assert len(table) == 256


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" a", "␣a"),
        ("\n\t", "↵⇥"),
        ("\r\x00\x1b", "\\r\\x00\\x1b"),
        ("\u202e\u200b", "\\u202e\\u200b"),
        ("\u0301", "◌\u0301"),
        ("日本 🦊", "日本␣🦊"),
        ("</script>", "</script>"),
    ],
)
def test_nothing_in_a_text_stays_hidden(text, shown):
    assert vocabulary.visible_text(text) == shown


def test_bytes_of_half_a_character_are_shown_in_hexadecimal():
    tokenizer = SimpleNamespace(
        convert_ids_to_tokens=lambda token_id: {0: "ðŁ", 1: "Ġâ", 2: "aðŁ", 3: "Ģ"}.get(token_id),
        all_special_ids=[],
        backend_tokenizer=SimpleNamespace(decoder="ByteLevel"),
    )
    shown = [vocabulary.visible_token(tokenizer, token_id) for token_id in range(5)]
    assert [token.text for token in shown] == [
        "⟨F0 9F⟩",
        "␣⟨E2⟩",
        "a⟨F0 9F⟩",
        "⟨80⟩",
        "‹unused 4›",
    ]
    assert [token.kind for token in shown] == ["bytes"] * 4 + ["special"]


def test_sentencepiece_tokens_are_shown_too():
    tokenizer = SimpleNamespace(backend_tokenizer=None)
    assert vocabulary.token_bytes(tokenizer, "▁Paris") == b" Paris"
    assert vocabulary.token_bytes(tokenizer, "<0x0A>") == b"\n"


@pytest.mark.model
def test_the_real_vocabulary_shows_without_a_gap(smollm2):
    tokenizer = smollm2.tokenizer
    shown = [vocabulary.visible_token(tokenizer, token_id) for token_id in range(49_152)]
    assert all(token.text.isprintable() and token.text for token in shown)
    assert (shown[0].text, shown[0].kind) == ("‹endoftext›", "special")
    assert (shown[198].text, shown[198].kind) == ("↵", "space")
    paris = tokenizer(" Paris")["input_ids"][0]
    assert (shown[paris].text, shown[paris].kind) == ("␣Paris", "text")
    assert {token.kind for token in shown} == {"text", "space", "special", "bytes"}


@pytest.mark.model
def test_the_bytes_of_tokens_make_up_the_text(smollm2):
    tokenizer = smollm2.tokenizer
    text = "naïve 🦊 日本\n\tx  5 \u202e"
    ids = tokenizer(text)["input_ids"]
    tokens = tokenizer.convert_ids_to_tokens(ids)
    raw = b"".join(vocabulary.token_bytes(tokenizer, token) for token in tokens)
    assert raw.decode() == text


@pytest.mark.model
def test_line_ends_colons_quotes_and_stars_break_a_repetition(smollm2):
    tokenizer = smollm2.tokenizer
    found = {tokenizer.decode([token_id]) for token_id in vocabulary.breaker_ids(tokenizer)}
    assert found == {"\n", ":", '"', "*"}

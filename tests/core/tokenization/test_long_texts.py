import pytest

from core.tokenization import compare, tokenizer_sources

TEXT = "Some words, naïve 🦊  and\nmore\t words [SEP] 12 34 <s> e\u0301 每天 x y " * 12


@pytest.mark.parametrize(("part_chars", "is_cut"), [(2, False), (100, True), (10_000, False)])
def test_a_text_in_parts_is_encoded_as_the_whole_is(
    known_tokenizer, monkeypatch, part_chars, is_cut
):
    tokenizer = known_tokenizer("bert")
    whole = compare.tokenize(tokenizer, TEXT)
    monkeypatch.setattr(tokenizer_sources, "PART_CHARS", part_chars)
    parts = tokenizer_sources._parts(TEXT)
    assert " ".join(parts) == TEXT
    assert (len(parts) > 1) == is_cut
    cut = compare.tokenize(tokenizer, TEXT)
    assert cut.token_ids.tolist() == whole.token_ids.tolist()
    assert cut.byte_spans.tolist() == whole.byte_spans.tolist()
    assert cut.round_trip.counts == whole.round_trip.counts

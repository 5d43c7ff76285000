import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tokenization import bpe, compare, paging, token_card, tokenizer_json, tokenizer_sources


def merges(card):
    return [(merge.left, merge.right, merge.joined, merge.rank) for merge in card.merges]


def test_raw_is_made_by_two_merges_of_gpt2(known_tokenizer):
    card = token_card.token_card(known_tokenizer("gpt2"), 1831)
    assert (card.shown, card.data, card.rank, card.role) == ("raw", b"raw", 1831, None)
    assert merges(card) == [("r", "a", "ra", 430), ("ra", "w", "raw", 1831)]


@pytest.mark.parametrize("word", [" strawberry", " tokenization", "é", "\n\n"])
def test_the_merges_are_those_of_our_own_replay(known_tokenizer, word):
    tokenizer = known_tokenizer("gpt2")
    for token_id in tokenizer.encode(word).token_ids.tolist():
        card = token_card.token_card(tokenizer, token_id)
        steps = tokenizer.bpe.derivation(token_id)
        assert [merge.rank for merge in card.merges] == [step.rank for step in steps]


@pytest.mark.parametrize("name", ["gpt2", "smollm2", "mistral_v1"])
def test_the_last_merge_gives_the_token(known_tokenizer, name):
    tokenizer = known_tokenizer(name)
    for token_id in tokenizer.encode("morning children river").token_ids.tolist():
        card = token_card.token_card(tokenizer, token_id)
        assert card.merges[-1].joined == card.shown


def test_tekkens_ranks_begin_after_its_marks(known_tokenizer):
    tokenizer = known_tokenizer("tekken")
    (token_id,) = tokenizer.encode("the").token_ids.tolist()
    card = token_card.token_card(tokenizer, token_id)
    assert card.rank == token_id - 1_000 == tokenizer.ranks[b"the"]


def test_wordpiece_has_no_merges_and_keeps_its_mark_of_continuation(known_tokenizer):
    tokenizer = known_tokenizer("bert")
    last = int(tokenizer.encode("tokenization").token_ids[-1])
    card = token_card.token_card(tokenizer, last)
    assert card.shown == "##ization"
    assert (card.merges, card.rank) == ((), None)


def test_a_byte_and_a_mark_were_not_merged(known_tokenizer):
    gpt2 = known_tokenizer("gpt2")
    byte = token_card.token_card(gpt2, int(gpt2.encode("🦊").token_ids[-1]))
    assert (byte.shown, byte.merges) == ("⟨8A⟩", ())
    mark = token_card.token_card(gpt2, 50256)
    assert (mark.shown, mark.rank, mark.merges) == ("<|endoftext|>", None, ())
    assert mark.role.startswith("Ends a text")
    byte_piece = known_tokenizer("mistral_v1")
    assert token_card.token_card(byte_piece, 141).merges == ()


def test_an_own_tokenizer_tells_its_merges():
    own = tokenizer_sources.FastTokenizer(
        "own", tokenizer_json.from_bpe(bpe.train("aaabdaaabac", 259))
    )
    assert merges(token_card.token_card(own, 258)) == [
        ("a", "a", "aa", 0),
        ("a", "b", "ab", 1),
        ("aa", "ab", "aaab", 2),
    ]


def test_an_unknown_id_is_refused(known_tokenizer):
    with pytest.raises(ValueError, match="no token with the id"):
        token_card.token_card(known_tokenizer("gpt2"), 60_000)
    with pytest.raises(ValueError, match="no token with the id"):
        known_tokenizer("bert").piece(60_000)


@given(st.text(alphabet="ab \n", max_size=60), st.integers(1, 9))
def test_pages_tile_the_text(text, page_chars):
    starts = paging.page_starts(text, page_chars)
    assert (starts[0], starts[-1]) == (0, len(text))
    lengths = np.diff(starts)
    assert (lengths <= page_chars).all()
    assert len(text) == 0 or (lengths > 0).all()


def test_a_page_has_at_least_one_character():
    with pytest.raises(ValueError, match="at least 1"):
        paging.page_starts("text", 0)


@pytest.mark.parametrize("name", ["gpt2", "bert", "mistral_v1"])
def test_every_token_stands_on_a_page(known_tokenizer, name):
    text = "Some words, 🦊 and\nmore words " * 4
    record = compare.tokenize(known_tokenizer(name), text, add_special=True)
    starts = paging.page_starts(text, 25)
    assert len(starts) > 3
    seen = set()
    for start, stop in itertools.pairwise(starts):
        page = paging.tokens_on_page(record.char_spans, start, stop)
        assert (page.char_spans >= 0).all()
        assert (page.char_spans <= stop - start).all()
        seen.update(page.positions)
    assert seen == set(range(record.n_tokens))


def test_marks_without_text_stand_on_one_page_only():
    spans = np.array([[0, 0], [0, 4], [4, 8], [8, 8]])
    assert list(paging.tokens_on_page(spans, 0, 4).positions) == [0, 1]
    assert list(paging.tokens_on_page(spans, 4, 8).positions) == [2, 3]
    assert list(paging.tokens_on_page(spans[:0], 0, 4).positions) == []

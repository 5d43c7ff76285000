import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tokenization import bpe, corpora, growth, patterns

DOGS = "The dog saw a dog. A dog! The other dog saw the dog? 🐕🐕 dogs dogs"


def merges_of(steps):
    return [(step.pair, step.new_id) for step in steps]


def standing(pieces, n_merges):
    return [piece for piece in pieces if piece.stands_at(n_merges)]


@pytest.mark.parametrize("pattern", [None, patterns.GPT2])
def test_after_any_number_of_merges_the_pieces_are_what_the_tokenizer_of_that_age_encodes(pattern):
    steps = growth.steps_up_to(DOGS, 290, pattern=pattern)
    pieces = growth.pieces_over_time(DOGS, merges_of(steps), pattern=pattern)
    for n_merges in range(len(steps) + 1):
        young = bpe.from_merges([step.pair for step in steps[:n_merges]], pattern=pattern)
        shown = [piece.token_id for piece in standing(pieces, n_merges)]
        assert shown == young.encode(DOGS)
    for step in steps:
        assert len(standing(pieces, step.step + 1)) == step.n_tokens


@given(st.text(max_size=40))
@settings(max_examples=60)
def test_the_standing_pieces_always_tile_the_text(text):
    steps = growth.steps_up_to(DOGS, 280)
    pieces = growth.pieces_over_time(text, merges_of(steps), pattern=patterns.CL100K)
    assert len(pieces) <= 2 * len(text.encode())
    for n_merges in (0, 1, 7, len(steps)):
        now = standing(pieces, n_merges)
        assert b"".join(piece.token for piece in now) == text.encode()
        assert [piece.start for piece in now[1:]] == [piece.stop for piece in now[:-1]]


def test_runs_of_one_letter_are_joined_from_the_left():
    pieces = growth.pieces_over_time("aaaaa", [((97, 97), 256), ((256, 256), 257)])
    assert [piece.token for piece in standing(pieces, 1)] == [b"aa", b"aa", b"a"]
    assert [piece.token for piece in standing(pieces, 2)] == [b"aaaa", b"a"]


def test_no_piece_crosses_a_chunk_border():
    steps = growth.steps_up_to(DOGS, 300, pattern=patterns.GPT2)
    pieces = growth.pieces_over_time(DOGS, merges_of(steps), pattern=patterns.GPT2)
    assert not any(piece.token in (b"dog.", b"dog!", b"dog?") for piece in pieces)
    last = pieces[-1]
    assert last.chunk == len(patterns.split(DOGS, patterns.GPT2)) - 1


def test_training_stops_where_the_text_supports_no_more():
    assert growth.steps_up_to("Hello world", 300) == ()
    assert len(growth.steps_up_to("aaabdaaabac", 1_000)) == 3
    assert len(growth.steps_up_to("aaabdaaabac", 257)) == 1


def test_a_vocabulary_smaller_than_the_bytes_is_refused():
    with pytest.raises(ValueError, match="at least 256, one per byte, not 255"):
        growth.steps_up_to("aa", 255)


def test_the_corpora_are_there_and_a_wrong_room_is_named():
    assert corpora.twelve_languages().count("\n") == 11
    assert "def steps_up_to(" in corpora.own_source()
    with pytest.raises(ValueError, match="no room called 'attic'"):
        corpora.own_source("attic")

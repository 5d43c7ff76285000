"""Words by hand: known ones mean something, unknown ones are the same everywhere."""

import numpy as np
import pytest

from core.sequences import multi_head, own_numbers, toy_words
from core.sequences.own_numbers import Change


def test_a_word_is_known_whatever_its_case_and_punctuation():
    np.testing.assert_array_equal(*[toy_words.embed((w,), 8) for w in ("“Cat”,", "cat")])
    assert toy_words.is_known("Cat.")
    assert not toy_words.is_known("quark")


def test_an_unknown_word_has_the_same_numbers_in_every_process():
    assert toy_words.embed(("quark",), 4).tolist() == [[0.5, 0.9, -0.5, -0.2]]


@pytest.mark.parametrize("word", ["", "🙂", "שלום", "</script>", "\ud800", "x" * 10_000])
def test_any_word_has_numbers(word):
    numbers = toy_words.embed((word,), 8)
    assert np.isfinite(numbers).all()
    assert np.abs(numbers).max() <= 1


def test_texts_are_cut_at_white_space_and_words_at_their_length():
    assert toy_words.split_words("  a;b \u2003 c\n") == ("a", "b", "c")
    assert len(toy_words.split_words("x" * 100_000)[0]) == toy_words.MAX_WORD_CHARACTERS


def test_a_pronoun_looks_at_the_living_being_and_a_deed_at_its_doer():
    words = toy_words.split_words("the cat slept because it was tired")
    trace = multi_head.self_attention(
        toy_words.embed(words, 4), toy_words.layer_weights("hand-made", 4)
    )
    looked_at = multi_head.who_is_looked_at(trace.heads.weights[0])
    assert [words[looked_at[place]] for place in (4, 2, 1)] == ["cat", "cat", "slept"]


def test_random_weights_come_again_with_their_seed():
    one, same, other = (toy_words.layer_weights("random", 6, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.query, same.query)
    assert (one.query != other.query).any()


@pytest.mark.parametrize("n_embd", [0, 9])
def test_only_as_many_numbers_as_there_are_features(n_embd):
    with pytest.raises(ValueError, match=str(n_embd)):
        toy_words.embed(("cat",), n_embd)


def test_own_numbers_go_to_every_place_of_a_word_and_to_a_weight():
    words = ("cat", "sees", "Cat,")
    changes = own_numbers.read("E cat 2 0.5; Q 1 2 −3")
    changed = own_numbers.to_words(toy_words.embed(words, 2), words, changes)
    assert changed.tolist() == [[1, 0.5], [0, 0], [1, 0.5]]
    layer = own_numbers.to_weights(toy_words.layer_weights("identity", 2), changes)
    assert layer.query.tolist() == [[1, -3], [0, 1]]
    assert layer.key.tolist() == [[1, 0], [0, 1]]


def test_the_last_change_of_a_place_counts_and_a_change_elsewhere_is_passed_over():
    text = own_numbers.with_change("Q 1 1 2", Change("Q", "1", 1, 5.0))
    assert text == "Q 1 1 5"
    layer = toy_words.layer_weights("identity", 2)
    kept = own_numbers.to_weights(layer, own_numbers.read("Q 9 1 7; K 1 9 7"))
    np.testing.assert_array_equal(kept.query, layer.query)
    np.testing.assert_array_equal(kept.key, layer.key)


@pytest.mark.parametrize(
    "text",
    [
        "E cat 1",
        "Z 1 1 1",
        "Q x 1 1",
        "Q 0 1 1",
        "Q 1 0 1",
        "Q 1 1 nan",
        "Q 1 1 inf",
        "Q 1 1 101",
        "Q 1 1 __import__('os')",
        "E cat 99999 1",
        "; ".join(["Q 1 1 1"] * 101),
    ],
)
def test_what_is_no_change_gets_a_sentence(text):
    with pytest.raises(own_numbers.OwnNumbersError, match=r"\."):
        own_numbers.read(text)

import numpy as np
import pytest
import torch

from core.language_models import attention_maps, head_patterns, head_scores
from core.model_store import loading
from tests.core.language_models import tiny_models

WORDS = ("The", "␣cat", ",", "␣the", "␣cat", ".")


def head_that_looks_at(key, words, *, causal=True):
    """A map with all attention on the first cell of the pattern, and on the first token else."""
    marked = head_patterns.cells(key, words, causal=causal)
    probs = np.zeros((1, 1, *marked.shape), np.float16)
    places = np.where(marked.any(axis=1), marked.argmax(axis=1), 0)
    probs[0, 0, np.arange(len(words)), places] = 1
    return attention_maps.AttentionMaps(probs=probs, causal=causal)


@pytest.mark.parametrize(
    ("key", "cells"),
    [
        ("previous", [(1, 0), (2, 1), (3, 2), (4, 3), (5, 4)]),
        ("first", [(1, 0), (2, 0), (3, 0), (4, 0), (5, 0)]),
        ("self", [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)]),
        ("same_word", [(3, 0), (4, 1)]),
        ("punctuation", [(3, 2), (4, 2), (5, 2)]),
    ],
)
def test_the_cells_of_a_pattern_on_a_text(key, cells):
    marked = head_patterns.cells(key, WORDS, causal=True)
    assert list(map(tuple, np.argwhere(marked).tolist())) == cells


def test_repeated_tokens_are_looked_for_one_cycle_back():
    said = ["open", *"abc", *"abc"]
    assert np.argwhere(head_patterns.cells("duplicate", said, causal=True)).tolist() == [
        [4, 1],
        [5, 2],
        [6, 3],
    ]
    assert np.argwhere(head_patterns.cells("induction", said, causal=True)).tolist() == [
        [4, 2],
        [5, 3],
        [6, 4],
    ]


def test_an_encoder_may_look_at_the_same_word_further_on():
    marked = head_patterns.cells("same_word", ("‹[CLS]›", "to", "be", "##to", "TO"), causal=False)
    assert np.argwhere(marked).tolist() == [[1, 3], [1, 4], [3, 1], [3, 4], [4, 1], [4, 3]]


@pytest.mark.parametrize("key", ["previous", "first", "self", "same_word", "punctuation"])
def test_a_head_that_does_one_thing_scores_one(key):
    found = head_scores.own_text_scores(head_that_looks_at(key, WORDS), WORDS)
    assert found[key].scores.tolist() == [[1.0]]
    assert found[key].even < 0.5


def test_even_attention_scores_what_is_given_beside_every_score():
    even = head_scores.even_attention(6, causal=True)[None, None].astype(np.float16)
    maps = attention_maps.AttentionMaps(probs=even, causal=True)
    for one in head_scores.own_text_scores(maps, WORDS).values():
        assert one.scores[0, 0] == pytest.approx(one.even, abs=1e-3)
    previous = head_scores.own_text_scores(maps, WORDS)["previous"]
    assert previous.even == pytest.approx(np.mean([1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6]))


def test_a_text_without_the_pattern_is_not_measured():
    maps = head_that_looks_at("previous", ("a", "b", "c"))
    found = head_scores.own_text_scores(maps, ("a", "b", "c"))
    assert [key for key, one in found.items() if not one.is_measured] == [
        "same_word",
        "punctuation",
    ]
    assert np.isnan(found["same_word"].scores).all()
    single = attention_maps.AttentionMaps(probs=np.ones((1, 1, 1, 1), np.float16), causal=True)
    assert not any(one.is_measured for one in head_scores.own_text_scores(single, ("a",)).values())


def test_an_unknown_pattern_is_named():
    with pytest.raises(ValueError, match="no pattern 'syntax'"):
        head_patterns.cells("syntax", WORDS, causal=True)


def test_a_head_is_described_by_the_pattern_that_leaves_even_attention_furthest_behind():
    assert head_patterns.best_fit({"first": (0.6, 0.5), "induction": (0.4, 0.02)}) == "induction"
    assert head_patterns.best_fit({"first": (0.6, 0.5)}, least=0.3) is None
    assert head_patterns.best_fit({}) is None


def test_the_strongest_look_leaves_the_first_token_out():
    probs = np.array([[[[1, 0, 0], [1, 0, 0], [0.7, 0.1, 0.2]]]], np.float16)
    maps = attention_maps.AttentionMaps(probs=probs, causal=True)
    assert head_scores.strongest_looks(maps).tolist() == [[pytest.approx(0.2, abs=1e-3)]]
    single = attention_maps.AttentionMaps(probs=np.ones((2, 3, 1, 1), np.float16), causal=True)
    assert head_scores.strongest_looks(single).tolist() == [[0.0] * 3] * 2


@pytest.mark.model
def test_random_tokens_are_said_twice_and_none_is_special(smollm2):
    token_ids = head_scores.repeated_tokens(smollm2.tokenizer, seed=4)
    assert len(token_ids) == 81
    assert token_ids[1:41] == token_ids[41:]
    assert len(set(token_ids[1:41])) == 40
    assert not set(token_ids[1:]) & set(smollm2.tokenizer.all_special_ids)
    assert token_ids != head_scores.repeated_tokens(smollm2.tokenizer, seed=5)


@pytest.mark.model
def test_smollm2_has_induction_heads_and_one_of_them_is_head_6_of_layer_18(smollm2):
    found = head_scores.repeated_scores(smollm2)
    induction = found["induction"]
    assert head_scores.best_heads(induction.scores, 1) == [(18, 6)]
    assert induction.scores[18, 6] > 0.8 > 40 * induction.even
    assert head_scores.best_heads(found["duplicate"].scores, 1) == [(8, 0)]


@pytest.mark.model
def test_a_head_of_minilm_looks_at_the_token_before_and_at_nothing_else():
    minilm = loading.load_encoder("all-minilm-l6-v2")
    tokens = minilm.tokenizer("The water was high, and two boys were throwing stones.")
    maps = attention_maps.attention_maps(minilm, tokens["input_ids"])
    words = minilm.tokenizer.convert_ids_to_tokens(tokens["input_ids"])
    previous = head_scores.own_text_scores(maps, words)["previous"]
    assert previous.scores[0, 2] > 0.98


def test_scores_are_those_of_the_models_own_attention():
    loaded = tiny_models.load("llama")
    token_ids = (5, 7, 9, 20, 3, 11)
    own = tiny_models.own_attentions(loaded, token_ids)
    found = head_scores.own_text_scores(attention_maps.attention_maps(loaded, token_ids), WORDS)
    before = np.diagonal(own, offset=-1, axis1=2, axis2=3).mean(axis=-1)
    assert found["previous"].scores == pytest.approx(before, abs=5e-4)
    assert torch.is_inference_mode_enabled() is False

"""Attention without positions is blind to order, and any of three ways opens its eyes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.sequences import shuffle, toy_words
from core.sequences.multi_head import LayerSettings

WORDS = ("the", "dog", "bites", "a", "man")
X = toy_words.embed(WORDS, 8)
LAYER = toy_words.layer_weights("random", 8, seed=4)


@given(st.permutations(range(5)), st.sampled_from([1, 2, 4]))
@settings(max_examples=40, deadline=None)
def test_without_positions_shuffling_words_shuffles_outputs_and_nothing_else(order, n_head):
    plain = LayerSettings(n_head=n_head, n_kv_head=n_head)
    test = shuffle.shuffle_test(X, LAYER, plain, order=order)
    assert test.largest_change < 1e-12
    np.testing.assert_allclose(test.moved_outputs, test.before.outputs, atol=1e-12)
    np.testing.assert_allclose(test.after.outputs, test.before.outputs[list(order)], atol=1e-12)


@pytest.mark.parametrize(
    "told",
    [
        LayerSettings(positions="sinusoidal"),
        LayerSettings(positions="rope"),
        LayerSettings(positions="alibi"),
        LayerSettings(causal=True),
    ],
)
def test_positions_or_a_mask_let_it_see_the_order(told):
    test = shuffle.shuffle_test(X, LAYER, told, order=[1, 2, 4, 0, 3])
    assert test.changes.min() > 1e-5


def test_alibi_without_a_mask_cannot_tell_a_text_from_its_mirror_image():
    told = LayerSettings(positions="alibi")
    mirrored = shuffle.shuffle_test(X, LAYER, told, order=[4, 3, 2, 1, 0])
    assert mirrored.largest_change < 1e-12
    masked = shuffle.shuffle_test(
        X, LAYER, LayerSettings(positions="alibi", causal=True), order=[4, 3, 2, 1, 0]
    )
    assert masked.largest_change > 1e-3


def test_changes_belong_to_words_not_to_places():
    told = LayerSettings(causal=True)
    test = shuffle.shuffle_test(X, LAYER, told, order=[0, 1, 2, 4, 3])
    assert (test.changes[:3] == 0).all()
    assert test.changes[3] > 0


def test_a_drawn_order_moves_something_and_comes_again_with_its_seed():
    for seed in range(20):
        order = shuffle.draw_order(2, seed=seed)
        assert order.tolist() == [1, 0]
    assert shuffle.draw_order(1, seed=0).tolist() == [0]
    np.testing.assert_array_equal(shuffle.draw_order(9, seed=3), shuffle.draw_order(9, seed=3))


def test_many_orders_are_measured():
    found = shuffle.largest_of_many(X, LAYER, LayerSettings(), n_orders=7, seed=1)
    assert found.shape == (7,)
    assert found.max() < 1e-12


@pytest.mark.parametrize("order", [[0, 1], [0, 0, 1, 2, 3], [1, 2, 3, 4, 5]])
def test_what_is_no_order_is_named(order):
    with pytest.raises(ValueError, match="no order"):
        shuffle.shuffle_test(X, LAYER, LayerSettings(), order=order)

"""Attention by hand agrees with torch, with a page of paper, and with its own promises."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.sequences import attention

NUMBERS = st.floats(-20, 20, width=32)


def torch_attention(q, k, v, **settings):
    as_tensor = [torch.tensor(np.asarray(one, dtype=np.float64)) for one in (q, k, v)]
    return torch.nn.functional.scaled_dot_product_attention(*as_tensor, **settings).numpy()


@st.composite
def three(draw):
    """Queries, keys and values whose shapes fit."""
    heads, n, m, d, e = (draw(st.integers(1, 5)) for _ in range(5))
    return tuple(
        draw(hnp.arrays(np.float64, shape, elements=NUMBERS))
        for shape in ((heads, n, d), (heads, m, d), (heads, m, e))
    )


@given(three())
@settings(max_examples=60, deadline=None)
def test_any_attention_is_torchs(qkv):
    trace = attention.scaled_dot_product(*qkv)
    np.testing.assert_allclose(trace.outputs, torch_attention(*qkv), atol=1e-6)
    np.testing.assert_allclose(trace.weights.sum(axis=-1), 1)


@given(hnp.arrays(np.float64, (2, 6, 4), elements=NUMBERS))
@settings(max_examples=40, deadline=None)
def test_the_causal_mask_is_torchs_and_looks_at_nothing_later(x):
    trace = attention.scaled_dot_product(x, x, x, mask=attention.causal_mask(6))
    np.testing.assert_allclose(trace.outputs, torch_attention(x, x, x, is_causal=True), atol=1e-6)
    assert (trace.weights[:, ~attention.causal_mask(6)] == 0).all()


def test_a_mask_and_a_bias_are_torchs():
    draw = np.random.default_rng(1)
    q, k, v = draw.normal(size=(3, 5, 8))
    mask = draw.random((5, 5)) > 0.4
    mask |= np.eye(5, dtype=bool)
    bias = draw.normal(size=(5, 5))
    both = torch.tensor(np.where(mask, bias, -np.inf))
    trace = attention.scaled_dot_product(q, k, v, mask=mask, bias=bias)
    np.testing.assert_allclose(trace.outputs, torch_attention(q, k, v, attn_mask=both), atol=1e-12)


def test_every_step_by_hand():
    trace = attention.scaled_dot_product(
        [[2.0, 0.0, 0.0, 0.0]], [[1.0, 0, 0, 0], [3.0, 0, 0, 0]], [[10.0], [20.0]]
    )
    assert trace.products.tolist() == [[2.0, 6.0]]
    assert trace.factor == 0.5
    assert trace.scores.tolist() == [[1.0, 3.0]]
    share = math.exp(3) / (math.exp(1) + math.exp(3))
    assert trace.weights[0, 1] == pytest.approx(share)
    assert trace.outputs[0, 0] == pytest.approx(10 * (1 - share) + 20 * share)


def test_without_scaling_the_products_are_the_scores():
    x = np.arange(8.0).reshape(2, 4)
    trace = attention.scaled_dot_product(x, x, x, scaled=False)
    np.testing.assert_array_equal(trace.scores, trace.products)


def test_a_cold_temperature_sharpens_and_a_hot_one_flattens():
    x = np.random.default_rng(0).normal(size=(6, 4))
    entropy = [
        attention.scaled_dot_product(x, x, x, temperature=t).entropy_bits.mean()
        for t in (0.1, 1, 100)
    ]
    assert entropy == sorted(entropy)
    assert entropy[2] == pytest.approx(np.log2(6), abs=1e-3)


def test_looking_at_one_token_only_has_an_entropy_of_0_bits():
    trace = attention.scaled_dot_product([[1.0]], [[1.0]], [[1.0]])
    assert trace.entropy_bits.tolist() == [0.0]


def test_huge_scores_stay_shares():
    shares = attention.softmax([1e300, 0.0, -np.inf])
    assert shares.tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"temperature": 0}, "temperature"),
        ({"temperature": math.nan}, "temperature"),
        ({"k": np.ones((3, 5))}, "key has 5"),
        ({"v": np.ones((2, 4))}, "2 values"),
        ({"q": np.full((3, 4), np.nan)}, "finite"),
        ({"bias": np.inf}, "finite"),
        ({"mask": np.zeros((3, 3))}, "nowhere"),
        ({"q": np.ones(4)}, "at least one row"),
        ({"q": np.ones((0, 4))}, "at least one row"),
    ],
)
def test_what_cannot_be_computed_is_named(change, words):
    given_ = {name: np.ones((3, 4)) for name in "qkv"} | change
    with pytest.raises(ValueError, match=words):
        attention.scaled_dot_product(**given_)

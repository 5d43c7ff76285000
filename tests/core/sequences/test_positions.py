"""Positions: by hand, against transformers' RoPE, against the numbers of the ALiBi paper."""

import math

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers.models.llama import modeling_llama

from core.sequences import positions


def test_waves_are_the_formula_of_the_paper():
    codes = positions.sinusoidal(7, 6)
    for place in range(7):
        for pair in range(3):
            angle = place / 10_000 ** (2 * pair / 6)
            assert codes[place, 2 * pair] == pytest.approx(math.sin(angle))
            assert codes[place, 2 * pair + 1] == pytest.approx(math.cos(angle))


def test_an_odd_number_of_columns_ends_with_a_sine():
    np.testing.assert_array_equal(positions.sinusoidal(5, 3), positions.sinusoidal(5, 4)[:, :3])


def test_products_of_waves_depend_on_distance_alone():
    codes = positions.sinusoidal(40, 32)
    _, means, spreads = positions.by_distance(codes @ codes.T)
    assert spreads.max() < 1e-12
    assert means[0] == pytest.approx(16)


@pytest.mark.parametrize(("size", "base"), [(8, 10_000.0), (64, 100_000.0)])
def test_rope_is_that_of_transformers(size, base):
    config = transformers.LlamaConfig(
        hidden_size=size,
        num_attention_heads=1,
        rope_parameters={"rope_type": "default", "rope_theta": base},
    )
    x = torch.randn(1, 1, 12, size, generator=torch.Generator().manual_seed(0))
    places = torch.arange(12)[None]
    cos, sin = modeling_llama.LlamaRotaryEmbedding(config)(x, places)
    turned, _ = modeling_llama.apply_rotary_pos_emb(x, x, cos, sin)
    ours = positions.rotate(x[0, 0].numpy(), np.arange(12), base=base)
    np.testing.assert_allclose(ours, turned[0, 0].numpy(), atol=2e-6)


@given(m=st.integers(0, 500), n=st.integers(0, 500), shift=st.integers(0, 5_000))
@settings(max_examples=60, deadline=None)
def test_moving_a_query_and_a_key_together_leaves_their_product(m, n, shift):
    q, k = np.random.default_rng(5).normal(size=(2, 1, 16))

    def product(a, b):
        return (positions.rotate(q, [a]) @ positions.rotate(k, [b]).T).item()

    assert product(m + shift, n + shift) == pytest.approx(product(m, n), abs=1e-9)


def test_turning_keeps_lengths_and_place_0_as_it_is():
    x = np.random.default_rng(2).normal(size=(9, 10))
    turned = positions.rotate(x, np.arange(9))
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), np.linalg.norm(x, axis=1))
    np.testing.assert_array_equal(turned[0], x[0])


def test_the_table_of_rope_products_is_one_number_per_diagonal():
    q, k = np.random.default_rng(3).normal(size=(2, 8))
    table = positions.rope_products(q, k, 20)
    assert positions.by_distance(table)[2].max() < 1e-12
    assert positions.by_distance(table.T)[2].max() < 1e-12
    assert table[0, 0] == pytest.approx(q @ k)


def test_alibi_slopes_are_those_of_the_paper():
    np.testing.assert_allclose(positions.alibi_slopes(8), [2.0**-n for n in range(1, 9)])
    np.testing.assert_allclose(positions.alibi_slopes(16), [2.0 ** (-n / 2) for n in range(1, 17)])


def authors_slopes(n):
    """The rule of the authors' program for any number of heads, as its comments describe it."""

    def power_of_two(count):
        start = 2 ** (-(2 ** -(math.log2(count) - 3)))
        return [start * start**i for i in range(count)]

    if math.log2(n).is_integer():
        return power_of_two(n)
    closest = 2 ** math.floor(math.log2(n))
    return power_of_two(closest) + authors_slopes(2 * closest)[0::2][: n - closest]


@pytest.mark.parametrize("n_head", range(1, 41))
def test_alibi_slopes_of_any_number_of_heads_are_the_authors(n_head):
    np.testing.assert_allclose(positions.alibi_slopes(n_head), authors_slopes(n_head))


def test_alibi_takes_off_slope_times_distance():
    bias = positions.alibi_bias(4, 2)
    assert bias.shape == (2, 4, 4)
    assert bias[1, 3, 1] == -positions.alibi_slopes(2)[1] * 2
    assert (np.diagonal(bias, axis1=1, axis2=2) == 0).all()


@pytest.mark.parametrize(
    "impossible",
    [
        lambda: positions.sinusoidal(0, 4),
        lambda: positions.sinusoidal(3, 0),
        lambda: positions.sinusoidal(3, 4, base=1),
        lambda: positions.frequencies(3),
        lambda: positions.rotate(np.ones((2, 3)), [0, 1]),
        lambda: positions.alibi_slopes(0),
    ],
)
def test_what_cannot_be_computed_is_named(impossible):
    with pytest.raises(ValueError, match=r"\d"):
        impossible()

"""A whole layer agrees with torch's, also when heads share their keys."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.sequences import multi_head, positions
from core.sequences.multi_head import LayerSettings, LayerWeights


def random_layer(n_embd=8, *, n_head=4, n_kv_head=4, seed=0):
    draw = np.random.default_rng(seed)
    narrow = n_embd // n_head * n_kv_head
    shapes = ((n_embd, n_embd), (n_embd, narrow), (n_embd, narrow), (n_embd, n_embd))
    return LayerWeights(*(draw.normal(size=shape) for shape in shapes))


def words(n=6, n_embd=8, seed=9):
    return np.random.default_rng(seed).normal(size=(n, n_embd))


@pytest.mark.parametrize("n_head", [1, 2, 4, 8])
@pytest.mark.parametrize("causal", [False, True])
def test_a_layer_is_torchs(n_head, causal):
    x, layer = words(), random_layer()
    theirs = torch.nn.MultiheadAttention(8, n_head, bias=False, batch_first=True).double()
    stacked = np.concatenate([layer.query.T, layer.key.T, layer.value.T])
    theirs.in_proj_weight.data = torch.tensor(stacked)
    theirs.out_proj.weight.data = torch.tensor(layer.output.T)
    hidden = torch.tensor(~np.tri(6, dtype=bool)) if causal else None
    tokens = torch.tensor(x)[None]
    outputs, shares = theirs(tokens, tokens, tokens, attn_mask=hidden, average_attn_weights=False)
    settings = LayerSettings(n_head=n_head, n_kv_head=n_head, causal=causal)
    trace = multi_head.self_attention(x, layer, settings)
    np.testing.assert_allclose(trace.outputs, outputs[0].detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(trace.heads.weights, shares[0].detach().numpy(), atol=1e-12)


@pytest.mark.parametrize("n_kv_head", [1, 2, 4])
def test_heads_that_share_keys_are_torchs(n_kv_head):
    x, layer = words(), random_layer(n_kv_head=n_kv_head)
    q, k, v = (
        torch.tensor(multi_head.split_heads(x @ matrix, heads))[None]
        for matrix, heads in (
            (layer.query, 4),
            (layer.key, n_kv_head),
            (layer.value, n_kv_head),
        )
    )
    theirs = torch.nn.functional.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    trace = multi_head.self_attention(x, layer, LayerSettings(n_head=4, n_kv_head=n_kv_head))
    np.testing.assert_allclose(trace.heads.outputs, theirs[0].numpy(), atol=1e-12)
    assert [trace.kv_head(head) for head in range(4)] == [
        head // (4 // n_kv_head) for head in range(4)
    ]


@given(n=st.integers(1, 6), heads=st.integers(1, 4), size=st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_splitting_and_joining_heads_loses_nothing(n, heads, size):
    x = np.arange(float(n * heads * size)).reshape(n, -1)
    np.testing.assert_array_equal(multi_head.join_heads(multi_head.split_heads(x, heads)), x)


def test_with_rope_the_same_words_further_on_share_out_the_same():
    x, layer = words(), random_layer()
    trace = multi_head.self_attention(
        x, layer, LayerSettings(n_head=2, n_kv_head=2, positions="rope")
    )
    before, places = trace.q_before, np.arange(6) + 100
    q = positions.rotate(before, places)
    k = positions.rotate(trace.k_before, places)
    np.testing.assert_allclose(q @ k.swapaxes(1, 2), trace.heads.products, atol=1e-10)


@pytest.mark.parametrize("way", ["sinusoidal", "rope", "alibi"])
def test_each_way_of_telling_places_changes_the_shares(way):
    x, layer = words(), random_layer()
    plain = LayerSettings(n_head=2, n_kv_head=2)
    without = multi_head.self_attention(x, layer, plain)
    told = multi_head.self_attention(x, layer, replace(plain, positions=way))
    assert np.abs(told.heads.weights - without.heads.weights).max() > 1e-3
    assert np.any(told.position_codes) == (way == "sinusoidal")


def test_sharing_keys_means_their_average_and_fewer_numbers():
    layer = random_layer()
    shared = multi_head.share_keys(layer, n_head=4, n_kv_head=2)
    assert shared.key.shape == (8, 4)
    np.testing.assert_allclose(shared.key[:, :2], (layer.key[:, :2] + layer.key[:, 2:4]) / 2)
    assert shared.n_numbers == 8 * 8 * 2 + 8 * 4 * 2
    same = multi_head.share_keys(layer, n_head=4, n_kv_head=4)
    np.testing.assert_array_equal(same.value, layer.value)


@pytest.mark.parametrize(
    ("x", "layer", "settings", "words_"),
    [
        (words(), random_layer(), LayerSettings(n_head=3, n_kv_head=3), "3 heads"),
        (words(), random_layer(), LayerSettings(n_head=4, n_kv_head=3), "3 key heads"),
        (words(), random_layer(), LayerSettings(n_head=4, n_kv_head=2), "key matrix"),
        (words(n_embd=6), random_layer(), LayerSettings(), "query matrix"),
        (np.ones(8), random_layer(), LayerSettings(), "one row"),
        (
            words(),
            random_layer(),
            LayerSettings(n_head=8, n_kv_head=8, positions="rope"),
            "even number",
        ),
    ],
)
def test_what_does_not_fit_is_named(x, layer, settings, words_):
    with pytest.raises(ValueError, match=words_):
        multi_head.self_attention(x, layer, settings)

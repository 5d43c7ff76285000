"""Attention by hand must answer at once; torch's layer, which keeps no steps, is the peer."""

import json

import numpy as np
import pytest
import torch

from core.sequences import attention, multi_head, payload, shuffle, toy_words
from core.sequences.multi_head import LayerSettings

pytestmark = pytest.mark.bench

WORDS = ("the", "cat", "slept", "because", "it", "was", "tired", "and", "the", "dog", "barked")


def test_a_layer_by_hand_against_torchs(against):
    x = toy_words.embed(WORDS, 8)
    layer = toy_words.layer_weights("random", 8)
    settings = LayerSettings(n_head=2, n_kv_head=2, causal=True)
    theirs = torch.nn.MultiheadAttention(8, 2, bias=False, batch_first=True).double().eval()
    tokens = torch.tensor(x)[None]
    hidden = torch.tensor(~np.tri(len(x), dtype=bool))

    def with_torch():
        with torch.inference_mode():
            theirs(tokens, tokens, tokens, attn_mask=hidden)

    against(
        lambda: multi_head.self_attention(x, layer, settings),
        with_torch,
        label="11 words through 2 heads, all steps kept (aim: under 1 ms)",
        rounds=20,
        peer_rounds=20,
    )


def test_one_long_head_against_torchs(against):
    q, k, v = np.random.default_rng(0).normal(size=(3, 512, 64))
    mask = attention.causal_mask(512)
    tensors = [torch.tensor(one) for one in (q, k, v)]

    def with_torch():
        torch.nn.functional.scaled_dot_product_attention(*tensors, is_causal=True)

    against(
        lambda: attention.scaled_dot_product(q, k, v, mask=mask),
        with_torch,
        label="one head on 512 tokens, float64, all steps kept",
        peer_rounds=5,
    )


def test_packing_a_real_head_of_32_tokens(against):
    q, k, v = np.random.default_rng(0).normal(size=(3, 32, 64))
    trace = attention.scaled_dot_product(q, k, v)
    names = [str(n) for n in range(32)]

    def pack():
        return json.dumps(payload.pack_head(trace, names, temperature=1.0, scaled=True))

    print(f"\nparcel: {len(pack()) / 1e3:.0f} kB")
    against(pack, label="packing one head of 32 tokens", rounds=10)


def test_fifty_shuffles(against):
    x, layer = toy_words.embed(WORDS, 8), toy_words.layer_weights("random", 8)
    against(
        lambda: shuffle.largest_of_many(x, layer, LayerSettings(), n_orders=50, seed=1),
        label="the shuffle test in 50 orders (aim: 40 ms)",
    )

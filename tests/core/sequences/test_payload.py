"""What the browser gets is what was computed."""

import json

import numpy as np
import pytest

from core.sequences import attention, multi_head, payload, toy_words
from core.sequences.multi_head import LayerSettings

WORDS = ("the", "cat", "slept")


def traced(**changed):
    settings = LayerSettings(n_head=2, n_kv_head=1, **changed)
    layer = multi_head.share_keys(toy_words.layer_weights("random", 4), n_head=2, n_kv_head=1)
    return multi_head.self_attention(toy_words.embed(WORDS, 4), layer, settings)


@pytest.mark.parametrize("way", ["none", "sinusoidal", "rope", "alibi"])
def test_a_layer_travels_whole(way):
    trace = traced(positions=way, causal=True)
    parcel = json.loads(json.dumps(payload.pack_layer(trace, WORDS, toy_words.FEATURES[:4])))
    for name, array in (
        ("q", trace.heads.q),
        ("scores", trace.heads.scores),
        ("weights", trace.heads.weights),
        ("W_K", trace.weights.key[None]),
        ("y", trace.outputs[None]),
    ):
        np.testing.assert_allclose(payload.unpack(parcel["arrays"][name]), array, rtol=1e-6)
    assert parcel["kvHeads"] == [0, 0]
    assert ("codes" in parcel["arrays"]) == (way == "sinusoidal")
    assert ("q_before" in parcel["arrays"]) == (way == "rope")
    assert (parcel["turns"] is not None) == (way == "rope")
    assert (parcel["slopes"] is not None) == (way == "alibi")


def test_minus_infinity_survives_the_journey():
    scores = payload.unpack(
        payload.pack_layer(traced(causal=True), WORDS, "abcd")["arrays"]["scores"]
    )
    assert np.isneginf(scores[:, 0, 1:]).all()


def test_a_real_head_travels_with_the_models_own_shares():
    q, k, v = np.random.default_rng(0).normal(size=(3, 5, 8))
    trace = attention.scaled_dot_product(q, k, v)
    parcel = payload.pack_head(
        trace, list("abcde"), temperature=1.0, scaled=True, model_weights=trace.weights
    )
    assert parcel["columns"] is None
    np.testing.assert_array_equal(
        payload.unpack(parcel["arrays"]["model"]), payload.unpack(parcel["arrays"]["weights"])
    )
    assert parcel["arrays"]["q"]["shape"] == [1, 5, 8]

"""What travels to the browser: everything of a short text, one layer of a long one."""

import numpy as np
import pytest

from core.language_models import attention_packing, attention_parcel
from core.language_models.attention_maps import AttentionMaps


def random_maps(n_tokens, *, causal):
    """Random rows that sum to 1, of two layers with three heads."""
    scores = np.random.default_rng(3).normal(size=(2, 3, n_tokens, n_tokens))
    if causal:
        scores = np.where(np.tri(n_tokens, dtype=bool), scores, -np.inf)
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    probs = (powers / powers.sum(-1, keepdims=True)).astype(np.float16)
    return AttentionMaps(probs=probs, causal=causal)


@pytest.mark.parametrize("causal", [True, False])
def test_all_layers_of_a_short_text_travel(causal):
    maps = random_maps(10, causal=causal)
    sent = attention_parcel.parcel(maps, layer=1)
    assert (sent.layer, sent.thumbnail_size, len(sent.parts)) == (None, 0, 1)
    read = attention_packing.unpack(sent.parts[0], n_layer=2, n_head=3, n_tokens=10, causal=causal)
    np.testing.assert_allclose(read, maps.probs, atol=attention_packing.LARGEST_ERROR)


def test_of_a_long_text_one_layer_travels_with_a_thumbnail_of_every_head():
    maps = random_maps(130, causal=True)
    sent = attention_parcel.parcel(maps, layer=1)
    assert (sent.layer, sent.thumbnail_size, len(sent.parts)) == (1, 48, 2)
    read = attention_packing.unpack(sent.parts[0], n_layer=1, n_head=3, n_tokens=130, causal=True)
    np.testing.assert_allclose(read[0], maps.probs[1], atol=attention_packing.LARGEST_ERROR)
    assert sent.parts[1] == attention_packing.thumbnails(maps.probs, size=48)


@pytest.mark.parametrize("layer", [-1, 2])
def test_a_layer_that_does_not_exist_is_an_error(layer):
    with pytest.raises(ValueError, match="there is no layer"):
        attention_parcel.parcel(random_maps(4, causal=True), layer=layer)

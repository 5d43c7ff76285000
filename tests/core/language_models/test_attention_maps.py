import numpy as np
import pytest
import torch
import transformers

from core.language_models import attention_blocks, attention_maps, listening
from core.model_store import loading
from tests.core.language_models import tiny_models

TOKEN_IDS = (5, 7, 7, 20, 3, 11, 5)
SENTENCE = "The animal didn't cross the street because it was too tired."


@pytest.fixture(scope="module")
def tiny():
    built = {family: tiny_models.load(family) for family in tiny_models.CONFIGURATIONS}
    return built.__getitem__


@pytest.fixture(scope="module")
def minilm():
    return loading.load_encoder("all-minilm-l6-v2")


every_family = pytest.mark.parametrize("family", tiny_models.CONFIGURATIONS)


@every_family
def test_the_maps_are_the_attention_of_the_model_in_half_precision(tiny, family):
    loaded = tiny(family)
    maps = attention_maps.attention_maps(loaded, TOKEN_IDS)
    own = tiny_models.own_attentions(loaded, TOKEN_IDS)
    assert maps.probs.dtype == np.float16
    assert maps.probs.shape == own.shape == (3, 4, 7, 7)
    assert np.abs(maps.probs - own).max() <= 2.5e-4
    assert maps.causal == (family not in tiny_models.ENCODERS)


@every_family
def test_every_head_recomputed_from_its_weights_is_that_of_the_model(tiny, family):
    loaded = tiny(family)
    own = tiny_models.own_attentions(loaded, TOKEN_IDS)
    for layer, head in ((0, 0), (1, 3), (2, 1)):
        vectors = attention_maps.head_vectors(loaded, TOKEN_IDS, layer, head)
        assert np.abs(vectors.weights - own[layer, head]).max() < 1e-5
        assert np.abs(vectors.model_weights - own[layer, head]).max() < 1e-6


@every_family
def test_nothing_is_left_on_the_shared_model(tiny, family):
    loaded = tiny(family)
    before = tiny_models.left_on(loaded.model)
    attention_maps.attention_maps(loaded, TOKEN_IDS)
    attention_maps.head_vectors(loaded, TOKEN_IDS, 1, 2)
    assert tiny_models.left_on(loaded.model) == before
    assert before[:2] == (0, "sdpa")


@every_family
def test_what_the_heads_of_a_layer_move_adds_up_to_what_its_attention_returns(tiny, family):
    loaded = tiny(family)
    own = loading.with_own_modules(loaded).model
    block = attention_blocks.blocks(own)[1]
    seen = []
    block.output.register_forward_hook(lambda module, arguments, output: seen.append(output[0]))
    listening.run(own, TOKEN_IDS)

    added = sum(
        vectors.weights @ vectors.moved
        for vectors in (
            attention_maps.head_vectors(loaded, TOKEN_IDS, 1, head) for head in range(4)
        )
    )
    bias = getattr(block.output, "bias", None)
    expected = seen[0].numpy() - (0 if bias is None else bias.numpy())
    assert added == pytest.approx(expected, abs=1e-4)


def test_a_pair_of_texts_is_read_with_its_segments(tiny):
    loaded = tiny("bert")
    segments = (0, 0, 0, 0, 1, 1, 1)
    maps = attention_maps.attention_maps(loaded, TOKEN_IDS, segments=segments)
    own = tiny_models.own_attentions(loaded, TOKEN_IDS, token_type_ids=torch.tensor([segments]))
    assert np.abs(maps.probs - own).max() <= 2.5e-4
    one_text = attention_maps.attention_maps(loaded, TOKEN_IDS)
    assert np.abs(maps.probs.astype(float) - one_text.probs).max() > 0.01


def test_several_query_heads_share_a_key_head(tiny):
    vectors = [attention_maps.head_vectors(tiny("llama"), TOKEN_IDS, 0, head) for head in range(4)]
    assert [one.key_head for one in vectors] == [0, 0, 1, 1]
    assert np.array_equal(vectors[0].k, vectors[1].k)
    assert not np.allclose(vectors[1].k, vectors[2].k)


def test_queries_before_the_rotation_are_turned_into_those_that_are_compared(tiny):
    vectors = attention_maps.head_vectors(tiny("llama"), TOKEN_IDS, 1, 1)
    turned = attention_blocks.rotate(vectors.q_before, vectors.cos, vectors.sin)
    assert turned == pytest.approx(vectors.q, abs=1e-6)
    assert np.array_equal(vectors.q_before[0], vectors.q[0])
    assert not np.allclose(vectors.q_before[3], vectors.q[3])
    plain = attention_maps.head_vectors(tiny("gpt2"), TOKEN_IDS, 1, 1)
    assert plain.cos is None
    assert np.array_equal(plain.q_before, plain.q)


def test_rotation_is_that_of_transformers():
    from transformers.models.llama import modeling_llama

    generator = torch.Generator().manual_seed(1)
    q, k, cos, sin = torch.randn(4, 1, 1, 5, 8, generator=generator)
    cos, sin = (torch.cat((one[..., :4], one[..., :4]), -1)[0] for one in (cos, sin))
    theirs = modeling_llama.apply_rotary_pos_emb(q, k, cos, sin)
    ours = [attention_blocks.rotate(one, cos[0], sin[0]) for one in (q, k)]
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_rotation_may_leave_the_last_numbers_alone():
    turned = attention_blocks.rotate(
        np.array([[1.0, 2.0, 3.0]]), np.array([[0.0, 0.0]]), np.array([[1.0, 1.0]])
    )
    assert turned.tolist() == [[-2.0, 1.0, 3.0]]


def test_a_cell_is_written_out_to_the_number_of_the_model(tiny):
    vectors = attention_maps.head_vectors(tiny("llama"), TOKEN_IDS, 2, 3)
    cell = attention_maps.cell(vectors, 5, 2)
    assert cell.products == pytest.approx(vectors.q[5] * vectors.k[2], rel=1e-6)
    assert cell.total == pytest.approx(cell.products.sum())
    assert cell.scaled == pytest.approx(cell.total / np.sqrt(8))
    powers = np.exp(cell.row_scores[:6])
    assert cell.weight == pytest.approx(powers[2] / powers.sum())
    assert cell.difference < 1e-5
    hidden = attention_maps.cell(vectors, 2, 5)
    assert (hidden.is_visible, hidden.weight, hidden.model_weight) == (False, 0.0, 0.0)


def test_one_token_looks_at_itself(tiny):
    maps = attention_maps.attention_maps(tiny("gpt2"), (4,))
    assert maps.probs.ravel().tolist() == [1.0] * 12
    cell = attention_maps.cell(attention_maps.head_vectors(tiny("gpt2"), (4,), 0, 0), 0, 0)
    assert cell.weight == 1.0


@pytest.mark.parametrize("n_tokens", [0, 513])
def test_too_few_and_too_many_tokens_are_refused(tiny, n_tokens):
    with pytest.raises(ValueError, match=f"between 1 and 512 tokens can be read, not {n_tokens}"):
        attention_maps.attention_maps(tiny("llama"), [1] * n_tokens)


@pytest.mark.parametrize(("layer", "head"), [(3, 0), (-1, 0), (0, 4), (0, -1)])
def test_a_head_that_is_not_there_is_named(tiny, layer, head):
    with pytest.raises(ValueError, match=f"there is no head {head} in layer {layer}"):
        attention_maps.head_vectors(tiny("llama"), TOKEN_IDS, layer, head)


def test_a_cell_that_is_not_there_is_named(tiny):
    vectors = attention_maps.head_vectors(tiny("llama"), TOKEN_IDS, 0, 0)
    with pytest.raises(ValueError, match=r"there is no cell \(7, 0\) among 7 tokens"):
        attention_maps.cell(vectors, 7, 0)


def test_a_model_without_attention_is_refused_with_a_sentence():
    config = transformers.MambaConfig(vocab_size=40, hidden_size=16, num_hidden_layers=2)
    mamba = transformers.MambaForCausalLM(config)
    with pytest.raises(attention_maps.NoAttentionError, match="of the type 'mamba'"):
        attention_maps.attention_maps(tiny_models.as_loaded(mamba), (1, 2))


def test_a_head_that_does_something_else_is_not_explained():
    config = transformers.Gemma2Config(
        **tiny_models._SIZES, num_key_value_heads=2, head_dim=8, attn_logit_softcapping=0.5
    )
    torch.manual_seed(0)
    gemma = transformers.Gemma2ForCausalLM(config).eval()
    with pytest.raises(attention_maps.NoAttentionError, match="does more than compare"):
        attention_maps.head_vectors(tiny_models.as_loaded(gemma), TOKEN_IDS, 0, 0)


@pytest.mark.model
def test_smollm2_is_reproduced_to_the_fifth_digit(smollm2):
    token_ids = smollm2.tokenizer(SENTENCE)["input_ids"]
    own = tiny_models.own_attentions(smollm2, token_ids)
    assert np.abs(attention_maps.attention_maps(smollm2, token_ids).probs - own).max() <= 2.5e-4
    for layer, head in ((0, 8), (13, 8), (29, 0)):
        vectors = attention_maps.head_vectors(smollm2, token_ids, layer, head)
        assert np.abs(vectors.weights - own[layer, head]).max() < 1e-5


@pytest.mark.model
def test_in_smollm2_one_head_connects_it_with_the_animal(smollm2):
    token_ids = smollm2.tokenizer(SENTENCE)["input_ids"]
    it, animal = (
        token_ids.index(smollm2.tokenizer(word)["input_ids"][0]) for word in (" it", " animal")
    )
    cell = attention_maps.cell(
        attention_maps.head_vectors(smollm2, token_ids, 13, 8), query=it, key=animal
    )
    assert cell.weight > 0.5
    assert cell.products.size == 64
    assert cell.difference < 1e-5


@pytest.mark.model
def test_minilm_is_reproduced_to_the_fifth_digit(minilm):
    token_ids = minilm.tokenizer(SENTENCE, "It slept.")["input_ids"]
    segments = minilm.tokenizer(SENTENCE, "It slept.")["token_type_ids"]
    own = tiny_models.own_attentions(minilm, token_ids, token_type_ids=torch.tensor([segments]))
    for layer, head in ((0, 0), (5, 11)):
        vectors = attention_maps.head_vectors(minilm, token_ids, layer, head, segments=segments)
        assert vectors.visible.all()
        assert np.abs(vectors.weights - own[layer, head]).max() < 1e-5


@pytest.mark.model
def test_512_tokens_of_smollm2_fit_into_142_megabytes(smollm2):
    token_ids = (smollm2.tokenizer(SENTENCE)["input_ids"] * 60)[:512]
    maps = attention_maps.attention_maps(smollm2, token_ids)
    assert maps.probs.nbytes == 30 * 9 * 512 * 512 * 2 == 141_557_760
    assert maps.probs[29, 8, 511].astype(float).sum() == pytest.approx(1, abs=0.01)

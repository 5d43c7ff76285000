"""Two models on the same text, against a straightforward transformers computation."""

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from core.quantization import evaluation, sample_texts

V = 60


def tiny(seed=0, kind="llama"):
    torch.manual_seed(seed)
    sizes = {"vocab_size": V, "max_position_embeddings": 64}
    if kind == "llama":
        config = transformers.LlamaConfig(
            hidden_size=16,
            intermediate_size=24,
            num_hidden_layers=2,
            num_attention_heads=2,
            tie_word_embeddings=True,
            initializer_range=0.4,
            **sizes,
        )
        return transformers.LlamaForCausalLM(config).eval()
    config = transformers.GPT2Config(n_embd=16, n_layer=2, n_head=2, n_positions=64, vocab_size=V)
    return transformers.GPT2LMHeadModel(config).eval()


def ids(n, seed=1):
    return np.random.default_rng(seed).integers(0, V, n).tolist()


def last(work):
    *_, found = work
    return found


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
@pytest.mark.parametrize("width", [1, 7, 128])
def test_the_figures_are_those_of_one_plain_pass_however_the_text_is_sliced(kind, width):
    before, after, text = tiny(0, kind), tiny(1, kind), ids(40)
    found = last(evaluation.compare(before, after, text, width=width))
    batch = torch.tensor([text])
    with torch.no_grad():
        outs = [model(batch, labels=batch) for model in (before, after)]
        p, q = (torch.log_softmax(out.logits[0, :-1].double(), -1) for out in outs)
    assert found.perplexity_before == pytest.approx(float(outs[0].loss.exp()), rel=1e-5)
    assert found.perplexity_after == pytest.approx(float(outs[1].loss.exp()), rel=1e-5)
    kl = torch.nn.functional.kl_div(q, p, log_target=True, reduction="none").sum(-1)
    np.testing.assert_allclose(found.divergences, kl.numpy(), rtol=1e-3, atol=1e-6)
    assert found.same_top.tolist() == (p.argmax(-1) == q.argmax(-1)).tolist()
    right = batch[0, 1:, None]
    change = (q.exp().gather(1, right) - p.exp().gather(1, right))[:, 0]
    np.testing.assert_allclose(found.delta_p, change.numpy(), atol=1e-6)


def test_a_model_does_not_differ_from_itself():
    model = tiny()
    found = last(evaluation.compare(model, model, ids(20)))
    assert found.mean_divergence == 0
    assert found.top_agreement == 1
    assert not found.delta_p.any()


def test_progress_grows_to_the_whole_text():
    shares = [one.fraction for one in evaluation.compare(tiny(), tiny(1), ids(20), width=8)]
    assert shares == [8 / 19, 16 / 19, 1.0]


@pytest.mark.parametrize("n", [0, 1, 65])
def test_a_text_too_short_or_too_long_is_refused(n):
    with pytest.raises(ValueError, match="2 to 64 tokens"):
        list(evaluation.compare(tiny(), tiny(), ids(n)))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-30, 0), min_size=1, max_size=50))
def test_perplexity_is_at_least_one_and_that_of_equal_surprises(log_probs):
    found = evaluation.perplexity(np.array(log_probs))
    assert found >= 1
    assert evaluation.perplexity(np.full(9, np.log(1 / 7))) == pytest.approx(7)


def test_nothing_has_no_perplexity():
    with pytest.raises(ValueError, match="no perplexity"):
        evaluation.perplexity(np.array([]))


@pytest.mark.model
def test_the_real_model_has_the_perplexity_that_transformers_gives_it(smollm2):
    text = evaluation.encode(smollm2, sample_texts.TEXT, max_tokens=300)
    found = last(evaluation.compare(smollm2.model, smollm2.model, text))
    batch = torch.tensor([text])
    with torch.no_grad():
        loss = smollm2.model(batch, labels=batch).loss
    assert found.perplexity_before == pytest.approx(float(loss.exp()), rel=1e-4)
    assert found.mean_divergence < 1e-9


@pytest.mark.model
def test_text_stays_text_and_a_long_one_keeps_its_beginning(smollm2):
    assert len(evaluation.encode(smollm2, "<|im_end|> " * 3)) > 9
    long = evaluation.encode(smollm2, "word " * 20_000)
    assert len(long) == evaluation.MAX_TOKENS
    assert long[:3] == evaluation.encode(smollm2, "word word word")
    with pytest.raises(ValueError, match="at least two tokens"):
        evaluation.encode(smollm2, "")

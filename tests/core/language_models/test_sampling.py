import numpy as np
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.language_models import (
    filter_catalog,
    filters,
    penalties,
    probability,
    sampling,
    surprise,
    truncation,
)

scores_strategy = hnp.arrays(
    np.float64, st.integers(2, 60), elements=st.floats(-25, 25, allow_subnormal=False)
)


def hf_chain(*, temperature, top_k, top_p, min_p):
    return transformers.LogitsProcessorList(
        [
            transformers.TemperatureLogitsWarper(temperature),
            transformers.TopKLogitsWarper(top_k),
            transformers.TopPLogitsWarper(top_p),
            transformers.MinPLogitsWarper(min_p),
        ]
    )


def hf_probs(processors, scores, token_ids=(0,)):
    filtered = processors(torch.tensor([token_ids]), torch.from_numpy(scores)[None].clone())
    return torch.softmax(filtered, dim=-1)[0].numpy()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.floats(0.1, 4),
    st.integers(1, 300),
    st.floats(0.05, 0.999),
    st.floats(0.001, 0.9),
)
def test_four_filters_together_equal_hugging_face(seed, temperature, top_k, top_p, min_p):
    scores = np.random.default_rng(seed).normal(0, 3, 300)
    setting = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p}
    trace = sampling.filter_logits(scores, **setting)
    np.testing.assert_allclose(trace.probs_after, hf_probs(hf_chain(**setting), scores), atol=1e-6)


@pytest.mark.model
@pytest.mark.parametrize("prompt", ["The capital of France is", "I like to"])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_four_filters_on_real_logits_equal_hugging_face(smollm2, prompt, temperature):
    ids = smollm2.tokenizer(prompt, return_tensors="pt")["input_ids"]
    scores = smollm2.model(ids).logits[0, -1].detach().numpy()
    setting = {"temperature": temperature, "top_k": 500, "top_p": 0.95, "min_p": 0.001}
    trace = sampling.filter_logits(scores, **setting)
    np.testing.assert_allclose(trace.probs_after, hf_probs(hf_chain(**setting), scores), atol=1e-6)
    assert trace.probs_before.size == 49_152


@pytest.mark.model
def test_the_whole_hugging_face_order_on_real_logits_equals_generate_s_processors(smollm2):
    prompt = "The cat sat on the mat and the cat"
    ids = smollm2.tokenizer(prompt)["input_ids"]
    scores = smollm2.model(torch.tensor([ids])).logits[0, -1].detach().numpy()
    config = transformers.GenerationConfig(
        do_sample=True,
        repetition_penalty=1.2,
        temperature=1.3,
        top_k=200,
        top_p=0.95,
        min_p=0.001,
        typical_p=0.97,
        epsilon_cutoff=1e-4,
        eta_cutoff=2e-4,
    )
    processors = smollm2.model._get_logits_processor(
        generation_config=config, input_ids_seq_length=len(ids), device="cpu"
    )
    chain = sampling.SamplingChain(
        (
            penalties.Penalties(1.2),
            filters.Temperature(1.3),
            truncation.TopK(200),
            truncation.TopP(0.95),
            truncation.MinP(0.001),
            surprise.TypicalP(0.97),
            surprise.EpsilonCutoff(1e-4),
            surprise.EtaCutoff(2e-4),
        )
    )
    assert tuple(stage.card.key for stage in chain.stages) == filter_catalog.HUGGING_FACE_ORDER
    trace = chain.apply(scores, filters.History(token_ids=tuple(ids)))
    np.testing.assert_allclose(trace.probs_after, hf_probs(processors, scores, ids), atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(scores_strategy)
def test_settings_that_change_nothing_change_nothing(scores):
    trace = sampling.filter_logits(scores)
    np.testing.assert_array_equal(trace.probs_before, trace.probs_after)
    assert trace.kept.all()
    assert trace.cut_mass == 0
    assert trace.stages == ()


@settings(max_examples=30, deadline=None)
@given(scores_strategy, st.permutations(list(filter_catalog.FILTERS)))
def test_any_order_gives_probabilities_and_a_trace_that_adds_up(scores, order):
    chain = sampling.SamplingChain(tuple(filter_catalog.FILTERS[key][0].usual() for key in order))
    trace = chain.apply(scores, filters.History(token_ids=(0, 1, 0, 1)))
    assert trace.probs_after.sum() == pytest.approx(1)
    assert (trace.probs_after[~trace.kept] == 0).all()
    assert trace.stages[0].n_before == scores.size
    for before, after in zip(trace.stages, trace.stages[1:], strict=False):
        assert before.n_kept == after.n_before
        assert before.entropy_bits == after.entropy_before_bits
    assert trace.stages[-1].n_kept == trace.n_kept
    assert all(0 < stage.mass_kept <= 1 + 1e-9 for stage in trace.stages)


def test_a_trace_says_what_was_cut():
    trace = sampling.filter_logits(np.log([0.5, 0.3, 0.15, 0.05]), top_k=3, top_p=0.7)
    assert trace.kept.tolist() == [True, True, False, False]
    assert trace.n_kept == 2
    assert trace.cut_mass == pytest.approx(0.2)
    first, second = trace.stages
    assert (first.n_before, first.n_kept, first.mass_kept) == (4, 3, pytest.approx(0.95))
    assert (second.n_before, second.n_kept) == (3, 2)
    assert second.mass_kept == pytest.approx(0.8 / 0.95)
    np.testing.assert_allclose(second.probs, [0.625, 0.375, 0, 0])


def test_temperature_before_or_after_top_p_makes_a_difference():
    scores = np.log([0.6, 0.2, 0.1, 0.1])
    hot, nucleus = filters.Temperature(3.0), truncation.TopP(0.75)
    first = sampling.SamplingChain((hot, nucleus)).apply(scores)
    last = sampling.SamplingChain((nucleus, hot)).apply(scores)
    assert first.n_kept == 3
    assert last.n_kept == 2


@pytest.mark.parametrize("bad", [0, -1.0, float("nan"), float("inf")])
def test_impossible_temperatures_are_refused(bad):
    with pytest.raises(ValueError, match="temperature must be a finite number above 0"):
        sampling.filter_logits([1.0, 2.0], temperature=bad)


@pytest.mark.parametrize("scores", [[np.nan, 1.0], [-np.inf], [np.inf, 0.0], [[1.0, 2.0]], []])
def test_impossible_logits_are_refused(scores):
    with pytest.raises(ValueError, match="logits must"):
        sampling.filter_logits(scores, top_k=1)


def test_a_chain_is_a_good_cache_key_and_survives_the_address_bar():
    chain = sampling.SamplingChain(
        tuple(settings_class.usual() for settings_class, _ in filter_catalog.FILTERS.values())
    )
    again = sampling.SamplingChain.from_text(chain.to_text())
    assert again == chain
    assert hash(again) == hash(chain)
    assert sampling.SamplingChain.from_text("") == sampling.SamplingChain()
    assert sampling.SamplingChain.from_text("top_k~temperature") == sampling.SamplingChain(
        (truncation.TopK(), filters.Temperature())
    )


@pytest.mark.parametrize(
    "text",
    [
        "nonsense:1",
        "top_k:1:2",
        "top_k:2.5",
        "top_k:many",
        "temperature:nan",
        "temperature:0",
        "~",
        "top_k:1~" * 30,
        "<script>",
    ],
)
def test_a_broken_address_is_refused_in_words(text):
    with pytest.raises(ValueError, match=r"."):
        sampling.SamplingChain.from_text(text)


def test_reordering_keeps_settings_and_loses_no_filter():
    chain = sampling.SamplingChain.from_text("epsilon_cutoff:0.001~temperature:0.7~top_k:5")
    moved = chain.reordered(filter_catalog.LLAMA_CPP_ORDER)
    keys = [stage.card.key for stage in moved.stages]
    assert keys == [*filter_catalog.LLAMA_CPP_ORDER, "epsilon_cutoff"]
    assert moved.stages[3] == truncation.TopK(5)
    assert sum(not stage.is_neutral for stage in moved.stages) == 3
    with pytest.raises(ValueError, match="no filter is called 'nothing'"):
        chain.reordered(["nothing"])


def test_mirostat_s_limit_follows_the_text():
    chain = sampling.SamplingChain((surprise.Mirostat(2.0, rate=0.5),))
    history = chain.remember(filters.History(token_ids=(9,)), 4, 2.0**-3)
    assert history.token_ids == (9, 4)
    assert history.surprise_limit_bits == pytest.approx(4 - 0.5 * (3 - 2))
    forced = chain.remember(history, 5, 0.0)
    assert forced.surprise_limit_bits == history.surprise_limit_bits


def test_probabilities_of_stages_are_those_of_the_filtered_scores():
    scores = np.random.default_rng(5).normal(0, 2, 50)
    chain = sampling.basic_chain(temperature=0.7, top_k=20, min_p=0.02)
    trace = chain.apply(scores)
    np.testing.assert_allclose(trace.probs_after, probability.softmax(chain.filter(scores)))
    np.testing.assert_array_equal(trace.probs_after, trace.stages[-1].probs)

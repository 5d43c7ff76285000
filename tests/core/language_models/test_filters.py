"""Each filter against Hugging Face's processor, or against an example worked by hand."""

import dataclasses

import numpy as np
import pytest
import torch
import transformers
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.language_models import (
    filter_catalog,
    filters,
    penalties,
    probability,
    surprise,
    truncation,
)

KEYS = list(filter_catalog.FILTERS)

# Flat ones, where many tokens share the mass, and peaked ones, where one has nearly all.
scores_strategy = st.sampled_from([1.5, 4.0, 25.0]).flatmap(
    lambda spread: hnp.arrays(
        np.float64, st.integers(2, 40), elements=st.floats(-spread, spread, allow_subnormal=False)
    )
)
share = st.floats(0.01, 0.99)


def cases():
    """Give each filter that Hugging Face has: its settings, and the processor that is its equal."""
    hf = transformers
    return {
        "temperature": (filters.Temperature, hf.TemperatureLogitsWarper, st.floats(0.05, 5)),
        "top_k": (truncation.TopK, hf.TopKLogitsWarper, st.integers(1, 50)),
        "top_p": (truncation.TopP, hf.TopPLogitsWarper, share),
        "min_p": (truncation.MinP, hf.MinPLogitsWarper, share),
        "typical_p": (surprise.TypicalP, hf.TypicalLogitsWarper, share),
        "epsilon_cutoff": (surprise.EpsilonCutoff, hf.EpsilonLogitsWarper, share),
        "eta_cutoff": (surprise.EtaCutoff, hf.EtaLogitsWarper, share),
    }


def apply(key, scores, settings_, history=filters.NO_HISTORY):
    return filter_catalog.FILTERS[key][1](scores, history, settings_)


def hf_probs(processor, scores, token_ids=(0,)):
    filtered = processor(torch.tensor([token_ids]), torch.from_numpy(scores)[None].clone())
    return torch.softmax(filtered, dim=-1)[0].numpy()


def near_an_edge(key, scores, value):
    """Say whether rounding alone decides about some token, so that no two programs need agree."""
    probs = probability.softmax(scores)
    if key == "top_p":
        sums = np.cumsum(np.sort(probs))
        return np.abs(sums - (1 - value)).min() < 1e-9
    if key == "min_p":
        return np.abs(probs - value * probs.max()).min() < 1e-9
    if key == "typical_p":
        log_probs = probability.log_softmax(scores)
        oddness = np.abs(-log_probs + probs @ log_probs)
        order = np.argsort(oddness)
        close = np.abs(np.diff(oddness[order])) < 1e-9
        return bool((close & (np.diff(scores[order]) != 0)).any()) or (
            np.abs(np.cumsum(probs[order]) - value).min() < 1e-9
        )
    if key == "epsilon_cutoff":
        return np.abs(probs - value).min() < 1e-9
    if key == "eta_cutoff":
        nats = probability.entropy_bits(probs) * np.log(2)
        return np.abs(probs - min(value, np.sqrt(value) * np.exp(-nats))).min() < 1e-9
    return False


@pytest.mark.parametrize("key", cases())
@settings(max_examples=60, deadline=None)
@given(scores=scores_strategy, data=st.data())
def test_random_logits_come_out_as_from_hugging_face(key, scores, data):
    settings_class, processor, values = cases()[key]
    value = data.draw(values)
    assume(not near_an_edge(key, scores, value))
    ours = probability.softmax(apply(key, scores, settings_class(value)))
    reference = hf_probs(processor(value), scores)
    if key == "top_p":
        # Which of several equal tokens stay is open there, so only how many of them is compared.
        by_score = np.argsort(scores, kind="stable")
        ours, reference = (
            np.concatenate([np.sort(p[by_score][scores[by_score] == s]) for s in np.unique(scores)])
            for p in (ours, reference)
        )
    np.testing.assert_allclose(ours, reference, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    scores=scores_strategy,
    penalty=st.floats(0.5, 3),
    token_ids=st.lists(st.integers(0, 1), min_size=1, max_size=9),
)
def test_repetition_penalty_comes_out_as_from_hugging_face(scores, penalty, token_ids):
    processor = transformers.RepetitionPenaltyLogitsProcessor(penalty)
    history = filters.History(token_ids=tuple(token_ids))
    ours = apply("penalties", scores, penalties.Penalties(penalty), history)
    reference = hf_probs(processor, scores, token_ids)
    np.testing.assert_allclose(probability.softmax(ours), reference, atol=1e-6)


@pytest.mark.model
@pytest.mark.parametrize("prompt", ["The capital of France is", "I like to", "1, 2, 3, 4,"])
def test_real_logits_come_out_as_from_hugging_face(smollm2, prompt):
    ids = smollm2.tokenizer(prompt, return_tensors="pt")["input_ids"]
    scores = smollm2.model(ids).logits[0, -1].detach().numpy()
    values = {
        "temperature": 1.7,
        "top_k": 40,
        "top_p": 0.93,
        "min_p": 0.03,
        "typical_p": 0.9,
        "epsilon_cutoff": 3e-4,
        "eta_cutoff": 2e-3,
    }
    for key, value in values.items():
        settings_class, processor, _ = cases()[key]
        ours = probability.softmax(apply(key, scores, settings_class(value)))
        reference = hf_probs(processor(value), scores)
        np.testing.assert_allclose(ours, reference, atol=1e-6, err_msg=key)
        assert 0 < np.count_nonzero(ours) <= scores.size


def test_of_tied_tokens_top_p_keeps_the_lower_ids():
    ours = probability.softmax(apply("top_p", np.zeros(40), truncation.TopP(0.11)))
    assert ours[:5].tolist() == [0.2] * 5
    reference = hf_probs(transformers.TopPLogitsWarper(0.11), np.zeros(40))
    np.testing.assert_allclose(np.sort(ours), np.sort(reference))


def test_top_k_keeps_tokens_that_tie_with_the_last():
    kept = apply("top_k", np.array([1.0, 2.0, 1.0, 0.0]), truncation.TopK(2))
    assert np.isfinite(kept).tolist() == [True, True, True, False]


def test_top_p_of_one_drops_nothing_and_of_zero_leaves_one():
    scores = np.array([30.0, -30.0, -700.0])
    np.testing.assert_array_equal(apply("top_p", scores, truncation.TopP(1.0)), scores)
    assert np.isfinite(apply("top_p", scores, truncation.TopP(0.0))).tolist() == [
        True,
        False,
        False,
    ]


def test_typical_p_by_hand():
    # Entropy 1.28 nats; the surprises 0.92, 1.20, 1.61 and 2.30 are 0.36, 0.08, 0.33, 1.02 away.
    scores = np.log([0.4, 0.3, 0.2, 0.1])
    for p, kept in ((0.25, [1]), (0.45, [1, 2]), (0.55, [0, 1, 2]), (0.95, [0, 1, 2, 3])):
        filtered = apply("typical_p", scores, surprise.TypicalP(p))
        assert np.flatnonzero(np.isfinite(filtered)).tolist() == kept


def test_top_n_sigma_keeps_the_same_tokens_at_any_temperature():
    scores = np.random.default_rng(3).normal(0, 3, 500)
    kept = [
        np.isfinite(apply("top_n_sigma", scores / t, truncation.TopNSigma(1.5)))
        for t in (0.3, 1, 4)
    ]
    assert 0 < kept[0].sum() < 500
    assert (kept[0] == kept[1]).all()
    assert (kept[1] == kept[2]).all()


def test_top_n_sigma_by_hand_ignores_tokens_that_were_cut():
    # Without the cut token the mean is 4 and the standard deviation sqrt(32 / 3) = 3.27.
    scores = np.array([0.0, 4.0, 8.0, -np.inf])
    assert np.isfinite(apply("top_n_sigma", scores, truncation.TopNSigma(1.2))).tolist() == [
        False,
        False,
        True,
        False,
    ]
    assert np.isfinite(apply("top_n_sigma", scores, truncation.TopNSigma(1.23))).sum() == 2


def test_xtc_acts_on_heads_alone_and_never_takes_the_last_choice():
    scores = np.log([0.4, 0.35, 0.2, 0.05])
    settings_ = truncation.ExcludeTopChoices(probability=0.5, threshold=0.1)
    heads = apply("xtc", scores, settings_, filters.History(coin=0.49))
    assert np.isfinite(heads).tolist() == [False, False, True, True]
    tails = apply("xtc", scores, settings_, filters.History(coin=0.5))
    np.testing.assert_array_equal(tails, scores)
    lonely = np.log([0.93, 0.04, 0.03])
    np.testing.assert_array_equal(apply("xtc", lonely, settings_, filters.History()), lonely)


def test_dry_by_hand():
    # "a b c d ... a b c": d would make the run four tokens long; after "b c" alone, e stood once.
    a, b, c, d, e, x = range(6)
    text = filters.History(token_ids=(a, b, c, d, x, b, c, e, x, a, b, c))
    settings_ = penalties.DontRepeatYourself(multiplier=1.0, base=2.0, allowed_length=2)
    penalised = apply("dry", np.zeros(6), settings_, text)
    assert penalised.tolist() == [0, 0, 0, -2.0, -1.0, 0]


def test_dry_does_not_look_across_a_breaker():
    text = filters.History(token_ids=(1, 2, 3, 0, 1, 2), breakers=frozenset({1}))
    settings_ = penalties.DontRepeatYourself(multiplier=1.0, allowed_length=2)
    np.testing.assert_array_equal(apply("dry", np.zeros(4), settings_, text), np.zeros(4))
    whole = filters.History(token_ids=text.token_ids)
    assert apply("dry", np.zeros(4), settings_, whole).tolist() == [0, 0, 0, -1.0]


def test_dry_on_one_token_repeated_a_thousand_times_stays_finite():
    text = filters.History(token_ids=(2,) * 1000)
    settings_ = penalties.DontRepeatYourself(multiplier=1.0)
    assert np.isfinite(apply("dry", np.zeros(4), settings_, text)).all()


def test_penalties_look_only_as_far_back_as_they_should():
    text = filters.History(token_ids=(0, 1, 1))
    near = apply("penalties", np.ones(3), penalties.Penalties(presence=0.5, last_n=2), text)
    assert near.tolist() == [1.0, 0.5, 1.0]
    far = apply("penalties", np.ones(3), penalties.Penalties(frequency=0.5), text)
    assert far.tolist() == [0.5, 0.0, 1.0]


def test_dynamic_temperature_follows_the_entropy():
    settings_ = filters.Temperature(1.0, spread=0.5)
    flat = apply("temperature", np.array([2.0, 2.0, 2.0]), settings_)
    assert flat[0] == pytest.approx(2.0 / 1.5)
    sure = apply("temperature", np.array([200.0, 0.0]), settings_)
    assert sure[0] == pytest.approx(200 / 0.5)
    # p = (0.9, 0.1) has 0.469 bits of at most 1: T = 0.5 + 1.0 * 0.469.
    between = apply("temperature", np.log([0.9, 0.1]), settings_)
    assert between[1] == pytest.approx(np.log(0.1) / 0.969, rel=1e-3)


def test_mirostat_by_hand():
    # Surprises 1, 2, 3 and 3 bits; twice the target is 2.5 bits.
    scores = np.log([0.5, 0.25, 0.125, 0.125])
    settings_ = surprise.Mirostat(1.25, rate=0.5)
    assert np.isfinite(apply("mirostat", scores, settings_)).sum() == 2
    loose = filters.History(surprise_limit_bits=3.1)
    assert np.isfinite(apply("mirostat", scores, settings_, loose)).sum() == 4
    tight = filters.History(surprise_limit_bits=-4.0)
    assert np.isfinite(apply("mirostat", scores, settings_, tight)).sum() == 1


@pytest.mark.parametrize("key", KEYS)
def test_a_filter_that_was_never_touched_gives_back_what_it_got(key):
    settings_class, function = filter_catalog.FILTERS[key]
    scores = np.array([1.0, -2.0, 0.5])
    assert settings_class().is_neutral
    assert not settings_class.usual().is_neutral
    text = filters.History(token_ids=(0, 1, 0, 1))
    np.testing.assert_array_equal(function(scores, text, settings_class()), scores)


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=25, deadline=None)
@given(scores=scores_strategy)
def test_a_filter_never_changes_its_input_and_never_cuts_everything(key, scores):
    settings_class, function = filter_catalog.FILTERS[key]
    before = scores.copy()
    history = filters.History(token_ids=(0, 1, 0, 1, 0), coin=0.0)
    filtered = function(scores, history, settings_class.usual())
    np.testing.assert_array_equal(scores, before)
    assert np.isfinite(filtered).any()
    assert not np.isnan(filtered).any()


@pytest.mark.parametrize(
    ("settings_class", "values"),
    [
        (filters.Temperature, {"temperature": 0}),
        (filters.Temperature, {"temperature": float("nan")}),
        (filters.Temperature, {"spread": -1}),
        (filters.Temperature, {"exponent": 0}),
        (truncation.TopK, {"k": -1}),
        (truncation.TopK, {"k": 2.5}),
        (truncation.TopP, {"p": 1.1}),
        (truncation.MinP, {"p": -0.1}),
        (truncation.TopNSigma, {"n": float("inf")}),
        (truncation.ExcludeTopChoices, {"probability": 2}),
        (truncation.ExcludeTopChoices, {"threshold": 0}),
        (surprise.TypicalP, {"p": 0}),
        (surprise.EpsilonCutoff, {"epsilon": 1}),
        (surprise.EtaCutoff, {"epsilon": -1}),
        (surprise.Mirostat, {"target_bits": -1}),
        (surprise.Mirostat, {"rate": 0}),
        (penalties.Penalties, {"repetition": 0}),
        (penalties.Penalties, {"presence": float("nan")}),
        (penalties.Penalties, {"last_n": float("inf")}),
        (penalties.DontRepeatYourself, {"multiplier": -1}),
        (penalties.DontRepeatYourself, {"base": 0.5}),
    ],
)
def test_settings_out_of_range_are_refused_with_their_value(settings_class, values):
    with pytest.raises(ValueError, match="must be"):
        settings_class(**values)


@pytest.mark.parametrize("key", KEYS)
def test_every_filter_says_what_it_is(key):
    card = filter_catalog.FILTERS[key][0].card
    assert card.key == key
    assert card.sentence.endswith(".")
    assert card.formula
    assert card.source
    names = {field.name for field in dataclasses.fields(filter_catalog.FILTERS[key][0])}
    assert {knob.name for knob in card.knobs} == names
    assert all(knob.low <= knob.start <= knob.high for knob in card.knobs)

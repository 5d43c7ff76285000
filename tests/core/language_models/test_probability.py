import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.language_models import probability

logits = hnp.arrays(
    np.float64, st.integers(1, 30), elements=st.floats(-60, 60, allow_subnormal=False)
)


@settings(max_examples=50, deadline=None)
@given(logits, st.floats(0.05, 20))
def test_softmax_equals_torch_and_sums_to_one(scores, temperature):
    probs = probability.softmax(scores, temperature=temperature)
    reference = torch.softmax(torch.from_numpy(scores) / temperature, dim=-1).numpy()
    np.testing.assert_allclose(probs, reference, atol=1e-12)
    assert probs.sum() == pytest.approx(1, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(logits)
def test_log_softmax_and_entropy_equal_torch(scores):
    tensor = torch.from_numpy(scores)
    np.testing.assert_allclose(
        probability.log_softmax(scores), torch.log_softmax(tensor, dim=-1).numpy(), atol=1e-12
    )
    nats = torch.distributions.Categorical(logits=tensor).entropy().item()
    probs, entropy = probability.softmax_with_entropy(scores)
    assert entropy == pytest.approx(nats / math.log(2), abs=1e-9)
    assert probability.entropy_bits(probs) == pytest.approx(entropy, abs=1e-9)


@pytest.mark.parametrize("n_tokens", [31, 40])
@pytest.mark.parametrize("n_cut", [1, 29])
def test_cut_tokens_add_nothing(n_tokens, n_cut):
    scores = np.zeros(n_tokens)
    scores[:n_cut] = -np.inf
    probs, entropy = probability.softmax_with_entropy(scores)
    np.testing.assert_allclose(probs, probability.softmax(scores))
    assert entropy == pytest.approx(np.log2(n_tokens - n_cut))


def test_cut_tokens_have_probability_zero_and_add_no_entropy():
    scores = np.full(40, -np.inf)
    scores[[3, 30]] = 1.0
    probs, entropy = probability.softmax_with_entropy(scores)
    assert probs[[3, 30]].tolist() == [0.5, 0.5]
    assert probs.sum() == 1
    assert entropy == pytest.approx(1.0)


def test_single_precision_logits_give_probabilities_that_sum_to_one_in_double():
    scores = np.random.default_rng(0).normal(0, 4, 49_152).astype(np.float32)
    assert probability.softmax(scores).sum() == pytest.approx(1, abs=1e-12)


def test_huge_logits_do_not_overflow():
    assert probability.softmax([1e6, 1e6 - 1e4]).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("scores", [[np.nan, 1.0], [np.inf, 1.0], [-np.inf, -np.inf], []])
@pytest.mark.parametrize(
    "function",
    [probability.softmax, probability.log_softmax, probability.softmax_with_entropy],
)
def test_impossible_logits_are_refused(function, scores):
    with pytest.raises(ValueError, match="finite"):
        function(scores)


@pytest.mark.parametrize("temperature", [0, -1, math.nan, math.inf])
def test_impossible_temperatures_are_refused(temperature):
    with pytest.raises(ValueError, match="temperature"):
        probability.softmax([1.0, 2.0], temperature=temperature)


def test_an_impossible_event_is_infinitely_surprising():
    assert probability.surprisal_bits(0.0) == math.inf
    assert probability.surprisal_bits(1.0) == 0.0

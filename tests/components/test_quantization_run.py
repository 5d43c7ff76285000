"""What the lab answers to "just rounding", by what the court found."""

from types import SimpleNamespace

import numpy as np
import pytest

from components import quantization_run
from core.quantization import verdict
from core.quantization.evaluation import Comparison
from core.quantization.trial import Trial


def result(loss):
    """A trial in which each of 400 tokens lost about so much of its probability of a half."""
    after = 0.5 - loss + np.random.default_rng(0).normal(0, 0.01, 400)
    ids, before = np.arange(401), np.full(400, np.log(0.5))
    read = Comparison(ids, before, np.log(after), np.zeros(400), np.ones(400, dtype=bool))
    judged = verdict.judge(read.delta_p)
    return SimpleNamespace(trial=Trial("Q4_0", read, judged, 1600, 450, 100, 0.1, True))


@pytest.mark.parametrize(
    ("loss", "answer"), [(0.2, "here the model gets worse"), (0.0, "no more than noise")]
)
def test_the_reason_below_the_guides_sentence_says_whether_it_was_harmless(loss, answer):
    told = quantization_run.earned(result(loss))
    assert told.startswith("It is, ")
    assert answer in told
    assert "4.5 bits instead of 16" in told
    assert "Damage." not in told


def test_every_verdict_has_an_answer():
    assert set(quantization_run._ANSWERS) == set(verdict.Kind.__args__)

"""The court, on changes made to order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.quantization import verdict


def changes(mean, spread, n=600, seed=0):
    return np.random.default_rng(seed).normal(mean, spread, n)


def test_tiny_changes_are_no_case():
    found = verdict.judge(changes(0, 0.0002))
    assert found.kind == "same"
    assert verdict.in_words(found).startswith("Nothing to judge")


def test_symmetric_changes_are_noise_however_large():
    found = verdict.judge(changes(0, 0.2))
    assert found.kind == "noise"
    assert found.skew == pytest.approx(1, abs=0.25)
    assert "about alike" in verdict.in_words(found)


def test_a_small_loss_beyond_chance_is_a_scratch():
    found = verdict.judge(changes(-0.004, 0.01))
    assert found.kind == "scratch"
    assert verdict.in_words(found).startswith("A scratch.")


def test_a_large_loss_beyond_chance_is_damage_and_the_words_hold_the_numbers():
    found = verdict.judge(changes(-0.06, 0.15))
    assert found.kind == "damage"
    words = verdict.in_words(found, mean_before=0.34)
    assert words.startswith("Damage.")
    assert f"{100 * found.losing_tail:.3g} points" in words
    assert f"{-100 * found.mean:.3g} points of the 34 points it had" in words


def test_a_loss_that_chance_may_have_made_is_noise():
    found = verdict.judge(np.tile([-0.5, 0.45], 40))
    assert found.mean == pytest.approx(-0.025)
    assert found.mean > -3 * found.standard_error
    assert found.kind == "noise"


def test_a_gain_is_not_damage():
    assert verdict.judge(changes(0.05, 0.1)).kind == "noise"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.001, 0.9), min_size=20, max_size=60))
def test_whatever_is_mirrored_is_never_damage(sizes):
    mirrored = np.array([*sizes, *(-size for size in sizes)])
    found = verdict.judge(mirrored)
    assert found.kind in ("same", "noise")
    assert found.skew == pytest.approx(1)
    assert found.n_worse == found.n_better


def test_percentiles_are_numpys_and_a_tail_nobody_wins_is_infinite():
    losses = -np.linspace(0.1, 0.5, 101)
    found = verdict.judge(losses)
    assert found.at(50) == pytest.approx(-0.3)
    assert found.skew == float("inf")
    assert found.winning_tail == 0


def test_what_cannot_be_judged_is_refused():
    with pytest.raises(ValueError, match="two witnesses"):
        verdict.judge([0.1])
    with pytest.raises(ValueError, match="5 and 95"):
        verdict.judge([0.1, 0.2], ranks=(1, 99))

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.language_models import dice

weights = st.lists(st.integers(0, 5), min_size=1, max_size=40).filter(any)


def probs_of(whole_numbers):
    return np.array(whole_numbers) / sum(whole_numbers)


@settings(max_examples=100, deadline=None)
@given(weights, st.floats(0, 1, exclude_max=True))
def test_both_ways_of_throwing_land_on_the_same_piece(whole_numbers, uniform):
    probs = probs_of(whole_numbers)
    thrown = dice.draw(dice.cumulative_bar(probs), uniform)
    assert thrown == dice.draw_from(probs, uniform)
    assert thrown == dice.locate(probs, thrown.token_id, uniform)
    assert thrown.low <= uniform < thrown.high
    assert thrown.high - thrown.low == pytest.approx(probs[thrown.token_id])


@settings(max_examples=50, deadline=None)
@given(weights)
def test_the_bar_runs_from_the_likeliest_to_one_with_ties_by_id(whole_numbers):
    probs = probs_of(whole_numbers)
    bar = dice.cumulative_bar(probs)
    assert bar.token_ids.tolist() == sorted(np.flatnonzero(probs), key=lambda i: (-probs[i], i))
    assert bar.highs[-1] == 1
    assert bar.lows[0] == 0
    np.testing.assert_array_equal(bar.lows[1:], bar.highs[:-1])


def test_the_largest_throw_still_lands_on_a_token():
    probs = np.full(49_152, 1 / 49_152)
    assert dice.draw_from(probs, np.nextafter(1, 0)).token_id == 49_151


def test_a_throw_on_the_edge_of_two_pieces_lands_on_the_second():
    probs = [0.5, 0.25, 0.25]
    for uniform, token_id in ((0.0, 0), (0.5, 1), (0.75, 2)):
        assert dice.draw(dice.cumulative_bar(probs), uniform).token_id == token_id
        assert dice.draw_from(probs, uniform).token_id == token_id


def test_a_seed_names_one_row_of_numbers():
    np.testing.assert_array_equal(dice.uniforms(3, 5), dice.uniforms(3, 50)[:5])
    assert (dice.uniforms(3, 5) != dice.uniforms(4, 5)).all()
    assert (dice.uniforms(3, 5) != dice.coins(3, 5)).all()
    assert dice.uniforms(3, 0).shape == (0,)


def test_common_random_numbers_couple_two_settings():
    throws = dice.uniforms(0, 2_000)
    mild, wild = np.array([0.7, 0.2, 0.1]), np.array([0.6, 0.25, 0.15])
    one = np.array([dice.draw_from(mild, u).token_id for u in throws])
    other = np.array([dice.draw_from(wild, u).token_id for u in throws])
    strangers = np.array([dice.draw_from(wild, u).token_id for u in dice.uniforms(1, 2_000)])
    # The bars agree except from 0.6 to 0.7 and from 0.85 to 0.9.
    assert (one != other).mean() == pytest.approx(0.15, abs=0.03)
    assert (one != strangers).mean() > 0.4


def test_counts_agree_with_theory():
    probs = np.array([0.5, 0.3, 0.15, 0.05, 0.0])
    drawn = dice.draw_many(probs, n=10_000, seed=1)
    assert drawn.counts.sum() == 10_000
    assert drawn.counts[4] == 0
    assert drawn.expected.tolist() == [5000, 3000, 1500, 500, 0]
    assert drawn.standard_errors[0] == pytest.approx(50)
    assert drawn.z_scores[0] == pytest.approx((drawn.counts[0] - 5000) / 50)
    assert np.abs(drawn.z_scores).max() < 4


def test_many_draws_begin_with_the_single_draw():
    probs = np.array([0.2, 0.5, 0.3])
    single = dice.draw_from(probs, dice.uniforms(8, 1)[0])
    assert dice.draw_many(probs, n=1, seed=8).counts[single.token_id] == 1
    assert dice.draw_many(probs, n=0, seed=8).counts.tolist() == [0, 0, 0]


@pytest.mark.parametrize("bad", [[0.5, 0.6], [1.5, -0.5], [np.nan, 1.0], []])
def test_what_are_no_probabilities_is_refused(bad):
    with pytest.raises(ValueError, match="probabilities"):
        dice.cumulative_bar(bad)


@pytest.mark.parametrize("uniform", [-0.1, 1.0, float("nan")])
def test_a_throw_outside_the_bar_is_refused(uniform):
    with pytest.raises(ValueError, match="uniform"):
        dice.draw_from([1.0], uniform)
    with pytest.raises(ValueError, match="uniform"):
        dice.draw(dice.cumulative_bar([1.0]), uniform)


def test_negative_seeds_and_counts_are_refused():
    for function in (dice.uniforms, dice.coins):
        with pytest.raises(ValueError, match="0 or more"):
            function(-1, 3)
        with pytest.raises(ValueError, match="0 or more"):
            function(1, -3)


def test_a_token_that_was_cut_has_no_piece():
    assert dice.locate([1.0, 0.0], 1, 0.5) is None

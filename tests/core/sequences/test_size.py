"""What grows with size: the spread of products, and the work of a longer text."""

import numpy as np
import pytest

from core.sequences import cost, sharpness, timing


def test_products_spread_by_the_root_of_d_and_scaling_takes_it_back():
    found = sharpness.measure([4, 64, 256], n_trials=2_000)
    np.testing.assert_allclose(found.spread[0], [2, 8, 16], rtol=0.05)
    np.testing.assert_allclose(found.spread[1], 1, rtol=0.05)


def test_without_scaling_the_softmax_hardens_and_training_feels_less():
    found = sharpness.measure([4, 64, 1024], n_trials=1_000)
    assert (np.diff(found.largest[0]) > 0).all()
    assert (np.diff(found.slope[0]) < 0).all()
    assert np.ptp(found.largest[1]) < 0.05
    assert np.ptp(found.slope[1]) < 0.03


def test_one_row_is_shared_out_and_comes_again_with_its_seed():
    without, scaled = sharpness.one_row(64, n_keys=5, seed=2)
    assert without.max() > scaled.max()
    np.testing.assert_array_equal(without, sharpness.one_row(64, n_keys=5, seed=2)[0])


def test_the_fastest_of_the_rounds_counts_per_run():
    # Three readings a round: before, after the projections, after the comparison.
    ticks = iter([0, 1, 5, 100, 100.5, 101.5])
    [point] = timing.measure([512], head_size=2, n_embd=2, n_rounds=2, clock=lambda: next(ticks))
    assert (point.project_ms, point.compare_ms) == (500, 1000)
    assert point.n_products == 2 * 512**2 * 2
    assert point.n_bytes == 4 * 512**2


def test_measuring_leaves_the_number_of_threads_as_it_was():
    import torch

    before = torch.get_num_threads()
    timing.measure([4], head_size=2, n_embd=2, n_rounds=1)
    assert torch.get_num_threads() == before


def test_a_cubic_cost_has_the_exponent_3():
    points = [cost.CostPoint(n, n**3, 0, 0, 0) for n in (10, 20, 40, 80, 160)]
    assert cost.growth_exponent(points) == pytest.approx(3)


def test_the_work_of_a_layer_is_that_of_its_matrices():
    work = cost.layer_work(10, n_embd=576, n_head=9, n_kv_head=3, n_mlp=1536)
    assert work["Projections"] == 10 * (576 * 576 * 2 + 2 * 576 * 192)
    assert work["Feed-forward"] == 10 * 3 * 576 * 1536
    assert work["Comparing words"] == 9 * 2 * 10 * 10 * 64


def test_a_third_of_the_key_heads_keeps_a_third():
    assert 3 * cost.kv_cache_bytes(100, n_kv_head=3) == cost.kv_cache_bytes(100, n_kv_head=9)

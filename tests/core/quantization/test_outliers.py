"""Outliers: found, measured, clipped, deleted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.quantization import outliers

matrices = arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(2, 6)),
    elements=st.floats(-100, 100, width=32),
)


@given(matrices)
def test_no_weight_is_larger_than_the_largest(weights):
    row, col = outliers.largest(weights)
    assert abs(weights[row, col]) == np.abs(weights).max()


@given(matrices)
def test_a_clipped_weight_is_as_large_as_the_largest_of_the_others(weights):
    row, col = outliers.largest(weights)
    clipped = outliers.edit(weights, row, col, "clip")
    others = np.delete(np.abs(weights).ravel(), row * weights.shape[1] + col)
    assert abs(clipped[row, col]) == others.max()
    assert clipped[row, col] * weights[row, col] >= 0


@given(matrices)
def test_an_edit_changes_one_weight_of_a_copy(weights):
    before = weights.copy()
    deleted = outliers.edit(weights, 0, 1, "delete")
    assert np.array_equal(weights, before)
    assert deleted[0, 1] == 0
    deleted[0, 1] = before[0, 1]
    assert np.array_equal(deleted, before)


def test_keeping_changes_nothing():
    weights = np.ones((2, 2), np.float32)
    assert outliers.edit(weights, 0, 0, "keep") is weights


@pytest.mark.parametrize("place", [(-1, 0), (0, 2), (5, 0)])
def test_a_place_outside_the_matrix_is_refused(place):
    with pytest.raises(IndexError, match="2 × 2"):
        outliers.edit(np.ones((2, 2), np.float32), *place, "delete")


def test_a_column_beyond_six_deviations_is_an_outlier():
    weights = np.random.default_rng(0).normal(size=(200, 50)).astype(np.float32)
    weights[3, 7] = 20
    measured = outliers.columns(weights)
    assert np.flatnonzero(measured.is_outlier).tolist() == [7]
    assert measured.peaks[7] == 20
    assert measured.limit == pytest.approx(6 * weights.std(), rel=1e-5)


def test_the_bins_count_every_weight_and_have_zero_in_the_middle():
    weights = np.random.default_rng(1).normal(size=(30, 30))
    middles, counts = outliers.histogram(weights)
    assert counts.sum() == 900
    assert middles[60] == pytest.approx(0, abs=1e-12)
    _, near = outliers.histogram(weights, reach=1.0)
    assert near.sum() == (np.abs(weights) <= 1).sum()


def test_a_matrix_of_zeros_has_a_histogram():
    _, counts = outliers.histogram(np.zeros((3, 3)))
    assert counts[60] == 9


@given(arrays(np.uint8, st.integers(1, 50), elements=st.integers(0, 15)))
def test_four_bits_never_carry_more_than_four(codes):
    assert 0 <= outliers.code_entropy(codes) <= 4

"""One row on a grid: the guide's number, clipping, and agreement with the matrix schemes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.quantization import rows, uniform

numbers = st.lists(
    st.floats(-1e6, 1e6, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-6),
    min_size=1,
    max_size=20,
)


def test_the_guides_number_becomes_fifteen_on_a_grid_of_whole_numbers():
    row = rows.quantize_row([15.234], bits=8, grid="whole")
    assert row.restored.tolist() == [15.0]
    assert row.errors[0] == pytest.approx(-0.234)


def test_on_whole_numbers_real_weights_all_become_nothing_but_one():
    row = rows.quantize_row(rows.read_row(rows.REAL_ROW), bits=8, grid="whole")
    assert row.n_lost == 15
    assert row.restored.max() == 8


def test_the_real_row_is_what_the_model_holds():
    from core.model_store import loading

    weights = loading.load_encoder("all-minilm-l6-v2").model.encoder.layer[0].output.dense.weight
    held = weights[99, 848:864].numpy()
    assert np.abs(held - rows.read_row(rows.REAL_ROW)).max() <= 0.5e-4


@given(numbers, st.integers(2, 8))
def test_no_number_moves_by_more_than_half_a_step(values, bits):
    for grid in ("absmax", "zero_point"):
        row = rows.quantize_row(values, bits=bits, grid=grid)
        # With a zero point the ends may miss by the rounding of the zero point itself.
        limit = 0.5 if grid == "absmax" else 1.0
        assert np.abs(row.errors).max() <= row.scale * limit * (1 + 1e-9)


@given(numbers, st.integers(2, 8))
def test_zero_keeps_a_mark_of_its_own(values, bits):
    for grid in ("whole", "absmax", "zero_point"):
        row = rows.quantize_row([*values, 0.0], bits=bits, grid=grid)
        assert row.restored[-1] == 0
        assert len(row.marks) == row.highest - row.lowest + 1 <= 2**bits


@pytest.mark.parametrize("bits", range(2, 9))
def test_the_codes_are_those_of_the_matrix_schemes(bits):
    values = np.random.default_rng(bits).normal(size=40).astype(np.float32)
    symmetric = uniform.absmax(values[None], bits=bits)
    assert rows.quantize_row(values, bits=bits, grid="absmax").codes.tolist() == [
        *symmetric.codes[0].tolist()
    ]
    shifted = uniform.zero_point(values[None], bits=bits)
    row = rows.quantize_row(values, bits=bits, grid="zero_point")
    assert row.codes.tolist() == shifted.codes[0].tolist()
    assert row.zero_point == shifted.zeros[0]


def test_leaving_the_outlier_out_clips_it_and_saves_the_others():
    values = rows.read_row(rows.REAL_ROW)
    before = rows.quantize_row(values, bits=4, grid="absmax")
    after = rows.quantize_row(values, bits=4, grid="absmax", left_out=[8])
    assert before.n_lost == 15
    assert after.n_lost <= 7
    assert after.is_clipped.tolist() == [place == 8 for place in range(16)]
    assert after.restored[8] == pytest.approx(0.0492)


def test_on_nf4_every_number_takes_the_code_bitsandbytes_gives_it():
    from core.quantization import code_books

    values = np.random.default_rng(5).normal(size=64).astype(np.float32)
    row = rows.quantize_row(values, bits=8, grid="nf4")
    stored = code_books.encode(values[None], "nf4")
    assert row.codes.tolist() == stored.codes[0].tolist()
    assert row.restored == pytest.approx(stored.decode()[0])
    assert (row.bits, len(row.marks)) == (4, 16)


def test_nf4_clips_what_was_left_out():
    row = rows.quantize_row([1.0, -0.5, 40.0], bits=4, grid="nf4", left_out=[2])
    assert row.is_clipped.tolist() == [False, False, True]
    assert row.restored.tolist()[2] == 1.0


def test_a_row_of_zeros_has_a_scale_one_can_divide_by():
    for grid in ("absmax", "zero_point", "nf4"):
        row = rows.quantize_row([0.0, 0.0], bits=4, grid=grid)
        assert (row.scale, row.restored.tolist()) == (1.0, [0.0, 0.0])


def test_leaving_everything_out_leaves_nothing_out():
    assert rows.quantize_row([1.0, 2.0], bits=4, grid="absmax", left_out=[0, 1]).scale > 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "at least one"),
        (" , ;", "at least one"),
        ("1, two", "not a number"),
        ("nan", "too large"),
        ("1e400", "too large"),
        ("1 " * 65, "at most 64"),
        ("9" * 100_000, "too large"),
        ("</script>", "not a number"),
    ],
)
def test_what_is_no_row_is_refused_with_a_reason(text, why):
    with pytest.raises(rows.RowError, match=why):
        rows.read_row(text)


def test_arabic_digits_are_numbers_too():
    assert rows.read_row("١٢").tolist() == [12.0]


def test_bits_outside_two_to_eight_are_refused():
    with pytest.raises(ValueError, match="between 2 and 8"):
        rows.quantize_row([1.0], bits=9, grid="absmax")
    with pytest.raises(ValueError, match="not empty"):
        rows.quantize_row([], bits=4, grid="absmax")

"""Number formats: equal to torch's casts, bit by bit."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.quantization import number_formats
from core.quantization.number_formats import FORMATS

INTEGER_OF = {8: torch.uint8, 16: torch.int16, 32: torch.int32}
each_format = pytest.mark.parametrize("name", FORMATS)


def torch_codes(values, name):
    """Cast with torch and read the bits."""
    cast = torch.tensor(values, dtype=torch.float32).to(getattr(torch, name))
    n_bits = FORMATS[name].n_bits
    return cast.view(INTEGER_OF[n_bits]).numpy().astype(np.int64) & (2**n_bits - 1)


@each_format
def test_any_thousand_floats_get_torchs_bits(name):
    generator = np.random.default_rng(0)
    sizes = np.exp(generator.uniform(-100, 88, 20_000)) * generator.choice([-1, 1], 20_000)
    near = generator.normal(size=20_000) * np.exp(generator.uniform(-20, 14, 20_000))
    values = np.concatenate([sizes, near, [0.0, -0.0, np.inf, -np.inf]]).astype(np.float32)
    ours = number_formats.encode(values, FORMATS[name])
    assert np.array_equal(ours, torch_codes(values, name))


@each_format
@given(value=st.floats(width=32, allow_nan=False))
def test_every_float_gets_torchs_bits(name, value):
    [ours] = number_formats.encode([value], FORMATS[name])
    assert ours == torch_codes([value], name)[0]


@pytest.mark.parametrize("name", [name for name in FORMATS if FORMATS[name].n_bits < 32])
def test_every_code_is_read_as_torch_reads_it(name):
    n_bits = FORMATS[name].n_bits
    codes = np.arange(2**n_bits)
    raw = torch.from_numpy(codes.astype(np.uint8 if n_bits == 8 else np.uint16))
    expected = raw.view(getattr(torch, name)).double().numpy()
    ours = number_formats.decode(codes, FORMATS[name])
    assert np.array_equal(ours, expected, equal_nan=True)


@pytest.mark.parametrize("name", [name for name in FORMATS if FORMATS[name].n_bits == 8])
def test_a_tie_goes_to_the_even_mark(name):
    marks = number_formats.decode(np.arange(1, 100), FORMATS[name])
    middles = (marks[1:] + marks[:-1]) / 2
    assert np.all(number_formats.encode(middles, FORMATS[name]) % 2 == 0)
    assert np.array_equal(number_formats.encode(middles, FORMATS[name]), torch_codes(middles, name))


@each_format
def test_what_is_no_number_stays_none(name):
    assert np.isnan(number_formats.round_to([np.nan], FORMATS[name])[0])


@each_format
def test_the_parts_put_together_are_the_number(name):
    made = FORMATS[name]
    for value in (15.234, -0.1, 1e-3, 2.0, made.smallest, made.largest):
        parts = number_formats.take_apart(value, made)
        leading = 0 if parts.exponent == 0 else 1
        power = max(parts.exponent, 1) - made.bias
        together = (leading + parts.fraction / 2**made.fraction_bits) * 2.0**power
        assert (-1) ** parts.sign * together == parts.stored
        assert int(parts.bits, 2) == parts.code


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (0.0, "zero"),
        (1e-5, "subnormal"),
        (1.0, "normal"),
        (1e9, "infinity"),
        (np.nan, "not a number"),
    ],
)
def test_a_number_says_what_kind_it_is(value, kind):
    assert number_formats.take_apart(value, FORMATS["float16"]).kind == kind


def test_the_ends_of_the_rulers_are_the_published_ones():
    assert FORMATS["float16"].largest == 65504
    assert FORMATS["float8_e4m3fn"].largest == 448
    assert FORMATS["float8_e5m2"].largest == 57344
    assert FORMATS["float8_e4m3fn"].smallest == 2**-9
    assert FORMATS["bfloat16"].largest == torch.finfo(torch.bfloat16).max


def test_the_next_mark_is_one_gap_away():
    parts = number_formats.take_apart(15.234, FORMATS["bfloat16"])
    assert (parts.stored, parts.gap) == (15.25, 2**-4)
    assert np.isnan(number_formats.take_apart(65504, FORMATS["float16"]).gap)


def test_a_code_with_too_many_bits_is_refused():
    with pytest.raises(ValueError, match="8 bits"):
        number_formats.decode([256], FORMATS["float8_e5m2"])

from dataclasses import replace

import bitsandbytes
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.quantization import damage, schemes, ternary, uniform

NEAREST = [name for name, scheme in schemes.SCHEMES.items() if not scheme.needs_inputs]
CALIBRATED = [name for name, scheme in schemes.SCHEMES.items() if scheme.needs_inputs]


@pytest.fixture(scope="module")
def weights():
    return np.random.default_rng(0).standard_normal((96, 192)).astype(np.float32) * 0.05


@pytest.fixture(scope="module")
def inputs():
    """Inputs as layers see them: they rise and fall together, and a few are large."""
    rng = np.random.default_rng(1)
    mixed = rng.standard_normal((400, 24)) @ rng.standard_normal((24, 192))
    mixed += 0.3 * rng.standard_normal((400, 192))
    return (mixed * np.exp(rng.standard_normal(192))).astype(np.float32)


def stored_as(name, weights, inputs):
    scheme = schemes.SCHEMES[name]
    return schemes.quantize(weights, scheme, inputs=inputs if scheme.needs_inputs else None)


@pytest.mark.parametrize("name", schemes.SCHEMES)
def test_every_weight_can_be_explained(name, weights, inputs):
    before = weights.copy()
    stored = stored_as(name, weights, inputs)
    restored = stored.dequantize()
    np.testing.assert_array_equal(weights, before)
    assert restored.shape == stored.codes.shape == weights.shape
    assert restored.dtype == np.float32
    for row, col in [(0, 0), (3, 77), (95, 191)]:
        story = stored.explain(row, col)
        assert story.code == stored.codes[row, col]
        factor = 1 if stored.column_scales is None else stored.column_scales[col]
        assert story.value / factor == pytest.approx(restored[row, col], rel=1e-6)
        by_hand = story.scale * (story.level - story.zero) + story.minimum
        assert by_hand == pytest.approx(story.value, rel=1e-4, abs=1e-7)
        if story.scale_story is not None:
            assert story.scale_story.value == pytest.approx(story.scale, rel=1e-6)
        if story.minimum_story is not None:
            assert -story.minimum_story.value == pytest.approx(story.minimum, rel=1e-6)


def packed_bits(stored):
    """Count what is really there: bytes of the codes' bits, scales, zero points, minimums."""
    scheme, groups = stored.scheme, stored.groups
    n_groups = len(groups.scales)
    bits = stored.codes.size * int(scheme.bits) + n_groups * scheme.scale_bits
    if groups.zeros is not None:
        bits += groups.zeros.size * int(scheme.bits)
    if stored.column_scales is not None:
        bits += 16 * stored.column_scales.size
    return bits


@pytest.mark.parametrize(
    "name", [n for n in schemes.SCHEMES if n.startswith("int") or n in ("nf4", "fp4", "fp16")]
)
def test_bits_per_weight_counts_all_that_is_stored(name, weights, inputs):
    stored = stored_as(name, weights, inputs)
    assert stored.size_bits == packed_bits(stored)
    assert stored.bits_per_weight == stored.size_bits / weights.size


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *[("q4_0", 4.5), ("q4_1", 5.0), ("q5_0", 5.5), ("q5_1", 6.0), ("q8_0", 8.5)],
        *[("q4_k", 4.5), ("q6_k", 6.5625), ("mxfp4", 4.25), ("nf4", 4.5)],
    ],
)
def test_bits_per_weight_of_known_formats(name, expected):
    assert schemes.storage_bits(name, 256, 256) / 256**2 == expected


def test_double_quantization_costs_an_eighth_of_a_bit_per_weight():
    # QLoRA, section 3: 8/64 + 32/(64 · 256) = 0.127 bits instead of 32/64 = 0.5.
    assert schemes.storage_bits("nf4_double", 4096, 4096) / 4096**2 == pytest.approx(
        4.127, abs=1e-3
    )


@pytest.mark.parametrize("name", NEAREST)
@settings(max_examples=15, deadline=None)
@given(
    matrix=hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9),
        elements=st.floats(-4, 4, width=32),
    )
)
def test_any_small_matrix_comes_back_finite_and_in_shape(name, matrix):
    stored = schemes.quantize(matrix, name)
    restored = stored.dequantize()
    assert restored.shape == matrix.shape
    assert np.isfinite(restored).all()
    assert np.abs(restored).max() <= 1.51 * np.abs(matrix).max() + 1e-6


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("bits", [2, 3, 4, 8])
@settings(max_examples=25, deadline=None)
@given(
    groups=hnp.arrays(np.float32, (3, 16), elements=st.floats(-8, 8, width=16)),
)
def test_no_weight_moves_more_than_half_a_step(bits, symmetric, groups):
    rule = uniform.absmax if symmetric else uniform.zero_point
    stored = rule(groups, bits=bits)
    off = np.abs(stored.decode() - groups)
    # The zero point is rounded too, which can clip the last level by half a step.
    allowed = 0.5 if symmetric else 1.0
    assert (off <= (allowed + 1e-3) * stored.scales[:, None] + 1e-7).all()
    assert not stored.decode()[groups == 0].any()


@pytest.mark.parametrize("family", ["absmax", "zeropoint"])
def test_smaller_groups_and_more_bits_lose_less(family, weights):
    def error(bits, granularity):
        stored = schemes.quantize(weights, f"int{bits}_{family}_{granularity}")
        return damage.measure(weights, stored.dequantize()).mse

    assert error(4, "tensor") > error(4, "channel") > error(4, "block")
    assert error(2, "block") > error(3, "block") > error(4, "block") > error(8, "block")


def test_each_bit_more_gains_about_six_decibels():
    weights = np.random.default_rng(0).standard_normal((512, 512)).astype(np.float32)
    snr = {}
    for bits in (4, 5, 6, 7, 8):
        scheme = replace(schemes.SCHEMES["int8_absmax_channel"], bits=bits)
        stored = schemes.quantize(weights, scheme)
        snr[bits] = damage.measure(weights, stored.dequantize()).snr_db
    gains = np.diff(list(snr.values()))
    assert ((gains > 5.9) & (gains < 6.8)).all()


def test_rows_rounded_to_int8_equal_torchs_own(weights):
    stored = schemes.quantize(weights, "int8_absmax_channel")
    scales = torch.from_numpy(stored.scales)
    theirs = torch.quantize_per_channel(
        torch.from_numpy(weights), scales, torch.zeros(len(scales)), 0, torch.qint8
    )
    np.testing.assert_array_equal(stored.codes, theirs.int_repr().numpy())
    np.testing.assert_allclose(stored.dequantize(), theirs.dequantize().numpy(), rtol=1e-6)


def test_int8_rows_equal_those_of_llm_int8(weights):
    codes, scales, _ = bitsandbytes.functional.int8_vectorwise_quant(
        torch.from_numpy(weights.copy())
    )
    stored = schemes.quantize(weights, "int8_absmax_channel")
    # It divides 127 by the largest and multiplies: a product on a tie may round the other way.
    off = np.abs(stored.codes.astype(int) - codes.numpy())
    assert off.max() <= 1
    assert (off > 0).mean() < 1e-3
    np.testing.assert_allclose(stored.scales * 127, scales.numpy(), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("fp16", torch.float16), ("bf16", torch.bfloat16)],
)
def test_short_floats_equal_torchs_casts(name, dtype, weights):
    theirs = torch.from_numpy(weights).to(dtype).float().numpy()
    np.testing.assert_array_equal(schemes.quantize(weights, name).dequantize(), theirs)


@pytest.mark.parametrize(
    ("name", "dtype"), [("fp8_e4m3", torch.float8_e4m3fn), ("fp8_e5m2", torch.float8_e5m2)]
)
def test_scaled_fp8_equals_torchs_cast_of_the_scaled_weights(name, dtype, weights):
    stored = schemes.quantize(weights, name)
    scaled = torch.from_numpy(weights) * np.float32(1 / stored.scales[0])
    theirs = scaled.clamp(-torch.finfo(dtype).max, torch.finfo(dtype).max).to(dtype)
    np.testing.assert_array_equal(stored.codes, theirs.view(torch.uint8).numpy())


@pytest.mark.parametrize(
    # K-quants search anew, and the dynamic levels reach to +1 but only to −0.99.
    "name",
    [n for n in NEAREST if n not in ("q4_k", "q6_k", "dynamic8")],
)
def test_quantizing_again_on_the_same_grid_changes_next_to_nothing(name, weights):
    once = schemes.quantize(weights, name).dequantize()
    again = schemes.quantize(once, name).dequantize()
    first, second = damage.measure(weights, once).mse, damage.measure(once, again).mse
    if name == "ternary":
        # The mean magnitude of rounded weights is another one.
        assert second <= first
    else:
        assert second <= 0.05 * first


def test_error_feedback_moves_the_outputs_less_than_rounding_to_nearest(weights, inputs):
    for bits in (4, 3, 2):
        nearest = schemes.quantize(weights, f"int{bits}_zeropoint_block").dequantize()
        fed_back = schemes.quantize(weights, f"int{bits}_feedback", inputs=inputs).dequantize()
        off = [np.square(inputs @ (w - weights).T).mean() for w in (nearest, fed_back)]
        assert off[1] < 0.5 * off[0]
        assert damage.measure(weights, fed_back).mse > damage.measure(weights, nearest).mse


def test_error_feedback_equals_its_definition_column_by_column(weights, inputs):
    """Optimal Brain Quantization in plain steps: update the whole inverse after each column."""
    grid = schemes.quantize(weights, "int3_zeropoint_block").groups
    stored = schemes.quantize(weights, "int3_feedback", inputs=inputs)
    n_cols = weights.shape[1]
    scales = np.repeat(grid.scales, 64).reshape(weights.shape).astype(float)
    zeros = np.repeat(grid.zeros, 64).reshape(weights.shape).astype(float)

    products = inputs.astype(float).T @ inputs
    inverse = np.linalg.inv(products + 0.01 * np.diag(products).mean() * np.eye(n_cols))
    left, codes = weights.astype(float), np.empty(weights.shape)
    for col in range(n_cols):
        code = np.clip(np.rint(left[:, col] / scales[:, col] + zeros[:, col]), 0, 7)
        codes[:, col] = code
        debt = left[:, col] - scales[:, col] * (code - zeros[:, col])
        left -= np.outer(debt / inverse[col, col], inverse[col])
        inverse -= np.outer(inverse[:, col], inverse[col]) / inverse[col, col]
    assert (codes == stored.codes).mean() > 0.999


def test_activation_aware_scaling_moves_the_outputs_less_than_rounding_to_nearest(weights, inputs):
    for bits in (4, 3, 2):
        nearest = schemes.quantize(weights, f"int{bits}_zeropoint_block").dequantize()
        aware = schemes.quantize(weights, f"int{bits}_aware", inputs=inputs)
        off = [np.square(inputs @ (w - weights).T).mean() for w in (nearest, aware.dequantize())]
        assert off[1] < 0.9 * off[0]
        sizes = np.abs(inputs).mean(axis=0)
        assert np.corrcoef(np.log(sizes), np.log(aware.column_scales))[0, 1] > 0.99


@pytest.mark.parametrize("name", CALIBRATED)
def test_a_calibrated_scheme_refuses_inputs_that_do_not_fit(name, weights):
    with pytest.raises(ValueError, match="needs example inputs"):
        schemes.quantize(weights, name)
    with pytest.raises(ValueError, match="shape"):
        schemes.quantize(weights, name, inputs=np.ones((4, 3)))
    with pytest.raises(ValueError, match="finite"):
        schemes.quantize(weights, name, inputs=np.full((4, 192), np.nan))


@pytest.mark.parametrize("name", CALIBRATED)
def test_a_calibrated_scheme_survives_inputs_of_zeros_and_one_sample(name, weights):
    for inputs in (np.zeros((4, 192)), np.ones((1, 192))):
        restored = schemes.quantize(weights, name, inputs=inputs).dequantize()
        assert np.isfinite(restored).all()


@pytest.mark.parametrize("bad", [[1.0], np.zeros((0, 4)), [[np.nan]], [[np.inf, 1.0]]])
def test_what_is_no_finite_matrix_is_refused(bad):
    with pytest.raises(ValueError, match=r"shape|finite"):
        schemes.quantize(bad, "q4_0")


def test_a_story_outside_the_matrix_is_refused(weights):
    with pytest.raises(IndexError):
        schemes.quantize(weights, "q4_0").explain(96, 0)


@pytest.mark.parametrize("bits", [1, 9])
def test_impossible_bits_are_refused(bits):
    with pytest.raises(ValueError, match="bits"):
        uniform.absmax(np.ones((1, 4), np.float32), bits=bits)
    with pytest.raises(ValueError, match="scale_bits"):
        uniform.zero_point(np.ones((1, 4), np.float32), bits=4, scale_bits=8)


@given(hnp.arrays(np.int8, st.integers(1, 40), elements=st.integers(-1, 1)))
def test_ternary_bytes_come_back(codes):
    packed = ternary.pack(codes)
    assert packed.size * 8 == ternary.packed_bits(codes.size)
    np.testing.assert_array_equal(ternary.unpack(packed, codes.size), codes)


def test_damage_names_the_worst_weight():
    weights = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    restored = np.array([[1.0, 2.5], [3.0, 4.0]], np.float32)
    result = damage.measure(weights, restored)
    assert (result.worst, result.worst_at) == (0.5, (0, 1))
    assert damage.measure(weights, weights).snr_db == np.inf
    with pytest.raises(ValueError, match="differ"):
        damage.measure(weights, restored[:1])

"""A real matrix in a scheme: the outlier, its recovery, and what the browser is sent."""

import base64

import numpy as np
import pytest

from core.quantization import (
    calibration,
    layer_outputs,
    matrix_study,
    matrix_window,
    outliers,
    schemes,
)

pytestmark = pytest.mark.model

LAYER = "encoder.layer.0.output.dense"
SCHEMES_SEEN = ("int4_zeropoint_block", "q4_1", "q6_k", "nf4", "fp8_e4m3", "int3_aware", "ternary")


@pytest.fixture(scope="module")
def encoder():
    """The offline encoder, the only full-precision weights without a hub."""
    from core.model_store import loading

    return loading.load_encoder("all-minilm-l6-v2")


@pytest.fixture(scope="module")
def weights(encoder):
    """A matrix with the largest outlier of the model, shape (384, 1536)."""
    return encoder.model.get_submodule(LAYER).weight.numpy()


@pytest.fixture(scope="module")
def inputs(encoder):
    """What the layer gets to see on the held-out sentences."""
    return calibration.layer_inputs(encoder, LAYER, calibration.HELD_OUT_TEXTS)


def studied(weights, scheme, how="keep", inputs=None):
    row, col = outliers.largest(weights)
    stored = matrix_study.store(
        weights,
        schemes.SCHEMES[scheme],
        row=row,
        col=col,
        how=how,
        calibration_inputs=np.ones((4, weights.shape[1]), np.float32),
    )
    return matrix_study.study(weights, stored, row=row, col=col, how=how, inputs=inputs)


def test_one_outlier_takes_half_of_the_weights_at_eight_bits(weights):
    kept = studied(weights, "int8_absmax_tensor")
    assert (kept.row, kept.col) == (99, 856)
    assert 0.5 < kept.share_lost < 0.6
    assert kept.damage.snr_db < 10


@pytest.mark.parametrize("how", ["clip", "delete"])
def test_without_it_the_others_recover_by_more_than_two_bits_worth(weights, how):
    kept = studied(weights, "int8_absmax_tensor")
    edited = studied(weights, "int8_absmax_tensor", how)
    assert edited.others.snr_db - kept.others.snr_db > 15


def test_but_the_layer_cannot_do_without_it(weights, inputs):
    kept = studied(weights, "int8_absmax_tensor", inputs=inputs)
    deleted = studied(weights, "int8_absmax_tensor", "delete", inputs)
    assert kept.output_error < 0.1
    assert deleted.output_error > 0.9


def test_blocks_help_without_cutting_anything(weights, inputs):
    blocks = studied(weights, "int8_absmax_block", inputs=inputs)
    assert blocks.output_error < 0.01
    assert blocks.damage.snr_db > 40


def test_the_numbers_are_what_one_works_out_by_hand(weights):
    one = studied(weights, "q4_0")
    off = (one.restored - weights).astype(np.float64)
    assert one.damage.mse == pytest.approx((off**2).mean())
    assert one.size_bytes == weights.size / 32 * 18
    assert np.array_equal(one.errors, one.restored - weights)
    row = matrix_study.table_row(one)
    assert (row.scheme, row.bits_per_weight, row.output_error) == ("q4_0", 4.5, None)


def test_a_matrix_of_zeros_loses_nothing():
    zeros = np.zeros((4, 64), np.float32)
    assert studied(zeros, "int4_absmax_block").share_lost == 0


def test_relative_change_is_that_of_the_outputs(weights, inputs):
    restored = weights * np.float32(1.1)
    assert layer_outputs.relative_change(weights, restored, inputs) == pytest.approx(0.1, rel=1e-3)
    nothing = np.zeros_like(weights)
    assert layer_outputs.relative_change(nothing, nothing, inputs) == 0
    assert layer_outputs.relative_change(nothing, weights, inputs) == 1


def test_the_inputs_are_what_the_layer_multiplies(encoder, inputs):
    import torch

    assert inputs.shape[1] == 1536
    text = calibration.HELD_OUT_TEXTS[0]
    n_tokens = len(encoder.tokenizer(text)["input_ids"])
    seen = []
    layer = encoder.model.get_submodule(LAYER)
    hook = layer.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    with torch.inference_mode():
        encoder.model(**encoder.tokenizer(text, return_tensors="pt"))
    hook.remove()
    assert np.allclose(inputs[:n_tokens], seen[0][0].numpy(), atol=1e-5)


def test_recording_leaves_no_hook_on_the_shared_model(encoder):
    calibration.layer_inputs(encoder, LAYER, ["one sentence"])
    assert not encoder.model.get_submodule(LAYER)._forward_pre_hooks


@pytest.mark.parametrize(("name", "texts"), [("no.such.layer", ["a"]), (LAYER, [])])
def test_a_layer_or_text_that_is_not_there_is_named(encoder, name, texts):
    with pytest.raises(ValueError, match=r"no layer|no token"):
        calibration.layer_inputs(encoder, name, texts)


def decoded(text, kind):
    return np.frombuffer(base64.b64decode(text), kind)


@pytest.mark.parametrize("scheme", SCHEMES_SEEN)
def test_the_browser_can_work_every_weight_out_from_what_it_is_sent(weights, scheme):
    parcel = matrix_window.pack(studied(weights, scheme))
    codes, group = decoded(parcel["codes"], "<i4"), decoded(parcel["group"], "<u4")
    levels = codes if parcel["levels"] is None else decoded(parcel["levels"], "<f4")[codes]
    zeros = 0 if parcel["zeros"] is None else decoded(parcel["zeros"], "<f4")[group]
    mins = 0 if parcel["mins"] is None else decoded(parcel["mins"], "<f4")[group]
    value = decoded(parcel["scales"], "<f4")[group] * (levels - zeros) + mins
    if parcel["columnScales"] is not None:
        value = value / np.tile(decoded(parcel["columnScales"], "<f4"), parcel["height"])
    assert np.allclose(value, decoded(parcel["restored"], "<f4"), rtol=1e-5, atol=1e-7)


def test_the_window_holds_the_weight_and_the_parcel_stays_small(weights):
    parcel = matrix_window.pack(studied(weights, "q4_0"))
    place = (99 - parcel["top"]) * parcel["width"] + 856 - parcel["left"]
    assert decoded(parcel["weights"], "<f4")[place] == weights[99, 856]
    assert sum(len(part) for part in parcel.values() if isinstance(part, str)) < 100_000


@pytest.mark.parametrize(
    ("shape", "place"), [((3, 5), (2, 4)), ((41, 97), (40, 96)), ((1, 1), (0, 0))]
)
def test_a_window_never_leaves_the_matrix(shape, place):
    window = matrix_window.around(shape, *place)
    assert window.top <= place[0] < window.top + window.height <= shape[0]
    assert window.left <= place[1] < window.left + window.width <= shape[1]


def test_the_map_keeps_the_largest_and_the_mean():
    sizes = np.zeros((96, 192), np.float32)
    sizes[5, 7] = 8
    largest, spread = (matrix_window.shrink(sizes, keep=keep) for keep in ("largest", "rms"))
    assert largest.shape == (48, 96)
    assert (largest[2, 3], spread[2, 3]) == (8, 4)
    assert np.count_nonzero(largest) == 1

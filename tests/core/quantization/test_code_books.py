import logging

import numpy as np
import pytest
import torch
from bitsandbytes import functional as bnb

from core.quantization import code_books

logging.getLogger("bitsandbytes").setLevel(logging.ERROR)


@pytest.fixture
def weights():
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((512, 576)).astype(np.float32) * 0.05
    matrix[:4, :32] = 0
    matrix[5, 7] = 3
    matrix[6] *= 1e-5
    return matrix


def unpacked(packed):
    """Two weights a byte, the first in the upper half."""
    packed = packed.numpy().reshape(-1)
    return np.stack([packed >> 4, packed & 15], axis=1).reshape(-1)


@pytest.mark.parametrize("name", ["nf4", "fp4"])
def test_levels_are_those_of_bitsandbytes(name):
    theirs = bnb.get_4bit_type(name, device="cpu").numpy()
    np.testing.assert_array_equal(code_books.BOOKS[name](), theirs)


def test_dynamic_levels_are_those_of_bitsandbytes_to_float_rounding():
    # Its levels are computed with the processor's vector width, so the last bit varies.
    theirs = bnb.create_dynamic_map().numpy()
    np.testing.assert_allclose(code_books.dynamic_levels(), theirs, rtol=3e-7)


@pytest.mark.parametrize("block_size", [32, 64, 256])
@pytest.mark.parametrize("name", ["nf4", "fp4"])
def test_codes_scales_and_weights_equal_bitsandbytes(name, block_size, weights):
    # Its CPU kernel begins a new block with each row when it reads back, but not when it writes:
    # only rows of whole blocks agree with themselves.
    groups = weights.reshape(-1, block_size)
    packed, state = bnb.quantize_4bit(
        torch.from_numpy(groups), blocksize=block_size, quant_type=name
    )
    stored = code_books.encode(groups, name)
    np.testing.assert_array_equal(stored.codes.reshape(-1), unpacked(packed))
    np.testing.assert_array_equal(stored.scales, state.absmax.numpy())
    theirs = bnb.dequantize_4bit(packed, state).numpy()
    np.testing.assert_array_equal(stored.decode(), theirs)


@pytest.mark.parametrize("name", ["nf4", "fp4"])
def test_double_quantization_equals_bitsandbytes(name, weights):
    packed, state = bnb.quantize_4bit(
        torch.from_numpy(weights), blocksize=64, quant_type=name, compress_statistics=True
    )
    stored = code_books.encode(weights.reshape(-1, 64), name, double_quant=True)
    np.testing.assert_array_equal(stored.codes.reshape(-1), unpacked(packed))

    inner, n_scales = stored.scale_groups, len(stored.scales)
    np.testing.assert_allclose(inner.mins[0], state.offset.item(), rtol=3e-7)
    # The mean is a sum in another order: a scale on the edge of two levels may take either.
    off = inner.codes.reshape(-1)[:n_scales].astype(int) - state.absmax.numpy()
    assert np.abs(off).max() <= 1
    assert (off != 0).mean() <= 0.002
    same = np.repeat(off == 0, 64).reshape(weights.shape)
    theirs = bnb.dequantize_4bit(packed, state).numpy()
    np.testing.assert_allclose(
        stored.decode().reshape(weights.shape)[same], theirs[same], rtol=1e-6, atol=1e-7
    )


def test_eight_bits_blockwise_equal_bitsandbytes(weights, monkeypatch):
    theirs_levels = bnb.create_dynamic_map().numpy()
    monkeypatch.setitem(code_books.BOOKS, "dynamic8", lambda: theirs_levels)
    codes, state = bnb.quantize_blockwise(torch.from_numpy(weights), blocksize=256)
    stored = code_books.encode(weights.reshape(-1, 256), "dynamic8")
    np.testing.assert_array_equal(stored.codes.reshape(weights.shape), codes.numpy())
    np.testing.assert_array_equal(stored.scales, state.absmax.numpy())
    theirs = bnb.dequantize_blockwise(codes, state).numpy()
    np.testing.assert_allclose(stored.decode().reshape(weights.shape), theirs, rtol=3e-7)


def test_nf4_is_finest_where_a_bell_curve_has_most_weights():
    steps = np.diff(code_books.nf4_levels())
    assert steps.argmin() in (6, 7, 8)
    assert steps[0] > 2 * steps.min()


def test_a_group_of_zeros_stays_zero():
    for name in ("nf4", "fp4", "dynamic8"):
        assert not code_books.encode(np.zeros((2, 64), np.float32), name).decode().any()


def test_an_unknown_book_is_refused():
    with pytest.raises(KeyError):
        code_books.encode(np.zeros((1, 64), np.float32), "nf3")

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.quantization import blocks, k_quants

NAMES = tuple(blocks.FORMATS)
K_NAMES = tuple(k_quants.FORMATS)


def official(name):
    return GGMLQuantizationType["MXFP4" if name == "mxfp4" else name.upper().replace("_K", "_K")]


def real_looking_weights():
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((2_000, 32)).astype(np.float32) * 0.05
    weights[0] = 0
    weights[1] = 1
    weights[2, :2] = 0.5, -0.5
    weights[3, :2] = -0.5, 0.5
    weights[4] *= 1e-4
    weights[5] *= 1e4
    weights[6] = np.abs(weights[6])
    weights[7:200] = rng.integers(-8, 8, (193, 32)) / np.float32(128)
    return weights


@pytest.mark.parametrize("name", NAMES)
def test_bytes_equal_the_official_packages(name):
    weights = real_looking_weights()
    packed = blocks.pack(blocks.encode(weights, name), name)
    np.testing.assert_array_equal(packed, gguf.quants.quantize(weights, official(name)))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(
    block=hnp.arrays(
        np.float32,
        (2, 32),
        # Smaller than any weight: the official package divides by zero, or overflows, there.
        elements=st.floats(-1000, 1000, width=32).filter(lambda x: x == 0 or abs(x) > 1e-20),
    )
)
def test_any_block_is_stored_as_the_official_package_stores_it(name, block):
    packed = blocks.pack(blocks.encode(block, name), name)
    np.testing.assert_array_equal(packed, gguf.quants.quantize(block, official(name)))


@pytest.mark.parametrize("name", [*NAMES, *K_NAMES])
def test_any_bytes_are_read_as_the_official_package_reads_them(name):
    room = k_quants if name in K_NAMES else blocks
    layout = room.FORMATS[name]
    packed = np.random.default_rng(1).integers(0, 256, (3_000, layout.n_bytes), dtype=np.uint8)
    stored = room.unpack(packed, name)
    with np.errstate(invalid="ignore", over="ignore"):
        expected = gguf.quants.dequantize(packed, official(name))
    np.testing.assert_array_equal(stored.decode().reshape(expected.shape), expected)
    readable = np.isfinite(expected).all(axis=1)
    np.testing.assert_array_equal(room.pack(stored, name)[readable], packed[readable])


@pytest.mark.parametrize("name", [*NAMES, *K_NAMES])
def test_layouts_have_the_official_sizes(name):
    layout = (k_quants if name in K_NAMES else blocks).FORMATS[name]
    assert (layout.n_weights, layout.n_bytes) == gguf.GGML_QUANT_SIZES[official(name)]


def reference_q4_k(block):
    """The reference formula: least |w|-weighted error, scales in six bits, round again."""
    small = block.reshape(8, 32)
    scales, minimums = np.zeros((2, 8), np.float32)
    for j, x in enumerate(small):
        weight = np.sqrt((x * x).mean()) + np.abs(x)
        low, high = min(x.min(), 0), x.max()
        if high == low:
            minimums[j] = -low
            continue
        steps = [15 / (high - low)] + [(14 + i / 10) / (high - low) for i in range(21)]
        best = np.inf
        for i, step in enumerate(steps):
            levels = np.clip(np.rint(step * (x - low)), 0, 15)
            if i == 0:
                scale, lowest = 1 / step, low
            else:
                fit = np.array([levels, np.ones(32)])
                try:
                    scale, lowest = np.linalg.solve(fit * weight @ fit.T, fit * weight @ x)
                except np.linalg.LinAlgError:
                    continue
                if lowest > 0:
                    scale, lowest = (weight * levels * x).sum() / (weight * levels**2).sum(), 0
            error = (weight * (scale * levels + lowest - x) ** 2).sum()
            if error < best:
                best, scales[j], minimums[j] = error, scale, -lowest
    return _six_bit_grid(small, scales, minimums)


def _six_bit_grid(small, scales, minimums):
    restored = np.empty_like(small)
    outer = [np.float32(np.float16(a.max() / 63)) for a in (scales, minimums)]
    codes = [
        np.minimum(63, np.rint(63 / a.max() * a)) if a.max() > 0 else a * 0
        for a in (scales, minimums)
    ]
    for j, x in enumerate(small):
        scale, minimum = outer[0] * codes[0][j], outer[1] * codes[1][j]
        levels = np.clip(np.rint((x + minimum) / scale), 0, 15) if scale else 0
        restored[j] = scale * levels - minimum
    return restored.reshape(-1)


def reference_q6_k(block):
    small = block.reshape(16, 16)
    scales = np.zeros(16, np.float32)
    for j, x in enumerate(small):
        largest = x[np.abs(x).argmax()]
        best = -1.0
        for nearby in (0, *range(-9, 0), *range(1, 10)) if largest else ():
            levels = np.clip(np.rint(-(32 + nearby / 10) / largest * x), -32, 31)
            product, square = (x * x * x * levels).sum(), (x * x * levels * levels).sum()
            if square > 0 and product**2 > best * square:
                best, scales[j] = product**2 / square, product / square
    largest = scales[np.abs(scales).argmax()]
    if not largest:
        return block * 0
    outer = np.float32(np.float16(largest / -128))
    codes = np.minimum(127, np.rint(-128 / largest * scales))
    steps = (outer * codes)[:, None]
    levels = np.clip(np.rint(small / np.where(steps == 0, np.inf, steps)), -32, 31)
    return (steps * levels).reshape(-1).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "reference"), [("q4_k", reference_q4_k), ("q6_k", reference_q6_k)]
)
@pytest.mark.parametrize("kind", ["bell", "heavy tails", "one outlier", "positive", "tiny"])
def test_k_quants_lose_no_more_than_the_reference_formula(name, reference, kind):
    rng = np.random.default_rng(2)
    weights = rng.standard_normal((40, 256)).astype(np.float32) * np.float32(0.05)
    if kind == "heavy tails":
        weights = (rng.standard_t(3, weights.shape) * 0.05).astype(np.float32)
    elif kind == "one outlier":
        weights[:, 7] = 2
    elif kind == "positive":
        weights = np.abs(weights)
    elif kind == "tiny":
        weights *= np.float32(1e-3)
    restored = k_quants.encode(weights, name).decode().reshape(weights.shape)
    expected = np.stack([reference(block) for block in weights])
    assert ((restored - weights) ** 2).mean() <= ((expected - weights) ** 2).mean()


@pytest.mark.parametrize("name", K_NAMES)
def test_what_a_k_quant_stores_comes_back_the_same_from_its_bytes(name):
    weights = real_looking_weights().reshape(-1)[: 256 * 240].reshape(-1, 256)
    stored = k_quants.encode(weights, name)
    packed = k_quants.pack(stored, name)
    with np.errstate(invalid="ignore"):
        expected = gguf.quants.dequantize(packed, official(name))
    np.testing.assert_array_equal(stored.decode().reshape(expected.shape), expected)


@pytest.mark.parametrize("name", [*NAMES, *K_NAMES])
def test_a_block_of_zeros_stays_zero(name):
    room = k_quants if name in K_NAMES else blocks
    zeros = np.zeros((3, room.FORMATS[name].n_weights), np.float32)
    assert not room.encode(zeros, name).decode().any()


@pytest.mark.parametrize("room", [blocks, k_quants])
def test_blocks_of_another_length_are_refused(room):
    name = next(iter(room.FORMATS))
    with pytest.raises(ValueError, match="shape"):
        room.encode(np.zeros((2, 31), np.float32), name)
    with pytest.raises(ValueError, match="bytes"):
        room.unpack(np.zeros((2, 3), np.uint8), name)

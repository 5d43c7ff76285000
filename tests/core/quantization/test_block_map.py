import numpy as np
import pytest

from core.quantization import block_map, gguf_types

READABLE = [kind.name for kind in gguf_types.TYPES.values() if kind.can_be_read]


def random_block(kind, seed=0):
    size = (block_map.n_shown(kind), kind.n_bytes)
    return np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)


def assembled(runs, block):
    """Put the numbers of a block together from nothing but the map of its bits."""
    numbers = {}
    for run in runs:
        key = run.role, run.index
        numbers[key] = numbers.get(key, 0) | run.take(block)
    return numbers


@pytest.mark.parametrize("name", READABLE)
def test_every_bit_belongs_to_exactly_one_number(name):
    kind = gguf_types.BY_NAME[name]
    block = random_block(kind)
    owners = np.zeros((block.size, 8), int)
    for run in block_map.bit_runs(kind, len(block)):
        owners[run.byte, run.low : run.low + run.n_bits] += 1
    assert (owners == 1).all()


@pytest.mark.parametrize("name", [n for n in READABLE if n not in gguf_types.PLAIN])
@pytest.mark.parametrize("seed", range(3))
def test_the_bits_that_are_marked_make_the_integers_that_are_decoded(name, seed):
    kind = gguf_types.BY_NAME[name]
    block = random_block(kind, seed)
    numbers = assembled(block_map.bit_runs(kind), block.reshape(-1))
    groups = gguf_types.unpack(block, kind)
    codes = groups.codes.reshape(-1)
    for i, code in enumerate(codes):
        assert numbers["weight", i] == int(code) % (256 if name == "Q8_0" else 1 << 30)
    for role, inner in (
        ("block scale", groups.scale_groups),
        ("block minimum", groups.min_groups),
    ):
        for j, code in enumerate(inner.codes.reshape(-1) if inner else ()):
            assert numbers[role, j] == int(code) % 256


@pytest.mark.parametrize("name", ["F16", "BF16", "F32"])
def test_the_parts_of_a_float_make_its_value(name):
    kind = gguf_types.BY_NAME[name]
    values = np.array([1.5, -0.375, 3e-6, 0.0], np.float32)
    block = gguf_types.to_bytes(values, kind).reshape(4, -1)
    story = block_map.tell(block, kind)
    numbers = assembled(story.runs, story.data)
    n_fraction, bias = {"F16": (10, 15), "BF16": (7, 127), "F32": (23, 127)}[name]
    for i, stored in enumerate(story.weights):
        exponent, fraction = numbers["exponent", i], numbers["fraction", i]
        size = fraction / 2**n_fraction + (exponent > 0)
        value = (-1) ** numbers["sign", i] * size * 2.0 ** (max(exponent, 1) - bias)
        assert value == stored.value


@pytest.mark.parametrize("name", READABLE)
def test_a_block_tells_the_numbers_that_decoding_gives(name):
    kind = gguf_types.BY_NAME[name]
    weights = np.random.default_rng(3).standard_normal(32 * kind.n_weights).astype(np.float32)
    packed = gguf_types.to_bytes(weights, kind).reshape(-1, kind.n_bytes)
    block = packed[: block_map.n_shown(kind)]
    story = block_map.tell(block, kind)
    values = [weight.value for weight in story.weights]
    np.testing.assert_array_equal(values, gguf_types.to_numbers(block, kind))


def test_a_type_that_is_only_listed_is_refused():
    kind = gguf_types.BY_NAME["IQ2_XS"]
    with pytest.raises(ValueError, match="not taken apart"):
        block_map.tell(random_block(kind), kind)

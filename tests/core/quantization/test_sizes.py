"""Sizes: the published numbers of weights, exact bits, the cache, and what fits."""

import pytest

from core.quantization import known_models, schemes, sizes
from core.quantization.known_models import KNOWN_MODELS

PUBLISHED = {
    "gpt2": 124_439_808,
    "gpt2-medium": 354_823_168,
    "gpt2-large": 774_030_080,
    "gpt2-xl": 1_557_611_200,
    "smollm2-135m": 134_515_008,
    "smollm2-360m": 361_821_120,
    "smollm2-1.7b": 1_711_376_384,
    "qwen2.5-0.5b": 494_032_768,
    "qwen2.5-1.5b": 1_543_714_304,
    "llama-3.2-1b": 1_235_814_400,
    "gemma-2-2b": 2_614_341_888,
    "llama-3.2-3b": 3_212_749_824,
    "phi-3-mini": 3_821_079_552,
    "llama-2-7b": 6_738_415_616,
    "mistral-7b": 7_241_732_096,
    "qwen2.5-7b": 7_615_616_512,
    "llama-3.1-8b": 8_030_261_248,
    "qwen3-8b": 8_190_735_360,
    "gemma-2-9b": 9_241_705_984,
    "llama-2-13b": 13_015_864_320,
    "gpt-oss-20b": 20_914_757_184,
    "gemma-2-27b": 27_227_128_320,
    "qwen3-30b-a3b": 30_532_122_624,
    "mixtral-8x7b": 46_702_792_704,
    "llama-3.1-70b": 70_553_706_496,
    "qwen2.5-72b": 72_706_203_648,
    "llama-3.1-405b": 405_853_388_800,
}
"""Number of parameters that the hub shows for each model's weight files."""


@pytest.mark.parametrize("name", KNOWN_MODELS)
def test_the_shapes_give_the_published_number_of_weights(name):
    assert KNOWN_MODELS[name].n_parameters == PUBLISHED[name]


def test_the_shape_of_smollm2_is_that_of_the_loaded_model(smollm2):
    shape = KNOWN_MODELS["smollm2-135m"]
    counted = sorted((one.rows, one.cols) for one in shape.matrices() for _ in range(one.count))
    loaded = sorted(tuple(one.shape) for one in smollm2.model.parameters() if one.ndim == 2)
    assert counted == loaded
    assert shape.n_parameters == smollm2.n_parameters


def test_sixteen_bits_are_two_bytes_a_weight():
    shape = KNOWN_MODELS["llama-3.1-8b"]
    assert sizes.footprint(shape, "fp16").weights_bytes == 2 * shape.n_parameters


def test_every_scale_of_a_block_is_counted():
    shape = KNOWN_MODELS["llama-3.1-8b"]
    # All its matrices have widths that are multiples of 32: 4.5 bits exactly.
    in_vectors = shape.n_vector_weights
    expected = (4.5 * (shape.n_parameters - in_vectors) + 16 * in_vectors) / 8
    assert sizes.footprint(shape, "q4_0").weights_bytes == expected


def test_leaving_the_ends_in_sixteen_bits_costs_what_they_weigh():
    shape = KNOWN_MODELS["gemma-2-2b"]
    all_in = sizes.footprint(shape, "q4_0").weights_bytes
    kept = sizes.footprint(shape, "q4_0", keep_ends=True).weights_bytes
    assert kept - all_in == 256_000 * 2_304 * (16 - 4.5) / 8


def test_the_cache_of_llama_2_is_half_a_megabyte_a_token():
    shape = KNOWN_MODELS["llama-2-7b"]
    assert sizes.cache_bytes(shape, 1) == 2**19
    assert sizes.cache_bytes(shape, 4_096) == 2 * 2**30
    assert sizes.cache_bytes(shape, 4_096, cache="q8_0") == 2 * 2**30 * 8.5 / 16


def test_shared_heads_shorten_the_cache_fourfold():
    old, new = KNOWN_MODELS["llama-2-7b"], KNOWN_MODELS["mistral-7b"]
    assert sizes.cache_bytes(old, 100) == 4 * sizes.cache_bytes(new, 100)


def test_a_windowed_layer_keeps_only_its_window():
    shape = KNOWN_MODELS["gpt-oss-20b"]
    per_token = 2 * 8 * 64 * 2
    assert sizes.cache_bytes(shape, 10_000) == per_token * 12 * (10_000 + 128)


def test_one_token_reads_only_the_experts_it_is_sent_to():
    shape = KNOWN_MODELS["mixtral-8x7b"]
    counted = sizes.footprint(shape, "fp16")
    # Published: 12.9 billion of the 46.7 billion weights are active.
    assert counted.read_bytes / 2 == pytest.approx(12.9e9, rel=0.02)
    assert counted.tokens_per_second(100) == pytest.approx(100e9 / counted.read_bytes)


@pytest.mark.parametrize(
    ("scheme", "card"), [("fp16", 24), ("q8_0", 16), ("q4_0", 8), ("int2_absmax_block", 4)]
)
def test_llama_8b_fits_where_everybody_says_it_does(scheme, card):
    counted = sizes.footprint(KNOWN_MODELS["llama-3.1-8b"], scheme)
    assert sizes.smallest_card(counted) == card
    assert counted.fits(card)


def test_nothing_on_the_list_holds_405_billion_weights():
    counted = sizes.footprint(KNOWN_MODELS["llama-3.1-405b"], "int2_absmax_block")
    assert sizes.smallest_card(counted) is None


def test_the_longest_text_is_the_last_one_that_fits():
    shape = KNOWN_MODELS["llama-3.1-8b"]
    n_tokens = sizes.longest_text(shape, sizes.footprint(shape, "q4_0"), 8)
    assert sizes.footprint(shape, "q4_0", n_tokens=n_tokens).fits(8)
    assert not sizes.footprint(shape, "q4_0", n_tokens=n_tokens + 1).fits(8)
    assert sizes.longest_text(shape, sizes.footprint(shape, "fp16"), 8) == 0
    small = KNOWN_MODELS["gpt2"]
    assert sizes.longest_text(small, sizes.footprint(small, "q4_0"), 24) == small.context


def test_all_models_cut_the_text_to_what_each_was_made_for():
    counted = sizes.all_models(("q4_0",), n_tokens=100_000)
    assert len(counted) == len(KNOWN_MODELS)
    gpt2 = KNOWN_MODELS["gpt2"]
    assert counted["gpt2", "q4_0"].cache_bytes == sizes.cache_bytes(gpt2, 1_024)


def test_every_scheme_prices_every_model():
    shape = KNOWN_MODELS["smollm2-135m"]
    for name in schemes.SCHEMES:
        counted = sizes.footprint(shape, name)
        assert 1 < counted.bits_per_weight < 33


def test_a_negative_text_is_refused():
    with pytest.raises(ValueError, match="-1 tokens"):
        sizes.footprint(known_models.KNOWN_MODELS["gpt2"], "fp16", n_tokens=-1)

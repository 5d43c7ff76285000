import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.language_models import attention_packing as packing

shapes = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 9)).map(
    lambda sizes: (*sizes, sizes[2])
)
maps = shapes.flatmap(
    lambda shape: arrays.arrays(np.float16, shape, elements=st.floats(0, 1, width=16))
)


@given(maps, st.booleans())
def test_unpacking_gives_back_every_visible_number_within_the_error_stated(probs, causal):
    n_layer, n_head, n_tokens, _ = probs.shape
    back = packing.unpack(
        packing.pack(probs, causal=causal),
        n_layer=n_layer,
        n_head=n_head,
        n_tokens=n_tokens,
        causal=causal,
    )
    shown = np.tril(probs) if causal else probs
    allowed = np.sqrt(shown.astype(float)) * packing.LARGEST_ERROR + 2.1e-5
    assert (np.abs(back - shown) <= allowed).all()


@given(arrays.arrays(np.float16, (20,), elements=st.floats(0, 1, width=16)))
def test_the_table_of_bytes_is_the_formula(numbers):
    exact = np.round(packing.LEVELS * np.sqrt(numbers.astype(float)))
    assert packing.to_bytes(numbers).tolist() == exact.tolist()


def test_a_hair_more_than_one_is_one():
    assert packing.to_bytes(np.array([1.001], np.float16)).tolist() == [packing.LEVELS]


def test_what_is_hidden_is_not_sent_and_a_key_lies_beside_its_queries():
    probs = np.array([[[[1, 0, 0], [0.25, 0.75, 0], [0.04, 0.32, 0.64]]]])
    body = zlib.decompress(packing.pack(probs, causal=True))
    roots = np.sqrt([1, 0.25, 0.04, 0.75, 0.32, 0.64])
    assert list(body) == np.round(packing.LEVELS * roots).tolist()
    assert len(zlib.decompress(packing.pack(probs, causal=False))) == 9


def test_small_numbers_survive_so_that_the_sink_may_be_hidden():
    rest = np.full((1, 1, 100, 100), 0.0002)
    back = packing.unpack(
        packing.pack(rest, causal=False), n_layer=1, n_head=1, n_tokens=100, causal=False
    )
    assert (back > 0).all()


def test_a_pixel_of_a_thumbnail_is_the_largest_number_of_its_block():
    probs = np.zeros((1, 1, 6, 6))
    probs[0, 0, 5, 0] = 0.81
    probs[0, 0, 2, 2] = 0.25
    pixels = zlib.decompress(packing.thumbnails(probs, size=3))
    drawn = np.frombuffer(pixels, np.uint8).reshape(3, 3)
    expected = np.zeros((3, 3))
    expected[2, 0], expected[1, 1] = 0.9, 0.5
    assert drawn.tolist() == np.round(packing.LEVELS * expected).tolist()


def test_shapes_that_are_no_maps_are_refused():
    with pytest.raises(ValueError, match=r"not \(2, 3\)"):
        packing.pack(np.zeros((2, 3)), causal=True)
    with pytest.raises(ValueError, match="7 pixels cannot show 6 tokens"):
        packing.thumbnails(np.zeros((1, 1, 6, 6)), size=7)

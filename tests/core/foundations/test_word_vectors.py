"""Words through the real encoder."""

import numpy as np
import pytest

from core.foundations import matrix_products, word_vectors

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def encoder():
    from core.model_store import loading

    return loading.load_encoder("all-minilm-l6-v2")


def test_words_that_mean_alike_point_alike(encoder):
    vectors = word_vectors.encode_words(encoder, ("king", "queen", "banana"))
    assert vectors.shape == (3, 384)
    table = matrix_products.cosine_table(vectors)
    assert table[0, 1] > 0.6 > table[0, 2]


def test_a_word_has_the_same_vector_beside_a_longer_one(encoder):
    alone = word_vectors.encode_words(encoder, ("king",))
    beside = word_vectors.encode_words(encoder, ("king", "an uncommonly long-winded phrase"))
    np.testing.assert_allclose(beside[0], alone[0], atol=1e-5)


def test_no_words_are_refused(encoder):
    with pytest.raises(ValueError, match="at least one"):
        word_vectors.encode_words(encoder, ())

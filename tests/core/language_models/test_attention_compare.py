"""The same head on two texts."""

import numpy as np
import pytest

from core.language_models import attention_compare


def test_the_same_map_moves_nothing():
    probs = np.full((4, 4), 0.25)
    found = attention_compare.compare(probs, probs, [1, 2, 3, 4], [1, 2, 9, 4])
    assert found.distances.tolist() == [0, 0, 0, 0]
    assert found.is_same_token.tolist() == [True, True, False, True]
    assert found.n_beyond == 0


def test_looking_at_entirely_other_tokens_moves_everything():
    found = attention_compare.compare(np.eye(2), np.eye(2)[::-1], [1, 2], [1, 2])
    assert found.distances.tolist() == [1, 1]


def test_attention_on_a_token_that_the_other_text_lacks_has_moved():
    longer = np.array([[1.0, 0, 0], [0.5, 0.5, 0], [0.2, 0.3, 0.5]])
    shorter = np.array([[0.4, 0.6], [0.5, 0.5]])
    found = attention_compare.compare(longer, shorter, [1, 2, 3], [1, 2])
    assert found.distances == pytest.approx([0.6, 0])
    assert found.n_beyond == 1


def test_a_map_that_does_not_fit_its_tokens_is_an_error():
    with pytest.raises(ValueError, match="does not fit 3 tokens"):
        attention_compare.compare(np.eye(2), np.eye(2), [1, 2, 3], [1, 2])

import numpy as np
import pytest

from core.language_models import rollout


def test_two_layers_worked_by_hand():
    first = [[1.0, 0.0], [0.5, 0.5]]
    second_heads = [[[1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]]
    probs = np.array([[first, first], second_heads])
    # Layer 1: (A + I) / 2 = [[1, 0], [1/4, 3/4]]. Layer 2: the heads' mean is [[1, 0], [1/2, 1/2]],
    # so the same mixture again, and the product is [[1, 0], [1/4 + 3/16, 9/16]].
    after = rollout.attention_rollout(probs)
    assert after[0].tolist() == [[1.0, 0.0], [0.25, 0.75]]
    assert after[1].tolist() == [[1.0, 0.0], [0.4375, 0.5625]]


def test_it_is_the_product_of_the_published_definition():
    rng = np.random.default_rng(3)
    probs = rng.dirichlet(np.ones(6), size=(5, 4, 6))
    expected = np.eye(6)
    for layer in probs:
        expected = (0.5 * layer.mean(axis=0) + 0.5 * np.eye(6)) @ expected
    assert rollout.attention_rollout(probs)[-1] == pytest.approx(expected)


def test_rows_sum_to_one_after_thirty_layers_of_half_precision():
    rng = np.random.default_rng(0)
    probs = rng.dirichlet(np.ones(8), size=(30, 2, 8)).astype(np.float16)
    assert rollout.attention_rollout(probs).sum(axis=-1) == pytest.approx(1, abs=1e-9)


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="layers, heads, T, T"):
        rollout.attention_rollout(np.eye(3))

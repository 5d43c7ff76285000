import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.networks import datasets, measures, mlp, trace, worked
from core.networks.architecture import LOSSES, RULES, Network, Training, featurize, layers
from core.networks.datasets import DataSettings

from .conftest import networks


@settings(max_examples=40, deadline=None)
@given(
    network=networks(most_layers=3, most_neurons=5),
    seed=st.integers(0, 999),
    loss=st.sampled_from(sorted(LOSSES)),
)
def test_a_walk_takes_the_matrices_apart_without_changing_a_number(network, seed, loss):
    if loss == "cross_entropy" and network.output != "sigmoid":
        return
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal(network.n_parameters)
    point, target = tuple(rng.uniform(-2, 2, 2).tolist()), float(rng.integers(0, 2))
    walk = trace.walk(network, weights, point, target, Training(loss))

    inputs = featurize([point], network.features)
    seen = mlp.forward(network, weights, inputs)
    gradient = mlp.backward(network, weights, seen, np.array([target]), loss)
    np.testing.assert_array_equal(walk.gradient, gradient)
    assert walk.prediction == seen.predictions[0]
    for depth, row in enumerate(walk.layers):
        for at, neuron in enumerate(row):
            assert neuron.output == seen.outputs[depth + 1][0, at]
            total = sum(term.product for term in neuron.inputs) + neuron.bias
            assert total == pytest.approx(neuron.total, abs=1e-9 * max(1, abs(neuron.total)))
            size = max(1, abs(neuron.delta))
            if neuron.pulls or loss == "squared_error":
                assert neuron.error * neuron.slope == pytest.approx(neuron.delta, abs=1e-9 * size)
            if neuron.pulls:
                assert neuron.error == sum(pull.weight * pull.delta for pull in neuron.pulls)
            assert gradient[neuron.bias_index] == neuron.delta
            for term in neuron.inputs:
                assert weights[term.index] == term.weight
                assert gradient[term.index] == term.gradient
                assert term.gradient == pytest.approx(neuron.delta * term.value, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(network=networks(), seed=st.integers(0, 999))
def test_every_gradient_passes_its_check_by_finite_differences(network, seed):
    rng = np.random.default_rng(seed)
    weights = mlp.init(network, "xavier", seed=seed) + 0.1 * rng.standard_normal(
        network.n_parameters
    )
    walk = trace.walk(network, weights, (0.7, -1.3), 1.0, Training("squared_error"))
    assert len(walk.checks) == network.n_parameters
    assert walk.all_agree


def test_a_wrong_gradient_fails_its_check(monkeypatch):
    whole = mlp.backward
    monkeypatch.setattr(mlp, "backward", lambda *args: 1.01 * whole(*args))
    network = Network()
    walk = trace.walk(network, mlp.init(network, "normal", seed=1), (0, 1), 1.0, Training())
    assert not walk.all_agree


def test_a_relu_at_its_kink_is_told_from_a_mistake():
    network = Network(activations=("relu",))
    weights = mlp.init(network, "he", seed=0)
    walk = trace.walk(network, weights, (0.0, 0.0), 1.0, Training())
    biases = {neuron.bias_index for neuron in walk.layers[0]}
    for check in walk.checks:
        assert check.at_kink == (check.index in biases)
    assert walk.all_agree


def test_the_new_weights_are_those_of_a_step_of_training(xor):
    points, targets = xor
    network = Network()
    weights = mlp.init(network, "normal", seed=5)
    for optimizer in RULES:
        training = Training(
            "squared_error", optimizer, learning_rate=0.1, n_epochs=1, l1=0.01, l2=0.02
        )
        walk = trace.walk(network, weights, tuple(points[1]), targets[1], training)
        *_, last = mlp.train(network, weights, points[1:2], targets[1:2], training)
        new = [update.new for update in walk.updates]
        np.testing.assert_allclose(new, last.weights, rtol=0, atol=1e-14)
        for index in range(network.n_parameters):
            lines = worked.rule_lines(walk, index)
            assert lines[-1].value == pytest.approx(walk.updates[index].step, rel=1e-9, abs=1e-15)


def test_saturated_silent_and_dead_neurons_are_flagged():
    network = Network(hidden=(1,), activations=("sigmoid",))
    big = np.array([10.0, 0, 0, 1, 0])
    seen = trace.walk(network, big, (1, 0), 1.0, Training()).layers[0][0]
    assert seen.flag == "saturated"
    assert "sum is 10" in worked.flag_sentence(seen)

    network = Network(hidden=(1,), activations=("relu",))
    data = datasets.make(DataSettings("xor"))
    silent = np.array([1.0, 0, -0.5, 1, 0])
    walk = trace.walk(network, silent, (0, 0), 1.0, Training(), dataset=data)
    assert walk.layers[0][0].flag == "silent"
    assert (
        trace.walk(network, silent, (1, 0), 1.0, Training(), dataset=data).layers[0][0].flag == ""
    )
    dead = np.array([1.0, 0, -5, 1, 0])
    walk = trace.walk(network, dead, (0, 0), 1.0, Training(), dataset=data)
    assert walk.layers[0][0].flag == "dead"
    assert "not above 0 for any example" in worked.flag_sentence(walk.layers[0][0])


def test_every_worked_line_ends_with_its_number():
    network = Network(("x", "y", "x2", "sin_x"), (3, 2), ("tanh", "leaky_relu"))
    weights = mlp.init(network, "normal", seed=3)
    for loss in LOSSES:
        walk = trace.walk(network, weights, (0.5, -1.0), 1.0, Training(loss))
        for row in walk.layers:
            for neuron in row:
                lines = [*worked.forward_lines(neuron), *worked.backward_lines(walk, neuron)]
                lines += worked.gradient_lines(neuron)
                for line in lines:
                    assert re.search(r"= -?[\d.]+( \\cdot 10\^\{-?\d+\})?$", line), line
                    assert line.count("{") == line.count("}")
                ends = [float(line.rsplit("= ", 1)[1]) for line in worked.forward_lines(neuron)]
                assert ends == pytest.approx([neuron.total, neuron.output], rel=1e-3)


def test_the_line_of_an_update_can_be_done_by_hand():
    network = Network(features=("x",), hidden=(), activations=(), output="linear")
    training = Training("squared_error", learning_rate=0.1)
    walk = trace.walk(network, [2.0, 1.0], (3.0, 0.0), 6.0, training)
    assert worked.update_line(walk.updates[0]) == r"w \leftarrow 2 - 0.1 \cdot 3 = 1.7"


def test_the_loss_table_has_both_losses_of_every_example():
    data = datasets.make(DataSettings("xor"))
    rows = measures.loss_table(Network(), np.zeros(9), data)
    assert [row.target for row in rows] == [0, 1, 1, 0]
    for row in rows:
        assert row.prediction == 0.5
        assert row.squared_error == 0.125
        assert row.cross_entropy == pytest.approx(np.log(2))


def test_a_weight_of_1e300_gives_numbers_or_infinities_but_no_crash():
    network = Network(hidden=(2,), activations=("relu",))
    weights = np.full(9, 1e300)
    walk = trace.walk(network, weights, (1, 1), 0.0, Training())
    assert walk.prediction == 1.0
    with pytest.raises(ValueError, match="finite"):
        trace.walk(network, np.full(9, np.nan), (1, 1), 0.0, Training())


def test_the_widest_network_can_be_walked_too():
    network = Network(hidden=(16,) * 6, activations=("gelu",) * 6)
    walk = trace.walk(network, mlp.init(network, seed=1), (1.0, 2.0), 0.0, Training())
    assert walk.all_agree
    assert sum(len(row) for row in walk.layers) == 97
    assert len(layers(network, walk.gradient)) == 7

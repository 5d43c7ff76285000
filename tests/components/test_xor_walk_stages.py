"""The walk in words: every number in it comes from the trace, and every weight has its turn."""

import json
import re

import numpy as np
import pytest

from components import xor_walk_stages
from core.networks import datasets, mlp, trace
from core.networks.architecture import Network, Training

DATA = datasets.make(datasets.DataSettings())


def walk(network=None, training=None, weights=None, row=1):
    network = network or Network()
    if weights is None:
        weights = mlp.init(network, "normal", seed=0)
    x, y = DATA.points[row].tolist()
    return trace.walk(
        network, weights, (x, y), float(DATA.targets[row]), training or Training(), dataset=DATA
    )


def lines_of(stages, phase):
    return [line for stage in stages if stage["phase"] == phase for line in stage["lines"]]


@pytest.mark.parametrize("hidden", [(), (1,), (2,), (3, 2), (16,) * 6])
def test_every_neuron_goes_forward_backward_and_is_updated_once(hidden):
    network = Network(hidden=hidden, activations=("tanh",) * len(hidden))
    stages = xor_walk_stages.stages(walk(network))
    n_neurons = sum(hidden) + 1
    phases = [stage["phase"] for stage in stages]
    assert phases.count("forward") == n_neurons + 1
    assert phases.count("loss") == 1
    assert phases.count("backward") == phases.count("update") == n_neurons
    updated = [at for stage in stages if stage["phase"] == "update" for at in stage["lit"]]
    assert sorted(updated) == list(range(network.n_parameters))


def test_the_backward_walk_starts_at_the_output():
    stages = [stage for stage in xor_walk_stages.stages(walk()) if stage["phase"] == "backward"]
    assert [stage["active"][0] for stage in stages] == [[2, 0], [1, 0], [1, 1]]


def test_a_sum_can_be_recomputed_by_hand():
    network = Network(features=("x", "y"), hidden=(), activations=())
    said = lines_of(
        xor_walk_stages.stages(walk(network, weights=np.array([2.0, -1.0, 0.5]))), "forward"
    )
    assert ["sum", "z = 0 · 2 + 1 · (−1) + 0.5"] in said
    assert ["sum", "z = 0 + (−1) + 0.5 = −0.5"] in said
    assert ["sum", "a = Sigmoid(−0.5) = 0.3775"] in said


def test_both_losses_stand_side_by_side_and_one_is_marked():
    network = Network(features=("x", "y"), hidden=(), activations=())
    seen = walk(network, Training("squared_error"), np.array([2.0, -1.0, 0.5]))
    said = [text for _, text in lines_of(xor_walk_stages.stages(seen), "loss")]
    assert "(0.3775 − 1)² / 2 = 0.1937" in said
    assert "−ln(0.3775) = 0.9741 nats" in said
    [marked] = [text for text in said if "trained on" in text]
    assert marked.startswith("Squared error")


def test_an_update_is_old_minus_rate_times_gradient():
    network = Network(features=("x", "y"), hidden=(), activations=())
    seen = walk(network, Training(learning_rate=0.1), np.array([2.0, -1.0, 0.5]))
    said = [text for _, text in lines_of(xor_walk_stages.stages(seen), "update")]
    assert "y → out: −1 − 0.1 · (−0.6225) = −0.9378" in said


def test_another_optimiser_shows_its_own_step():
    said = [
        text
        for _, text in lines_of(
            xor_walk_stages.stages(walk(training=Training(optimizer="adam"))), "update"
        )
    ]
    assert said[0].endswith("first step of the chosen optimiser:")


@pytest.mark.parametrize(
    ("activation", "bias", "word"),
    [("sigmoid", 20.0, "saturated"), ("tanh", -20.0, "saturated"), ("relu", -20.0, "dead")],
)
def test_a_neuron_that_cannot_learn_is_flagged(activation, bias, word):
    network = Network(features=("x",), hidden=(1,), activations=(activation,))
    seen = walk(network, weights=np.array([1.0, bias, 1.0, 0.0]))
    said = [text for kind, text in lines_of(xor_walk_stages.stages(seen), "forward")
            if kind == "flag"]  # fmt: skip
    assert said
    assert said[0].startswith(f"h1 is {word}")


def test_a_relu_that_is_off_for_this_example_only_is_called_silent():
    network = Network(features=("x",), hidden=(1,), activations=("relu",))
    seen = walk(network, weights=np.array([1.0, -0.5, 1.0, 0.0]), row=0)
    flags = xor_walk_stages.pack(seen, DATA)["flags"]
    assert flags[0] == ["silent"]


def test_the_parcel_is_json_even_when_a_step_overflows():
    network = Network(hidden=(2,), activations=("relu",))
    seen = walk(network, Training(learning_rate=1e308), np.full(9, 1e5))
    json.dumps(xor_walk_stages.pack(seen, DATA)["stages"], allow_nan=False)


def test_regression_has_no_cross_entropy():
    network = Network(output="linear")
    seen = walk(network, Training("squared_error"))
    said = [text for _, text in lines_of(xor_walk_stages.stages(seen), "loss")]
    assert any("needs two classes" in text for text in said)


def arithmetic(text):
    """The expression and the result of a line such as ``δ = 0.5 · (−2) = −1``; None without."""
    parts = text.split(": ")[-1].split(" = ")
    if len(parts) < 2:
        return None
    expression, result = (
        part.replace("·", "*").replace("−", "-").replace("²", "**2") for part in parts[-2:]
    )
    result = result.removesuffix(" nats")
    if not re.fullmatch(r"[\d\s.+\-*/()e]+", expression):
        return None
    return expression, float(result)


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "leaky_relu", "gelu", "linear"])
def test_every_line_of_arithmetic_on_screen_is_true(activation, loss):
    network = Network(("x", "y", "xy"), (3, 2), (activation, "tanh"))
    checked = 0
    for seed in range(3):
        weights = mlp.init(network, "normal", seed=seed)
        seen = walk(network, Training(loss, learning_rate=0.3), weights, row=seed % 4)
        for kind, text in (
            line for stage in xor_walk_stages.stages(seen) for line in stage["lines"]
        ):
            found = arithmetic(text) if kind == "sum" else None
            if found is None:
                continue
            checked += 1
            # The numbers shown have four digits, so their sums may be off in the last one.
            assert eval(found[0]) == pytest.approx(found[1], rel=2e-3, abs=2e-3), text
    assert checked > 100

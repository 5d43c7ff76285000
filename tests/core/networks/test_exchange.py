import contextlib
import io
import json
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.networks import exchange, gallery, mlp, recording, scripts, torch_scripts
from core.networks.architecture import RULES, Network, Training
from core.networks.datasets import DataSettings
from core.networks.exchange import WeightsError
from core.networks.recording import Setup

from .conftest import networks

NETWORK = Network(hidden=(3,), activations=("tanh",))


@settings(max_examples=40, deadline=None)
@given(network=networks(), seed=st.integers(0, 99))
def test_weights_come_back_as_they_went(network, seed):
    weights = mlp.init(network, "normal", seed=seed)
    back, numbers = exchange.from_json(exchange.to_json(network, weights).encode())
    assert back == network
    np.testing.assert_array_equal(numbers, weights)


def changed(**changes):
    whole = json.loads(exchange.to_json(NETWORK, mlp.init(NETWORK, seed=1)))
    return json.dumps(whole | changes)


def with_weight(value):
    whole = json.loads(exchange.to_json(NETWORK, mlp.init(NETWORK, seed=1)))
    whole["layers"][0]["weights"][1][2] = value
    return json.dumps(whole)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        ("[]", "no network"),
        ("{}", "no network"),
        ("x" * 2_000_000, "2 MB"),
        (changed(features=[]), "features"),
        (changed(features=["x", "x"]), "twice"),
        (changed(features=[["x"], "y"]), "no name"),
        (changed(hidden=[99]), "1 to 16"),
        (changed(hidden=[2.5]), "whole number"),
        (changed(hidden="3"), "does not say"),
        (changed(activations=["</script>"]), "no activation"),
        (changed(hidden=[2]), "layer 1 should be 2 × 2"),
        (changed(layers=[]), "2 layers"),
        (changed(layers=[1, 2]), "Layer 1"),
        (with_weight(float("nan")), "NaN"),
        (with_weight(float("inf")), "beyond"),
        (with_weight(1e300), "beyond"),
        (with_weight(10**400), "beyond"),
        (with_weight("1"), "no number"),
        (with_weight(True), "no number"),
        (with_weight([1]), "no number"),
    ],
)
def test_a_file_that_is_no_network_is_refused_in_words(text, message):
    with pytest.raises(WeightsError, match=message):
        exchange.from_json(text)


def run_here(code):
    """Run a program in this process, which is faster where torch is loaded already."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, "script", "exec"), {"__name__": "__main__"})
    return said.getvalue()


def run_script(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout


def printed_losses(output):
    return {int(step): loss for step, loss in re.findall(r"^step (\d+): loss (\S+)$", output, re.M)}


OWN = tuple(np.random.default_rng(1).normal(size=9).tolist())
RUNS = {
    "xor": Setup(training=Training(n_epochs=400), start="normal", start_seed=7),
    "everything": Setup(
        data=DataSettings("spiral", 100, 0.1, 0.2),
        network=Network(("x", "y", "sin_x", "x2"), (5, 4), ("gelu", "leaky_relu")),
        training=Training(
            optimizer="adamw",
            learning_rate=0.01,
            schedule="warm_up",
            batch_size=16,
            l1=0.001,
            l2=0.01,
            dropout=0.2,
            n_epochs=40,
        ),
    ),
    "regression": Setup(
        data=DataSettings("plane", 50),
        network=Network(hidden=(3,), activations=("relu",), output="linear"),
        training=Training(
            "squared_error", "nadam", learning_rate=0.01, schedule="step", batch_size=7, n_epochs=40
        ),
        start="he",
    ),
    "no hidden layer": Setup(
        data=DataSettings("own", own=((0.5, 1.25, 0.0), (-1.0, 3.0, 1.0))),
        network=Network(hidden=(), activations=()),
        training=Training(n_epochs=30, schedule="cosine"),
        start="constant",
    ),
    "stopped": Setup(training=Training(n_epochs=5000), start="normal", stop_accuracy=1.0),
    **{
        rule: Setup(
            training=Training("squared_error", rule, learning_rate=0.05, n_epochs=60), weights=OWN
        )
        for rule in RULES
    },
}


@pytest.mark.parametrize("name", RUNS)
def test_the_script_prints_the_losses_of_the_page(name):
    run = recording.record(RUNS[name])
    runner = run_script if name in {"xor", "everything"} else run_here
    losses = printed_losses(runner(scripts.numpy_script(run)))
    shown = dict(zip(run.steps.tolist(), run.train_losses, strict=True))
    assert len(losses) == 13
    assert max(losses) == run.outcome.step
    for step, loss in losses.items():
        assert loss == f"{shown[step]:.6g}"


@pytest.fixture
def default_type():
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("default_type")
@pytest.mark.parametrize("name", ["xor", "everything", "regression", "no hidden layer"])
def test_the_pytorch_code_has_the_loss_of_the_page(name):
    run = recording.record(RUNS[name])
    runner = run_script if name == "xor" else run_here
    losses = printed_losses(runner(torch_scripts.torch_script(run)))
    assert float(losses[run.outcome.step]) == pytest.approx(run.train_losses[-1], rel=1e-5)


def test_every_optimiser_has_its_twin_in_torch():
    run = recording.record(Setup(training=Training(n_epochs=1)))
    assert "torch.optim.SGD" in torch_scripts.torch_script(run)
    for rule in RULES:
        setup = Setup(training=Training(optimizer=rule, n_epochs=1))
        compile(torch_scripts.torch_script(recording.record(setup)), rule, "exec")


@pytest.fixture(scope="module")
def gallery_runs():
    return {entry.name: recording.record(entry.setup) for entry in gallery.ENTRIES}


def test_good_settings_of_the_gallery_end_well_and_bad_ones_do_not(gallery_runs):
    assert len(gallery_runs) == len(gallery.ENTRIES)
    for entry in gallery.ENTRIES:
        run = gallery_runs[entry.name]
        tested = run.test_accuracies[-1] if run.dataset.n_test else run.train_accuracies[-1]
        assert (tested >= 0.9) == entry.good, entry.name


def test_each_bad_setting_fails_for_the_reason_that_its_sentence_gives(gallery_runs):
    run = gallery_runs["all_zeros"]
    assert not run.weights[:, :-1].any()
    assert gallery_runs["too_fast"].outcome.kind == "exploded"
    norms = gallery_runs["deep_sigmoid"].gradient_norms[0]
    assert norms[0] < norms[-1] / 1000
    run = gallery_runs["overfit"]
    assert run.train_losses[-1] < 0.01
    assert run.test_losses[-1] > 3 * run.test_losses.min()
    run = gallery_runs["dead_relu"]
    sums = mlp.forward(run.setup.network, run.weights[-1], run.dataset.points).totals[0]
    assert (sums <= 0).all()

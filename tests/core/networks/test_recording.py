import json

import numpy as np
import pytest

from core.foundations.payload import unpack
from core.networks import mlp, payload, plan, recording
from core.networks.architecture import FEATURES, Network, Training, featurize
from core.networks.datasets import DataError, DataSettings
from core.networks.recording import Setup

SPIRAL = Setup(
    data=DataSettings("spiral", n_points=120, test_share=0.25),
    network=Network(("x", "y", "sin_x"), (6, 4), ("tanh", "relu")),
    training=Training(learning_rate=0.05, batch_size=20, n_epochs=60),
)
WIDEST = Setup(
    data=DataSettings("circle", n_points=500, test_share=0.3),
    network=Network(tuple(FEATURES), (16,) * 6, ("relu",) * 6),
    training=Training(learning_rate=0.01, n_epochs=400),
    start="he",
)


def test_every_frame_is_what_training_had_at_that_step():
    run = recording.record(SPIRAL)
    inputs = featurize(run.dataset.train_points, SPIRAL.network.features)
    start = recording.start_weights(SPIRAL)
    steps = list(
        mlp.train(SPIRAL.network, start, inputs, run.dataset.train_targets, SPIRAL.training)
    )
    assert run.steps[0] == 0
    assert run.steps[-1] == run.outcome.step == 300
    for at, step in enumerate(run.steps):
        np.testing.assert_array_equal(run.weights[at], steps[step].weights)
        assert run.epochs[at] == steps[step].epoch


def test_losses_accuracies_and_confusion_are_those_of_the_frames_weights():
    run = recording.record(SPIRAL)
    network, data = SPIRAL.network, run.dataset
    for at in (0, 57, -1):
        for points, targets, losses, accuracies, confusion in (
            (
                data.train_points,
                data.train_targets,
                run.train_losses,
                run.train_accuracies,
                run.confusion,
            ),
            (
                data.test_points,
                data.test_targets,
                run.test_losses,
                run.test_accuracies,
                run.test_confusion,
            ),
        ):
            seen = mlp.forward(network, run.weights[at], featurize(points, network.features))
            expected = mlp.losses(network, seen, targets).mean()
            assert losses[at] == pytest.approx(expected, rel=1e-12)
            said = seen.predictions > 0.5
            assert accuracies[at] == (said == (targets > 0.5)).mean()
            for actual in (0, 1):
                for predicted in (0, 1):
                    cell = ((targets == actual) & (said == predicted)).sum()
                    assert confusion[at][actual][predicted] == cell
    inputs = featurize(data.train_points, network.features)
    seen = mlp.forward(network, run.weights[-1], inputs)
    gradient = mlp.backward(network, run.weights[-1], seen, data.train_targets)
    assert np.linalg.norm(run.gradient_norms[-1]) == pytest.approx(np.linalg.norm(gradient))


def test_frames_are_every_step_at_first_and_then_wider_apart():
    run = recording.record(Setup(training=Training(n_epochs=5000)))
    assert run.n_frames <= recording.N_FRAMES
    gaps = np.diff(run.steps)
    assert gaps.min() == 1
    assert gaps[:5].max() <= 2
    assert gaps[-1] > 40


def test_a_window_keeps_every_step_and_the_whole_trainings_outcome():
    setup = Setup(training=Training(n_epochs=1000))
    whole = recording.record(setup)
    window = recording.record(setup, first_step=100, last_step=150)
    assert window.steps.tolist() == list(range(100, 151))
    assert window.outcome == whole.outcome
    with pytest.raises(ValueError, match="before step 2000"):
        recording.record(setup, first_step=2000)


def test_training_stops_when_all_are_right_or_the_loss_is_low():
    run = recording.record(
        Setup(training=Training(n_epochs=5000), start="normal", stop_accuracy=1.0)
    )
    assert run.outcome.kind == "accuracy_reached"
    assert run.train_accuracies[-1] == 1
    assert (run.train_accuracies[:-1] < 1).all()

    run = recording.record(Setup(training=Training(n_epochs=5000), start="normal", stop_loss=0.1))
    assert run.outcome.kind == "loss_reached"
    assert run.train_losses[-1] < 0.1
    assert "below 0.1" in run.outcome.sentence


def test_an_exploding_training_stops_and_says_when_and_why():
    run = recording.record(
        Setup(
            data=DataSettings("plane"),
            network=Network(hidden=(4,), activations=("relu",), output="linear"),
            training=Training("squared_error", learning_rate=1.0, n_epochs=100),
            start="he",
        )
    )
    assert run.outcome.kind == "exploded"
    assert f"step {run.outcome.step}" in run.outcome.sentence
    assert "learning rate of 1 " in run.outcome.sentence
    assert run.steps[-1] == run.outcome.step - 1
    assert np.isfinite(run.weights).all()
    json.dumps(payload.pack(run), allow_nan=False)


def test_a_training_too_long_for_a_room_is_cut_off_and_it_is_said(monkeypatch):
    monkeypatch.setattr(plan, "MOST_STEPS", 30)
    run = recording.record(Setup(training=Training(n_epochs=100)))
    assert (run.outcome.kind, run.outcome.step) == ("too_long", 30)
    assert "100" in run.outcome.sentence


def test_a_wide_network_on_many_points_is_cut_off_sooner(monkeypatch):
    monkeypatch.setattr(plan, "MOST_WORK", 100_000)
    setup = Setup(training=Training(n_epochs=100))  # 3 neurons on 4 points and two layers a step
    run = recording.record(setup)
    assert (run.outcome.kind, run.outcome.step) == ("too_long", 100_000 // (3 * 4 + 2 * 2500))
    assert "Fewer neurons" in run.outcome.sentence
    assert plan.planned_steps(setup, run.dataset) == run.outcome.step


def test_own_weights_are_the_start_and_are_checked():
    own = tuple(np.linspace(-1, 1, 9).tolist())
    run = recording.record(Setup(weights=own, training=Training(n_epochs=2)))
    assert run.weights[0].tolist() == list(own)
    for wrong in ((1.0,) * 8, (1e300, *own[1:]), (float("nan"), *own[1:])):
        with pytest.raises(ValueError, match="weight"):
            recording.record(Setup(weights=wrong))


def test_what_does_not_fit_the_data_is_refused():
    with pytest.raises(ValueError, match="classes"):
        recording.record(Setup(data=DataSettings("plane")))
    with pytest.raises(ValueError, match="sigmoid"):
        recording.record(Setup(network=Network(output="linear")))
    with pytest.raises(DataError):
        recording.record(Setup(data=DataSettings("own")))


def test_regression_is_judged_by_the_variance_it_explains():
    run = recording.record(
        Setup(
            data=DataSettings("plane", test_share=0.2),
            network=Network(hidden=(), activations=(), output="linear"),
            training=Training("squared_error", learning_rate=0.05, n_epochs=200),
        )
    )
    assert run.train_accuracies[-1] > 0.999
    assert run.test_accuracies[-1] > 0.999
    assert not run.confusion.any()


def test_a_parcel_holds_the_run_as_float32():
    run = recording.record(SPIRAL)
    parcel = json.loads(json.dumps(payload.pack(run)))
    weights = unpack(parcel["weights"]).reshape(parcel["n_frames"], parcel["n_parameters"])
    np.testing.assert_allclose(weights, run.weights, rtol=1e-7)
    np.testing.assert_allclose(
        unpack(parcel["points"]).reshape(-1, 2), run.dataset.points, rtol=1e-6
    )
    np.testing.assert_allclose(unpack(parcel["train_losses"]), run.train_losses, rtol=1e-7)
    assert parcel["steps"] == run.steps.tolist()
    assert parcel["widths"] == [3, 6, 4, 1]
    assert parcel["activations"] == ["tanh", "relu", "sigmoid"]
    assert parcel["steps_per_epoch"] == 5
    assert parcel["last_step"] == 300
    assert sum(parcel["is_test"]) == 30
    assert parcel["parameter_names"][0] == "x → h1.1"


def test_losses_without_test_examples_travel_as_nan():
    run = recording.record(Setup(training=Training(n_epochs=2)))
    assert np.isnan(unpack(payload.pack(run)["test_losses"])).all()


def test_even_the_widest_network_fits_into_its_parcel():
    run = recording.record(WIDEST)
    assert run.n_frames >= 150
    assert len(json.dumps(payload.pack(run))) < 1_500_000

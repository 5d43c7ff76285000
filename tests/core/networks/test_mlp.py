import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.foundations import schedules
from core.networks import mlp
from core.networks.activations import ACTIVATIONS
from core.networks.architecture import (
    LOSSES,
    RULES,
    Network,
    Training,
    featurize,
    layers,
    parameter_names,
    weight_mask,
)

from .conftest import networks

TORCH = {
    "gradient_descent": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "adagrad": (torch.optim.Adagrad, {}),
    "rmsprop": (torch.optim.RMSprop, {}),
    "adadelta": (torch.optim.Adadelta, {}),
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {}),
    "nadam": (torch.optim.NAdam, {}),
    "radam": (torch.optim.RAdam, {}),
}
# Nadam is unstable here above 0.005: rounding then grows two and a half times each step.
RATES = {"adagrad": 0.05, "adadelta": 1.0, "gradient_descent": 0.1, "nadam": 0.003}


@pytest.fixture
def double_precision():
    # NAdam keeps its running product in torch's default type.
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    network=networks(),
    kind=st.sampled_from(["xavier", "he", "normal", "small"]),
    seed=st.integers(0, 10_000),
    loss=st.sampled_from(sorted(LOSSES)),
    n_rows=st.integers(1, 20),
)
def test_gradients_equal_torch_autograd(torch_loss, network, kind, seed, loss, n_rows):
    rng = np.random.default_rng(seed)
    inputs = featurize(rng.uniform(-2, 2, (n_rows, 2)), network.features)
    targets = rng.integers(0, 2, n_rows).astype(float)
    weights = mlp.init(network, kind, seed=seed) + 0.1 * rng.standard_normal(network.n_parameters)
    seen = mlp.forward(network, weights, inputs)
    if loss == "cross_entropy" and network.output != "sigmoid":
        with pytest.raises(ValueError, match="sigmoid"):
            mlp.losses(network, seen, targets, loss)
        return

    twin = torch.tensor(weights, requires_grad=True)
    value = torch_loss(network, twin, inputs, targets, loss)
    value.backward()
    expected = twin.grad.numpy()

    assert mlp.losses(network, seen, targets, loss).mean() == pytest.approx(value.item(), rel=1e-12)
    gradient = mlp.backward(network, weights, seen, targets, loss)
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-10 * scale)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_equal_finite_differences(activation, loss, xor):
    network = Network(hidden=(3, 2), activations=(activation, activation))
    points, targets = xor
    # With biases of 0 the row (0, 0) would sit on the kink of a ReLU, where there is no slope.
    weights = np.random.default_rng(4).standard_normal(network.n_parameters)
    gradient = mlp.backward(network, weights, mlp.forward(network, weights, points), targets, loss)
    for at in range(network.n_parameters):
        sides = []
        for nudge in (1e-6, -1e-6):
            moved = weights.copy()
            moved[at] += nudge
            seen = mlp.forward(network, moved, points)
            sides.append(mlp.losses(network, seen, targets, loss).mean())
        assert gradient[at] == pytest.approx((sides[0] - sides[1]) / 2e-6, abs=1e-8)


@pytest.mark.usefixtures("double_precision")
@pytest.mark.parametrize(
    ("more", "loss"),
    [
        ({}, "cross_entropy"),
        ({"batch_size": 16, "schedule": "cosine"}, "squared_error"),
        ({"batch_size": 7, "l1": 0.01, "l2": 0.02, "schedule": "warm_up"}, "cross_entropy"),
    ],
    ids=["all rows", "batches", "batches and penalties"],
)
@pytest.mark.parametrize("optimizer", RULES)
def test_training_equals_torch_weight_for_weight(optimizer, more, loss, torch_loss):
    network = Network(("x", "y", "xy"), (5, 4), ("tanh", "gelu"))
    rng = np.random.default_rng(1)
    inputs = featurize(rng.uniform(-2, 2, (40, 2)), network.features)
    targets = rng.integers(0, 2, 40).astype(float)
    start = mlp.init(network, "xavier", seed=2)
    training = Training(
        loss, optimizer, learning_rate=RATES.get(optimizer, 0.01), n_epochs=100, seed=5, **more
    )

    steps = []
    for step in mlp.train(network, start, inputs, targets, training):
        steps.append(step)
        if step.step == 100:
            break

    rule, options = TORCH[optimizer]
    twin = torch.tensor(start, requires_grad=True)
    descent = rule([twin], lr=training.learning_rate, foreach=False, **options)
    factors = schedules.factors(training.schedule, 100, drop_every=25, warm_up_steps=10)
    mask = torch.tensor(weight_mask(network))
    order = np.random.default_rng([5, 1])
    size, done = training.batch_size or 40, 0
    for epoch in range(100):
        rows = order.permutation(40) if size < 40 else np.arange(40)
        for at in range(0, 40, size):
            batch = rows[at : at + size]
            descent.param_groups[0]["lr"] = training.learning_rate * factors[epoch]
            descent.zero_grad()
            cost = torch_loss(network, twin, inputs[batch], targets[batch], loss)
            penalty = training.l1 * twin.abs() + training.l2 / 2 * twin**2
            (cost + (mask * penalty).sum()).backward()
            descent.step()
            done += 1
            if done == 100:
                break
        if done == 100:
            break

    assert np.abs(steps[-1].weights - start).max() > 0.01
    np.testing.assert_allclose(steps[-1].weights, twin.detach().numpy(), rtol=0, atol=1e-8)


def test_dropout_silences_neurons_and_keeps_the_mean_sum(xor):
    network = Network(hidden=(16,), activations=("sigmoid",))
    points = np.repeat(xor[0], 2500, axis=0)
    weights = mlp.init(network, "normal", seed=0)
    rng = np.random.default_rng(0)
    masks = mlp._masks(network, len(points), 0.25, rng)
    assert (masks[0] == 0).mean() == pytest.approx(0.25, abs=0.01)

    silenced = mlp.forward(network, weights, points, masks=masks).totals[-1]
    whole = mlp.forward(network, weights, points).totals[-1]
    np.testing.assert_allclose(
        silenced.reshape(4, -1).mean(axis=1), whole.reshape(4, -1).mean(axis=1), atol=0.1
    )


def test_gradients_with_dropout_equal_torch(torch_loss, xor):
    network = Network(hidden=(6, 5), activations=("sigmoid", "gelu"))
    points, targets = xor
    weights = mlp.init(network, "normal", seed=3)
    masks = mlp._masks(network, 4, 0.4, np.random.default_rng(1))
    gradient = mlp.backward(
        network, weights, mlp.forward(network, weights, points, masks=masks), targets
    )

    twin = torch.tensor(weights, requires_grad=True)
    (w1, b1), (w2, b2), (w3, b3) = _torch_layers(network, twin)
    first = torch.sigmoid(torch.tensor(points) @ w1 + b1) * torch.tensor(masks[0])
    second = torch.nn.functional.gelu(first @ w2 + b2, approximate="tanh") * torch.tensor(masks[1])
    torch.nn.functional.binary_cross_entropy_with_logits(
        (second @ w3 + b3)[:, 0], torch.tensor(targets)
    ).backward()
    np.testing.assert_allclose(gradient, twin.grad.numpy(), rtol=0, atol=1e-12)


def _torch_layers(network, vector):
    sizes = [matrix.shape for matrix, _ in layers(network, np.zeros(network.n_parameters))]
    at, found = 0, []
    for n_in, n_out in sizes:
        middle, end = at + n_in * n_out, at + (n_in + 1) * n_out
        found.append((vector[at:middle].reshape(n_in, n_out), vector[middle:end]))
        at = end
    return found


@settings(max_examples=30, deadline=None)
@given(network=networks(most_layers=3), seed=st.integers(0, 99))
def test_many_networks_at_once_compute_what_each_computes_alone(network, seed):
    rng = np.random.default_rng(seed)
    inputs = featurize(rng.uniform(-2, 2, (5, 2)), network.features)
    targets = rng.integers(0, 2, 5).astype(float)
    many = rng.standard_normal((3, network.n_parameters))
    together = mlp.forward(network, many, inputs)
    slopes = mlp.backward(network, many, together, targets, "squared_error")
    for weights, slope, predictions in zip(many, slopes, together.predictions, strict=True):
        seen = mlp.forward(network, weights, inputs)
        np.testing.assert_allclose(predictions, seen.predictions, rtol=1e-9, atol=1e-9)
        alone = mlp.backward(network, weights, seen, targets, "squared_error")
        np.testing.assert_allclose(slope, alone, rtol=1e-9, atol=1e-9 * max(1, np.abs(alone).max()))


def test_the_same_arguments_give_the_same_training_and_change_nothing(xor):
    network, training = Network(), Training(n_epochs=20, batch_size=2, dropout=0.2)
    start = mlp.init(network, "normal", seed=1)
    before = start.copy()
    first, second = (list(mlp.train(network, start, *xor, training)) for _ in range(2))
    np.testing.assert_array_equal(first[-1].weights, second[-1].weights)
    np.testing.assert_array_equal(start, before)
    assert [step.step for step in first] == list(range(41))
    assert [step.epoch for step in first[:4]] == [0, 0.5, 1, 1.5]


def test_equal_neurons_stay_equal(xor):
    network = Network(hidden=(3,), activations=("tanh",))
    start = mlp.init(network, "constant")
    *_, last = mlp.train(network, start, *xor, Training(n_epochs=200))
    matrix, bias = layers(network, last.weights)[0]
    assert np.ptp(matrix, axis=1).max() == 0
    assert np.ptp(bias) == 0
    assert np.abs(last.weights - start).max() > 0.1


def test_zeros_never_move_a_hidden_weight(xor):
    network = Network(hidden=(4,), activations=("tanh",))
    *_, last = mlp.train(network, mlp.init(network, "zeros"), *xor, Training(n_epochs=100))
    assert not last.weights.any()


@pytest.mark.parametrize(
    ("kind", "deviation"),
    [("normal", 1), ("small", 0.01), ("xavier", (2 / 32) ** 0.5), ("he", (2 / 16) ** 0.5)],
)
def test_a_start_spreads_as_its_formula_says_and_biases_are_zero(kind, deviation):
    network = Network(hidden=(16, 16), activations=("tanh", "tanh"))
    draws = [layers(network, mlp.init(network, kind, seed=seed))[1] for seed in range(40)]
    assert np.std([matrix for matrix, _ in draws]) == pytest.approx(deviation, rel=0.03)
    assert not np.any([bias for _, bias in draws])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_huge_sums_give_no_warning_and_the_right_limit(activation):
    bend = ACTIVATIONS[activation]
    z = np.array([-800.0, 800.0])
    a = bend.value(z)
    assert np.isfinite(a).all()
    assert np.isfinite(bend.slope(z, a)).all()


def test_cross_entropy_of_a_sure_mistake_is_finite():
    network = Network(features=("x",), hidden=(), activations=())
    seen = mlp.forward(network, np.array([1000.0, 0.0]), np.array([[1.0]]))
    assert mlp.losses(network, seen, np.array([0.0]))[0] == 1000.0


@pytest.mark.parametrize(
    "settings",
    [
        {"features": ()},
        {"features": ("z",)},
        {"hidden": (17,), "activations": ("tanh",)},
        {"hidden": (1,) * 7, "activations": ("tanh",) * 7},
        {"hidden": (2,), "activations": ()},
        {"hidden": (2,), "activations": ("step",)},
    ],
)
def test_an_impossible_network_is_refused(settings):
    with pytest.raises(ValueError, match=r"features|hidden|activation"):
        Network(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"loss": "hinge"},
        {"optimizer": "newton"},
        {"n_epochs": 0},
        {"batch_size": 0},
        {"l1": -1},
        {"dropout": 1},
    ],
)
def test_an_impossible_training_is_refused(settings):
    with pytest.raises(ValueError, match=r"loss|optimiser|at least|dropout"):
        Training(**settings)


def test_no_examples_and_an_unknown_start_are_refused():
    with pytest.raises(ValueError, match="no examples"):
        next(mlp.train(Network(), np.zeros(9), np.zeros((0, 2)), np.zeros(0), Training()))
    with pytest.raises(ValueError, match="no start"):
        mlp.init(Network(), "magic")
    with pytest.raises(ValueError, match="9 weights"):
        layers(Network(), np.zeros(8))


def test_every_parameter_has_a_name_of_its_own():
    network = Network(hidden=(3, 2), activations=("tanh", "tanh"))
    names = parameter_names(network)
    assert len(names) == len(set(names)) == network.n_parameters
    assert names[:3] == ["x → h1.1", "x → h1.2", "x → h1.3"]

import numpy as np
import pytest

from core.networks import hidden_space, landscape, mlp, recording
from core.networks.architecture import Network, Training
from core.networks.datasets import DataSettings
from core.networks.recording import Setup


@pytest.fixture(scope="module")
def run():
    return recording.record(
        Setup(
            network=Network(hidden=(3,), activations=("tanh",)),
            training=Training(learning_rate=0.5, n_epochs=300),
            start="normal",
        )
    )


def test_a_point_of_the_plane_has_the_loss_of_its_weights(run):
    plane = landscape.through_weights(run, 0, 5, resolution=7)
    weights = run.weights[-1].copy()
    weights[0], weights[5] = plane.first_axis[2], plane.second_axis[4]
    seen = mlp.forward(run.setup.network, weights, run.dataset.train_points)
    expected = mlp.losses(run.setup.network, seen, run.dataset.train_targets).mean()
    assert plane.losses[4, 2] == pytest.approx(expected, rel=1e-12)
    assert plane.labels == ("x → h1", "y → h3")


def test_the_path_through_two_weights_is_the_weights_themselves(run):
    plane = landscape.through_weights(run, 1, 4)
    np.testing.assert_allclose(plane.path, run.weights[:, [1, 4]], atol=1e-12)
    assert plane.off_plane[-1] == pytest.approx(0, abs=1e-12)
    others = np.delete(run.weights[0] - run.weights[-1], [1, 4])
    assert plane.off_plane[0] == pytest.approx(np.linalg.norm(others))
    assert plane.center == pytest.approx(tuple(run.weights[-1][[1, 4]]))
    for at in (0, 1):
        axis = (plane.first_axis, plane.second_axis)[at]
        assert axis[0] <= plane.path[:, at].min()
        assert axis[-1] >= plane.path[:, at].max()


def test_random_directions_are_as_long_as_each_neurons_weights(run):
    network, center = run.setup.network, run.weights[-1]
    draws = np.random.default_rng(0).standard_normal((2, network.n_parameters))
    scaled = landscape._as_long_as(network, draws, center)
    for (matrix, bias), (own, own_bias) in zip(
        mlp.layers(network, scaled), mlp.layers(network, center), strict=True
    ):
        lengths = np.sqrt((matrix**2).sum(axis=1) + bias**2)
        np.testing.assert_allclose(lengths[0], np.sqrt((own**2).sum(axis=0) + own_bias**2))

    plane = landscape.through_directions(run, seed=0, resolution=5)
    moved = center + plane.first_axis[1] * scaled[0] + plane.second_axis[3] * scaled[1]
    expected = landscape.mean_losses(run, moved[None])[0]
    assert plane.losses[3, 1] == pytest.approx(expected, rel=1e-12)


def test_the_main_directions_are_those_of_a_singular_value_decomposition():
    path = np.random.default_rng(0).standard_normal((30, 400)).cumsum(axis=0)
    expected = np.linalg.svd(path, full_matrices=False)[2][:2]
    found = landscape._main_directions(path)
    np.testing.assert_allclose(np.abs((found * expected).sum(axis=1)), 1, atol=1e-9)


def test_a_straight_path_or_none_still_has_a_plane():
    straight = np.outer(np.linspace(0, 3, 9), [1.0, 2.0, 0.5])
    for path in (straight, np.zeros((9, 3)), straight[:1]):
        directions = landscape._main_directions(path)
        np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-12)


def test_no_plane_is_nearer_to_the_path_than_its_own(run):
    own = landscape.through_path(run, resolution=3).off_plane
    random = landscape.through_directions(run, resolution=3).off_plane
    assert (own**2).sum() < (random**2).sum()


def test_a_landscape_of_extremes_keeps_its_finite_part():
    run = recording.record(
        Setup(
            data=DataSettings("plane", n_points=40),
            network=Network(hidden=(2,), activations=("relu",), output="linear"),
            training=Training("squared_error", learning_rate=0.01, n_epochs=5),
            start="he",
        )
    )
    assert np.isfinite(landscape.through_weights(run, 0, 1).losses).all()


def test_two_equal_weights_or_unknown_ones_make_no_plane(run):
    for first, second in ((1, 1), (-1, 2), (0, 13)):
        with pytest.raises(ValueError, match="two different weights"):
            landscape.through_weights(run, first, second)


def test_two_hidden_neurons_are_shown_as_they_are():
    network = Network()
    weights = mlp.init(network, "normal", seed=2)
    data = recording.datasets.make(DataSettings("xor"))
    seen = hidden_space.hidden_space(network, weights, data)
    outputs = mlp.forward(network, weights, data.points).outputs[1]
    np.testing.assert_array_equal(seen.positions, outputs)
    assert seen.axes == ("h1", "h2")
    assert seen.explained == 1
    if seen.line is not None:
        (matrix, bias) = mlp.layers(network, weights)[-1]
        for end in seen.line:
            assert float(np.array(end) @ matrix[:, 0] + bias[0]) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("hidden", [(1,), (2,), (5,), (8, 4)])
def test_the_line_parts_the_points_as_the_network_does(hidden):
    run = recording.record(
        Setup(
            data=DataSettings("moons", n_points=80),
            network=Network(hidden=hidden, activations=("tanh",) * len(hidden)),
            training=Training(optimizer="adam", learning_rate=0.05, n_epochs=100),
        )
    )
    network, weights = run.setup.network, run.weights[-1]
    seen = hidden_space.hidden_space(network, weights, run.dataset)
    assert seen.exact
    (left, low), (right, high) = seen.line
    side = (right - left) * (seen.positions[:, 1] - low) - (high - low) * (
        seen.positions[:, 0] - left
    )
    said = mlp.forward(network, weights, run.dataset.points).predictions > 0.5
    assert len({(bool(a), bool(b)) for a, b in zip(side > 0, said, strict=True)}) == 2
    outputs = mlp.forward(network, weights, run.dataset.points).outputs[-2]
    again = (outputs - seen.offset) @ seen.directions.T
    np.testing.assert_allclose(again, seen.positions, atol=1e-12)


def test_an_inner_layer_is_shown_without_a_line():
    network = Network(hidden=(5, 3), activations=("tanh", "tanh"))
    data = recording.datasets.make(DataSettings("circle"))
    seen = hidden_space.hidden_space(network, mlp.init(network, seed=1), data, layer=1)
    assert seen.line is None
    assert not seen.exact
    assert 0.5 < seen.explained <= 1


def test_a_network_without_hidden_layers_has_no_hidden_space():
    network = Network(hidden=(), activations=())
    data = recording.datasets.make(DataSettings("xor"))
    with pytest.raises(ValueError, match="no 0"):
        hidden_space.hidden_space(network, np.zeros(3), data)


def test_a_network_of_zeros_moves_every_point_to_one_place():
    network = Network(hidden=(4,), activations=("tanh",))
    data = recording.datasets.make(DataSettings("xor"))
    seen = hidden_space.hidden_space(network, np.zeros(network.n_parameters), data)
    assert not seen.positions.any()
    assert seen.line is None

"""The pictures of the neural network lab, through their specification or their pixels."""

import numpy as np

from components.charts import networks_maps, networks_odds, palette
from core.networks import recording
from core.networks.architecture import Network, Training
from core.networks.datasets import DataSettings
from core.networks.plan import Setup


def test_every_value_has_a_bar_with_the_range_of_chance():
    drawing = networks_odds.shares(
        ["Sigmoid", "ReLU"], [(0.725, 0.014), (0.0, 0.0)], present="ReLU"
    )
    assert drawing.frame["Low"].tolist() == [0.725 - 0.028, 0.0]
    assert drawing.frame["High"].round(3).tolist() == [0.753, 0.0]
    assert drawing.frame["Present"].tolist() == [False, True]
    assert len(drawing.spec["layer"]) == 3


def test_a_map_is_blue_where_the_network_says_yes():
    setup = Setup(
        network=Network(("x",), (), ()),
        training=Training(n_epochs=1, learning_rate=0.0),
        weights=(50.0, -25.0),
    )
    picture = networks_maps.output_map(recording.record(setup))
    assert picture.shape == (networks_maps.SIDE, networks_maps.SIDE, 4)
    blue = [int(palette.POSITIVE[at : at + 2], 16) for at in (1, 3, 5)]
    red = [int(palette.NEGATIVE[at : at + 2], 16) for at in (1, 3, 5)]
    assert picture[2, -2, :3].tolist() == blue
    assert picture[2, 2, :3].tolist() == red


def test_the_largest_y_is_on_top():
    setup = Setup(
        network=Network(("y",), (), ()),
        training=Training(n_epochs=1, learning_rate=0.0),
        weights=(50.0, -25.0),
    )
    picture = networks_maps.output_map(recording.record(setup))
    blue = [int(palette.POSITIVE[at : at + 2], 16) for at in (1, 3, 5)]
    assert picture[1, 1, :3].tolist() == blue


def test_points_on_the_edge_and_exploded_outputs_are_drawn():
    setup = Setup(
        data=DataSettings("plane", n_points=50),
        network=Network(hidden=(4,), activations=("relu",), output="linear"),
        training=Training("squared_error", learning_rate=5.0, n_epochs=50),
        start="he",
    )
    picture = networks_maps.output_map(recording.record(setup))
    assert np.isfinite(picture).all()

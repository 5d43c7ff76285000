"""Pictures of rounded models that run."""

import numpy as np

from components.charts import palette
from components.charts import quantization_layers as layers
from components.charts import quantization_run as charts
from core.quantization import sensitivity
from core.quantization.model_weights import WeightMatrix

CHANGES = np.array([-0.3, -0.2, -0.1, -0.05, 0.0, 0.02, 0.04, 0.1])


def test_the_histogram_counts_every_token_and_mirrors_the_winners():
    frame = charts.delta_p_histogram(CHANGES).frame
    bars = frame[frame["Side"] != "mirror of the winners"]
    mirror = frame[frame["Side"] == "mirror of the winners"]
    assert bars["Tokens"].sum() == CHANGES.size
    winners = bars[bars["Side"] == "won probability"]
    assert mirror["Tokens"].tolist() == winners["Tokens"].tolist()[::-1]
    assert mirror["Change"].max() < 0


def test_far_changes_fall_into_the_outermost_bins():
    changes = np.concatenate((np.zeros(1_000), [-0.9, 0.9]))
    bars = charts.delta_p_histogram(changes).frame
    assert bars[bars["Side"] != "mirror of the winners"]["Tokens"].sum() == 1_002


def test_a_single_value_and_no_change_can_be_drawn():
    for changes in (np.zeros(5), np.array([0.5])):
        assert len(charts.delta_p_histogram(changes).frame) > 0


def test_each_losing_percentile_stands_against_the_winning_one():
    frame = charts.tails((5, 50, 95), np.array([-0.2, 0.0, 0.1])).frame
    assert frame["Change"].tolist() == [-20.0, 10.0]
    assert set(frame["Percentiles"]) == {"5 % and 95 %"}


def test_losses_are_vermilion_and_gains_blue():
    text = str(charts.delta_p_histogram(CHANGES).spec)
    assert palette.NEGATIVE in text
    assert palette.POSITIVE in text


def test_the_line_up_keeps_the_order_of_the_schemes():
    frame = charts.line_up(["8", "2"], [8.5, 2.5], [CHANGES / 100, CHANGES]).frame
    assert frame["Scheme"].tolist() == ["8", "2"]
    np.testing.assert_allclose(frame["Mean"], [CHANGES.mean(), 100 * CHANGES.mean()])


def test_the_title_of_the_line_up_fits_beside_its_labels_on_a_phone():
    drawing = charts.line_up(["8", "4"], [8.5, 4.5], [np.zeros(5), np.ones(5)])
    titles = {layer["encoding"]["x"].get("title") for layer in drawing.spec["layer"]}
    assert max(len(title) for title in titles if title) <= 30


def test_each_kernel_has_a_bar_for_writing_and_one_for_reading():
    frame = charts.speeds(["long", "short"], [32, 4], [1, 4], [1, 0.5]).frame
    times = frame.set_index(["Kernel", "What"])["Times"]
    assert times["short", "writing a text"] == 4
    assert times["short", "reading a prompt"] == 0.5


def part(kind, layer=None):
    return sensitivity.Part(kind, layer, (WeightMatrix("x", kind, layer, 2, 3),))


PARTS = [part("embedding"), part("attention", 0), part("mlp", 0), part("head")]


def test_parts_stand_in_the_order_of_the_model_with_head_last():
    frame = layers.damages(PARTS, [1, 2, 3, 4], unit="nats").frame
    assert frame.sort_values("Order")["Place"].tolist() == ["emb.", "1", "1", "head"]
    assert frame["Kind"].tolist() == ["embedding", "attention", "MLP", "head"]
    assert layers.bits(PARTS, [2, 3, 4, 8]).frame["Bits"].tolist() == [2, 3, 4, 8]


def test_the_front_leaves_out_what_a_logarithm_cannot_show():
    frame = layers.front(
        [("4 bits", 70.0, 0.4), ("same", 80.0, 0.0)],
        [("mixture", 70.0, 0.3)],
        [(60.0, 0.5)],
        unit="nats",
        budget_mb=65,
    ).frame
    assert frame["Damage"].dropna().tolist() == [0.4, 0.3, 0.5]
    assert frame["Budget"].dropna().tolist() == [65]

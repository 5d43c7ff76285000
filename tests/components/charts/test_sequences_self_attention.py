"""The pictures of the self-attention lab show what they are given."""

import json

import altair as alt
import numpy as np
import pytest

from components.charts import sequences_cost as cost_charts
from components.charts import sequences_self_attention as charts
from core.sequences import attention, cost, positions, sharpness

POINTS = [cost.CostPoint(n, n**2 / 1e3, n / 1e2, n, n) for n in (64, 128, 256)]


def drawings():
    codes = positions.sinusoidal(6, 4)
    found = sharpness.measure([4, 64], n_trials=50)
    slopes = positions.alibi_slopes(3)
    shares = attention.softmax(-slopes[:, None] * np.arange(5))
    return {
        "distance": charts.by_distance(*positions.by_distance(codes @ codes.T), what="Product"),
        "largest": charts.sharpness(found, chosen=64, figure="largest"),
        "slope": charts.sharpness(found, chosen=64, figure="slope"),
        "row": charts.one_row(*sharpness.one_row(64)),
        "cost": cost_charts.cost(POINTS),
        "work": cost_charts.layer_work((1, 2), {"Projections": np.ones(2)}),
        "penalties": charts.penalties(shares, slopes),
    }


@pytest.mark.parametrize("name", list(drawings()))
def test_a_specification_is_valid_and_small(name):
    drawing = drawings()[name]
    alt.Chart.from_dict(drawing.spec | {"data": {"values": []}})
    assert "datasets" not in drawing.spec
    assert 0 < len(drawing.frame) < 500


def test_a_specification_is_built_once():
    one, other = drawings(), drawings()
    assert all(one[name].spec is other[name].spec for name in one)


def test_the_guides_go_through_the_longest_text():
    frame = cost_charts.cost(POINTS).frame
    last = frame[frame.Tokens == 256].set_index("Line").Time
    assert last["n²"] == last["Comparing words, measured"]
    assert last["n"] == last["Each word alone, measured"]
    first = frame[frame.Tokens == 64].set_index("Line").Time
    assert first["n²"] == pytest.approx(last["n²"] / 16)


def test_the_band_is_one_standard_deviation_wide():
    frame = charts.by_distance([0, 1], np.array([1.0, 2.0]), np.array([0.0, 0.5]), what="P").frame
    assert frame.Low.tolist() == [1.0, 1.5]
    assert frame.High.tolist() == [1.0, 2.5]


@pytest.mark.parametrize("name", ["cost", "work"])
def test_the_names_of_the_lines_stand_two_by_two_so_that_a_phone_cuts_none_off(name):
    assert '"columns": 2' in json.dumps(drawings()[name].spec)

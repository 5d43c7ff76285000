import numpy as np
import pytest

from components.charts import foundations_slopes as slopes
from components.charts import palette
from core.foundations import calculus, surfaces


def fields(spec):
    """Every field name that some encoding of a specification reads."""
    if isinstance(spec, dict):
        found = {spec["field"]} if isinstance(spec.get("field"), str) else set()
        return found.union(*(fields(value) for value in spec.values()))
    if isinstance(spec, list):
        return set().union(*(fields(value) for value in spec))
    return set()


def rows(drawing, **wanted):
    frame = drawing.frame
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    return frame.to_dict("records")


@pytest.fixture
def bowl():
    return surfaces.bowl(condition=10)


def test_errors_are_drawn_on_log_axes_with_exact_zeros_lifted_and_the_chosen_width_marked():
    errors = calculus.difference_errors("x^2", 3.0, widths=[0.5, 1e-3])
    drawing = slopes.error_against_width(errors, chosen=1e-12)
    forward = rows(drawing, Difference="Forward", h=0.5)
    central = rows(drawing, Difference="Central", h=0.5)
    assert forward[0]["Error"] == 0.5
    assert central[0]["Error"] == 1e-17
    assert [row["Chosen"] for row in rows(drawing, Chosen=1e-12)] == [1e-12]
    scale = drawing.spec["layer"][0]["encoding"]["x"]["scale"]
    assert scale == {"type": "log", "domain": [1e-16, 1]}
    assert fields(drawing.spec) <= set(drawing.frame)


def test_no_layer_of_a_filtered_chart_keeps_an_empty_data_set_of_its_own():
    errors = calculus.difference_errors("x^2", 3.0)
    drawing = slopes.error_against_width(errors, chosen=1e-3)
    assert len(drawing.spec["layer"]) == 3
    assert all("data" not in layer for layer in drawing.spec["layer"])


def test_from_above_one_arrow_follows_the_gradient_and_one_the_reader(bowl):
    point = np.array([2.0, 0.0])
    drawing = slopes.from_above(
        surfaces.sample(bowl, resolution=11), point, calculus.dial(bowl, point), chosen_degrees=90
    )
    (steepest,) = rows(drawing, What="Steepest way up")
    (chosen,) = rows(drawing, What="Your way")
    assert steepest["x2"] > steepest["x"]
    assert steepest["y2"] == pytest.approx(steepest["y"])
    assert chosen["x2"] == pytest.approx(chosen["x"])
    assert chosen["y2"] > chosen["y"]
    assert len(rows(drawing, What="surface")) == 121
    assert fields(drawing.spec) <= set(drawing.frame)


def test_at_a_minimum_no_arrow_says_steepest(bowl):
    point = np.zeros(2)
    drawing = slopes.from_above(
        surfaces.sample(bowl, resolution=5), point, calculus.dial(bowl, point), chosen_degrees=0
    )
    assert rows(drawing, What="Steepest way up") == []


def test_the_dial_marks_the_top_of_its_wave(bowl):
    needle = calculus.dial(bowl, [0.0, -1.0], n_angles=72)
    drawing = slopes.dial_of_slopes(needle, chosen_degrees=10)
    wave = rows(drawing, What="wave")
    (steepest,) = rows(drawing, What="Steepest way up")
    best = max(wave, key=lambda row: row["Slope"])
    assert steepest["Degrees"] == pytest.approx(best["Degrees"]) == pytest.approx(270)
    assert fields(drawing.spec) <= set(drawing.frame)


def test_a_cut_has_a_tangent_with_the_partial_derivative_as_its_slope(bowl):
    drawing = slopes.cut(calculus.slice_surface(bowl, [1.0, 0.5], axis=1), letter="y")
    left, right = rows(drawing, What="tangent")
    assert (right["Height"] - left["Height"]) / (right["Place"] - left["Place"]) == (
        pytest.approx(5.0)
    )
    assert drawing.spec["layer"][1]["mark"]["color"] == palette.AFTER
    assert drawing.spec["layer"][0]["encoding"]["x"]["title"] == "y"
    assert fields(drawing.spec) <= set(drawing.frame)

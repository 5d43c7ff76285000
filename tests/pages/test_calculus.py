"""The calculus lab from the front door."""

import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components.calculus_experiments import EXPERIMENTS
from components.secant_view import _move_to

HOME = str(Path(__file__).parents[2] / "Home.py")
PAGE = "pages/foundations/calculus.py"


def open_lab(**link):
    at = AppTest.from_file(HOME, default_timeout=60)
    at.run()
    for key, value in link.items():
        at.query_params[key] = value
    return at.switch_page(PAGE).run()


@pytest.fixture
def lab():
    """The lab as a new visitor finds it."""
    return open_lab()


def metrics(at):
    return {metric.label: metric.value for metric in at.metric}


def said(at, words):
    return [text.value for text in at.markdown if words in text.value]


def test_the_slope_of_x_squared_at_one_is_two(lab):
    assert not lab.exception
    assert said(lab, "that is **2**")


def test_moving_x_moves_the_slope(lab):
    lab.slider(key="calculus_x").set_value(-1.5).run()
    assert said(lab, "that is **-3**")


def test_one_width_of_a_trillionth_is_worse_than_a_wider_one():
    at = open_lab(calculus_part="Step size", calculus_formula="sin(x)")
    tiny = float(metrics(at)["Forward error at 1e-12"])
    at.slider(key="calculus_power").set_value(-8).run()
    assert tiny > 100 * float(metrics(at)["Forward error at 1e-08"])
    assert metrics(at)["Exact slope"] == "0.540302"


def test_the_gradient_does_not_depend_on_the_direction_one_looks():
    at = open_lab(calculus_part="Directions")
    before = metrics(at)
    at.slider(key="calculus_degrees").set_value(90).run()
    after = metrics(at)
    assert after.pop("Slope your way") == "10"
    assert before.pop("Slope your way") == "8.485"
    assert after == before


def test_backward_slopes_stand_beside_measured_ones():
    at = open_lab(calculus_part="Chain rule", calculus_chain="(x + y) * y")
    at.slider(key="calculus_chain_x").set_value(2.0)
    at.slider(key="calculus_chain_y").set_value(3.0).run()
    table = at.table[0].value
    assert list(table["Input"]) == ["x", "y"]
    assert [float(slope) for slope in table["Slope from the backward pass"]] == [3.0, 8.0]
    assert [float(slope) for slope in table["Measured by wiggling it"]] == (
        pytest.approx([3.0, 8.0], abs=1e-7)
    )


def test_an_example_is_written_into_the_field(lab):
    lab.pills(key="calculus_formula_example").set_value("abs(x)").run()
    assert lab.text_input(key="calculus_formula").value == "abs(x)"
    assert said(lab, "that is **1**")


@pytest.mark.parametrize("part", ["Tangent", "Step size", "Directions", "Chain rule"])
@pytest.mark.parametrize(
    "text", ["", "__import__('os')", "x**x**x**x", "1/0", "x" * 10_000, "sqrt(-1-x^2)", "![a](b)"]
)
def test_a_formula_that_cannot_be_used_gets_a_sentence_and_stays(part, text):
    at = open_lab(calculus_part=part)
    key = {"Directions": "calculus_surface", "Chain rule": "calculus_chain"}.get(
        part, "calculus_formula"
    )
    at.text_input(key=key).set_value(text).run()
    assert not at.exception
    assert len(at.info) == 1
    assert at.text_input(key=key).value == text


def test_a_place_without_a_slope_gets_a_sentence(lab):
    lab.text_input(key="calculus_formula").set_value("1/x")
    lab.slider(key="calculus_x").set_value(0.0).run()
    assert not lab.exception
    assert "Move x" in lab.info[0].value


@pytest.mark.parametrize("value", ["nan", "99", "left"])
def test_a_link_with_an_impossible_x_is_answered_with_a_sentence(value):
    at = open_lab(calculus_x=value)
    assert at.slider(key="calculus_x").value == 1.0
    assert "x that is not between" in at.toast[0].value


@pytest.mark.parametrize("sent", ["far", None, float("nan"), float("inf"), [1], {"x": 2}])
def test_a_click_that_is_no_place_moves_nothing(sent, monkeypatch):
    clicked = {"view": type("Sent", (), {"moved": sent})(), "x": 1.0}
    monkeypatch.setattr("components.secant_view.st.session_state", clicked)
    _move_to("view", "x", -4.0, 4.0)
    assert clicked["x"] == 1.0


def test_a_click_outside_the_curve_goes_to_its_end(monkeypatch):
    clicked = {"view": type("Sent", (), {"moved": 17})(), "x": 1.0}
    monkeypatch.setattr("components.secant_view.st.session_state", clicked)
    _move_to("view", "x", -4.0, 4.0)
    assert clicked["x"] == 4.0


RIGHT = (1, 0, 2, 1, 2, 1, 2, 0)
"""Worked out by hand for each experiment, in order."""


@pytest.mark.parametrize(("place", "right"), list(enumerate(RIGHT)))
def test_an_experiment_sets_up_asks_and_reveals_what_was_computed(lab, place, right):
    experiment = EXPERIMENTS[place]
    lab.pills(key="calculus_experiment").set_value(experiment.title).run()
    lab.button(key="calculus_set_up").click().run()
    for key, value in experiment.settings.items():
        assert lab.session_state[key] == value
    lab.radio(key=f"calculus_prediction_{place}").set_value(experiment.choices[right]).run()
    assert not lab.exception
    assert len(lab.success) == 1


def test_the_script_prints_the_numbers_of_the_page(tmp_path):
    at = open_lab(calculus_part="Step size", calculus_formula="sin(x)")
    at.session_state["calculus_take_open"] = True
    at.run()
    script = tmp_path / "taken.py"
    script.write_text(at.code[0].value, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=60
    )
    lines = [line.split() for line in run.stdout.splitlines()]
    assert f"{float(lines[0][2]):.6g}" == metrics(at)["Exact slope"]
    [row] = [line for line in lines[2:] if float(line[0]) == 1e-12]
    assert f"{float(row[1]):.2g}" == metrics(at)["Forward error at 1e-12"]

"""The gradient-descent lab from the front door; no model is needed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.foundations import arena

HOME = str(Path(__file__).parents[2] / "Home.py")
PAGE = "pages/foundations/gradient_descent.py"
P = "gradient_descent_"


@pytest.fixture
def lab():
    """The lab as a new visitor finds it."""
    return open_lab()


def open_lab(**link):
    at = AppTest.from_file(HOME, default_timeout=60)
    at.run()
    for key, value in link.items():
        at.query_params[P + key] = value
    at.switch_page(PAGE).run()
    return at


def verdicts(at):
    """Racer to (verdict, height), from the list of verdicts."""
    [told] = [text.value for text in at.markdown if text.value.startswith("- **")]
    rows = re.findall(r"^- \*\*(.+?): (.+?)\*\*, at a height of (\S+)\.", told, re.MULTILINE)
    return {racer: (kind, height) for racer, kind, height in rows}


def test_four_rules_race_and_each_is_judged(lab):
    assert not lab.exception
    found = verdicts(lab)
    assert list(found) == ["Gradient descent", "Momentum", "RMSProp", "Adam"]
    assert found["Gradient descent"][0] == "minimum"
    assert found["RMSProp"][0] == "oscillating"


def test_every_landscape_can_be_raced_on(lab):
    for name in arena.NAMES:
        lab.selectbox(key=P + "landscape").set_value(name).run()
        assert not lab.exception, name
        assert len(verdicts(lab)) == 4, name


def test_a_learning_rate_changes_its_racer_and_no_other(lab):
    before = verdicts(lab)
    lab.number_input(key=P + "rate_adam").set_value(0.01).run()
    after = verdicts(lab)
    assert after["Adam"] != before["Adam"]
    assert {**after, "Adam": None} == {**before, "Adam": None}


def test_all_eleven_rules_race_and_choosing_none_gets_a_sentence(lab):
    lab.pills(key=P + "racers").set_value(list(lab.pills(key=P + "racers").options)).run()
    lab.session_state[P + "racers"] = [
        "gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam",
        "adamw", "nadam", "radam", "newton",
    ]  # fmt: skip
    lab.run()
    assert not lab.exception
    assert len(verdicts(lab)) == 11
    lab.session_state[P + "racers"] = []
    lab.run()
    assert not lab.exception
    assert lab.info[0].value == "Choose at least one racer in the sidebar."


def test_a_rate_of_a_billion_diverges_and_a_rate_of_zero_does_not_move(lab):
    lab.number_input(key=P + "rate_gradient_descent").set_value(1e9)
    lab.number_input(key=P + "rate_adam").set_value(0.0).run()
    assert not lab.exception
    found = verdicts(lab)
    assert found["Gradient descent"][0] == "diverged"
    assert found["Adam"][0] == "stalled"


def test_a_start_outside_the_window_gets_a_sentence():
    at = open_lab(x="99", y="1")
    assert not at.exception
    assert "outside the window" in at.info[0].value


def test_a_random_start_is_inside_and_a_new_landscape_forgets_it(lab):
    lab.button(key=P + "random_start").click().run()
    first = lab.number_input(key=P + "x").value
    assert -5 <= first <= 5
    lab.button(key=P + "random_start").click().run()
    assert lab.number_input(key=P + "x").value != first
    lab.selectbox(key=P + "landscape").set_value("beale").run()
    assert lab.number_input(key=P + "x").value is None
    assert not lab.exception


BAD = ("__import__('os')", "x**x**x**x", "x" * 10_000, "", "((((", "x; y", "log(-1-x^2)", "1/0")


def test_a_formula_outside_the_grammar_gets_a_sentence(lab):
    lab.selectbox(key=P + "landscape").set_value("formula").run()
    for formula in BAD:
        lab.text_area(key=P + "formula").set_value(formula).run()
        assert not lab.exception, formula
        assert len(lab.info) == 1, formula
        assert lab.info[0].value.endswith("Change the formula above.")
        assert lab.text_area(key=P + "formula").value == formula


def test_a_formula_with_a_pole_is_raced_round(lab):
    lab.selectbox(key=P + "landscape").set_value("formula").run()
    lab.text_area(key=P + "formula").set_value("1/x + y^2").run()
    assert not lab.exception


def test_your_own_formula_is_differentiated_and_checked(lab):
    lab.selectbox(key=P + "landscape").set_value("formula").run()
    lab.text_area(key=P + "formula").set_value("x^2 + x y + 3 y^2").run()
    lab.segmented_control(key=P + "closer").set_value("derivatives").run()
    assert not lab.exception
    [table] = [text.value for text in lab.markdown if text.value.startswith("| Derivative")]
    assert "6" in next(line for line in table.splitlines() if "∂²f/∂y²" in line)
    gaps = [float(line.strip("| ").split(" | ")[-1]) for line in table.splitlines()[2:]]
    assert max(gaps) < 1e-7


@pytest.mark.parametrize("name", ["himmelblau", "bowl", "saddle", "double_well", "rastrigin"])
def test_every_way_to_look_closer_works(lab, name):
    lab.selectbox(key=P + "landscape").set_value(name)
    for closer in ("sweep", "momentum", "basins", "derivatives"):
        lab.segmented_control(key=P + "closer").set_value(closer).run()
        assert not lab.exception, closer


def test_the_cliff_of_the_bowl_is_two_over_its_steepest_curvature(lab):
    lab.selectbox(key=P + "landscape").set_value("bowl").run()
    lab.slider(key=P + "condition").set_value(40.0)
    lab.segmented_control(key=P + "closer").set_value("sweep").run()
    assert any("beyond a rate of **0.05**" in caption.value for caption in lab.caption)


def test_mini_batches_appear_only_for_data_and_bring_noise(lab):
    assert P + "batch" not in {box.key for box in lab.number_input}
    lab.selectbox(key=P + "landscape").set_value("linear_regression").run()
    noisy = verdicts(lab)
    lab.number_input(key=P + "batch").set_value(50).run()
    assert verdicts(lab) != noisy
    assert verdicts(lab)["Adam"][0] == "minimum"


def test_each_experiment_sets_up_asks_and_reveals_what_was_computed(lab):
    from components.gradient_descent_experiments import EXPERIMENTS

    right = []
    for place, experiment in enumerate(EXPERIMENTS):
        lab.pills(key=P + "experiment").set_value(experiment.title).run()
        lab.button(key=P + "set_up").click().run()
        lab.radio(key=f"{P}prediction_{place}").set_value(experiment.choices[0]).run()
        assert not lab.exception
        assert len(lab.success) + len(lab.warning) == 1
        right.append(0 if lab.success else experiment.choices.index(lab.warning[0].title[8:]))
    assert right == [2, 0, 1, 0, 1, 1, 1, 1]


def test_the_script_prints_the_heights_of_the_page(lab, tmp_path):
    lab.session_state[P + "take_open"] = True
    lab.number_input(key=P + "steps").set_value(25).run()
    script = tmp_path / "taken.py"
    script.write_text(lab.code[0].value, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=60
    )
    lines = dict(line.split(": ") for line in run.stdout.splitlines())
    for racer, (_, height) in verdicts(lab).items():
        shown = float(height.replace("−", "-"))
        assert float(lines[racer].split()[1]) == pytest.approx(shown, rel=6e-3)


@pytest.mark.parametrize("value", ["-1", "nan", "1e99", "fast"])
def test_a_link_with_an_impossible_learning_rate_is_answered_with_a_sentence(value):
    at = open_lab(rate_adam=value)
    assert not at.exception
    assert at.number_input(key=P + "rate_adam").value == 0.1
    assert any("The default is used." in toast.value for toast in at.toast)


@pytest.mark.parametrize("value", ["nan", "inf", "here"])
def test_a_link_with_an_impossible_start_still_shows_the_lab(value):
    at = open_lab(x=value, y="1")
    assert not at.exception
    assert len(verdicts(at)) == 4 or at.info


def test_a_link_sets_landscape_racers_and_start():
    at = open_lab(landscape="Beale", racers="Adam,Newton, damped", x="2", y="0.5", steps="50")
    assert not at.exception
    assert at.selectbox(key=P + "landscape").value == "beale"
    assert at.number_input(key=P + "x").value == 2.0
    assert at.number_input(key=P + "steps").value == 50

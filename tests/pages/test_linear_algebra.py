"""The linear algebra lab from the front door."""

import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components import plane_view
from components.linear_algebra_experiments import EXPERIMENTS

HOME = str(Path(__file__).parents[2] / "Home.py")
PAGE = "pages/foundations/linear_algebra.py"
ENTRIES = tuple(f"linear_algebra_{name}" for name in "abcd")


@pytest.fixture(autouse=True)
def empty_store(tmp_path, monkeypatch):
    """Without the encoder in the store; what a fresh machine has."""
    monkeypatch.setenv("LLM_LABS_HOME", str(tmp_path))


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


def test_a_shear_keeps_areas_and_one_direction(lab):
    assert not lab.exception
    assert metrics(lab) == {
        "Determinant": "1",
        "Kind": "shear",
        "Rank": "2",
        "Eigenvalues": "1 · 1",
        "Stretches": "1.62 · 0.618",
    }
    assert any(caption.value.startswith("One direction stays") for caption in lab.caption)


@pytest.mark.parametrize(
    ("name", "kind", "rank"),
    [
        ("Rotation", "rotation", "2"),
        ("Reflection", "reflection", "2"),
        ("Projection", "projection", "1"),
        ("Singular", "singular", "1"),
        ("Identity", "identity", "2"),
        ("Stretch", "scaling", "2"),
    ],
)
def test_an_example_writes_its_four_numbers(lab, name, kind, rank):
    lab.pills(key="linear_algebra_preset").set_value(name).run()
    assert not lab.exception
    assert (metrics(lab)["Kind"], metrics(lab)["Rank"]) == (kind, rank)


def test_all_zeros_leave_a_point(lab):
    for key in ENTRIES:
        lab.slider(key=key).set_value(0.0)
    lab.run()
    assert not lab.exception
    assert metrics(lab)["Rank"] == "0"


def test_going_by_three_moves_changes_no_number(lab):
    before = metrics(lab)
    lab.segmented_control(key="linear_algebra_way").set_value("Three moves").run()
    assert not lab.exception
    assert metrics(lab) == before


@pytest.mark.parametrize("sent", [None, "x", [1, 2, 3], [1, 2, 3, None], [1, 2, 3, float("inf")]])
def test_what_is_no_matrix_moves_nothing(sent, monkeypatch):
    state = {"view": type("Sent", (), {"dragged": sent})(), "a": 1.0}
    monkeypatch.setattr("components.plane_view.st.session_state", state)
    plane_view._take_over("view", ("a", "b", "c", "d"), 3.0)
    assert set(state) == {"view", "a"}
    assert state["a"] == 1.0


def test_dragged_arrows_are_snapped_and_kept_inside(monkeypatch):
    state = {"view": type("Sent", (), {"dragged": [0.512, -7, 1, 2]})()}
    monkeypatch.setattr("components.plane_view.st.session_state", state)
    plane_view._take_over("view", ("a", "b", "c", "d"), 3.0)
    assert [state[name] for name in "abcd"] == [0.5, -3, 1, 2]


@pytest.mark.parametrize(
    ("part", "key", "text"),
    [
        ("Matrix", "linear_algebra_points", "0 0 0; 1 1 1"),
        ("Matrix", "linear_algebra_points", ""),
        ("Multiply", "linear_algebra_left", "1 2; 3"),
        ("Multiply", "linear_algebra_left", "1 2; 3 4"),
        ("Multiply", "linear_algebra_right", "__import__('os')"),
        ("Likeness", "linear_algebra_words", "king"),
        ("Likeness", "linear_algebra_words", "king, ![x](http://a.b)"),
        ("Likeness", "linear_algebra_words", "word, " * 5_000),
        ("Layer", "linear_algebra_weights", "1 2 3"),
        ("Layer", "linear_algebra_bias", "9" * 10_000),
    ],
)
def test_what_cannot_be_used_gets_a_sentence_and_stays(part, key, text):
    at = open_lab(linear_algebra_part=part)
    at.text_area(key=key).set_value(text).run()
    assert not at.exception
    assert len(at.info) == 1
    assert at.text_area(key=key).value == text


def test_without_the_encoder_the_small_table_is_used_and_named():
    at = open_lab(linear_algebra_part="Likeness")
    assert not at.exception
    assert metrics(at)["Length of king"] == "1.703"
    assert any("made by hand" in caption.value for caption in at.caption)


def test_more_layers_leave_a_smaller_error_and_cost_more():
    at = open_lab(linear_algebra_part="Low rank")
    few = metrics(at)
    at.slider(key="linear_algebra_rank").set_value(64).run()
    many = metrics(at)
    assert float(few["Error"].rstrip("%")) > 5
    assert many["Error"] == "0.00%"
    assert many["Numbers kept"] == "8,256"
    assert many["Layers for 5 % error"] == few["Layers for 5 % error"]


RIGHT = (1, 1, 0, 1, 1, 0, 2, 1)
"""Worked out by hand for each experiment, in order."""


@pytest.mark.parametrize(("place", "right"), list(enumerate(RIGHT)))
def test_an_experiment_sets_up_asks_and_reveals_what_was_computed(lab, place, right):
    experiment = EXPERIMENTS[place]
    lab.pills(key="linear_algebra_experiment").set_value(experiment.title).run()
    lab.button(key="linear_algebra_set_up").click().run()
    for key, value in experiment.settings.items():
        assert lab.session_state[key] == value
    lab.radio(key=f"linear_algebra_prediction_{place}").set_value(experiment.choices[right]).run()
    assert not lab.exception
    assert len(lab.success) == 1


def test_the_script_prints_the_numbers_of_the_page():
    at = open_lab(linear_algebra_part="Likeness")
    at.session_state["linear_algebra_take_open"] = True
    at.run()
    run = subprocess.run(
        [sys.executable, "-c", at.code[0].value], capture_output=True, text=True, check=True
    )
    printed = dict(line.split(maxsplit=1) for line in run.stdout.splitlines())
    assert f"{float(printed['cosine']):.3f}" == metrics(at)["Cosine"]
    assert f"{float(printed['dot']):.4g}" == metrics(at)["Dot product"]


@pytest.mark.parametrize("part", ["Matrix", "Multiply", "Low rank", "Layer"])
def test_every_part_offers_a_script_and_its_code(part):
    at = open_lab(linear_algebra_part=part)
    at.session_state["linear_algebra_take_open"] = True
    at.session_state["linear_algebra_code_open"] = True
    at.run()
    assert not at.exception
    assert len(at.code) >= 2
    compile(at.code[0].value, "taken.py", "exec")

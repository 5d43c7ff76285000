"""The quantization lab from the front door: one number, a real matrix, sizes."""

import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components import (
    cached,
    number_line_view,
    quantization_experiments,
    quantization_lab,
    weight_view,
)
from core.model_store.errors import ModelUnavailableError
from core.quantization import rows

HOME = str(Path(__file__).parents[2] / "Home.py")
PAGE = "pages/quantization/quantization_lab.py"
pytestmark = pytest.mark.model

MATRIX = {"quantization_lab_view": "A real matrix"}


@pytest.fixture(scope="module", autouse=True)
def encoder_in_store():
    """The offline encoder is in the store."""
    from core.model_store import fetching

    fetching.fetch_quietly("all-minilm-l6-v2")


def open_lab(**link):
    at = AppTest.from_file(HOME, default_timeout=90)
    at.run()
    for key, value in link.items():
        at.query_params[key] = value
    return at.switch_page(PAGE).run()


def metrics(at):
    return {metric.label: metric.value for metric in at.metric}


def deltas(at):
    return {metric.label: metric.delta for metric in at.metric if metric.delta}


def test_the_guides_number_becomes_fifteen():
    at = open_lab()
    assert not at.exception
    assert metrics(at) == {
        "The chosen number": "15.234 → 15",
        "Scale": "1",
        "Zero point": "0",
        "Marks": "256",
        "Largest error": "0.43",
        "Became 0": "1 of 8",
    }


def test_fewer_bits_make_fewer_marks_and_change_no_number_of_the_row():
    at = open_lab()
    at.radio(key="quantization_lab_grid").set_value("absmax").run()
    before = metrics(at)
    at.slider(key="quantization_lab_bits").set_value(3).run()
    after = metrics(at)
    assert (before["Marks"], after["Marks"]) == ("255", "7")
    assert float(after["Scale"]) > float(before["Scale"])
    assert at.text_input(key="quantization_lab_row").value == rows.GUIDE_ROW


def test_clipping_the_largest_real_weight_saves_most_of_the_others():
    at = open_lab()
    at.pills(key="quantization_lab_row_example").set_value("Real weights").run()
    at.radio(key="quantization_lab_grid").set_value("absmax").run()
    at.slider(key="quantization_lab_bits").set_value(4).run()
    assert metrics(at)["Became 0"] == "15 of 16"
    at.toggle(key="quantization_lab_clip").set_value(True).run()
    assert not at.exception
    assert metrics(at)["Became 0"] == "3 of 16"
    assert metrics(at)["The chosen number"] == "7.9148 → 0.0492"


@pytest.mark.parametrize(
    "text", ["", "one", "1 " * 65, "nan", "1e999", "</script>", "![x](http://a.b)", "🦊", "ابجد"]
)
def test_what_is_no_row_gets_a_sentence_and_stays(text):
    at = open_lab()
    at.text_input(key="quantization_lab_row").set_value(text).run()
    assert not at.exception
    assert len(at.info) == 1
    assert at.text_input(key="quantization_lab_row").value == text


def test_a_shorter_row_looks_at_a_number_it_has():
    at = open_lab()
    at.number_input(key="quantization_lab_place").set_value(8).run()
    at.text_input(key="quantization_lab_row").set_value("0.5, 0.25").run()
    assert not at.exception
    assert metrics(at)["The chosen number"].startswith("0.5 →")


def test_half_of_a_real_matrix_is_lost_to_one_outlier():
    at = open_lab(**MATRIX)
    assert not at.exception
    shown = metrics(at)
    assert shown["Bits per weight"] == "8.000"
    assert shown["Memory"] == "590 kB"
    assert 50 < float(shown["Became 0"].rstrip("%")) < 60
    assert at.number_input(key="quantization_lab_matrix_row").placeholder == "99"


def test_deleting_it_lets_the_others_recover_and_ruins_the_output():
    at = open_lab(**MATRIX)
    at.segmented_control(key="quantization_lab_edit").set_value("delete").run()
    assert not at.exception
    assert float(deltas(at)["Signal to noise"].split()[0]) > 15
    assert float(metrics(at)["Output error"].rstrip("%")) > 90


def test_a_model_rounded_by_its_publisher_is_named_and_its_own_grid_changes_nothing():
    at = open_lab(**MATRIX)
    at.selectbox(key="quantization_lab_matrix_model").set_value("smollm2-135m-instruct").run()
    at.selectbox(key="quantization_lab_scheme").set_value("q4_1").run()
    assert not at.exception
    assert metrics(at)["Mean squared error"] == "0"
    assert metrics(at)["Signal to noise"] == "no noise"
    said = [caption.value for caption in at.caption]
    assert any("publisher rounded these weights" in text for text in said)
    assert any("came back unchanged" in text for text in said)


def test_a_block_size_changes_the_bits_and_nothing_of_the_matrix():
    at = open_lab(**MATRIX)
    at.selectbox(key="quantization_lab_scheme").set_value("int4_absmax_block").run()
    before = metrics(at)
    at.select_slider(key="quantization_lab_block").set_value(16).run()
    after = metrics(at)
    assert (before["Bits per weight"], after["Bits per weight"]) == ("4.250", "5.000")
    assert float(after["Signal to noise"].split()[0]) > float(before["Signal to noise"].split()[0])
    assert at.selectbox(key="quantization_lab_matrix").value == "encoder.layer.0.output.dense"


def test_a_weight_goes_to_the_number_line_with_its_neighbours():
    at = open_lab(**MATRIX)
    at.button(key="quantization_lab_neighbours").click().run()
    assert not at.exception
    assert at.segmented_control(key="quantization_lab_view").value == "One number"
    assert metrics(at)["The chosen number"].startswith("7.915 →")
    assert at.text_input(key="quantization_lab_row").value.count(",") == 15


def test_nf4_has_sixteen_marks_and_no_choice_of_bits():
    at = open_lab()
    at.radio(key="quantization_lab_grid").set_value("nf4").run()
    assert not at.exception
    assert metrics(at)["Marks"] == "16"
    assert not [slider for slider in at.slider if slider.key == "quantization_lab_bits"]


@pytest.mark.parametrize("look", ["Weights", "Stored integers", "Columns", "All schemes"])
def test_every_closer_look_draws(look):
    at = open_lab(**MATRIX, quantization_lab_look=look)
    assert not at.exception
    assert len(at.get("vega_lite_chart")) == (2 if look == "All schemes" else 1)


def test_the_embedding_has_no_inputs_and_is_cut():
    at = open_lab(**MATRIX)
    at.selectbox(key="quantization_lab_matrix").set_value("embeddings.word_embeddings").run()
    assert not at.exception
    assert "Output error" not in metrics(at)
    assert any("30,522 rows" in caption.value for caption in at.caption)


def test_a_weight_outside_the_next_matrix_is_forgotten():
    at = open_lab(**MATRIX)
    at.number_input(key="quantization_lab_matrix_col").set_value(1_500).run()
    at.number_input(key="quantization_lab_matrix_row").set_value(2).run()
    at.selectbox(key="quantization_lab_matrix").set_value("encoder.layer.1.output.dense").run()
    assert not at.exception
    assert at.number_input(key="quantization_lab_matrix_col").value is None
    at.session_state["quantization_lab_matrix_col"] = 1_500
    at.session_state["quantization_lab_matrix"] = "encoder.layer.0.attention.self.key"
    at.run()
    assert not at.exception


def test_a_model_that_cannot_be_had_is_explained(monkeypatch):
    def refuse(model_id):
        raise ModelUnavailableError("No hub can be reached.")

    monkeypatch.setattr(cached, "encoder", refuse)
    at = open_lab(**MATRIX)
    assert not at.exception
    assert "No hub can be reached" in at.error[0].value
    at.segmented_control(key="quantization_lab_view").set_value("One number").run()
    assert metrics(at)["The chosen number"] == "15.234 → 15"


def test_the_scheme_stays_chosen_from_view_to_view():
    at = open_lab(**MATRIX)
    at.selectbox(key="quantization_lab_scheme").set_value("nf4").run()
    at.segmented_control(key="quantization_lab_view").set_value("How big").run()
    at.segmented_control(key="quantization_lab_view").set_value("A real matrix").run()
    assert at.selectbox(key="quantization_lab_scheme").value == "nf4"


def test_eight_billion_weights_at_four_bits_fit_in_eight_gigabytes():
    at = open_lab(quantization_lab_view="How big")
    assert not at.exception
    assert metrics(at)["Weights"] == "4.21 GB"
    said = [text.value for text in at.markdown if text.value.startswith("**8 GB**")]
    assert "fits" in said[0]
    assert "does not" not in said[0]


def test_a_longer_text_takes_more_and_leaves_the_weights_alone():
    at = open_lab(quantization_lab_view="How big")
    before = metrics(at)
    at.select_slider(key="quantization_lab_size_tokens").set_value(131_072).run()
    after = metrics(at)
    assert after["Keys and values"] == "16 GB"
    assert (after["Weights"], before["Weights"]) == ("4.21 GB", "4.21 GB")


def test_all_models_are_one_picture():
    at = open_lab(quantization_lab_view="How big", quantization_lab_size_picture="All models")
    assert not at.exception
    assert len(at.get("vega_lite_chart")) == 1


RIGHT = (0, 1, 1, 0, 2, 2, 0, 2, 0, 1, 2, 2)
"""Seen in the computed results, in the order of the experiments on numbers, matrices and sizes."""


def test_titles_of_experiments_are_unique_and_there_are_at_least_eight():
    titles = [experiment.title for experiment in quantization_experiments.EXPERIMENTS]
    assert len(set(titles)) == len(titles) >= 8


@pytest.mark.parametrize(("place", "right"), list(enumerate(RIGHT)))
def test_an_experiment_sets_up_asks_and_reveals_what_was_computed(place, right):
    experiment = quantization_experiments.EXPERIMENTS[place]
    view = experiment.settings["quantization_lab_view"]
    begin = quantization_experiments.key_of_view(view)
    of_view = quantization_experiments.of_view(view)
    at = open_lab(quantization_lab_view=view)
    at.pills(key=f"{begin}_experiment").set_value(experiment.title).run()
    at.button(key=f"{begin}_set_up").click().run()
    for key, value in experiment.settings.items():
        assert at.session_state[key] == value
    prediction = at.radio(key=f"{begin}_prediction_{of_view.index(experiment)}")
    prediction.set_value(experiment.choices[right]).run()
    assert not at.exception
    assert len(at.success) == 1, [warning.value for warning in at.warning]


@pytest.mark.parametrize("view", quantization_lab.VIEWS)
def test_every_step_has_experiments_of_its_own(view):
    assert quantization_experiments.of_view(view)


def taken(at):
    at.session_state["quantization_lab_take_open"] = True
    at.run()
    return at.code[0].value


def test_the_script_of_the_matrix_prints_the_figures_of_the_page():
    at = open_lab(**MATRIX)
    program = taken(at)
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    said = dict(line.split(maxsplit=1) for line in run.stdout.splitlines())
    shown = metrics(at)
    assert f"{float(said['bits_per_weight']):.3f}" == shown["Bits per weight"]
    assert f"{float(said['mse']):.2e}" == shown["Mean squared error"]
    assert f"{float(said['snr_db']):.1f} dB" == shown["Signal to noise"]
    assert f"{float(said['became_0']):.1%}" == shown["Became 0"]
    assert f"{float(said['output_error']):.2%}" == shown["Output error"]


@pytest.mark.parametrize("view", ["One number", "How big"])
def test_the_other_steps_offer_a_script_and_their_code(view):
    at = open_lab(quantization_lab_view=view)
    at.session_state["quantization_lab_code_open"] = True
    compile(taken(at), "taken.py", "exec")
    assert len(at.code) >= 3


class Sent:
    """What a browser may send."""

    def __init__(self, **values):
        self.__dict__.update(values)


@pytest.mark.parametrize("sent", [None, "1", -1, 8, 2.0, True, [1]])
def test_what_is_no_place_in_the_row_chooses_nothing(sent, monkeypatch):
    monkeypatch.setattr(number_line_view.st, "session_state", {"view": Sent(chosen=sent)})
    number_line_view._forward("view", 8, lambda place: pytest.fail(f"chose {place}"))


@pytest.mark.parametrize("sent", [None, [1], [1, 2, 3], [1, -1], [1, 99], [1.0, 1], ["a", 1], {}])
def test_what_is_no_weight_of_the_matrix_picks_nothing(sent, monkeypatch):
    monkeypatch.setattr(weight_view.st, "session_state", {"view": Sent(picked=sent)})
    weight_view._forward("view", (4, 8), lambda row, col: pytest.fail(f"picked {row}, {col}"))


def test_a_click_on_a_weight_looks_at_it(monkeypatch):
    monkeypatch.setattr(weight_view.st, "session_state", {"view": Sent(picked=[3, 7])})
    picked = []
    weight_view._forward("view", (4, 8), lambda *place: picked.append(place))
    assert picked == [(3, 7)]


@pytest.mark.parametrize("nonsense", ["1e999", "-Infinity", ""])
@pytest.mark.parametrize("view", ["A real matrix", "How big", None])
def test_numbers_without_end_and_empty_values_in_the_link_are_passed_over(view, nonsense):
    keys = ("matrix_row", "matrix_col", "edit", "matrix", "place", "bits", "size_cache", "closer")
    link = {f"quantization_lab_{key}": nonsense for key in keys}
    at = open_lab(**link, quantization_lab_view=nonsense if view is None else view)
    assert not at.exception
    assert len(at.metric) > 4

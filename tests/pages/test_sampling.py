"""The next-token lab from the front door, on the real offline model."""

import io
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

HOME = str(Path(__file__).parents[2] / "Home.py")
PAGE = "pages/language_models/sampling.py"

pytestmark = pytest.mark.model


@pytest.fixture
def lab(smollm2):
    """The lab as a new visitor finds it."""
    return open_lab()


def open_lab(**link):
    at = AppTest.from_file(HOME, default_timeout=60)
    at.run()
    for key, value in link.items():
        at.query_params[key] = value
    at.switch_page(PAGE).run()
    return at


def metrics(at):
    return {metric.label: metric.value for metric in at.metric}


def test_the_capital_of_france_is_paris_with_about_three_quarters(lab):
    assert not lab.exception
    shown = metrics(lab)
    assert shown["Likeliest"] == "␣Paris"
    assert float(shown["Its probability"]) == pytest.approx(0.77, abs=0.02)
    assert shown["Tokens kept"] == "49,152"
    assert shown["Cut"] == "0.00%"


def test_top_k_cuts_tokens_and_nothing_else_changes(lab):
    before = metrics(lab)
    lab.number_input(key="sampling_top_k").set_value(5).run()
    after = metrics(lab)
    assert after["Tokens kept"] == "5"
    assert float(after["Cut"].rstrip("%")) > 5
    for unchanged in ("Likeliest", "Its probability"):
        assert after[unchanged] == before[unchanged]


def test_temperature_changes_the_entropy_and_cuts_nothing(lab):
    before = float(metrics(lab)["Entropy"].split()[0])
    lab.slider(key="sampling_temperature").set_value(2.0).run()
    assert float(metrics(lab)["Entropy"].split()[0]) > before + 2
    assert metrics(lab)["Tokens kept"] == "49,152"


@pytest.mark.parametrize("key", ["sampling_top_p", "sampling_min_p"])
def test_top_p_and_min_p_cut(lab, key):
    lab.slider(key=key).set_value(0.5).run()
    assert metrics(lab)["Tokens kept"] == "1"


def test_the_seed_changes_the_throw_and_not_the_distribution(lab):
    before = metrics(lab)
    thrown = [text.value for text in lab.markdown if text.value.startswith("Seed")]
    lab.number_input(key="sampling_seed").set_value(8).run()
    again = [text.value for text in lab.markdown if text.value.startswith("Seed")]
    assert thrown != again
    assert metrics(lab) == before


def test_ten_thousand_throws_are_counted_against_theory(lab):
    lab.segmented_control(key="sampling_throws").set_value(10_000).run()
    assert not lab.exception
    assert any("of 10,000 throws" in caption.value for caption in lab.caption)


def test_an_empty_prompt_gets_a_sentence(lab):
    lab.text_area(key="sampling_prompt").set_value("").run()
    assert not lab.exception
    assert [info.value for info in lab.info] == [
        "Type a prompt to see what the model would say next."
    ]


def test_a_hundred_thousand_characters_get_a_sentence_and_stay_in_the_field(lab):
    lab.text_area(key="sampling_prompt").set_value("ab " * 33_334).run()
    assert not lab.exception
    assert "100,002 characters" in lab.info[0].value
    assert len(lab.text_area(key="sampling_prompt").value) == 100_002


def test_a_long_prompt_is_cut_at_its_beginning_and_that_is_said(lab):
    lab.text_area(key="sampling_prompt").set_value("one two three four " * 200).run()
    assert not lab.exception
    assert any("did not fit and were left out" in caption.value for caption in lab.caption)


@pytest.mark.parametrize(
    "prompt",
    [
        "\x00\x07 bell",
        "👩‍👩‍👧‍👦🦊",
        "مرحبا بالعالم",
        "</script><img src=x onerror=alert(1)>",
        "![x](http://example.invalid/x.png)",
        " ",
        "<|im_end|>",
        ":red[x] $y$ `z`",
    ],
)
def test_strange_prompts_are_read_as_text(lab, prompt):
    lab.text_area(key="sampling_prompt").set_value(prompt).run()
    assert not lab.exception
    assert metrics(lab)["Tokens kept"] == "49,152"


@pytest.mark.parametrize("value", ["0", "nan", "inf", "-3", "99", "warm"])
def test_a_link_with_an_impossible_temperature_is_answered_with_a_sentence(smollm2, value):
    at = open_lab(sampling_temperature=value)
    assert not at.exception
    assert at.slider(key="sampling_temperature").value == 1.0
    assert any("temperature that is not between" in toast.value for toast in at.toast)


def test_a_link_sets_every_control(smollm2):
    at = open_lab(sampling_temperature="0.7", sampling_top_k="40", sampling_prompt="Two and two")
    assert at.slider(key="sampling_temperature").value == 0.7
    assert at.number_input(key="sampling_top_k").value == 40
    assert at.text_area(key="sampling_prompt").value == "Two and two"
    assert not at.toast


@pytest.mark.parametrize("model_id", ["../../etc/passwd", "no-such-model", "a/b/c", "<img>"])
def test_a_link_with_an_impossible_model_is_answered_with_a_sentence(smollm2, model_id):
    at = open_lab(sampling_model=model_id)
    assert not at.exception
    assert len(at.error) == 1


def test_each_experiment_sets_up_asks_and_reveals_what_was_computed(lab):
    from components.sampling_experiments import EXPERIMENTS

    for place, experiment in enumerate(EXPERIMENTS):
        lab.pills(key="sampling_experiment").set_value(experiment.title).run()
        lab.button(key="sampling_set_up").click().run()
        for key, value in experiment.settings.items():
            assert lab.session_state[key] == value
        lab.radio(key=f"sampling_prediction_{place}").set_value(experiment.choices[0]).run()
        assert not lab.exception
        assert len(lab.success) + len(lab.warning) == 1


def test_the_script_prints_the_numbers_of_the_page(lab, tmp_path):
    lab.slider(key="sampling_temperature").set_value(1.5)
    lab.number_input(key="sampling_top_k").set_value(200)
    lab.slider(key="sampling_top_p").set_value(0.95)
    lab.slider(key="sampling_min_p").set_value(0.01).run()
    open_folder(lab, "sampling_take_open")
    script = tmp_path / "taken.py"
    script.write_text(lab.code[0].value, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=120
    )
    rows = [line.split() for line in run.stdout.splitlines()[1:11]]
    drawn = charted(lab)
    assert len(rows) == 10
    for row, shown in zip(rows, drawn, strict=False):
        assert float(row[-2]) == pytest.approx(shown["Before"], abs=2e-6)
        assert float(row[-1]) == pytest.approx(shown["After"], abs=2e-6)
    thrown = next(text.value for text in lab.markdown if text.value.startswith("Seed 7"))
    throws = next(line for line in run.stdout.splitlines() if line.startswith("seed 7 throws"))
    assert throws.split()[3].rstrip(":") in thrown


def test_the_filters_act_in_the_order_of_the_bench(lab):
    lab.slider(key="sampling_temperature").set_value(2.0)
    lab.slider(key="sampling_top_p").set_value(0.9).run()
    hot_first = int(metrics(lab)["Tokens kept"].replace(",", ""))
    assert stage_names(lab) == ["What the model said", "1 · Temperature", "2 · Top-p"]
    for _ in range(2):
        lab.button(key="sampling_bench_top_p_-1").click().run()
    assert not lab.exception
    assert lab.session_state["sampling_filters"] == ["top_p", "temperature", "top_k", "min_p"]
    assert stage_names(lab)[1:] == ["1 · Top-p", "2 · Temperature"]
    assert int(metrics(lab)["Tokens kept"].replace(",", "")) < hot_first / 10


def test_a_filter_put_on_the_bench_acts_and_taken_off_it_does_not(lab):
    before = metrics(lab)
    lab.multiselect(key="sampling_filters").set_value(["top_n_sigma"]).run()
    assert not lab.exception
    assert metrics(lab)["Tokens kept"] != before["Tokens kept"]
    lab.button(key="sampling_bench_top_n_sigma_0").click().run()
    assert metrics(lab) == before


@pytest.mark.parametrize("n_filters", [9, 8])
def test_a_well_known_order_moves_filters_and_switches_nothing_on(lab, n_filters):
    lab.number_input(key="sampling_top_k").set_value(5).run()
    before = metrics(lab)
    lab.button(key=f"sampling_order_{n_filters}").click().run()
    assert not lab.exception
    assert len(lab.session_state["sampling_filters"]) == n_filters
    assert metrics(lab) == before


def test_every_filter_of_the_catalogue_has_its_knobs_and_acts_at_its_usual_value(lab):
    from core.language_models import filter_catalog

    lab.multiselect(key="sampling_filters").set_value(list(filter_catalog.FILTERS)).run()
    assert not lab.exception
    acting = [name.partition(" · ")[2] for name in stage_names(lab)[1:]]
    starts_off = {"temperature", "top_k", "top_p", "min_p"}
    assert acting == [
        settings.card.title.split(" (")[0]
        for key, (settings, _) in filter_catalog.FILTERS.items()
        if key not in starts_off
    ]


def test_a_link_sets_filters_and_their_order(smollm2):
    at = open_lab(sampling_filters=["Min-p", "Temperature"], sampling_min_p="0.2")
    assert not at.exception
    assert stage_names(at)[1:] == ["1 · Min-p"]
    assert at.session_state["sampling_filters"] == ["min_p", "temperature"]


def stage_names(at):
    return at.dataframe[0].value["Stage"].tolist()


def open_folder(at, key):
    at.session_state[key] = True
    at.run()


def charted(at):
    """The rows of the first chart."""
    data = at.get("vega_lite_chart")[0].proto.data.data
    return pa.ipc.open_stream(io.BytesIO(data)).read_all().to_pylist()


def run_to_the_end(at, key):
    """Every rerun works for a moment, as the ticks of the browser do."""
    for _ in range(200):
        if not at.session_state[key].active:
            return at.run()
        at.run()
    raise TimeoutError(key)


def test_two_texts_part_where_only_the_settings_differ(smollm2):
    at = open_lab(sampling_view="Two texts", sampling_tokens="10")
    at.button(key="sampling_write_both").click().run()
    run_to_the_end(at, "sampling_pair")
    assert not at.exception
    assert any("They part at token" in caption.value for caption in at.caption)
    assert at.dataframe[0].value["Tokens"].tolist() == [10, 10]

    at.text_input(key="sampling_b_chain").set_value("temperature:1").run()
    at.button(key="sampling_write_both").click().run()
    run_to_the_end(at, "sampling_pair")
    assert any("the same, token by token" in caption.value for caption in at.caption)


def test_filters_that_cannot_be_read_get_a_sentence(smollm2):
    at = open_lab(sampling_view="Two texts")
    at.text_input(key="sampling_b_chain").set_value("top_q:3").run()
    assert not at.exception
    assert "no filter is called" in at.info[0].value


def test_a_text_is_less_surprising_than_its_words_shuffled(smollm2):
    at = open_lab(sampling_view="Read my text")
    at.button(key="sampling_read").click().run()
    run_to_the_end(at, "sampling_reading")
    assert not at.exception
    fluent, scrambled = (float(metric.value.replace(",", "")) for metric in at.metric)
    assert scrambled > 3 * fluent
    assert at.dataframe[0].value["Bits"].is_monotonic_decreasing


def test_no_text_to_read_gets_a_sentence(smollm2):
    at = open_lab(sampling_view="Read my text")
    at.text_area(key="sampling_text").set_value("").run()
    assert not at.exception
    assert len(at.info) == 1


def test_texts_are_stepped_forced_branched_and_returned_to(smollm2):
    at = open_lab(sampling_view="Decode", sampling_tokens="5")
    at.button(key="sampling_tree_run_button").click().run()
    run_to_the_end(at, "sampling_tree_run")
    assert not at.exception
    at.button(key="sampling_tree_back").click().run()
    at.text_input(key="sampling_force").set_value(" banana").run()
    at.button(key="sampling_tree_force").click().run()
    run_to_the_end(at, "sampling_tree_run")
    assert not at.exception
    shown = at.dataframe[0].value
    assert shown["Tokens"].tolist() == [5, 5]
    assert "banana" not in shown["Text"][0]
    assert "banana" in shown["Text"][1]
    assert shown["Log-probability (nats)"][1] < shown["Log-probability (nats)"][0]
    first = at.session_state["sampling_board"].tree.leaves()[0].node_id
    at.button(key=f"sampling_return_{first}").click().run()
    assert at.session_state["sampling_board"].node == first
    assert len(at.session_state["sampling_tree_run"].tokens) == 5


@pytest.mark.parametrize(
    ("method", "button", "run"),
    [
        ("Beam search", "sampling_search", "sampling_beam_run"),
        ("Contrastive", "sampling_contrast", "sampling_contrast_run"),
    ],
)
def test_a_search_without_dice_shows_its_texts(smollm2, method, button, run):
    at = open_lab(sampling_view="Decode", sampling_method=method, sampling_tokens="5")
    at.button(key=button).click().run()
    run_to_the_end(at, run)
    assert not at.exception
    assert len(at.dataframe[0].value) > 1

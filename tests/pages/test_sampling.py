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
    assert run.stdout.splitlines()[-1].split()[3].rstrip(":") in thrown


def open_folder(at, key):
    at.session_state[key] = True
    at.run()


def charted(at):
    """The rows of the first chart."""
    data = at.get("vega_lite_chart")[0].proto.data.data
    return pa.ipc.open_stream(io.BytesIO(data)).read_all().to_pylist()

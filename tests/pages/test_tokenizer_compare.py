"""The lab that compares tokenizers, from the front door, on the real vocabularies."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components import compare_lab, compare_views
from components.compare_experiments import EXPERIMENTS
from core.tokenization import known_tokenizers

HOME = str(Path(__file__).parents[2] / "Home.py")
PAGE = "pages/tokenization/tokenizer_compare.py"


@pytest.fixture(scope="session", autouse=True)
def vocabularies(known_tokenizer):
    """The vocabularies that a fresh page shows are in the store."""
    for name in compare_lab.DEFAULT_TOKENIZERS:
        known_tokenizer(name)


@pytest.fixture
def lab():
    """The lab as a new visitor finds it."""
    return open_lab()


def open_lab(**link):
    at = AppTest.from_file(HOME, default_timeout=60)
    at.run()
    for key, value in link.items():
        at.query_params[key] = value
    at.switch_page(PAGE).run()
    return at


def numbers(at):
    """The table of numbers, by tokenizer."""
    frame = next(each.value for each in at.dataframe if "Comes back" in each.value.columns)
    return {row["Tokenizer"]: row for row in frame.to_dict("records")}


def counts(at):
    return {title: row["Tokens"] for title, row in numbers(at).items()}


def test_a_fresh_page_is_the_guides_quick_experiment(lab):
    assert not lab.exception
    assert lab.text_area(key="tokenizer_compare_text").value == compare_lab.FOX
    assert counts(lab) == {"GPT-2": 12, "BERT uncased": 10, "Mistral v1": 16, "o200k": 12}


def test_one_click_brings_the_guides_experiment_back(lab):
    lab.text_area(key="tokenizer_compare_text").set_value("other")
    lab.multiselect(key="tokenizer_compare_tokenizers").set_value(["o200k"]).run()
    assert counts(lab) == {"o200k": 1}
    lab.pills(key="tokenizer_compare_example").set_value(compare_lab.GUIDE_EXAMPLE).run()
    assert not lab.exception
    assert counts(lab) == {"GPT-2": 12, "BERT uncased": 10, "Mistral v1": 16}


@pytest.mark.parametrize("view", compare_views.VIEWS)
def test_every_closer_look_opens(lab, view):
    lab.segmented_control(key="tokenizer_compare_view").set_value(view).run()
    assert not lab.exception


def test_each_experiment_sets_up_asks_and_reveals_what_was_computed(lab):
    for place, experiment in enumerate(EXPERIMENTS):
        lab.pills(key="tokenizer_compare_experiment").set_value(experiment.title).run()
        lab.button(key="tokenizer_compare_set_up").click().run()
        for key, value in experiment.settings.items():
            assert lab.session_state[key] == value
        answer = lab.radio(key=f"tokenizer_compare_prediction_{place}")
        answer.set_value(experiment.choices[0]).run()
        assert not lab.exception
        boxes = [*lab.success, *lab.warning]
        assert any(box.proto.title.startswith(("As you", "It was")) for box in boxes)


def taken(at):
    """The script of the page."""
    at.session_state["tokenizer_compare_take_open"] = True
    at.run()
    return next(block.value for block in at.code if "NAMES =" in block.value)


def test_the_script_prints_the_counts_and_ids_of_the_page_for_every_kind_of_tokenizer(
    lab, known_tokenizer, tmp_path
):
    names = ["gpt2", "qwen", "tekken", "mistral_v1", "bert"]
    text = "The quick \U0001f98a, 'strawberry' e\u0301 <|endoftext|>\n\t12345"
    lab.multiselect(key="tokenizer_compare_tokenizers").set_value(names)
    lab.text_area(key="tokenizer_compare_text").set_value(text).run()
    assert not lab.exception
    file = tmp_path / "taken.py"
    file.write_text(taken(lab), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, str(file)], capture_output=True, text=True, check=True, timeout=90
    )
    printed = dict(re.findall(r"^(\w+): (\d+) tokens$", run.stdout, re.MULTILINE))
    ids = [json.loads(line) for line in re.findall(r"^  ids    (.*)$", run.stdout, re.MULTILINE)]
    shown = counts(lab)
    assert {known_tokenizers.KNOWN[name].title: int(n) for name, n in printed.items()} == shown
    for name, first in zip(names, ids, strict=True):
        assert first == known_tokenizer(name).encode(text).token_ids.tolist()[:12]

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
from core.tokenization import bpe, known_tokenizers, tokenizer_json

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


def test_reading_marks_changes_the_counts_and_nothing_else(lab):
    lab.text_area(key="tokenizer_compare_text").set_value("a<|endoftext|>b").run()
    before = numbers(lab)
    lab.toggle(key="tokenizer_compare_parse").set_value(True).run()
    after = numbers(lab)
    assert (before["GPT-2"]["Tokens"], after["GPT-2"]["Tokens"]) == (9, 3)
    assert after["Mistral v1"] == before["Mistral v1"]
    assert after["GPT-2"]["Vocabulary"] == before["GPT-2"]["Vocabulary"]


def test_the_marks_of_the_model_are_added_and_the_text_still_comes_back(lab):
    before = numbers(lab)
    lab.toggle(key="tokenizer_compare_add").set_value(True).run()
    after = numbers(lab)
    assert after["BERT uncased"]["Tokens"] == before["BERT uncased"]["Tokens"] + 2
    assert after["Mistral v1"]["Tokens"] == before["Mistral v1"]["Tokens"] + 1
    assert after["GPT-2"]["Comes back"] == before["GPT-2"]["Comes back"] == "exactly"


def test_the_price_changes_the_cost_only(lab):
    before = numbers(lab)["GPT-2"]
    lab.slider(key="tokenizer_compare_price").set_value(2.5).run()
    after = numbers(lab)["GPT-2"]
    assert after.pop("Cost × million") == 2.5 * before.pop("Cost × million") == 30.0
    assert after == before


def test_an_empty_text_and_an_empty_choice_get_a_sentence(lab):
    lab.text_area(key="tokenizer_compare_text").set_value("").run()
    assert not lab.exception
    assert [info.value for info in lab.info] == ["Type a text to see its tokens."]
    lab.text_area(key="tokenizer_compare_text").set_value("text")
    lab.multiselect(key="tokenizer_compare_tokenizers").set_value([]).run()
    assert not lab.exception
    assert [info.value for info in lab.info] == ["Choose a tokenizer in the sidebar."]


@pytest.mark.parametrize(
    "text",
    [
        "\x00\x07 bell",
        "👩‍👩‍👧‍👦🦊",
        "مرحبا",
        "</script><img src=x onerror=alert(1)>",
        " ",
        ":red[x] $y$",
    ],
)
def test_strange_texts_are_counted(lab, text):
    lab.text_area(key="tokenizer_compare_text").set_value(text).run()
    assert not lab.exception
    assert counts(lab)["GPT-2"] > 0


def test_a_long_text_is_counted_whole_and_drawn_page_by_page(lab):
    text = "The quick brown fox jumps over the lazy dog. " * 2_000
    lab.multiselect(key="tokenizer_compare_tokenizers").set_value(["gpt2"])
    lab.text_area(key="tokenizer_compare_text").set_value(text).run()
    assert not lab.exception
    assert counts(lab)["GPT-2"] == 20_001
    page = lab.number_input(key="tokenizer_compare_page")
    assert page.max == 76
    page.set_value(76).run()
    assert not lab.exception
    lab.text_area(key="tokenizer_compare_text").set_value(text[:3_000]).run()
    assert not lab.exception
    assert lab.number_input(key="tokenizer_compare_page").value == 3


def test_more_than_five_megabytes_get_a_sentence(lab):
    lab.text_area(key="tokenizer_compare_text").set_value("x" * 5_000_001).run()
    assert not lab.exception
    assert "the limit is 5,000,000" in lab.error[0].value.replace("\\", "")


@pytest.mark.parametrize("name", ["../../etc/passwd", "no-such", "a/b/c", "<img>"])
def test_an_impossible_tokenizer_is_named_and_the_others_are_shown(lab, name):
    lab.multiselect(key="tokenizer_compare_tokenizers").set_value(["gpt2", name]).run()
    assert not lab.exception
    assert len(lab.warning) == 1
    assert counts(lab) == {"GPT-2": 12}


def test_a_link_sets_the_controls(vocabularies):
    at = open_lab(
        tokenizer_compare_text="strawberry",
        tokenizer_compare_tokenizers="bert",
        tokenizer_compare_view="Round trip",
    )
    assert not at.exception
    assert counts(at) == {"BERT uncased": 1}
    assert at.segmented_control(key="tokenizer_compare_view").value == "Round trip"


def test_a_tokenizer_built_in_this_session_stands_beside_the_others(lab):
    own = bpe.train("strawberry strawberry strawberry", 262)
    made = {"name": "Berries", "json": tokenizer_json.from_bpe(own)}
    lab.session_state["tokenizer_builder_made"] = made
    lab.text_area(key="tokenizer_compare_text").set_value("strawberry").run()
    assert not lab.exception
    assert counts(lab)["Berries"] == len(own.encode("strawberry"))
    for view in compare_views.VIEWS:
        lab.segmented_control(key="tokenizer_compare_view").set_value(view).run()
        assert not lab.exception
    lab.toggle(key="tokenizer_compare_own").set_value(False).run()
    assert "Berries" not in counts(lab)


def test_a_clicked_token_opens_its_merges(lab):
    lab.session_state["tokenizer_compare_rows_token"] = [0, 1]
    lab.text_area(key="tokenizer_compare_text").set_value("strawberry").run()
    assert not lab.exception
    opened = next(each.value for each in lab.dataframe if "Become" in each.value.columns)
    assert opened["Become"].tolist() == ["ra", "raw"]
    assert opened["Rank"].tolist() == [430, 1831]


@pytest.mark.parametrize("said", [[9, 0], [0, 99], ["x", 0], [0], 7, {"row": 0}, [True, 0]])
def test_a_click_that_cannot_be_is_ignored(lab, said):
    lab.session_state["tokenizer_compare_rows_token"] = said
    lab.run()
    assert not lab.exception
    assert not any("Become" in each.value.columns for each in lab.dataframe)


def test_solidgoldmagikarp_is_found_in_the_vocabulary_of_gpt2(lab):
    lab.segmented_control(key="tokenizer_compare_view").set_value("Vocabulary").run()
    lab.text_input(key="tokenizer_compare_begins").set_value(" SolidGold").run()
    assert not lab.exception
    found = next(each.value for each in lab.dataframe if "Script" in each.value.columns)
    assert found["Token"].tolist() == ["·SolidGoldMagikarp"]
    assert found["Id"].tolist() == [43453]


def test_dead_ends_are_searched_on_demand(lab):
    lab.multiselect(key="tokenizer_compare_tokenizers").set_value(["mistral_v1"])
    lab.segmented_control(key="tokenizer_compare_view").set_value("Vocabulary").run()
    lab.segmented_control(key="tokenizer_compare_hunt").set_value("Dead ends").run()
    assert not any("Its text gives" in each.value.columns for each in lab.dataframe)
    lab.button(key="tokenizer_compare_search").click().run()
    assert not lab.exception
    assert any("tokens are dead ends" in each.value for each in lab.markdown)

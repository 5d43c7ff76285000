"""The tokenizer-builder lab from the front door."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
import tokenizers
from streamlit.testing.v1 import AppTest

from components.tokenizer_builder_experiments import EXPERIMENTS
from components.tokenizer_builder_lab import DOGS
from core.tokenization import bpe, patterns

HOME = str(Path(__file__).parents[2] / "Home.py")
PAGE = "pages/tokenization/tokenizer_builder.py"


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


def drawn(at, key):
    """The data of a browser view, by the key of its element."""
    for block in at.get("bidi_component"):
        if f"-{key}-" in f"-{block.proto.id}-":
            return json.loads(block.proto.json)
    raise KeyError(key)


def captions(at):
    return " ".join(caption.value for caption in at.caption)


def test_the_first_visit_turns_494_bytes_into_fewer_tokens(lab):
    assert not lab.exception
    n_tokens = len(bpe.train(DOGS, 320, pattern=patterns.GPT2).encode(DOGS))
    assert f"64 merges turned 494 bytes into {n_tokens} tokens" in captions(lab)


def test_a_larger_vocabulary_than_the_text_supports_is_named(lab):
    lab.number_input(key="tokenizer_builder_size").set_value(5_000).run()
    assert not lab.exception
    assert "supports a vocabulary of 327 tokens, not 5,000" in captions(lab)


def test_without_a_first_cut_the_same_merges_save_more(lab):
    lab.segmented_control(key="tokenizer_builder_cut").set_value("none").run()
    assert not lab.exception
    n_tokens = len(bpe.train(DOGS, 320).encode(DOGS))
    assert n_tokens < len(bpe.train(DOGS, 320, pattern=patterns.GPT2).encode(DOGS))
    assert f"64 merges turned 494 bytes into {n_tokens} tokens" in captions(lab)


@pytest.mark.parametrize("text", ["Hello world", "a", "\x00\x00\x00", "🦊🦊🦊", "</script>" * 3])
def test_any_text_can_be_learnt_from(lab, text):
    lab.text_area(key="tokenizer_builder_text").set_value(text).run()
    assert not lab.exception
    assert not lab.error


def test_hello_world_has_nothing_to_merge(lab):
    lab.text_area(key="tokenizer_builder_text").set_value("Hello world").run()
    assert "0 merges turned 11 bytes into 11 tokens" in captions(lab)


def test_an_empty_text_gets_a_sentence(lab):
    lab.text_area(key="tokenizer_builder_text").set_value("").run()
    assert not lab.exception
    assert "Type a text to learn from" in lab.info[0].value


def test_five_megabytes_are_shortened_and_that_is_said(lab):
    lab.text_area(key="tokenizer_builder_text").set_value("one two " * 625_000).run()
    assert not lab.exception
    assert "The first 200,000 of 5,000,000 characters are learnt from" in captions(lab)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("(a+)+b", "still searching"), ("[", "no regular expression"), ("", "empty")],
)
def test_a_bad_pattern_gets_a_sentence(lab, pattern, said):
    lab.text_area(key="tokenizer_builder_text").set_value("a" * 5_000)
    lab.segmented_control(key="tokenizer_builder_cut").set_value("own").run()
    lab.text_input(key="tokenizer_builder_pattern").set_value(pattern).run()
    assert not lab.exception
    assert said in lab.error[0].value


@pytest.mark.parametrize("size", ["255", "lots", "1e9"])
def test_a_link_with_an_impossible_size_is_answered_with_a_sentence(size):
    at = open_lab(tokenizer_builder_size=size)
    assert not at.exception
    assert at.number_input(key="tokenizer_builder_size").value == 320
    assert any("vocabulary size that is not between" in toast.value for toast in at.toast)


def test_a_link_sets_every_control():
    at = open_lab(
        tokenizer_builder_size="300",
        tokenizer_builder_cut="cl100k",
        tokenizer_builder_text="dog dog dog dog",
    )
    assert at.number_input(key="tokenizer_builder_size").value == 300
    assert at.segmented_control(key="tokenizer_builder_cut").value == "cl100k"
    assert "turned 15 bytes" in captions(at)


@pytest.mark.parametrize("corpus", ["languages", "source"])
def test_a_ready_corpus_can_be_learnt_from(lab, corpus):
    lab.segmented_control(key="tokenizer_builder_corpus").set_value(corpus).run()
    assert not lab.exception
    assert "64 merges turned" in captions(lab)


def test_the_word_is_replayed_in_real_merges_and_a_space_changes_them(lab):
    rows = drawn(lab, "tokenizer_builder_ladder")["rows"]
    assert [row["label"] for row in rows][-1] == "3 tokens"
    assert rows[-1]["pieces"] == ["st", "raw", "berry"]
    assert rows[0]["gaps"][rows[0]["place"]] == "8"
    lab.toggle(key="tokenizer_builder_space").set_value(True).run()
    assert drawn(lab, "tokenizer_builder_ladder")["rows"][-1]["pieces"] == ["·strawberry"]


@pytest.mark.parametrize(("case", "first"), [("capital", "St"), ("capitals", "ST")])
def test_capitals_make_other_pieces(lab, case, first):
    lab.segmented_control(key="tokenizer_builder_case").set_value(case).run()
    assert not lab.exception
    assert drawn(lab, "tokenizer_builder_ladder")["rows"][-1]["pieces"][0] == first
    assert drawn(lab, "tokenizer_builder_bert")["rows"][0]["pieces"] == [
        "STRAWBERRY" if case == "capitals" else "Strawberry"
    ]


@pytest.mark.parametrize("name", ["cl100k", "llama3"])
def test_another_vocabulary_has_other_merges(lab, name):
    lab.segmented_control(key="tokenizer_builder_real").set_value(name).run()
    assert not lab.exception
    assert drawn(lab, "tokenizer_builder_ladder")["rows"][-1]["pieces"] == ["str", "aw", "berry"]


@pytest.mark.parametrize("key", ["tokenizer_builder_word", "tokenizer_builder_new"])
@pytest.mark.parametrize("text", ["", "   ", "🦊🦊", "\x00", "![x](http://a.invalid/x.png)"])
def test_strange_words_and_new_texts_are_answered(lab, key, text):
    lab.text_input(key=key).set_value(text).run()
    assert not lab.exception
    assert not lab.error


def test_the_lock_step_says_where_the_rules_part(lab):
    assert any(text.value.startswith("**They part at step 1.**") for text in lab.markdown)
    table = lab.dataframe[0].value
    assert table["Most frequent (BPE)"][0] == "##he"
    assert table["Agree"][0] == "part here"


def test_the_file_is_loaded_by_tokenizers_and_handed_to_the_next_lab(lab):
    assert any("gives the same" in text.value for text in lab.markdown)
    lab.text_input(key="tokenizer_builder_name").set_value("Doggy *1*").run()
    lab.button(key="tokenizer_builder_hand_over").click().run()
    assert not lab.exception
    made = lab.session_state["tokenizer_builder_made"]
    assert made["name"] == "Doggy *1*"
    text = "The dog threw 🦊"
    own = bpe.train(DOGS, 320, pattern=patterns.GPT2)
    assert tokenizers.Tokenizer.from_str(made["json"]).encode(text).ids == own.encode(text)
    assert "is ready to be compared" in lab.success[0].value
    lab.switch_page("pages/tokenization/tokenizer_compare.py").run()
    assert not lab.exception
    assert any("Doggy" in block.proto.json for block in lab.get("bidi_component"))


def test_an_own_first_cut_goes_into_the_file_too(lab):
    lab.segmented_control(key="tokenizer_builder_cut").set_value("own").run()
    lab.text_input(key="tokenizer_builder_pattern").set_value(r"[a-z]+|\s").run()
    assert not lab.exception
    assert any("gives the same" in text.value for text in lab.markdown)
    lab.text_input(key="tokenizer_builder_pattern").set_value(r"(?r)[a-z]+").run()
    assert not lab.exception
    assert any("does not take this first cut" in text.value for text in lab.markdown)


def test_each_experiment_sets_up_asks_and_reveals_what_was_computed(lab):
    right = {}
    for place, experiment in enumerate(EXPERIMENTS):
        lab.pills(key="tokenizer_builder_experiment").set_value(experiment.title).run()
        lab.button(key="tokenizer_builder_set_up").click().run()
        for key, value in experiment.settings.items():
            assert lab.session_state[key] == value
        answer = lab.radio(key=f"tokenizer_builder_prediction_{place}")
        answer.set_value(experiment.choices[0]).run()
        assert not lab.exception
        boxes = [*lab.success, *lab.warning]
        assert len(boxes) == 1
        right[experiment.title] = bool(lab.success)
    assert right["Hello world"]
    assert right["dog. dog! dog?"]
    assert right["A space in front"]
    assert not right["Tokens nobody uses"]


@pytest.mark.parametrize("cut", ["gpt2", "none"])
def test_the_script_learns_the_merges_of_the_page(lab, tmp_path, cut):
    lab.segmented_control(key="tokenizer_builder_cut").set_value(cut)
    lab.text_input(key="tokenizer_builder_new").set_value('dogs\' "quotes" {x} \\n 🦊').run()
    lab.session_state["tokenizer_builder_take_open"] = True
    lab.run()
    script = tmp_path / "taken.py"
    script.write_text(lab.code[0].value, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=60
    )
    lines = run.stdout.splitlines()
    shown = drawn(lab, "tokenizer_builder_steps")["steps"]
    counts = [int(line.split(" stood there ")[1].split()[0]) for line in lines[:64]]
    assert counts == [step["count"] for step in shown]
    assert f"became {shown[-1]['tokens']} tokens" in lines[64]
    details = drawn(lab, "tokenizer_builder_encoded")["rows"][0]["details"]
    assert ast.literal_eval(lines[65].removeprefix("ids: ")) == [
        int(detail.removeprefix("id ")) for detail in details
    ]


def test_without_a_file_one_is_asked_for(lab):
    lab.segmented_control(key="tokenizer_builder_corpus").set_value("file").run()
    assert not lab.exception
    assert "Choose a plain text file" in lab.info[0].value


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"MZ\x00\x01", "binary"), (b"caf\xe9", "not UTF\\-8")],
)
def test_a_file_that_is_no_text_gets_a_sentence(lab, content, said):
    lab.segmented_control(key="tokenizer_builder_corpus").set_value("file").run()
    lab.file_uploader(key="tokenizer_builder_file").set_value(("a.txt", content, "text/plain"))
    lab.run()
    assert not lab.exception
    assert said in lab.error[0].value


def test_a_text_file_is_learnt_from(lab):
    lab.segmented_control(key="tokenizer_builder_corpus").set_value("file").run()
    content = "dög dög dög".encode()
    lab.file_uploader(key="tokenizer_builder_file").set_value(("a.txt", content, "text/plain"))
    lab.run()
    assert not lab.exception
    assert "turned 14 bytes" in captions(lab)

"""The tokenizer-builder lab from the front door."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

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

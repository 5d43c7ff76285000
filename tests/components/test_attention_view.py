"""What is believed of a browser that reports, and when a picture is told what it shows."""

import json

import pytest
import streamlit as st

from components import attention_look, attention_view
from components.attention_view import Look

HEADER = {"tokens": ["a", "b", "c"], "layers": 2, "heads": 4}
LOOK = Look(layer=1, head=3, query=2, key=0)


@pytest.fixture(autouse=True)
def state(monkeypatch):
    """A session without a browser."""
    session = {}
    monkeypatch.setattr(st, "session_state", session)
    return session


class Reported:
    """What a component hands over."""

    def __init__(self, picked):
        self.picked = picked


def believed(state, said):
    """What of a report is passed on."""
    found = []
    state["view"] = Reported(said)
    attention_view._forward("view", HEADER, found.append)
    return found[0] if found else None


def test_a_parcel_can_be_taken_apart_again():
    data = attention_view.parcel({"title": "Größe"}, (b"one", b"", b"three"))
    end = 4 + int.from_bytes(data[:4], "little")
    assert json.loads(data[4:end]) == {"title": "Größe", "parts": [3, 0, 5]}
    assert data[end:] == b"onethree"


def test_a_report_in_range_passes_whole(state):
    said = {
        "layer": 1, "head": 3, "query": 2, "key": 0, "drawing": "matrix", "across": True,
        "scope": "layer", "sink": True, "part": "01",
    }  # fmt: skip
    assert believed(state, said) == said


@pytest.mark.parametrize(
    "said",
    [
        {"layer": 2}, {"layer": -1}, {"layer": "1"}, {"layer": True, "head": 4}, {"query": 3},
        {"key": 1.5}, {"key": float("nan")}, {"key": float("inf")}, {"drawing": "<b>"},
        {"drawing": ["lines"]}, {"scope": None}, {"sink": "yes"}, {"across": 1}, {"else": 1},
    ],
)  # fmt: skip
def test_nothing_else_passes(state, said):
    assert believed(state, said) == {}


@pytest.mark.parametrize("said", [None, "layer", ["layer", 1], 7])
def test_what_is_no_report_is_not_passed_on_at_all(state, said):
    assert believed(state, said) is None


def test_the_script_travels_whole_inside_the_page_it_saves():
    script = attention_view._script()
    assert script.count("const library = function") == 1
    assert "</script" not in script
    assert "http://" not in script
    assert "https://" not in script


def test_a_picture_is_told_again_only_what_it_does_not_know(state):
    first = attention_look.nonce(LOOK, view="view")
    state["view"] = Reported(None)
    assert attention_look.nonce(LOOK, view="view") == first
    moved = Look(layer=0, head=0, query=1, key=1)
    attention_look.choose({"layer": 0, "head": 0, "query": 1, "key": 1}, view="view", look=LOOK)
    assert state["attention_viewer_layer"] == 0
    assert attention_look.nonce(moved, view="view") == first
    assert attention_look.nonce(LOOK, view="view") != first


def test_a_picture_that_was_away_is_told_again(state):
    first = attention_look.nonce(LOOK, view="view")
    state.pop("view", None)
    assert attention_look.nonce(LOOK, view="view") != first


def test_a_button_shows_a_single_head(state):
    state["attention_viewer_scope"] = "layer"
    attention_look.show_head(5, 2)
    assert state["attention_viewer_layer"] == 5
    assert state["attention_viewer_head"] == 2
    assert state["attention_viewer_scope"] == "head"

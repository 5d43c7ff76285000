"""The self-attention lab from the front door."""

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import transformers
from streamlit.testing.v1 import AppTest

from components import attention_steps_view, cached
from components.self_attention_experiments import EXPERIMENTS
from components.self_attention_lab import PARTS
from core.sequences import cost

HOME = str(Path(__file__).parents[2] / "Home.py")
PAGE = "pages/sequences/self_attention.py"


def open_lab(**link):
    at = AppTest.from_file(HOME, default_timeout=120)
    at.run()
    for key, value in link.items():
        at.query_params[f"self_attention_{key}"] = value
    return at.switch_page(PAGE).run()


@pytest.fixture
def lab():
    """The lab as a new visitor finds it."""
    return open_lab()


def captions(at):
    return " ".join(caption.value for caption in at.caption)


def metrics(at):
    return {metric.label: metric.value for metric in at.metric}


def set_part(at, part):
    return at.segmented_control(key="self_attention_part").set_value(part).run()


def test_it_looks_at_the_cat(lab):
    assert not lab.exception
    assert "**it** gives **cat** the largest share, 66%" in captions(lab)
    assert "49 dot products of 4 numbers" in captions(lab)


@pytest.mark.parametrize("part", list(PARTS))
def test_every_part_offers_its_script_and_its_code(part):
    at = open_lab(part=part)
    at.session_state["self_attention_take_open"] = True
    at.session_state["self_attention_code_open"] = True
    at.run()
    assert not at.exception
    assert not at.info
    assert len(at.code) >= 3
    compile(at.code[0].value, "taken.py", "exec")


@pytest.mark.parametrize(
    ("kind", "key", "value", "share"),
    [
        ("toggle", "causal", True, "81%"),
        ("toggle", "unscaled", True, "94%"),
        ("slider", "temperature", 4.0, "24%"),
        ("slider", "d", 2, "14%"),
        ("segmented_control", "heads", 2, "83%"),
        ("selectbox", "weights", "identity", "22%"),
    ],
)
def test_a_control_changes_the_share_and_nothing_typed(lab, kind, key, value, share):
    getattr(lab, kind)(key=f"self_attention_{key}").set_value(value).run()
    assert not lab.exception
    assert f"the largest share, {share}" in captions(lab)
    assert lab.text_input(key="self_attention_words").value.startswith("the cat")
    assert lab.text_input(key="self_attention_own").value == ""


@pytest.mark.parametrize(
    "words",
    [
        "it",
        "🙂 👨‍👩‍👧‍👦 שלום مرحبا",
        "</script><script>alert(1)</script>",
        "![x](http://a.b) **bold** $x$",
        "nan inf -inf; drop",
        "word " * 60,
        "x" * 300,
    ],
)
def test_any_words_can_be_sent_through(lab, words):
    lab.text_input(key="self_attention_words").set_value(words).run()
    assert not lab.exception
    assert not lab.info
    assert "largest share" in captions(lab)


def test_words_that_are_left_out_are_counted(lab):
    lab.text_input(key="self_attention_words").set_value("word " * 20).run()
    assert "The first 12 words are used; 8 are left out." in captions(lab)


def test_no_word_gets_a_sentence(lab):
    lab.text_input(key="self_attention_words").set_value("  ; ").run()
    assert not lab.exception
    assert [box.value for box in lab.info] == ["Type at least one word\\."]


@pytest.mark.parametrize(("d", "heads", "told"), [(6, 4, "none"), (2, 2, "rope"), (4, 4, "rope")])
def test_heads_that_do_not_fit_get_a_sentence(lab, d, heads, told):
    lab.slider(key="self_attention_d").set_value(d)
    lab.segmented_control(key="self_attention_heads").set_value(heads)
    lab.segmented_control(key="self_attention_told").set_value(told).run()
    assert not lab.exception
    assert len(lab.info) == 1


def test_own_numbers_come_from_the_link_and_can_be_undone():
    at = open_lab(own="E cat 1 0; Q 4 1 0")
    assert not at.exception
    assert "the largest share, 66%" not in captions(at)
    at.button(key="self_attention_undo").click().run()
    assert "the largest share, 66%" in captions(at)


@pytest.mark.parametrize("own", ["E cat", "Q 1 1 1e9", "Q 1 1 nan", "x" * 1_000])
def test_own_numbers_that_cannot_be_read_get_a_sentence(own):
    at = open_lab(own=own)
    assert not at.exception
    assert len(at.info) == 1
    assert at.text_input(key="self_attention_own").value == own


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        ({"matrix": "E", "row": 1, "column": 0, "value": 0.5}, ("E", 1, 0, 0.5)),
        ({"matrix": "Q", "row": 0, "column": 3, "value": -2}, ("Q", 0, 3, -2.0)),
        ({"matrix": "Z", "row": 0, "column": 0, "value": 1}, None),
        ({"matrix": "E", "row": -1, "column": 0, "value": 1}, None),
        ({"matrix": "E", "row": True, "column": 0, "value": 1}, None),
        ({"matrix": "E", "row": 0, "column": 0, "value": 1e9}, None),
        ({"matrix": "E", "row": 0, "column": 0, "value": float("nan")}, None),
        ({"matrix": ["E"], "row": 0, "column": 0, "value": 1}, None),
        ("text", None),
        (None, None),
    ],
)
def test_only_a_number_for_a_known_place_is_taken_from_the_browser(sent, received, monkeypatch):
    state = {"view": type("Sent", (), {"changed": sent})()}
    monkeypatch.setattr("components.attention_steps_view.st.session_state", state)
    taken = []
    attention_steps_view._forward("view", lambda *change: taken.append(change))
    assert taken == ([received] if received else [])


@pytest.mark.model
def test_a_real_head_gives_the_models_own_shares():
    at = open_lab(part="A real head")
    assert not at.exception
    assert "layer 13, head 8: **it** gives **cat** 81%" in captions(at)
    [difference] = re.findall(r"own shares differ by at most (\S+)\. Its", captions(at))
    assert float(difference.replace("−", "-")) < 1e-5


@pytest.mark.model
def test_a_switch_on_a_real_head_is_said_to_be_one(smollm2):
    at = open_lab(part="A real head")
    at.toggle(key="self_attention_unmasked").set_value(True).run()
    assert not at.exception
    assert "the model itself gives other shares" in captions(at)


@pytest.mark.model
@pytest.mark.parametrize("text", ["it", "🙂‍↔️ שלום", "</script>", "word " * 400, " "])
def test_a_real_head_reads_any_sentence(text):
    at = open_lab(part="A real head")
    at.text_input(key="self_attention_text").set_value(text).run()
    assert not at.exception
    if len(text) > 300:
        assert "The first 32 tokens are drawn" in captions(at)


@pytest.mark.model
def test_no_sentence_gets_a_sentence():
    at = open_lab(part="A real head")
    at.text_input(key="self_attention_text").set_value("").run()
    assert not at.exception
    assert len(at.info) == 1


def test_an_encoders_head_has_no_mask():
    at = open_lab(part="A real head", model="all-minilm-l6-v2")
    assert not at.exception
    assert "all\\-MiniLM\\-L6\\-v2, layer 5, head 8" in captions(at)


def test_a_model_without_attention_gets_a_sentence(monkeypatch):
    config = transformers.MambaConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=1, state_size=4
    )
    model = transformers.MambaForCausalLM(config)
    loaded = SimpleNamespace(model=model, title="Mamba", tokenizer=None)
    monkeypatch.setattr("components.cached.any_model", lambda model_id: loaded)
    at = open_lab(part="A real head")
    assert not at.exception
    assert "no attention heads that the lab can read" in at.info[0].value


def test_without_the_model_the_lab_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("LLM_LABS_HOME", str(tmp_path))
    at = open_lab(part="A real head", model="nobody/nothing")
    assert not at.exception
    assert len(at.error) == 1


def test_without_a_learnt_table_the_lab_says_where_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setenv("LLM_LABS_HOME", str(tmp_path))
    cached.position_table.clear()
    at = open_lab(part="Positions")
    at.segmented_control(key="self_attention_way").set_value("Learnt").run()
    assert not at.exception
    assert "No model with learnt positions" in at.info[0].value


@pytest.mark.parametrize("way", ["Waves", "Learnt", "RoPE", "ALiBi"])
def test_every_way_of_telling_places_is_drawn(way):
    at = open_lab(part="Positions")
    at.segmented_control(key="self_attention_way").set_value(way).run()
    assert not at.exception
    assert not at.info
    assert len(at.get("vega_lite_chart")) == 1


def test_shuffled_words_come_out_the_same_until_places_are_told():
    at = open_lab(part="Shuffle")
    assert metrics(at)["Words that came out different"] == "0 of 7"
    before = at.markdown[1].value
    at.button(key="self_attention_shuffle").click().run()
    assert at.markdown[1].value != before
    assert metrics(at)["Words that came out different"] == "0 of 7"
    at.segmented_control(key="self_attention_told").set_value("rope").run()
    assert metrics(at)["Words that came out different"] == "7 of 7"


def test_scaling_keeps_the_largest_share_where_it_was():
    at = open_lab(part="√D")
    at.select_slider(key="self_attention_size").set_value(1024).run()
    assert metrics(at)["Largest share without √D"] == "97%"
    assert metrics(at)["Largest share with √D"] == "24%"


def test_a_longer_text_is_measured_once_for_all_visitors(monkeypatch):
    points = tuple(cost.CostPoint(n, n**2 / 1e4, n / 1e3, n, n) for n in (64, 128, 256, 512))
    calls = []
    monkeypatch.setattr("core.sequences.timing.measure", lambda: calls.append(1) or points)
    cached.attention_cost.clear()
    for _ in range(2):
        at = open_lab(part="Length")
        assert metrics(at)["Twice the text takes"] == "4.00 ×"
    assert len(calls) == 1
    at.button(key="self_attention_measure").click().run()
    assert len(calls) == 2
    cached.attention_cost.clear()


RIGHT = {
    "Who is “it”?": 0,
    "A real pronoun": 1,
    "Hide the future": 1,
    "Leave out √D": 2,
    "Shuffle the words": 0,
    "Shuffle behind a mask": 2,
    "Move both words": 1,
    "Forget the places": 0,
    "Share the keys": 1,
    "Twice the text": 1,
}
"""Worked out for each experiment."""


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda one: one.title)
def test_an_experiment_sets_up_asks_and_reveals_what_was_computed(lab, experiment, monkeypatch):
    points = tuple(cost.CostPoint(n, n**2 / 1e4, n / 1e3, n, n) for n in (64, 128, 256, 512))
    monkeypatch.setattr("core.sequences.timing.measure", lambda: points)
    lab.pills(key="self_attention_experiment").set_value(experiment.title).run()
    lab.button(key="self_attention_set_up").click().run()
    for key, value in experiment.settings.items():
        assert lab.session_state[key] == value
    place = EXPERIMENTS.index(experiment)
    right = experiment.choices[RIGHT[experiment.title]]
    lab.radio(key=f"self_attention_prediction_{place}").set_value(right).run()
    assert not lab.exception
    assert len(lab.success) == 1


def take_script(at):
    at.session_state["self_attention_take_open"] = True
    at.run()
    run = subprocess.run(
        [sys.executable, "-c", at.code[0].value],
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    return run.stdout.splitlines()


def test_the_script_prints_the_shares_of_the_page(lab):
    lines = take_script(lab)
    [row] = [line for line in lines if line.split()[0] == "it"][:1]
    shares = [float(word) for word in row.split()[1:]]
    assert f"the largest share, {max(shares):.0%}" in captions(lab)
    assert lines[0].split()[5:][int(np.argmax(shares))] == "cat"


@pytest.mark.model
def test_the_real_heads_script_prints_the_shares_of_the_page():
    at = open_lab(part="A real head")
    lines = take_script(at)
    [row] = [line for line in lines if line.split()[0] == "Ġit"]
    assert row.split()[2] == "0.8091"
    assert "**it** gives **cat** 81%" in captions(at)

"""The attention viewer from the front door, on the real offline models."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components import attention_reading
from components.attention_experiments import DURSLEY, EXPERIMENTS, MINILM
from core.language_models import attention_maps, attention_packing, attention_text
from core.model_store import errors, loading

HOME = str(Path(__file__).parents[2] / "Home.py")
PAGE = "pages/sequences/attention_viewer.py"
P = "attention_viewer_"

pytestmark = pytest.mark.model


@pytest.fixture
def lab(smollm2):
    """The lab as a new visitor finds it."""
    return open_lab()


@pytest.fixture(scope="session")
def minilm():
    return loading.load_encoder(MINILM)


def open_lab(**link):
    at = AppTest.from_file(HOME, default_timeout=120)
    at.run()
    for key, value in link.items():
        at.query_params[P + key] = value
    at.switch_page(PAGE).run()
    return at


def parcels(at):
    """The headers and parts that travel to the pictures."""
    found = []
    for one in at.get("bidi_component"):
        if one.proto.component_name.endswith("attention_view"):
            data = one.proto.bytes
            end = 4 + int.from_bytes(data[:4], "little")
            header = json.loads(data[4:end])
            parts = []
            for size in header["parts"]:
                parts.append(data[end : end + size])
                end += size
            assert end == len(data)
            found.append((header, parts))
    return found


def cell(at):
    """The arithmetic that is written out."""
    [found] = [
        json.loads(one.proto.json)
        for one in at.get("bidi_component")
        if one.proto.component_name.endswith("attention_cell")
    ]
    return found


def told(at):
    [(header, _)] = parcels(at)
    return {name: value for name, value in header["told"].items() if name != "nonce"}


def captions(at):
    return "\n".join(one.value for one in at.caption)


def test_a_visitor_sees_it_look_at_the_animal_and_the_number_opened(lab):
    assert not lab.exception
    [(header, _)] = parcels(lab)
    assert header["tokens"][8] == "␣it"
    assert (header["layers"], header["heads"], header["causal"]) == (30, 9, True)
    shown = cell(lab)
    assert shown["weight"] == pytest.approx(0.75, abs=0.01)
    assert shown["query"]["token"] == "␣it"
    assert shown["key"]["token"] == "␣animal"


def test_every_weight_that_travels_is_the_models_own(lab, smollm2):
    [(header, parts)] = parcels(lab)
    read = attention_text.read(smollm2, attention_reading.TIRED)
    own = attention_maps.attention_maps(smollm2, read.token_ids).probs
    sent = attention_packing.unpack(
        parts[0], n_layer=30, n_head=9, n_tokens=read.n_tokens, causal=True
    )
    assert header["tokens"] == list(read.tokens)
    np.testing.assert_allclose(sent, own, atol=attention_packing.LARGEST_ERROR)


@pytest.mark.parametrize(("layer", "head", "query", "key"), [(0, 0, 11, 4), (17, 4, 5, 0)])
def test_a_cell_gives_the_models_number_to_five_digits(lab, smollm2, layer, head, query, key):
    for name, value in {"layer": layer, "head": head, "query": query, "key": key}.items():
        lab.number_input(key=P + name).set_value(value)
    lab.run()
    shown = cell(lab)
    read = attention_text.read(smollm2, attention_reading.TIRED)
    probs = attention_maps.attention_maps(smollm2, read.token_ids).probs
    assert shown["weight"] == pytest.approx(float(probs[layer, head, query, key]), abs=3e-4)
    assert shown["difference"] < 1e-5
    assert shown["isSame"]
    assert sum(shown["products"]) == pytest.approx(shown["total"], rel=1e-3, abs=1e-3)
    assert shown["total"] * shown["scaling"] == pytest.approx(shown["scaled"])


def test_a_hidden_cell_says_minus_infinity_and_weighs_nothing(lab):
    lab.number_input(key=P + "key").set_value(11).run()
    shown = cell(lab)
    assert not shown["isVisible"]
    assert shown["weight"] == shown["modelWeight"] == 0


def test_another_head_changes_the_number_and_not_the_maps(lab):
    before, arithmetic = parcels(lab), cell(lab)
    lab.number_input(key=P + "layer").set_value(3).run()
    after = parcels(lab)
    assert after[0][1] == before[0][1]
    assert told(lab)["layer"] == 3
    assert cell(lab)["weight"] != arithmetic["weight"]


def test_a_link_sets_every_setting_and_nonsense_in_it_is_ignored(smollm2):
    link = {"layer": "18", "head": "6", "drawing": "matrix", "sink": "true", "scope": "layer"}
    assert told(open_lab(**link)) == {
        "layer": 18, "head": 6, "query": 8, "key": 1, "drawing": "matrix", "across": False,
        "scope": "layer", "sink": True, "part": "all",
    }  # fmt: skip
    at = open_lab(layer="99", drawing="'; drop table", sink="maybe", part="<b>")
    assert not at.exception
    assert told(at)["layer"] == 13
    assert told(at)["drawing"] == "lines"
    assert told(at)["sink"] is False
    assert told(at)["part"] == "all"


def test_another_model_with_fewer_layers_does_not_blame_a_link(lab, minilm):
    lab.number_input(key=P + "layer").set_value(25).run()
    lab.selectbox(key=P + "model").set_value(MINILM).run()
    assert lab.number_input(key=P + "layer").value == 5
    assert not lab.toast


def test_a_shorter_text_keeps_the_head_and_moves_the_cell_inside(lab):
    lab.text_area(key=P + "text").set_value("Good morning").run()
    assert not lab.exception
    assert told(lab)["layer"] == 13
    assert told(lab)["query"] == 1


def test_one_token_looks_at_itself(lab):
    lab.text_area(key=P + "text").set_value("a").run()
    assert not lab.exception
    [(header, _)] = parcels(lab)
    assert header["tokens"] == ["a"]
    assert header["sinks"] == []
    assert cell(lab)["weight"] == 1


def test_nothing_gets_a_sentence(lab):
    for text in ("", "   "):
        lab.text_area(key=P + "text").set_value(text).run()
        assert not lab.exception
        assert lab.info[0].value.startswith("Type a sentence above")


def test_a_text_of_five_thousand_tokens_is_cut_and_that_is_said(lab):
    lab.number_input(key=P + "layer").set_value(2)
    lab.text_area(key=P + "text").set_value("word " * 5_000).run()
    assert not lab.exception
    [(header, parts)] = parcels(lab)
    assert len(header["tokens"]) == 512
    assert (header["firstLayer"], header["layersHere"], len(parts)) == (2, 1, 2)
    assert re.search(r"512 tokens; 4,\d\d\d more did not fit", captions(lab))
    lab.text_area(key=P + "text").set_value("word " * 60_000).run()
    assert "Shorten it" in lab.info[0].value


HOSTILE = "</script><img src=x onerror=alert(1)> *a* $x$ ![](http://a.b) :red[b] שלום 👩‍👩‍👧‍👦"


def test_hostile_text_is_drawn_as_text_and_escaped_in_every_sentence(lab):
    lab.text_area(key=P + "text").set_value(HOSTILE).run()
    assert not lab.exception
    [(header, _)] = parcels(lab)
    assert header["tokens"][0] == "</"
    shown = [one.value for one in (*lab.markdown, *lab.caption)]
    assert not any("<img" in one or "![](http" in one for one in shown)


def test_the_encoder_reads_a_pair_and_looks_both_ways(lab, minilm):
    lab.selectbox(key=P + "model").set_value(MINILM).run()
    lab.text_area(key=P + "text").set_value("The cat sat on the mat.")
    lab.text_input(key=P + "second").set_value("The cat lay on the rug.").run()
    assert not lab.exception
    [(header, parts)] = parcels(lab)
    assert header["segments"] == [0] * 9 + [1] * 8
    assert header["causal"] is False
    assert [header["tokens"][place] for place in header["sinks"]] == [
        "‹[CLS]›", "‹[SEP]›", "‹[SEP]›",
    ]  # fmt: skip
    sent = attention_packing.unpack(parts[0], n_layer=6, n_head=12, n_tokens=17, causal=False)
    read = attention_text.read(minilm, "The cat sat on the mat.", second="The cat lay on the rug.")
    own = attention_maps.attention_maps(minilm, read.token_ids, segments=read.segments).probs
    np.testing.assert_allclose(sent, own, atol=attention_packing.LARGEST_ERROR)


def test_two_texts_show_that_a_later_word_changes_no_earlier_look(lab):
    lab.segmented_control(key=P + "view").set_value("Two texts").run()
    assert not lab.exception
    assert len(parcels(lab)) == 2
    assert "to a tenth of a percent: 11 of 12 tokens. Most moved ␣tired" in captions(lab)
    lab.text_area(key=P + "text").set_value("Hi").run()
    assert "1 of 1 token." in captions(lab)
    assert "Most moved" not in captions(lab)


def test_bertviz_is_drawn_and_says_what_it_cannot_carry(lab):
    lab.segmented_control(key=P + "view").set_value("BertViz").run()
    assert not lab.exception
    [page] = [one.proto.srcdoc for one in lab.get("iframe")]
    assert "jQuery" in page
    assert "BertViz writes" not in captions(lab)
    lab.text_area(key=P + "text").set_value("a word and then another " * 16).run()
    assert "BertViz writes every weight as text" in captions(lab)
    lab.text_area(key=P + "text").set_value("a word and then another " * 60).run()
    assert not lab.exception
    assert "can carry 210 tokens of this model, and this text has 301" in lab.info[0].value


def test_a_missing_model_gets_a_sentence(lab, monkeypatch):
    def missing(model_id):
        raise errors.ModelUnavailableError("There is no internet here.")

    monkeypatch.setattr("components.cached.any_model", missing)
    lab.text_area(key=P + "text").set_value("Good evening").run()
    assert not lab.exception
    assert [one.value for one in lab.error] == ["There is no internet here\\."]


def test_a_model_without_attention_gets_a_sentence(lab, monkeypatch):
    def refuse(*arguments):
        raise attention_maps.NoAttentionError("This model has no attention heads.")

    monkeypatch.setattr("components.cached.attention_parcel", refuse)
    lab.text_area(key=P + "text").set_value("Good night").run()
    assert not lab.exception
    assert [one.value for one in lab.info] == ["This model has no attention heads\\."]


ANSWERS = {
    "Where does “it” look?": "the animal",
    "Another ending": "exactly where it looked before",
    "Both ways": "less than with “tired”",
    "The sink": "more than half",
    "A head at rest": "at the first token",
    "A head that copies": "“ley”, which came after it",
    "Strong, and idle": "hardly anything happens",
    "One that matters": "less than a third",
    "Across two sentences": "the first “cat”",
}


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda one: one.title)
def test_an_experiment_sets_the_controls_and_reveals_what_was_computed(lab, experiment):
    lab.pills(key=P + "experiment").set_value(experiment.title).run()
    lab.button(key=P + "set_up").click().run()
    assert not lab.exception
    number = EXPERIMENTS.index(experiment)
    lab.radio(key=f"{P}prediction_{number}").set_value(experiment.choices[0]).run()
    assert not lab.exception
    said = [*lab.success, *lab.warning]
    assert len(said) == 1
    right = experiment.choices[0] if lab.success else said[0].proto.title.removeprefix("It was: ")
    assert right == ANSWERS[experiment.title]


def test_the_script_prints_the_row_on_screen_in_a_fresh_process(lab, tmp_path):
    lab.text_area(key=P + "text").set_value(DURSLEY).run()
    for name, value in {"layer": 18, "head": 6, "query": 17, "key": 5}.items():
        lab.number_input(key=P + name).set_value(value)
    lab.session_state[P + "take_open"] = True
    lab.run()
    [program] = [one.value for one in lab.code if "attentions" in one.value]
    file = tmp_path / "script.py"
    file.write_text(program, encoding="utf-8")
    printed = subprocess.run(
        [sys.executable, file], capture_output=True, text=True, check=True, timeout=240
    ).stdout
    rows = re.findall(r"^ +(\d+)  .* ([\d.]+)$", printed, re.MULTILINE)
    assert len(rows) == 18
    weight = float(dict(rows)["5"])
    assert weight == pytest.approx(cell(lab)["weight"], abs=1e-5)
    assert weight > 0.95


def test_an_experiment_counts_the_heads_it_speaks_of(lab):
    lab.button(key=P + "set_up").click().run()
    lab.radio(key=P + "prediction_0").set_value("the animal").run()
    assert "Of all 270 heads, 1 gives it more than half" in lab.success[0].value

"""The two long sections of the attention viewer: what a head is, and whether it matters."""

import re
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components import cached
from core.language_models import head_ablation, head_effects
from core.model_store import loading

HOME = str(Path(__file__).parents[2] / "Home.py")
PAGE = "pages/sequences/attention_viewer.py"
PAIRS = (
    "When Mary and John went to the store, John gave a drink to Mary. When Anna and Peter went to "
    "the beach, Peter gave a towel to"
)
EXPLAIN = "Is attention an explanation?"

pytestmark = pytest.mark.model


def open_lab(**link):
    at = AppTest.from_file(HOME, default_timeout=180)
    at.run()
    for key, value in link.items():
        at.query_params[f"attention_viewer_{key}"] = str(value)
    at.switch_page(PAGE).run()
    assert not at.exception
    return at


def metrics(at):
    return {metric.label: metric.value for metric in at.metric}


def prose(at):
    return " ".join(text.value for text in (*at.markdown, *at.caption))


def table(at, *fields):
    """The data of the first chart that has these columns."""
    import pyarrow as pa

    for chart in at.get("vega_lite_chart"):
        for dataset in (chart.proto.data, *(one.data for one in chart.proto.datasets)):
            if not dataset.data:
                continue
            frame = pa.ipc.open_stream(dataset.data).read_pandas()
            if set(fields) <= set(frame.columns):
                return frame
    raise AssertionError(fields)


def run_to_the_end(at, key):
    """Every rerun works for a moment, as the ticks of the browser do."""
    for _ in range(200):
        if not at.session_state[key].active:
            return at.run()
        at.run()
    raise TimeoutError(key)


def test_induction_heads_are_found_and_one_click_shows_one(smollm2):
    at = open_lab()
    scores = table(at, "Layer", "Head", "Value")
    assert len(scores) == 270
    best = scores.loc[scores["Value"].idxmax()]
    assert (best["Layer"], best["Head"]) == (18, 6)
    at.button(key="attention_viewer_best_18_6").click().run()
    assert not at.exception
    assert at.number_input(key="attention_viewer_layer").value == 18
    assert "What layer 18, head 6 does" in prose(at)
    assert "Its clearest habit is **induction**" in prose(at)
    assert "of its attention rests on the first token" in prose(at)


def test_another_habit_changes_the_map_and_not_the_head(smollm2):
    at = open_lab(pattern="Previous token", text=PAIRS, layer=16, head=0)
    scores = table(at, "Layer", "Head", "Value")
    assert "Its clearest habit is **previous token**" in prose(at)
    assert scores["Value"].max() == scores[scores["Chosen"]]["Value"].item()
    at.button_group(key="attention_viewer_pattern").set_value("first").run()
    assert table(at, "Layer", "Head", "Value")["Value"].mean() > scores["Value"].mean() + 0.2
    assert at.number_input(key="attention_viewer_layer").value == 16


def test_a_text_without_the_habit_is_answered_with_a_sentence(smollm2):
    at = open_lab(pattern="Punctuation", text="no marks here at all")
    assert any("has no such token" in info.value for info in at.info)
    assert "too few tokens" in prose(at)


def test_one_token_is_enough_for_both_sections(smollm2):
    at = open_lab(text="Hi")
    assert "too few tokens" in prose(at)
    at = open_lab(text="Hi", section=EXPLAIN)
    assert metrics(at)["Looks most at"] == "Hi"


def test_a_head_that_looks_hard_and_does_nothing(smollm2):
    at = open_lab(text=PAIRS, section=EXPLAIN, layer=10, head=1)
    shown = metrics(at)
    assert shown["Looks most at"] == "␣gave"
    assert float(shown["Without it"].split()[0]) < 0.01
    answer = table(at, "Token", "Before", "After")
    assert answer["Token"][0] == "␣Anna"
    assert answer["After"][0] == pytest.approx(answer["Before"][0], abs=0.02)
    looks = table(at, "Token", "Measure", "Share")
    assert looks.groupby("Measure")["Share"].sum().max() <= 1.0001


def test_the_effect_on_screen_is_that_of_the_core_for_both_ways_to_switch_off(smollm2):
    token_ids = smollm2.tokenizer(PAIRS)["input_ids"]
    before = head_ablation.baseline(smollm2, token_ids)
    means = head_ablation.reference_means(smollm2)
    for how, label in (("mean", "its average"), ("zero", "zeros")):
        at = open_lab(text=PAIRS, section=EXPLAIN, layer=19, head=2, how=label)
        answer = head_ablation.answer_without(smollm2, token_ids, [(19, 2)], how=how, means=means)
        effect = head_effects.change(before, answer).effect
        assert float(metrics(at)["Without it"].split()[0]) == pytest.approx(effect, rel=5e-3)


def test_every_head_of_an_encoder_is_ranked_in_turns_and_kept_for_everybody():
    link = {"model": "all-minilm-l6-v2", "section": EXPLAIN, "text": "The cat sat on the mat."}
    at = open_lab(**link)
    assert "head that matters most" not in prose(at)
    at.button(key="attention_viewer_rank").click().run()
    run_to_the_end(at, "attention_viewer_ranking")
    assert not at.exception
    points = table(at, "Name", "Look", "Effect")
    assert len(points) == 72
    most = points.loc[points["Effect"].idxmax(), "Name"]
    layer, head = re.search(r"matters most is \*\*layer (\d+), head (\d+)", prose(at)).groups()
    assert most == f"{layer}·{head}"
    # The result is that of the core, and the next visitor finds it there.
    minilm = loading.load_encoder("all-minilm-l6-v2")
    text = minilm.tokenizer(link["text"])
    ranking = list(
        head_ablation.rank_heads(
            minilm, text["input_ids"], how="mean", means=head_ablation.reference_means(minilm)
        )
    )
    effects = np.stack([one.effects for one in ranking])
    assert points["Effect"].max() == pytest.approx(effects.max(), rel=1e-3)
    assert "head that matters most" in prose(open_lab(**link))


def test_a_long_text_is_cut_to_its_end_for_the_ranking_and_that_is_said(smollm2):
    at = open_lab(text="The animal slept because it was tired. " * 12, section=EXPLAIN)
    assert "the last 64 tokens alone" in prose(at)


@pytest.fixture(autouse=True)
def _fresh_shelf():
    cached.head_rankings.clear()


def test_who_waits_for_a_ranking_that_somebody_else_finishes_gets_it_and_leaves_the_queue():
    at = open_lab(model="all-minilm-l6-v2", section=EXPLAIN, text="A dog lay under the table.")
    before_us = cached.turns().join()
    at.button(key="attention_viewer_rank").click().run()
    run = at.session_state["attention_viewer_ranking"]
    assert run.state == "waiting"
    minilm = loading.load_encoder("all-minilm-l6-v2")
    token_ids = run.asked[0][1]
    layers = head_ablation.rank_heads(
        minilm, token_ids, how="mean", means=head_ablation.reference_means(minilm)
    )
    ranking = head_effects.collect(list(layers), head_ablation.baseline(minilm, token_ids))
    cached.head_rankings().put(run.asked, ranking)
    assert cached.turns().place(before_us) == 0
    at.run()
    assert "head that matters most" in prose(at)
    assert run.state == "stopped"
    cached.turns().leave(before_us)


def test_the_long_section_says_whose_row_it_is_about(smollm2):
    at = open_lab(text="Hello world", section=EXPLAIN)
    assert "What follows is about that last token" in prose(at)

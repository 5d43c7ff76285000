import pytest

from components.charts import quantization_sizes
from core.quantization import sizes
from core.quantization.known_models import KNOWN_MODELS


def footprints(model, *schemes):
    return [sizes.footprint(KNOWN_MODELS[model], scheme, n_tokens=1_000) for scheme in schemes]


def test_weights_and_cache_stand_in_one_bar():
    counted = footprints("llama-3.1-8b", "fp16", "q4_0")
    drawing = quantization_sizes.one_model(["fp16", "Q4_0"], counted, chosen=1)
    of_q4 = drawing.frame.query("Scheme == 'Q4_0'")
    assert of_q4["GB"].sum() == pytest.approx(counted[1].total_bytes / sizes.GIB)
    assert of_q4["Mark"].unique().tolist() == ["▸ Q4_0"]


@pytest.mark.parametrize(
    ("model", "cards"), [("gpt2", 1), ("llama-3.1-8b", 3), ("llama-3.1-405b", 4)]
)
def test_only_memories_near_the_bars_are_drawn(model, cards):
    drawing = quantization_sizes.one_model(["fp16"], footprints(model, "fp16"), chosen=-1)
    rules = [layer for layer in drawing.spec["layer"] if layer["mark"]["type"] == "rule"]
    assert len(rules) == cards


def test_a_square_says_the_smallest_memory_that_holds_the_model():
    counted = footprints("llama-3.1-8b", "fp16", "q4_0") + footprints("llama-3.1-70b", "fp16")
    drawing = quantization_sizes.all_models(
        ["8B", "70B"],
        ["fp16", "Q4_0"],
        {(0, 0): counted[0], (0, 1): counted[1], (1, 0): counted[2]},
    )
    assert drawing.frame["Fits in"].tolist() == ["24 GB", "8 GB", quantization_sizes.NOWHERE]
    assert drawing.frame["Text"].tolist() == ["15", "4.3", "132"]

import numpy as np
import pytest

from components.charts import tokenization_builder
from core.tokenization import trade_off


def points(n_embd=10):
    return list(trade_off.trade_off("aaabdaaabac", [256, 257, 259], n_embd=n_embd))


def test_each_cost_is_a_share_of_its_own_largest_value():
    drawing = tokenization_builder.vocabulary_costs(points(), chosen=258)
    rows = {(row["Cost"], row["Vocabulary"]): row for row in drawing.frame.to_dict("records")}
    assert len(rows) == 12
    assert rows["Tokens, n", 256]["Share"] == 1
    assert rows["Tokens, n", 259]["Share"] == pytest.approx(5 / 11)
    assert rows["Attention, n²", 259]["Amount"] == 25
    assert rows["Attention, n²", 259]["Share"] == pytest.approx((5 / 11) ** 2)
    assert rows["Embedding, V·d", 259]["Amount"] == 2_590
    assert rows["Embedding, V·d", 259]["Share"] == 1


def test_the_own_vocabulary_gets_one_rule_and_the_spec_reads_only_columns_that_exist():
    drawing = tokenization_builder.vocabulary_costs(points(), chosen=258)
    assert drawing.frame["Yours"].dropna().tolist() == [258]
    lines, rule = drawing.spec["layer"]
    for encoding in (*lines["encoding"].values(), *rule["encoding"].values()):
        for channel in encoding if isinstance(encoding, list) else [encoding]:
            assert channel["field"] in drawing.frame


def test_a_single_size_can_be_drawn():
    drawing = tokenization_builder.vocabulary_costs(points()[:1], chosen=256)
    assert len(drawing.frame) == 4
    assert np.isfinite(drawing.frame["Share"]).all()

"""The picture of how far attention moved."""

import numpy as np

from components.charts import attention_rows


def test_equal_tokens_get_bars_of_their_own():
    drawing = attention_rows.moved_attention(
        ["the", "cat", "the"], np.array([0, 0.5, 1]), np.array([True, False, True])
    )
    assert drawing.frame["Token"].tolist() == ["the  0", "cat  1", "the  2"]
    assert drawing.frame["Moved"].tolist() == [0, 0.5, 1]
    assert drawing.frame["Kind"].nunique() == 2
    assert drawing.spec["encoding"]["x"]["sort"] is None


def test_a_long_text_is_drawn_as_far_as_its_names_fit():
    n = attention_rows.MAX_BARS + 10
    drawing = attention_rows.moved_attention(["a"] * n, np.zeros(n), np.ones(n, bool))
    assert len(drawing.frame) == attention_rows.MAX_BARS

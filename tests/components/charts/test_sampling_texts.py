import pytest

from components.charts import sampling_texts


def test_entropy_is_drawn_at_each_place_of_both_texts():
    frame = sampling_texts.entropy_along([1.0, 2.0], [3.0]).frame
    assert frame["Place"].tolist() == [1, 2, 1]
    assert frame["Text"].tolist() == ["A", "A", "B"]
    assert frame["Entropy"].tolist() == [1.0, 2.0, 3.0]


def test_many_texts_are_one_dot_each_with_the_median_of_their_setting():
    drawing = sampling_texts.figure_of_many([1.0, 2.0, 9.0], [4.0, 6.0])
    assert drawing.frame["Median"].tolist() == pytest.approx([2, 2, 2, 5, 5])
    assert drawing.frame["Value"].tolist() == [1, 2, 9, 4, 6]
    assert drawing.spec["layer"][1]["encoding"]["x"]["field"] == "Median"


def test_perplexity_is_drawn_from_where_there_is_one():
    frame = sampling_texts.perplexity_along(["mine"], [[float("nan"), 2.0, 4.0]]).frame
    assert frame["Place"].tolist() == [2, 3]
    assert frame["Perplexity"].tolist() == [2.0, 4.0]

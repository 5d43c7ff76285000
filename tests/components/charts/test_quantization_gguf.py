from components.charts import quantization_gguf as charts
from core.quantization.gguf_summary import HEAD, Share


def test_every_part_of_the_file_has_a_bar_in_the_order_of_the_file():
    shares = [Share(HEAD, "", 0, 0, 1_000_000), Share("MLP", "Q4_0", 3, 10, 3_000_000)]
    drawing = charts.bytes_by_part(shares)
    assert drawing.frame["Part"].tolist() == [HEAD, "MLP, Q4_0"]
    assert drawing.frame["Share"].tolist() == [0.25, 0.75]
    assert drawing.spec["encoding"]["y"]["sort"] is None
    assert "Megabytes" in drawing.spec["encoding"]["x"]["title"]


def test_a_part_has_the_same_colour_in_every_file():
    one = charts.bytes_by_part([Share("MLP", "Q4_0", 3, 10, 3)])
    assert set(one.frame["Kind"]) <= set(one.spec["encoding"]["color"]["scale"]["domain"])

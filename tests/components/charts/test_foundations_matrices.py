import numpy as np
import pytest

from components.charts import foundations_matrices, palette
from core.foundations import matrix_products


def test_every_word_meets_every_word_on_a_scale_from_opposite_to_alike():
    drawing = foundations_matrices.cosines(["a", "b"], np.array([[1.0, -0.5], [-0.5, 1.0]]))
    assert len(drawing.frame) == 4
    (meeting,) = drawing.frame.query("Word == 'a' and Other == 'b'").to_dict("records")
    assert meeting["Cosine"] == pytest.approx(-0.5)
    scale = drawing.spec["layer"][0]["encoding"]["color"]["scale"]
    assert scale == {"domain": [-1, 0, 1], "range": list(palette.DIVERGING)}


def test_the_bars_of_a_dot_product_add_up_to_it():
    numbers = np.arange(-10.0, 30.0)
    pair = matrix_products.compare(numbers, np.ones(40))
    drawing = foundations_matrices.dot_product(pair, [f"n{i}" for i in range(40)])
    assert drawing.frame["Product"].sum() == pytest.approx(pair.dot)
    assert len(drawing.frame) == foundations_matrices.N_PRODUCTS + 1
    assert drawing.frame["Number"].iloc[0] == "n39"
    assert drawing.frame["Number"].iloc[-1] == "the other 26"


def test_a_short_dot_product_has_no_bar_for_the_rest():
    pair = matrix_products.compare([1.0, -2.0], [3.0, 4.0])
    drawing = foundations_matrices.dot_product(pair, ["x", "y"])
    assert drawing.frame["Number"].tolist() == ["y", "x"]
    assert drawing.frame["Adds"].tolist() == ["takes away", "adds"]


def test_layers_in_use_are_blue_and_the_others_grey():
    rebuilt = matrix_products.low_rank(np.diag([3.0, 2.0, 1.0]), 2)
    drawing = foundations_matrices.layer_strengths(rebuilt)
    assert drawing.frame["Strength"].tolist() == pytest.approx([3, 2, 1])
    assert drawing.frame["Kept"].tolist() == ["kept", "kept", "left out"]
    colours = drawing.spec["encoding"]["color"]["scale"]
    assert dict(zip(colours["domain"], colours["range"], strict=True)) == {
        "kept": palette.AFTER,
        "left out": palette.BEFORE,
    }

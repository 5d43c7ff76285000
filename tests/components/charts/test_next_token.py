import numpy as np
import pytest

from components.charts import next_token, palette


def fields(spec):
    """Every field name that some encoding of a specification reads."""
    if isinstance(spec, dict):
        found = {spec["field"]} if isinstance(spec.get("field"), str) else set()
        return found.union(*(fields(value) for value in spec.values()))
    if isinstance(spec, list):
        return set().union(*(fields(value) for value in spec))
    return set()


def rows(drawing):
    return drawing.frame.to_dict("records")


def test_two_tokens_that_print_alike_get_their_ids():
    assert next_token.axis_labels(["a", "b", "a"], [5, 6, 7]) == ["a (5)", "b", "a (7)"]


def test_the_likeliest_tokens_are_drawn_in_order_with_before_after_and_fate():
    drawing = next_token.likeliest_tokens(
        ["x", "y"], [10, 11], np.array([0.7, 0.2]), np.array([1.0, 0.0]), np.array([True, False])
    )
    first, second = rows(drawing)
    assert (first["Token"], first["Rank"], second["Token"]) == ("x", 1, "y")
    assert first["Before"] == pytest.approx(0.7)
    assert first["After"] == pytest.approx(1.0)
    assert second["Fate"] == "Before, cut"
    encoding = drawing.spec["layer"][0]["encoding"]
    assert encoding["y"]["sort"] == {"field": "Rank", "op": "min"}
    assert palette.AFTER in encoding["color"]["scale"]["range"]
    assert all(field in drawing.frame for field in fields(drawing.spec))


def test_the_dice_bar_covers_zero_to_one_and_marks_where_the_dice_fell():
    drawing = next_token.dice_bar(["x", "y"], np.array([0.6, 0.3]), uniform=0.65, chosen=1)
    pieces = rows(drawing)
    assert pieces[0]["From"] == 0
    assert pieces[-1]["To"] == 1
    assert [piece["Tint"] for piece in pieces] == ["a", "chosen", "a"]
    assert pieces[1]["Dice"] == 0.65
    assert np.isnan(pieces[0]["Dice"])
    assert pieces[-1]["Token"] == "all other tokens"
    assert pieces[-1]["Probability"] == pytest.approx(0.1)
    assert all(field in drawing.frame for field in fields(drawing.spec))


def test_a_throw_beyond_the_drawn_pieces_marks_the_rest():
    pieces = rows(next_token.dice_bar(["x"], np.array([0.6]), uniform=0.95, chosen=None))
    assert [piece["Tint"] for piece in pieces] == ["a", "chosen"]


def test_without_a_throw_the_bar_has_no_marker():
    (piece,) = rows(next_token.dice_bar(["x"], np.array([1.0])))
    assert piece["Tint"] == "a"
    assert np.isnan(piece["Dice"])


def test_counts_stand_beside_what_theory_expects_with_two_standard_errors():
    drawing = next_token.counts_against_theory(
        ["x", "y"], [1, 2], np.array([80, 2]), np.array([75.0, 1.5]), np.array([4.0, 1.0])
    )
    first, second = rows(drawing)
    assert (first["Drawn"], first["Expected"], first["Low"], first["High"]) == (80, 75, 67, 83)
    assert second["Low"] == 0
    assert all(field in drawing.frame for field in fields(drawing.spec))


def test_a_specification_is_built_once_and_holds_no_data():
    first = next_token.dice_bar(["x"], np.array([1.0]))
    second = next_token.dice_bar(["y"], np.array([0.5]))
    assert first.spec is second.spec
    assert not {"data", "datasets"} & set(first.spec)
    assert all("data" not in layer for layer in first.spec["layer"])

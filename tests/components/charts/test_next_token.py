import numpy as np
import pytest

from components.charts import next_token, palette


def frames(chart):
    return list(chart.to_dict()["datasets"].values())


def test_two_tokens_that_print_alike_get_their_ids():
    assert next_token.axis_labels(["a", "b", "a"], [5, 6, 7]) == ["a (5)", "b", "a (7)"]


def test_the_likeliest_tokens_are_drawn_in_order_with_before_after_and_fate():
    chart = next_token.likeliest_tokens(
        ["x", "y"], [10, 11], np.array([0.7, 0.2]), np.array([1.0, 0.0]), np.array([True, False])
    )
    spec = chart.to_dict()
    (rows,) = frames(chart)
    assert [row["Token"] for row in rows] == ["x", "y"]
    assert rows[0]["Before"] == pytest.approx(0.7)
    assert rows[0]["After"] == pytest.approx(1.0)
    assert rows[1]["Fate"] == "Before, cut by a filter"
    assert spec["layer"][0]["encoding"]["y"]["sort"] == ["x", "y"]
    assert palette.AFTER in spec["layer"][0]["encoding"]["color"]["scale"]["range"]


def test_the_dice_bar_covers_zero_to_one_and_marks_where_the_dice_fell():
    chart = next_token.dice_bar(["x", "y"], np.array([0.6, 0.3]), uniform=0.65, chosen=1)
    segments = next(rows for rows in frames(chart) if "From" in rows[0])
    assert segments[0]["From"] == 0
    assert segments[-1]["To"] == 1
    assert [row["Chosen"] for row in segments] == [False, True, False]
    assert segments[-1]["Token"] == "all other tokens"
    assert segments[-1]["Probability"] == pytest.approx(0.1)


def test_without_a_throw_the_bar_has_no_marker():
    chart = next_token.dice_bar(["x"], np.array([1.0]))
    assert len(chart.to_dict()["layer"]) == 2
    assert not any(row["Chosen"] for row in frames(chart)[0])


def test_counts_stand_beside_what_theory_expects_with_two_standard_errors():
    chart = next_token.counts_against_theory(
        ["x", "y"], [1, 2], np.array([80, 20]), np.array([0.75, 0.25]), n_draws=100
    )
    (rows,) = frames(chart)
    assert rows[0]["Expected"] == pytest.approx(75)
    assert rows[0]["High"] - rows[0]["Expected"] == pytest.approx(2 * np.sqrt(100 * 0.75 * 0.25))
    assert rows[1]["Low"] == pytest.approx(25 - 2 * np.sqrt(18.75))

import numpy as np
import pytest

from components.charts import palette, sequences_heads


def fields(spec):
    """Every field name that some encoding of a specification reads."""
    if isinstance(spec, dict):
        found = {spec["field"]} if isinstance(spec.get("field"), str) else set()
        return found.union(*(fields(value) for value in spec.values()))
    if isinstance(spec, list):
        return set().union(*(fields(value) for value in spec))
    return set()


def drawings():
    grid = np.array([[0.0, 0.5], [0.25, 1e-9]])
    return {
        "map": sequences_heads.head_map(grid, chosen=(1, 0), title="Effect", is_log=True),
        "profile": sequences_heads.head_profile(["a", "b"], [0.4, np.nan], [0.1, np.nan]),
        "looks": sequences_heads.looks(["x", "x"], np.array([3, 7]), [grid[0], grid[1], grid[0]]),
        "change": sequences_heads.answer_change(["p", "q"], grid[0], grid[1]),
        "scatter": sequences_heads.look_against_effect(
            grid, grid, grid, chosen=(0, 1), unit="bits"
        ),
    }


@pytest.mark.parametrize("name", drawings())
def test_every_field_of_a_picture_is_in_its_table(name):
    drawing = drawings()[name]
    assert fields(drawing.spec) <= set(drawing.frame.columns)
    assert "data" not in drawing.spec


def test_the_map_has_a_square_per_head_and_frames_the_chosen_one():
    frame = drawings()["map"].frame
    assert len(frame) == 4
    (chosen,) = frame[frame["Chosen"]].to_dict("records")
    assert (chosen["Layer"], chosen["Head"], chosen["Value"]) == (1, 0, 0.25)
    assert frame["Shade"].min() == pytest.approx(-4)


def test_two_tokens_that_print_alike_keep_a_row_each():
    frame = drawings()["looks"].frame
    assert frame["Token"].unique().tolist() == ["3  x", "7  x"]
    assert frame["Measure"].unique().tolist() == list(sequences_heads.LOOKS)


def test_an_effect_of_nothing_still_has_a_place_and_the_chosen_head_lies_on_top():
    drawing = drawings()["scatter"]
    assert drawing.frame["Effect"].min() == 1e-6
    assert drawing.frame["Name"].iloc[-1] == "0·1"
    colours = drawing.spec["encoding"]["color"]["scale"]["range"]
    assert colours == [palette.AFTER, palette.MARKED]

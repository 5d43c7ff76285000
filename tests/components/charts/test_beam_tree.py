from components.charts import beam_tree


def test_each_candidate_hangs_on_its_parent_one_step_to_the_left():
    row = {"Depth": 2, "Place": 1, "Parent place": 3, "Log-probability": -1.5, "Fate": "kept"}
    drawing = beam_tree.beam_tree([{"Token": "␣extraordinary", **row}])
    (drawn,) = drawing.frame.to_dict("records")
    assert (drawn["Parent depth"], drawn["Parent place"]) == (1, 3)
    assert drawn["Printed"] == "␣extraord"
    lines, _, text = drawing.spec["layer"]
    assert (lines["encoding"]["x2"]["field"], lines["encoding"]["y2"]["field"]) == (
        "Depth",
        "Place",
    )
    assert text["encoding"]["text"]["field"] == "Printed"

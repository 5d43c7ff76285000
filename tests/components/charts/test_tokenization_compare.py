import pytest

from components.charts import tokenization_compare as charts
from core.tokenization.fertility import Fertility


def fields(spec):
    """Every field name that some encoding of a specification reads."""
    if isinstance(spec, dict):
        found = {spec["field"]} if isinstance(spec.get("field"), str) else set()
        return found.union(*(fields(value) for value in spec.values()))
    if isinstance(spec, list):
        return set().union(*(fields(value) for value in spec))
    return set()


def record(tokenizer, text, n_tokens, reference, n_unknown=0):
    return Fertility(tokenizer, text, n_tokens, 10, 20, reference, n_unknown)


def test_each_way_to_write_a_word_is_a_cell_with_its_count_and_pieces():
    drawing = charts.word_counts(
        ["GPT-2", "BERT"],
        ["alone", "after a space"],
        [[3, 1], [1, 1]],
        [["st | raw | berry", "·strawberry"], ["strawberry", "strawberry"]],
    )
    cells = drawing.frame.to_dict("records")
    assert [(cell["Tokenizer"], cell["Written"], cell["Tokens"]) for cell in cells] == [
        ("GPT-2", "alone", 3),
        ("GPT-2", "after a space", 1),
        ("BERT", "alone", 1),
        ("BERT", "after a space", 1),
    ]
    assert cells[0]["Pieces"] == "st | raw | berry"
    assert all(field in drawing.frame for field in fields(drawing.spec))


@pytest.mark.parametrize(("relative", "value"), [(True, 4.0), (False, 8)])
def test_a_text_costs_tokens_or_times_those_of_the_first(relative, value):
    records = [
        record("GPT-2", "English", 2, 2),
        record("GPT-2", "Hindi", 8, 2),
        record("BERT", "English", 4, 4),
        record("BERT", "Hindi", 4, 4, n_unknown=3),
    ]
    drawing = charts.text_costs(records, relative=relative)
    hindi = drawing.frame[drawing.frame["Text"] == "Hindi"].to_dict("records")
    assert hindi[0]["Value"] == value
    assert hindi[1]["Unknown tokens"] == 3
    assert {one["Most"] for one in hindi} == {value}
    assert list(drawing.frame["Row"]) == [0, 1, 0, 1]
    assert all(field in drawing.frame for field in fields(drawing.spec))


def test_the_two_measures_have_axes_of_their_own():
    records = [record("GPT-2", "English", 2, 2)]
    titles = [
        charts.text_costs(records, relative=relative).spec["layer"][0]["encoding"]["x"]["title"]
        for relative in (True, False)
    ]
    assert titles == ["Tokens, times those of English", "Tokens"]

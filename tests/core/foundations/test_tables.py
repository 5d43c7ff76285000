"""Typed tables are read or refused with a sentence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.foundations import tables


@pytest.mark.parametrize("text", ["1 2\n3 4", "1, 2; 3, 4", " 1\t2 ;\n\n3 ,4; ", "1 2\r\n3 4\r\n"])
def test_rows_and_numbers_may_be_parted_in_the_usual_ways(text):
    assert tables.read_table(text).tolist() == [[1, 2], [3, 4]]


def test_a_book_minus_and_powers_of_ten_are_numbers():
    assert tables.read_table("−1 +2 .5 1e-3").tolist() == [[-1, 2, 0.5, 0.001]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (";;\n,", "empty"),
        ("1 2; 3", "2, 1"),
        ("1 x", "'x' is not a number"),
        ("nan", "not a number"),
        ("1e9", "too large"),
        ("1 " * 9, "9 columns"),
        ("1;" * 9, "9 rows"),
        ("1 " * 2_000, "characters"),
        ("__import__('os')", "not a number"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(text, words):
    with pytest.raises(tables.TableError, match=r"\.$") as refused:
        tables.read_table(text)
    assert words in str(refused.value)


@settings(max_examples=100)
@given(st.text(max_size=80))
def test_any_text_is_a_finite_table_or_a_refusal(text):
    try:
        table = tables.read_table(text)
    except tables.TableError:
        return
    assert table.ndim == 2
    assert np.isfinite(table).all()

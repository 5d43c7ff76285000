"""The small words of the learning path."""

import pytest

from components import learning_path
from core import guide


@pytest.mark.parametrize(
    ("minutes", "words"), [(180, "3 h"), (165, "2 h 45 min"), (60, "1 h"), (20, "20 min")]
)
def test_a_time_is_written_in_hours_and_minutes(minutes, words):
    assert learning_path.duration(minutes) == words


def test_a_source_without_a_time_is_a_plain_link():
    playground = guide.part(5).sources[1]
    assert learning_path.source_link(playground) == (
        "[Visual guide to tokenization](https://tiktokenizer.vercel.app)"
    )
    tutorial = guide.part(5).sources[0]
    assert learning_path.source_link(tutorial).endswith("(30 min)")


@pytest.mark.parametrize(
    ("n_done", "begins"), [(0, "10 things to have done"), (3, "3 of 10"), (10, "All 10 done")]
)
def test_progress_is_said_in_words(n_done, begins):
    assert learning_path.progress_words(n_done, 10).startswith(begins)

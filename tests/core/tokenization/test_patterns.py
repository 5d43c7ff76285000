import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tokenization import patterns


@given(
    text=st.text(max_size=60),
    pattern=st.sampled_from([named.pattern for named in patterns.NAMED.values()] + [r"\w+", "b*"]),
)
@settings(max_examples=150, deadline=None)
def test_the_chunks_always_join_to_the_text(text, pattern):
    chunks = patterns.split(text, pattern)
    assert "".join(chunks) == text
    assert all(chunks)


def test_without_a_pattern_there_is_one_chunk():
    assert patterns.split("a dog.", None) == ["a dog."]
    assert patterns.split("", None) == []


@pytest.mark.parametrize(
    ("name", "chunks"),
    [
        ("gpt2", ["I", "'ll", " see", " 20245", "CamelCase", "\n\n", " x"]),
        ("cl100k", ["I", "'ll", " see", " ", "202", "45", "CamelCase", "\n\n", " x"]),
        ("o200k", ["I'll", " see", " ", "202", "45", "Camel", "Case", "\n\n", " x"]),
        ("qwen", ["I", "'ll", " see", " ", "2", "0", "2", "4", "5", "CamelCase", "\n\n", " x"]),
    ],
)
def test_each_published_pattern_cuts_in_its_own_way(name, chunks):
    assert patterns.split("I'll see 20245CamelCase\n\n x", patterns.NAMED[name].pattern) == chunks


@pytest.mark.parametrize("pattern", [r"(a|aa)+$", r"(?R)?a", r"((a{1,100}){1,100}){1,100}$"])
def test_a_pattern_that_searches_for_ever_is_stopped(pattern):
    start = time.perf_counter()
    with pytest.raises(ValueError, match=r"stopped"):
        patterns.split("a" * 60 + "b", pattern, timeout_seconds=0.2)
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    ("pattern", "message"),
    [("", "empty"), ("(", "no regular expression"), ("a" * 1001, "1,001 characters")],
)
def test_a_broken_pattern_is_refused_with_the_reason(pattern, message):
    with pytest.raises(ValueError, match=message):
        patterns.split("text", pattern)

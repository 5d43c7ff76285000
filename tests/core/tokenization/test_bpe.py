from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tokenization import bpe, bpe_training, patterns

# Few letters make many repeats and ties; the rest are characters of two to four bytes.
CROWDED = st.text(alphabet="aab cé日🦊\n", max_size=80)
# Unassigned characters are left out: libraries disagree on those that Unicode adds year by year.
ASSIGNED = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cn")), max_size=120)
OPENAI = {"gpt2": patterns.GPT2, "cl100k": patterns.CL100K, "o200k": patterns.O200K}


def naive_merges(text, n_merges, pattern, min_count=2):
    """Count every pair of the whole text again before each merge: slow and surely right."""
    words = [list(chunk.encode()) for chunk in patterns.split(text, pattern)]
    token_bytes = {byte: bytes([byte]) for byte in range(256)}
    merges = []
    while len(merges) < n_merges:
        counts = Counter(pair for word in words for pair in pairwise(word))
        if not counts:
            break
        best, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
        if count < min_count:
            break
        joined = token_bytes[best[0]] + token_bytes[best[1]]
        same = [number for number, token in token_bytes.items() if token == joined]
        new_id = same[0] if same else len(token_bytes)
        token_bytes[new_id] = joined
        words = [replace(word, best, new_id) for word in words]
        merges.append((best, count, sum(len(word) for word in words), new_id))
    return merges


def replace(word, pair, new_id):
    out, place = [], 0
    while place < len(word):
        if tuple(word[place : place + 2]) == pair:
            out.append(new_id)
            place += 2
        else:
            out.append(word[place])
            place += 1
    return out


@given(text=CROWDED.filter(bool), pattern=st.sampled_from([None, patterns.GPT2]))
@settings(max_examples=200, deadline=None)
def test_training_equals_the_naive_trainer_in_every_merge(text, pattern):
    steps = list(bpe_training.train_steps(text, pattern=pattern, min_count=1))
    found = [(step.pair, step.count, step.n_tokens, step.new_id) for step in steps]
    assert found == naive_merges(text, 10_000, pattern, min_count=1)


def test_wikipedias_example_gives_its_published_merges():
    steps = list(bpe_training.train_steps("aaabdaaabac"))
    # Z = aa, Y = ab, X = ZY, and the text becomes XdXac.
    assert [step.pair for step in steps] == [(97, 97), (97, 98), (256, 257)]
    assert bpe.train("aaabdaaabac", 259).encode("aaabdaaabac") == [258, 100, 258, 97, 99]


def test_ties_go_to_the_lowest_ids():
    step = next(bpe_training.train_steps("zyzy" + "abab", n_candidates=3))
    assert step.joined == b"ab"
    assert [(c.left + c.right, c.count) for c in step.candidates] == [
        (b"ab", 2),
        (b"zy", 2),
        (b"ba", 1),
    ]


def test_unused_tokens_are_counted_after_each_merge():
    steps = list(bpe_training.train_steps("abab", min_count=1))
    # 256 bytes, none but a and b in the text; then "ab" replaces both, then "abab" replaces it.
    assert [step.n_unused for step in steps] == [256, 257]


@given(text=CROWDED.filter(bool), pattern=st.sampled_from([None, patterns.CL100K]))
@settings(max_examples=100, deadline=None)
def test_a_trained_tokenizer_gives_the_text_back(text, pattern):
    merges = [step.pair for step in bpe_training.train_steps(text, pattern=pattern)]
    tokenizer = bpe.from_merges(merges, pattern=pattern)
    assert tokenizer.decode(tokenizer.encode(text)) == text


@given(text=CROWDED.filter(bool))
@settings(max_examples=100, deadline=None)
def test_the_training_text_is_encoded_as_it_was_merged(text):
    steps = list(bpe_training.train_steps(text, pattern=patterns.GPT2))
    tokenizer = bpe.from_merges([step.pair for step in steps], pattern=patterns.GPT2)
    if steps:
        assert len(tokenizer.encode(text)) == steps[-1].n_tokens


@pytest.mark.parametrize("name", OPENAI)
@given(text=ASSIGNED | st.text(alphabet="aA1'st \n\r\t./é日", max_size=120))
@settings(max_examples=150, deadline=None)
def test_built_from_ranks_it_equals_tiktoken(known_tokenizer, name, text):
    tokenizer = known_tokenizer(name)
    assert tokenizer.bpe.encode(text) == tokenizer.encoding.encode_ordinary(text)
    assert tokenizer.bpe.pattern == OPENAI[name]


@pytest.mark.parametrize("name", OPENAI)
@pytest.mark.parametrize("text", ["a" * 20_000, " " * 5_000 + "x", "ab" * 9_999, "é" * 7_000])
def test_it_equals_tiktoken_on_long_repeats(known_tokenizer, name, text):
    tokenizer = known_tokenizer(name)
    assert tokenizer.bpe.encode(text) == tokenizer.encoding.encode_ordinary(text)


@pytest.mark.parametrize("name", OPENAI)
def test_it_equals_tiktoken_on_a_file_of_one_megabyte(known_tokenizer, megabyte, name):
    tokenizer = known_tokenizer(name)
    assert tokenizer.bpe.encode(megabyte) == tokenizer.encoding.encode_ordinary(megabyte)


@pytest.mark.parametrize("name", ["gpt2", "cl100k", "llama3"])
def test_the_replay_ends_where_encoding_ends(known_tokenizer, name):
    tokenizer = known_tokenizer(name).bpe
    for text in ("strawberry", " Tokenization", "naïve🦊", "hello world"):
        steps = tokenizer.replay(text)
        last = {step.chunk: step.after for step in steps}
        merged = [token for chunk in sorted(last) for token in last[chunk]]
        assert merged == tokenizer.encode(text)
        for step in steps:
            known = [rank for rank in step.ranks if rank is not None]
            assert step.rank == min(known)


def test_gpt2_makes_strawberry_by_these_merges(known_tokenizer):
    tokenizer = known_tokenizer("gpt2").bpe
    joined = [tokenizer.token_bytes[step.new_id] for step in tokenizer.replay("strawberry")]
    assert joined[-1] in (b"berry", b"raw", b"st")
    assert set(joined) >= {b"st", b"raw", b"berry"}
    assert len(joined) == len("strawberry") - 3  # Each merge makes one token less.


def test_a_derivation_ends_in_its_token(known_tokenizer):
    tokenizer = known_tokenizer("gpt2").bpe
    assert tokenizer.derivation(41236)[-1].after == (41236,)


def test_first_merges_is_the_younger_tokenizer():
    tokenizer = bpe.train("aaabdaaabac", 259)
    assert tokenizer.first_merges(1).encode("aaab") == [256, 97, 98]
    assert tokenizer.first_merges(0).encode("ab") == [97, 98]
    with pytest.raises(ValueError, match="has 3 recorded merges, not 4"):
        tokenizer.first_merges(4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bpe.train("text", 255), "at least 256"),
        (lambda: bpe.train("aaabdaaabac", 260), "supports a vocabulary of 259 tokens, not 260"),
        (lambda: bpe.train("", 300), "no text"),
        (lambda: bpe.train("a\ud800", 300), "U\\+D800"),
        (lambda: bpe.train("aaaa", 257, min_count=0), "min_count"),
        (lambda: bpe.train("aaaa", 257, pattern="("), "no regular expression"),
        (lambda: bpe.from_merges([(300, 97)]), "does not exist yet"),
        (lambda: bpe.from_merges([]).encode("\udfff"), "U\\+DFFF"),
        (lambda: bpe.from_merges([]).decode([256]), "id 256"),
        (lambda: bpe.from_ranks({b"a": 0}, pattern=None), "byte 0"),
        (lambda: bpe.from_ranks({b"a": 0, b"b": 0}, pattern=None), "same rank"),
    ],
)
def test_bad_input_is_refused_with_the_reason(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_bytes_that_are_no_character_decode_to_a_mark():
    assert bpe.from_merges([]).decode([0xF0, 0x9F]) == "�"

from collections import Counter
from itertools import pairwise

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tokenization import bert_words, lockstep, wordpiece, wordpiece_training

WORDS = st.lists(
    st.sampled_from(["hug", "hugs", "pug", "pun", "bun", "hu", "aaaa", "abab", "ba"]), min_size=1
).map(" ".join)


@pytest.fixture(scope="session")
def bert(vocabulary_folder):
    """BERT's vocabulary in our code, and the same in the library."""
    folder = vocabulary_folder("all-minilm-l6-v2")
    pieces = (folder / "vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    library = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    library.no_truncation()
    library.no_padding()
    library.encode_special_tokens = True
    return wordpiece.WordPiece(tuple(pieces)), library


# Accents and marks that Unicode added after version 8 are not known as such to the library.
KNOWN_TO_BOTH = st.text(
    alphabet=st.characters(max_codepoint=0x07FC, exclude_characters="\u061d", codec="utf-8")
    | st.characters(min_codepoint=0x3000, max_codepoint=0x9FFF)
    | st.sampled_from("Éßİ日本語ÀΣςﬁ!?$+-_😀\u200d\u00ad\t\n\x0b\x1c\x85 "),
    max_size=60,
)


@given(text=KNOWN_TO_BOTH)
@settings(max_examples=300, deadline=None)
def test_with_berts_vocabulary_it_equals_the_library(bert, text):
    ours, library = bert
    theirs = library.encode(text, add_special_tokens=False)
    matches = ours.encode(text)
    assert [match.token_id for match in matches] == theirs.ids
    assert [(match.start, match.stop) for match in matches] == theirs.offsets


def test_it_equals_the_library_on_a_real_corpus(bert, megabyte):
    ours, library = bert
    text = megabyte[:60_000] + " " + "x" * 150
    theirs = library.encode(text, add_special_tokens=False).ids
    assert [match.token_id for match in ours.encode(text)] == theirs


def test_strawberry_is_one_piece_for_bert(bert):
    ours, _ = bert
    assert [match.piece for match in ours.encode(" Strawberry")] == ["strawberry"]


def test_a_word_of_more_than_a_hundred_letters_is_unknown(bert):
    ours, _ = bert
    assert [match.piece for match in ours.encode("a" * 101)] == ["[UNK]"]
    assert ours.encode("a" * 100)[0].piece != "[UNK]"


def naive_choices(text, rule):
    words = Counter(word.text for word in bert_words.basic_words(text))
    names = wordpiece_training.alphabet(words)
    rows = [([w[0], *("##" + c for c in w[1:])], n) for w, n in words.items()]
    rows = [([names.index(piece) for piece in row], n) for row, n in rows]
    chosen = []
    while True:
        pairs, parts = Counter(), Counter()
        for row, n in rows:
            for pair in pairwise(row):
                pairs[pair] += n
            for symbol in row:
                parts[symbol] += n

        def worth(pair, pairs=pairs, parts=parts):
            product = parts[pair[0]] * parts[pair[1]]
            return pairs[pair] / product if rule == "score" else pairs[pair]

        if not pairs:
            return chosen
        best = min(pairs, key=lambda pair: (-worth(pair), pair))
        if pairs[best] < 2:
            return chosen
        joined = names[best[0]] + names[best[1]].removeprefix("##")
        if joined not in names:
            names.append(joined)
        chosen.append((joined, pairs[best], parts[best[0]], parts[best[1]]))
        rows = [(merge(row, best, names.index(joined)), n) for row, n in rows]


def merge(row, pair, new):
    out = []
    for symbol in row:
        if out and (out[-1], symbol) == pair and not out_is_merged(out, new):
            out[-1] = new
        else:
            out.append(symbol)
    return out


def out_is_merged(out, new):
    return out[-1] == new


@pytest.mark.parametrize("rule", ["score", "count"])
@given(text=WORDS)
@settings(max_examples=80, deadline=None)
def test_training_equals_the_naive_trainer_in_every_choice(rule, text):
    steps = wordpiece_training.train_steps(text, rule=rule)
    found = [(step.joined, step.count, step.left_count, step.right_count) for step in steps]
    assert found == naive_choices(text, rule)


def test_the_score_prefers_parts_that_are_rare_apart():
    steps = list(wordpiece_training.train_steps("hug hug hugs pug"))
    # h and ##u meet 3 times of 3 · 4, ##u and ##g 4 times of 4 · 4.
    assert (steps[0].joined, steps[0].score) == ("hu", 3 / 12)


def test_the_first_different_choice_is_marked_once_and_explained():
    steps = list(lockstep.compare_rules("hug hug hugs pug pun bun hugs"))
    assert [step.is_first_difference for step in steps].count(True) == 1
    different = next(step for step in steps if step.is_first_difference)
    assert all(step.is_same for step in steps[: different.step])
    assert not different.is_same
    assert "score is" in different.why
    assert lockstep.compare_rules("hug hug", n_steps=1) is not None


def test_rules_that_agree_to_the_end_have_no_first_difference():
    assert [step.is_first_difference for step in lockstep.compare_rules("ab ab")] == [False]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wordpiece.train("hug", 3), "at least 4"),
        (lambda: wordpiece.train("hug hug", 99), "supports a vocabulary of 6 pieces, not 99"),
        (lambda: wordpiece.train(" \n", 30), "no words"),
        (lambda: wordpiece_training.train_steps("hug", rule="luck"), "luck"),
        (lambda: wordpiece_training.train_steps("hug", min_count=0), "min_count"),
        (lambda: wordpiece.WordPiece(("a",)).encode("b"), "no unknown token"),
        (lambda: wordpiece.WordPiece(("a",)).encode("\ud800"), "U\\+D800"),
    ],
)
def test_bad_input_is_refused_with_the_reason(call, message):
    with pytest.raises(ValueError, match=message):
        call()

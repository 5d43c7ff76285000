"""How fast our own tokenizers are, against a naive one and against those written in Rust."""

import os
import time
from collections import Counter
from itertools import pairwise

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from core.tokenization import bpe, known_tokenizers, patterns, sample_texts

pytestmark = pytest.mark.bench
SAMPLES = [sample.text for sample in sample_texts.TRANSLATIONS + sample_texts.OTHER_TEXTS]


@pytest.fixture(scope="module")
def story():
    """A megabyte of the source of Python's own library: real words, real marks."""
    folder = os.path.dirname(os.__file__)
    names = sorted(name for name in os.listdir(folder) if name.endswith(".py"))
    text = ""
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            text += file.read()
        if len(text) > 1_000_000:
            return text[:1_000_000]
    return text


def fastest(call, repeats=3):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def naive_train(text, n_merges, pattern):
    """Rescan every word before each merge."""
    words = [list(chunk.encode()) for chunk in patterns.split(text, pattern)]
    for new_id in range(256, 256 + n_merges):
        counts = Counter()
        for word in words:
            counts.update(pairwise(word))
        pair = min(counts, key=lambda pair: (-counts[pair], pair))
        for number, word in enumerate(words):
            out, place = [], 0
            while place < len(word):
                if tuple(word[place : place + 2]) == pair:
                    out.append(new_id)
                    place += 2
                else:
                    out.append(word[place])
                    place += 1
            words[number] = out


def test_training_is_forty_times_faster_than_naive(story):
    text = story[:186_000]
    ours = fastest(lambda: bpe.train(text, 512, pattern=patterns.GPT2))
    # The naive trainer is timed on an eighth of the merges, the dearest per merge being the first.
    naive = fastest(lambda: naive_train(text, 32, patterns.GPT2), repeats=1) * 8
    print(f"\n256 merges on 186 kB: {ours:.3f} s, naive {naive:.1f} s, {naive / ours:.0f} × faster")
    assert naive / ours >= 40


def test_training_is_within_four_times_of_the_rust_trainer(story):
    text = story[:186_000]
    ours = fastest(lambda: bpe.train(text, 512, pattern=patterns.GPT2))

    def rust():
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=512, initial_alphabet=alphabet, show_progress=False
        )
        tokenizer.train_from_iterator([text], trainer)

    theirs = fastest(rust)
    print(f"\n256 merges on 186 kB: {ours:.3f} s, Rust {theirs:.3f} s, {ours / theirs:.2f} ×")
    assert ours <= 4 * theirs


@pytest.mark.parametrize("name", ["gpt2", "cl100k", "o200k"])
def test_encoding_a_megabyte_is_within_twenty_times_of_tiktoken(known_tokenizer, story, name):
    tokenizer = known_tokenizer(name)
    tokenizer.bpe.encode("warm up")
    ours = fastest(lambda: tokenizer.bpe.encode(story))
    theirs = fastest(lambda: tokenizer.encoding.encode_ordinary(story))
    print(f"\n{name}, 1 MB: {ours:.2f} s, tiktoken {theirs:.3f} s, {ours / theirs:.1f} ×")
    assert ours <= 20 * theirs


def test_a_run_of_one_letter_does_not_blow_up(known_tokenizer):
    tokenizer = known_tokenizer("gpt2").bpe
    short = fastest(lambda: tokenizer.encode("a" * 10_000))
    long = fastest(lambda: tokenizer.encode("a" * 100_000))
    train = fastest(lambda: bpe.train("a" * 100_000, 260))
    print(f"\na × 10,000: {short:.3f} s, a × 100,000: {long:.3f} s; training on it {train:.2f} s")
    # Ten times the text: n · log n is 12.5 times the work, n² a hundred times.
    assert long <= 30 * short
    assert train < 5


@pytest.mark.parametrize("name", known_tokenizers.KNOWN)
def test_five_megabytes_are_counted_in_time_for_a_lab(known_tokenizer, name):
    tokenizer = known_tokenizer(name)
    text = "".join(SAMPLES) * 3_000
    text = text.encode()[:4_999_990].decode(errors="ignore")
    tokenizer.encode("warm up")
    seconds = fastest(lambda: tokenizer.encode(text), repeats=1)
    print(f"\n{name}, {len(text.encode()) / 1e6:.1f} MB: {seconds:.1f} s")
    assert seconds < 60

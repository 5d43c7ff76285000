"""How fast our own tokenizers are, against a naive one and against those written in Rust."""

import os
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


def test_training_against_a_naive_trainer(against, story):
    text = story[:186_000]
    # The naive trainer does an eighth of the merges, the dearest per merge being the first.
    against(
        lambda: bpe.train(text, 512, pattern=patterns.GPT2),
        lambda: naive_train(text, 32, patterns.GPT2),
        share=32 / 256,
        label="256 merges on 186 kB, naive trainer (aim: 40 x)",
    )


def test_training_against_the_rust_trainer(against, story):
    text = story[:186_000]

    def rust():
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=512, initial_alphabet=alphabet, show_progress=False
        )
        tokenizer.train_from_iterator([text], trainer)

    against(
        lambda: bpe.train(text, 512, pattern=patterns.GPT2),
        rust,
        peer_rounds=3,
        label="256 merges on 186 kB, Rust trainer (aim: 0.25 x)",
    )


@pytest.mark.parametrize("name", ["gpt2", "cl100k", "o200k"])
def test_encoding_a_megabyte_against_tiktoken(against, known_tokenizer, story, name):
    tokenizer = known_tokenizer(name)
    against(
        lambda: tokenizer.bpe.encode(story),
        lambda: tokenizer.encoding.encode_ordinary(story),
        peer_rounds=3,
        label=f"{name}, 1 MB, tiktoken (aim: 0.05 x)",
    )


def test_a_run_of_one_letter_ten_times_longer(against, known_tokenizer):
    tokenizer = known_tokenizer("gpt2").bpe
    # n log n is 12.5 times the work, n squared a hundred times: the ratio should be near 0.08.
    against(
        lambda: tokenizer.encode("a" * 100_000),
        lambda: tokenizer.encode("a" * 10_000),
        peer_rounds=3,
        label="a x 100,000, and a x 10,000 as the peer",
    )


@pytest.mark.parametrize("name", known_tokenizers.KNOWN)
def test_counting_five_megabytes(against, known_tokenizer, name):
    tokenizer = known_tokenizer(name)
    text = "".join(SAMPLES) * 3_000
    text = text.encode()[:4_999_990].decode(errors="ignore")
    against(lambda: tokenizer.encode(text), rounds=1, label=f"{name}, 5 MB")

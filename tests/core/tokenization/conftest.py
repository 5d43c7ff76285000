"""Texts for the tokenization tests."""

import random

import pytest

from core.tokenization import sample_texts


@pytest.fixture(scope="session")
def megabyte():
    """A megabyte of twelve languages, code, numbers and emoji, shuffled by word with a seed."""
    samples = [*sample_texts.TRANSLATIONS, *sample_texts.OTHER_TEXTS]
    words = [word for sample in samples for word in sample.text.split(" ")]
    dice = random.Random(20)
    parts = []
    size = 0
    while size < 1_000_000:
        part = dice.choice(words) + dice.choice([" ", " ", " ", "\n", "  "]) + dice.choice("aeX7.")
        parts.append(part)
        size += len(part.encode())
    return "".join(parts)

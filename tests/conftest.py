"""Fixtures shared by all tests."""

from functools import cache

import pytest


@pytest.fixture(scope="session")
def smollm2():
    """The real offline model, loaded once."""
    from core.model_store import loading

    return loading.load_causal_lm("smollm2-135m-instruct")


@pytest.fixture(scope="session")
def vocabulary_folder():
    """A function from the id of a vocabulary to its folder, fetched first if need be."""
    from core.model_store import fetching, store

    def folder(model_id):
        fetching.fetch_quietly(model_id)
        return store.model_folder(model_id)

    return folder


@pytest.fixture(scope="session")
def known_tokenizer(vocabulary_folder):
    """A function from the name of a published tokenizer to it, opened once."""
    from core.tokenization import known_tokenizers

    @cache
    def opened(name):
        folder = vocabulary_folder(known_tokenizers.KNOWN[name].store_id)
        return known_tokenizers.open_tokenizer(name, folder)

    return opened

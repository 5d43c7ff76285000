"""Fixtures shared by all tests."""

import pytest


@pytest.fixture(scope="session")
def smollm2():
    """The real offline model, loaded once."""
    from core.model_store import loading

    return loading.load_causal_lm("smollm2-135m-instruct")

import re

import pytest

from core.model_store import catalog, store
from core.model_store.sources import HubSource, WheelSource

ENTRIES = list(catalog.CATALOG.values())
SHA256 = re.compile(r"[0-9a-f]{64}")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.model_id)
def test_every_download_is_pinned(entry):
    assert entry.sources
    for source in entry.sources:
        if isinstance(source, HubSource):
            assert re.fullmatch(r"[0-9a-f]{40}", source.revision)
            assert SHA256.fullmatch(source.weights_sha256["model.safetensors"])
        else:
            assert re.fullmatch(r"[\w-]+==[\d.]+", source.requirement)
            assert SHA256.fullmatch(source.sha256)
            assert all(SHA256.fullmatch(member.sha256) for member in source.members)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.model_id)
def test_ids_and_file_names_stay_inside_the_store(entry):
    assert store.is_valid_id(entry.model_id)
    for source in entry.sources:
        if isinstance(source, WheelSource):
            assert all(re.fullmatch(r"[\w.-]+", member.name) for member in source.members)


def test_the_default_model_needs_no_hub_and_says_that_it_was_rounded():
    entry = catalog.CATALOG[catalog.DEFAULT_MODEL_ID]
    assert entry.is_offline
    assert isinstance(entry.sources[0], WheelSource)
    assert "4 bits" in entry.sources[0].note


def test_the_five_models_eight_vocabularies_and_two_scripts_are_there():
    kinds = {entry.model_id: entry.kind for entry in ENTRIES}
    assert [i for i, kind in kinds.items() if kind == "causal_lm"] == [
        "smollm2-135m-instruct",
        "gpt2",
        "distilgpt2",
    ]
    assert [i for i, kind in kinds.items() if kind == "encoder"] == [
        "all-minilm-l6-v2",
        "bert-base-uncased",
    ]
    assert list(kinds.values()).count("vocabulary") == 8
    assert list(kinds.values()).count("browser_script") == 2


def test_a_converted_wheel_has_one_file():
    for entry in ENTRIES:
        for source in entry.sources:
            assert not getattr(source, "converter", "") or len(source.members) == 1


def test_the_gguf_lab_opens_the_very_file_the_language_model_is_made_from():
    model, file = (
        catalog.CATALOG[name].sources[0] for name in ("smollm2-135m-instruct", "smollm2-135m-gguf")
    )
    assert file.members == model.members
    assert not file.converter

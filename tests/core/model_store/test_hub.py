import dataclasses
import json
import socket
import time

import pytest

from core.model_store import catalog, fetching, hub, loading, memory, store
from core.model_store.errors import ModelUnavailableError, SourceFailedError
from core.model_store.sources import HubSource

CONFIG = json.dumps({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}).encode()


def test_a_hub_model_is_fetched_checked_and_loaded(home, fake_hub, tiny_llama):
    import torch

    fake_hub.add("someone/tiny", tiny_llama | {"evil.py": b"raise SystemExit", "x.bin": b"1"})
    lm = loading.load_causal_lm("someone/tiny")
    assert lm.tokenizer.decode(lm.tokenizer("x  5 é").input_ids) == "x  5 é"
    with torch.inference_mode():
        assert lm.model(torch.tensor([[1, 2, 3]])).logits.shape == (1, 3, 256)
    assert sorted(store.read_manifest("someone/tiny").files) == sorted(tiny_llama)
    assert "abababa" in lm.source

    fake_hub.requests.clear()
    loading.load_causal_lm("someone/tiny")
    assert fake_hub.requests == []


def test_a_pickled_repository_is_refused_in_words(home, fake_hub):
    fake_hub.add("someone/old", {"config.json": CONFIG, "pytorch_model.bin": b"1"})
    with pytest.raises(ModelUnavailableError, match="pickled files only"):
        fetching.fetch_quietly("someone/old")
    assert not any("pytorch_model.bin" in request for request in fake_hub.requests)


def test_a_gated_repository_says_how_to_get_in(home, fake_hub):
    fake_hub.add("someone/gated", {"config.json": CONFIG, "model.safetensors": b"1"}, gated=True)
    with pytest.raises(ModelUnavailableError, match=r"gated: accept its licence .* HF_TOKEN"):
        fetching.fetch_quietly("someone/gated")


def test_a_missing_repository_is_named(home, fake_hub):
    with pytest.raises(ModelUnavailableError, match="does not exist on the hub, or is private"):
        fetching.fetch_quietly("someone/nothing")


def test_a_repository_with_its_own_code_is_refused(home, fake_hub):
    config = json.dumps({"model_type": "llama", "auto_map": {"AutoModel": "m.M"}}).encode()
    fake_hub.add("someone/code", {"config.json": config, "model.safetensors": b"1"})
    with pytest.raises(ModelUnavailableError, match="run code of its own"):
        fetching.fetch_quietly("someone/code")


@pytest.mark.parametrize("config", [b'{"model_type": "vit"}', b"{}", b'{"model_type": []}'])
def test_a_model_of_another_kind_is_refused(home, fake_hub, config):
    fake_hub.add("someone/vit", {"config.json": config, "model.safetensors": b"1"})
    with pytest.raises(ModelUnavailableError, match="no language model"):
        fetching.fetch_quietly("someone/vit")


@pytest.mark.parametrize("config", [b"not json", b"[]", b"\xff\xfe"])
def test_a_config_that_is_none_is_refused(home, fake_hub, config):
    fake_hub.add("someone/odd", {"config.json": config, "model.safetensors": b"1"})
    with pytest.raises(ModelUnavailableError, match=r"config\.json of someone/odd"):
        fetching.fetch_quietly("someone/odd")


def test_a_repository_without_config_is_refused(home, fake_hub):
    fake_hub.add("someone/bare", {"model.safetensors": b"1"})
    with pytest.raises(ModelUnavailableError, match=r"no config\.json"):
        fetching.fetch_quietly("someone/bare")


def test_a_model_too_large_is_refused_before_its_weights(home, fake_hub, monkeypatch):
    files = {"config.json": CONFIG, "model.safetensors": bytes(2_000_000)}
    fake_hub.add("someone/large", files)
    monkeypatch.setattr(memory, "available_bytes", lambda: 1_000_000)
    with pytest.raises(ModelUnavailableError, match=r"1,000,000 weights .* 5 MB .* 1 MB is free"):
        fetching.fetch_quietly("someone/large")
    assert not any("safetensors" in request for request in fake_hub.requests)


def test_weights_with_another_hash_are_refused(home, fake_hub, tiny_llama):
    fake_hub.add("someone/tiny", tiny_llama, hashes={"model.safetensors": "0" * 64})
    with pytest.raises(ModelUnavailableError, match="not the file that was expected"):
        fetching.fetch_quietly("someone/tiny")
    assert not store.is_stored("someone/tiny")


def test_a_catalog_model_is_asked_for_at_its_pinned_commit(home, fake_hub, tiny_llama, monkeypatch):
    fake_hub.add("owner/pinned", tiny_llama)
    entry = dataclasses.replace(
        catalog.CATALOG["gpt2"],
        n_parameters=1000,
        sources=(HubSource("owner/pinned", "ab" * 20, 1000),),
    )
    monkeypatch.setitem(catalog.CATALOG, "gpt2", entry)
    fetching.fetch_quietly("gpt2")
    assert store.verify("gpt2")
    assert f"GET /api/models/owner/pinned/revision/{'ab' * 20}?blobs=true" in fake_hub.requests


def test_a_download_that_is_cut_leaves_nothing(home, fake_hub, tiny_llama, monkeypatch):
    monkeypatch.setattr(hub, "STALL_SECONDS", 3.0)
    fake_hub.add("someone/tiny", tiny_llama, cut_at=100)
    entry = dataclasses.replace(
        catalog.CATALOG["gpt2"],
        n_parameters=1000,
        sources=(HubSource("someone/tiny", "ab" * 20, 1000),),
    )
    monkeypatch.setitem(catalog.CATALOG, "gpt2", entry)
    with pytest.raises(ModelUnavailableError, match="could not be fetched"):
        fetching.fetch_quietly("gpt2")
    assert store.list_stored() == []
    assert list((home / "work").iterdir()) == []


def test_a_hub_that_never_answers_costs_five_seconds(home, monkeypatch):
    monkeypatch.setattr(hub, "ANSWER_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(ModelUnavailableError):
            fetching.fetch_quietly("gpt2")
        assert time.monotonic() - started < 3


def test_a_name_that_never_resolves_costs_no_more(monkeypatch):
    monkeypatch.setattr(hub, "ANSWER_SECONDS", 0.2)
    with pytest.raises(SourceFailedError, match="no answer"):
        hub.within("a/b", lambda: time.sleep(2))


def test_offline_mode_is_respected(home, fake_hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelUnavailableError, match="HF_HUB_OFFLINE is set"):
        fetching.fetch_quietly("gpt2")
    assert fake_hub.requests == []


@pytest.mark.parametrize("call", [fetching.fetch_quietly, loading.load_causal_lm])
def test_a_public_server_takes_models_of_the_list_only(
    home, fake_hub, tiny_llama, monkeypatch, call
):
    fake_hub.add("someone/tiny", tiny_llama)
    monkeypatch.setenv("LLM_LABS_PUBLIC", "1")
    with pytest.raises(ModelUnavailableError, match="models of its list only"):
        call("someone/tiny")
    assert fake_hub.requests == []


@pytest.mark.parametrize(
    "model_id",
    ["../../etc/passwd", "a/../b", "http://x/y", "a", "a/b/c", "a/" + "b" * 200, "a/b\n"],
)
def test_what_is_no_hub_id_is_refused_without_asking(fake_hub, model_id):
    with pytest.raises(ModelUnavailableError, match="no hub id"):
        hub.check_custom_id(model_id)
    assert fake_hub.requests == []


def test_files_that_can_hold_code_are_never_chosen():
    names = (
        "config.json tokenizer.json model.safetensors.index.json modeling.py pytorch_model.bin "
        "model-00001-of-00002.safetensors model-00002-of-00002.safetensors onnx/model.onnx "
        "sub/model.safetensors ../config.json"
    )
    files = dict.fromkeys(names.split(), 1)
    assert hub.choose_files("a/b", files) == [
        "config.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
        "tokenizer.json",
    ]

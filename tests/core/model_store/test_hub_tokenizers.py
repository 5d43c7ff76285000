import json

import pytest

from core.model_store import hub_tokenizers
from core.model_store.errors import ModelUnavailableError


def test_only_the_tokenizer_is_fetched_and_then_kept(home, fake_hub):
    files = {"config.json": b"{}", "model.safetensors": b"1", "tokenizer.json": b'{"x": 1}'}
    fake_hub.add("someone/words", files)
    assert hub_tokenizers.find("someone/words") is None
    path = hub_tokenizers.fetch("someone/words")
    assert json.loads(path.read_text()) == {"x": 1}
    assert path.is_relative_to(home)
    assert not any("model.safetensors" in request for request in fake_hub.requests)
    n_requests = len(fake_hub.requests)
    assert hub_tokenizers.fetch("someone/words") == path
    assert len(fake_hub.requests) == n_requests
    assert [each.name for each in path.parent.iterdir()] == ["tokenizer.json"]


def test_a_repository_without_a_fast_tokenizer_is_refused_in_words(home, fake_hub):
    fake_hub.add("someone/slow", {"config.json": b"{}", "tokenizer.model": b"1"})
    with pytest.raises(ModelUnavailableError, match=r"has no tokenizer\.json"):
        hub_tokenizers.fetch("someone/slow")


def test_a_gated_repository_says_how_to_get_in(home, fake_hub):
    fake_hub.add("someone/gated", {"tokenizer.json": b"{}"}, gated=True)
    with pytest.raises(ModelUnavailableError, match=r"gated: accept its licence .* HF_TOKEN"):
        hub_tokenizers.fetch("someone/gated")
    assert hub_tokenizers.find("someone/gated") is None


@pytest.mark.parametrize("repo_id", ["../../etc/passwd", "plain", "a/b/c", "", "a/b c"])
def test_what_is_no_hub_id_is_refused_without_asking(home, fake_hub, repo_id):
    with pytest.raises(ModelUnavailableError, match="no hub id"):
        hub_tokenizers.fetch(repo_id)
    assert fake_hub.requests == []


def test_a_public_server_opens_tokenizers_of_its_list_only(home, fake_hub, monkeypatch):
    monkeypatch.setenv("LLM_LABS_PUBLIC", "1")
    with pytest.raises(ModelUnavailableError, match="of its list only"):
        hub_tokenizers.fetch("someone/words")
    assert fake_hub.requests == []

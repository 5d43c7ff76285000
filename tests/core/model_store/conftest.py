"""A store in a temporary folder, tiny wheels that pip can download, and a tiny hub."""

import base64
import dataclasses
import hashlib
import http.server
import json
import os
import threading
import zipfile
from pathlib import Path

import pytest

from core.model_store import catalog, fetching
from core.model_store.sources import CatalogEntry, WheelMember, WheelSource

TINY_ID = "tiny-words"
TINY_TEXT = b"the of and to in\n" * 1000


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty store of this test's own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("LLM_LABS_HOME", str(folder))
    monkeypatch.delenv("LLM_LABS_PUBLIC", raising=False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    return folder


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that pip uses as its only package index."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", folder.as_uri())
    return folder


def build_wheel(folder: Path, files: dict[str, bytes]) -> Path:
    """Write a valid wheel called tiny-words with these data files."""
    info = "tiny_words-1.0.dist-info"
    files = files | {
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tiny-words\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\n"
        b"Tag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().strip('=')},{len(data)}\n"
        for name, data in files.items()
    )
    path = folder / "tiny_words-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return path


def tiny_entry(wheel: Path, *, member: WheelMember | None = None) -> CatalogEntry:
    """Describe the tiny wheel as a vocabulary."""
    source = WheelSource(
        requirement="tiny-words==1.0",
        file_name=wheel.name,
        n_bytes=wheel.stat().st_size,
        sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        members=(
            member
            or WheelMember(
                "tiny_words/words.txt",
                "words.txt",
                len(TINY_TEXT),
                hashlib.sha256(TINY_TEXT).hexdigest(),
            ),
        ),
        note="Five words",
    )
    return CatalogEntry(
        model_id=TINY_ID,
        title="Tiny words",
        purpose="tests",
        kind="vocabulary",
        architecture="vocabulary",
        n_parameters=0,
        licence="MIT",
        sources=(source,),
    )


@pytest.fixture
def make_tiny(index, monkeypatch):
    """Put a tiny wheel with these files on the index, and its entry into the catalog."""

    def make(files=None, *, member=None, **changes) -> CatalogEntry:
        wheel = build_wheel(index, files or {"tiny_words/words.txt": TINY_TEXT})
        entry = tiny_entry(wheel, member=member)
        source = dataclasses.replace(entry.sources[0], **changes)
        entry = dataclasses.replace(entry, sources=(source,))
        monkeypatch.setitem(catalog.CATALOG, TINY_ID, entry)
        return entry

    return make


@pytest.fixture
def tiny(make_tiny):
    """An entry of the catalog whose wheel pip can really download."""
    return make_tiny()


class FakeHub:
    """The part of the hub's protocol that the store needs, on this machine."""

    def __init__(self):
        self.repositories: dict[str, dict] = {}
        self.requests: list[str] = []
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_HEAD(self):
                hub.answer(self, with_body=False)

            def do_GET(self):
                hub.answer(self, with_body=True)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def add(self, repo_id, files, *, gated=False, hashes=None, cut_at=None):
        self.repositories[repo_id] = {
            "files": files,
            "gated": gated,
            "hashes": hashes or {},
            "cut_at": cut_at,
        }
        return "ab" * 20

    def answer(self, request, *, with_body):
        self.requests.append(f"{request.command} {request.path}")
        parts = request.path.split("?")[0].strip("/").split("/")
        is_info = parts[:2] == ["api", "models"]
        repo_id = "/".join(parts[2:4] if is_info else parts[:2])
        repository = self.repositories.get(repo_id)
        if repository is None:
            return self.send(request, 404, b"", {"X-Error-Code": "RepoNotFound"}, with_body)
        if is_info:
            return self.send(
                request, 200, json.dumps(self.info(repo_id, repository)).encode(), {}, with_body
            )
        if repository["gated"]:
            return self.send(request, 403, b"", {"X-Error-Code": "GatedRepo"}, with_body)
        data = repository["files"][parts[-1]]
        etag = hashlib.sha256(data).hexdigest()
        headers = {"X-Repo-Commit": "ab" * 20, "ETag": f'"{etag}"'}
        return self.send(request, 200, data, headers, with_body, repository["cut_at"])

    def info(self, repo_id, repository):
        siblings = []
        for name, data in repository["files"].items():
            sibling = {"rfilename": name, "size": len(data)}
            if name.endswith(".safetensors"):
                sha = repository["hashes"].get(name, hashlib.sha256(data).hexdigest())
                sibling["lfs"] = {"sha256": sha, "size": len(data), "pointerSize": 130}
            siblings.append(sibling)
        return {
            "id": repo_id,
            "modelId": repo_id,
            "sha": "ab" * 20,
            "gated": "manual" if repository["gated"] else False,
            "private": False,
            "siblings": siblings,
            "tags": [],
        }

    def send(self, request, status, data, headers, with_body, cut_at=None):
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        if with_body:
            request.wfile.write(data[:cut_at] if cut_at else data)


@pytest.fixture
def fake_hub(monkeypatch):
    hub = FakeHub()
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    yield hub
    hub.server.shutdown()
    hub.server.server_close()


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory):
    """Files of a random Llama with 2 layers, as its owner would put them on the hub."""
    import torch
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    folder = tmp_path_factory.mktemp("tiny_llama")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    transformers.PreTrainedTokenizerFast(tokenizer_object=backend).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=256,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="session")
def smollm2_home():
    """The reader's own store, with the default model in it: fetched at most once per machine."""
    fetching.fetch_quietly(catalog.DEFAULT_MODEL_ID, repair=True)
    return os.environ.get("LLM_LABS_HOME")

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model_store import disk, store
from core.model_store.errors import DamagedModelError, ModelUnavailableError

DESCRIPTION = {
    "title": "Words",
    "kind": "vocabulary",
    "n_parameters": 0,
    "source": "a test",
    "note": "",
}


def put(model_id, files):
    """Install a model with these files."""
    with disk.work_folder() as work:
        ready = work / "ready"
        ready.mkdir()
        for name, data in files.items():
            (ready / name).write_bytes(data)
        return store.install(ready, model_id, DESCRIPTION)


def test_the_folder_is_set_by_the_environment(home):
    assert store.folder() == home


def test_without_setting_the_folder_is_in_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("LLM_LABS_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert store.folder() == tmp_path / "llm-labs"


def test_an_installed_model_is_listed_with_its_size(home):
    put("words", {"a.txt": b"12345", "b.txt": b"1"})
    assert store.is_stored("words")
    assert [(s.model_id, s.n_bytes) for s in store.list_stored()] == [("words", 6)]
    assert store.verify("words").files["a.txt"].n_bytes == 5


def test_a_hub_id_keeps_its_slash(home):
    put("some-owner/a.model", {"a.txt": b"1"})
    assert store.model_folder("some-owner/a.model").parent == home / "models"
    assert [s.model_id for s in store.list_stored()] == ["some-owner/a.model"]


@pytest.mark.parametrize(
    "model_id",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "a/../b",
        "a/b/c",
        "",
        ".",
        "..",
        "a--b",
        "a b",
        "a/b.",
        "é",
    ],
)
def test_an_impossible_id_is_refused_in_words(home, model_id):
    with pytest.raises(ModelUnavailableError, match="not a model id"):
        store.model_folder(model_id)
    assert not store.is_stored(model_id)


@settings(max_examples=100)
@given(st.text("ab./\\-_~:\0 ", max_size=8))
def test_no_id_leaves_the_store(text):
    if store.is_valid_id(text):
        inside = store.model_folder(text).relative_to(store.folder() / "models")
        assert len(inside.parts) == 1
        assert ".." not in inside.parts


def test_two_ids_never_share_a_folder(home):
    assert store.model_folder("a/b-c") != store.model_folder("a-b/c")
    assert not store.is_valid_id("a-/-b")


def test_a_missing_model_says_how_to_fetch_it(home):
    assert not store.is_stored("gpt2")
    with pytest.raises(ModelUnavailableError, match="fetch gpt2"):
        store.check("gpt2")


def test_a_cut_file_is_not_stored_and_damaged(home):
    put("words", {"a.txt": b"12345"})
    (store.model_folder("words") / "a.txt").write_bytes(b"123")
    assert not store.is_stored("words")
    with pytest.raises(DamagedModelError, match="remove words"):
        store.check("words")


def test_a_small_file_with_one_changed_byte_is_found(home):
    put("words", {"a.txt": b"12345"})
    path = store.model_folder("words") / "a.txt"
    noted = path.stat().st_mtime_ns
    path.write_bytes(b"12x45")
    os.utime(path, ns=(noted, noted))
    assert store.is_stored("words")
    with pytest.raises(DamagedModelError):
        store.check("words")


def test_a_large_file_is_hashed_when_it_was_written_again(home, monkeypatch):
    monkeypatch.setattr(store, "SMALL_FILE_BYTES", 3)
    put("words", {"a.txt": b"12345"})
    path = store.model_folder("words") / "a.txt"
    noted = path.stat().st_mtime_ns

    hashed = []
    monkeypatch.setattr(disk, "sha256_of", lambda p: hashed.append(p.name) or "0" * 64)
    store.check("words")
    assert hashed == []

    os.utime(path, ns=(noted + 1, noted + 1))
    with pytest.raises(DamagedModelError):
        store.check("words")
    assert hashed == ["a.txt"]


def test_a_broken_manifest_is_damage_and_not_a_crash(home):
    put("words", {"a.txt": b"1"})
    for text in ("", "[]", "{", '{"format": 1}', json.dumps({"format": 99})):
        (store.model_folder("words") / "manifest.json").write_text(text)
        assert not store.is_stored("words")
        assert store.list_stored() == []
        with pytest.raises(DamagedModelError):
            store.check("words")


def test_installing_again_replaces_the_model(home):
    put("words", {"a.txt": b"old", "left.txt": b"1"})
    put("words", {"a.txt": b"new!"})
    assert (store.model_folder("words") / "a.txt").read_bytes() == b"new!"
    assert not (store.model_folder("words") / "left.txt").exists()
    assert list((home / "work").iterdir()) == []


def test_remove_frees_one_model_and_leaves_the_others(home):
    put("words", {"a.txt": b"12345"})
    put("other", {"a.txt": b"1"})
    assert store.remove("words") > 5
    assert store.remove("words") == 0
    assert [s.model_id for s in store.list_stored()] == ["other"]


def test_work_of_a_dead_process_is_swept_and_that_of_a_living_one_kept(home):
    script = (
        "from core.model_store import disk; import os\n"
        "with disk.work_folder() as work:\n"
        "    (work / 'half').write_bytes(b'1' * 1000)\n"
        "    os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    assert len(list((home / "work").iterdir())) == 1
    with disk.work_folder() as mine:
        disk.sweep()
        assert list((home / "work").iterdir()) == [mine]


def test_work_of_another_machine_is_kept_for_a_day(home):
    theirs = home / "work" / "elsewhere-1-1-0123abcd"
    theirs.mkdir(parents=True)
    disk.sweep()
    assert theirs.exists()
    os.utime(theirs, (0, 0))
    disk.sweep()
    assert not theirs.exists()


def test_the_store_imports_no_heavy_library():
    script = (
        "import sys\n"
        "from core.model_store import catalog, fetching, store\n"
        "heavy = {'torch', 'transformers', 'huggingface_hub', 'streamlit'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_folder_is_measured_while_it_changes(tmp_path, monkeypatch):
    (tmp_path / "kept").write_bytes(b"12345")
    (tmp_path / "gone").write_bytes(b"1")
    real = disk.file_size
    monkeypatch.setattr(disk, "file_size", lambda p: (p.name == "gone" and p.unlink()) or real(p))
    assert disk.size_of(tmp_path) == 5

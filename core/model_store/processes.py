"""Run a command, watch it, and never leave it behind.

Downloads and conversions run in a process of their own: it can be stopped at any moment, its
memory goes back to the system, and what it does to logging and progress bars stays there.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from core.model_store.errors import SourceFailedError

PROJECT = Path(__file__).resolve().parents[2]
GLANCE_SECONDS = 0.2

Sign = TypeVar("Sign")


def watch(
    command: Sequence[str],
    log: Path,
    look: Callable[[], Sign],
    *,
    environment: dict[str, str],
    stall_seconds: float,
    limit_seconds: float,
) -> Iterator[Sign]:
    """Run a command and yield what can be seen of its progress, five times a second.

    Closing the generator kills the command.

    Args:
        command: Program and arguments.
        log: File that gets everything the command writes.
        look: Reads the progress, for instance a folder's size.
        environment: Variables to set on top of the present ones.
        stall_seconds: Give up when ``look`` has shown nothing new for so long.
        limit_seconds: Give up after so long in any case.

    Yields:
        What ``look`` returned.

    Raises:
        SourceFailedError: If the command fails, stalls or runs too long.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | environment,
        )
    try:
        started = changed = time.monotonic()
        last = None
        while process.poll() is None:
            now, seen = time.monotonic(), look()
            if seen != last:
                last, changed = seen, now
            if now - changed > stall_seconds:
                raise SourceFailedError(f"nothing moved for {stall_seconds:.0f} seconds")
            if now - started > limit_seconds:
                raise SourceFailedError(f"not finished after {limit_seconds / 60:.0f} minutes")
            yield seen
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GLANCE_SECONDS)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    if process.returncode != 0:
        raise SourceFailedError(last_words(log, process.returncode))


def python_module(module: str, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """Build the command and environment that run a module of this project.

    Args:
        module: Dotted name, such as ``core.model_store.conversion``.
        *arguments: Its command line.

    Returns:
        The command, and the variables it needs.
    """
    path = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
    return [sys.executable, "-m", module, *arguments], {"PYTHONPATH": path}


def last_words(log: Path, return_code: int) -> str:
    """Find the line of a log that says what went wrong.

    Args:
        log: What the command wrote.
        return_code: Its exit status, named when it said nothing.

    Returns:
        The last line that speaks of an error, else the last line.
    """
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    words = (errors or lines or [f"it stopped with status {return_code}"])[-1]
    return words.removeprefix("ERROR: ")[:300]

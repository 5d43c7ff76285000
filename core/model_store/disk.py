"""The store's place on the disk: where it is, how much room is left, and work not yet finished."""

import contextlib
import errno
import hashlib
import os
import re
import shutil
import socket
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil

ABANDONED_AFTER_SECONDS = 24 * 3600
WORK_NAME = re.compile(r"(?P<host>[A-Za-z0-9.]+)-(?P<pid>\d+)-(?P<born>\d+)-[0-9a-f]{8}")


def folder() -> Path:
    """Say where the store is.

    Returns:
        ``LLM_LABS_HOME`` if it is set, else ``llm-labs`` in the user's cache folder. It need not
        exist yet.
    """
    home = os.environ.get("LLM_LABS_HOME", "").strip()
    if home:
        return Path(home).expanduser().absolute()

    if sys.platform == "win32":
        caches = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        caches = Path.home() / "Library" / "Caches"
    else:
        caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return caches / "llm-labs"


@contextlib.contextmanager
def work_folder() -> Iterator[Path]:
    """Give a fresh folder on the store's disk, and delete it at the end whatever happens."""
    here = folder() / "work" / f"{_owner(os.getpid())}-{uuid.uuid4().hex[:8]}"
    here.mkdir(parents=True)
    try:
        yield here
    finally:
        shutil.rmtree(here, ignore_errors=True)


def sweep() -> None:
    """Delete the unfinished work of processes that are gone."""
    work = folder() / "work"
    if not work.is_dir():
        return
    for path in work.iterdir():
        name = WORK_NAME.fullmatch(path.name)
        if name and name["host"] == _host():
            # This machine: the process with that number must be the one that made the folder.
            is_abandoned = not path.name.startswith(f"{_owner(int(name['pid']))}-")
        else:
            is_abandoned = time.time() - path.stat().st_mtime > ABANDONED_AFTER_SECONDS
        if is_abandoned:
            shutil.rmtree(path, ignore_errors=True)


def sha256_of(path: Path) -> str:
    """Hash a file without reading it into memory at once."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size_of(path: Path) -> int:
    """Add up the sizes of all files below a folder, while it may be changing."""
    # os.walk passes over a folder that vanishes meanwhile; Path.rglob would raise.
    files = (Path(here) / name for here, _, names in os.walk(path) for name in names)
    return sum(max(file_size(file), 0) for file in files)


def explain(error: OSError) -> str:
    """Turn an error of the file system into a sentence that says what to do."""
    where = f"the store's folder {folder()}"
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return (
            f"The program may not write to {where}. Set LLM_LABS_HOME to a folder that you may "
            "write to."
        )
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        free = shutil.disk_usage(_existing(folder())).free
        return (
            f"The disk with {where} is full ({free / 1e6:,.0f} MB free). Free some space, or set "
            "LLM_LABS_HOME to a folder on another disk."
        )
    return f"The system refused to change {where}: {error}."


def free_bytes() -> int:
    """Say how much room is left on the store's disk."""
    return shutil.disk_usage(_existing(folder())).free


def _existing(path: Path) -> Path:
    """Find the nearest folder above ``path`` that exists."""
    for parent in (path, *path.parents):
        if parent.exists():
            return parent
    raise FileNotFoundError(errno.ENOENT, "there is no such disk", str(path))


def file_size(path: Path) -> int:
    """Size of a file, -1 when there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9.]", "", socket.gethostname())[:40] or "host"


def _owner(pid: int) -> str:
    """Name a process so that a later one with the same number is told apart."""
    try:
        born = int(psutil.Process(pid).create_time())
    except psutil.Error:
        born = 0
    return f"{_host()}-{pid}-{born}"

"""The folder on disk that keeps models, and the promise that nothing in it is half-made.

The folder (``LLM_LABS_HOME``, by default in the user's cache folder) looks like this::

    models/<id>/            the files of one model, and manifest.json beside them
    work/<host>-<pid>-…/    unfinished work of one process
    locks/<id>.lock         held while a process fetches that model

A model is built in ``work``, on the same disk, and moved into ``models`` in one step. So a folder
under ``models`` is always complete: a killed process leaves rubbish in ``work`` only, and the next
fetch sweeps it away.

``manifest.json`` holds the size and sha256 of each file. Two checks use it:

- ``is_stored`` compares sizes: a few microseconds, on every page.
- ``check`` is run before a model is loaded. Small files are hashed. A large file is hashed only
  when its modification time is not the one noted in the manifest, since hashing half a gigabyte
  costs as much time as loading it. ``verify`` hashes everything.
"""

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import socket
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from core.model_store.errors import DamagedModelError, ModelUnavailableError

MANIFEST = "manifest.json"
MANIFEST_FORMAT = 1
SMALL_FILE_BYTES = 32_000_000
ABANDONED_AFTER_SECONDS = 24 * 3600
HUB_NAME = r"[A-Za-z0-9](?:[\w.-]{0,94}\w)?"
HUB_ID = re.compile(f"{HUB_NAME}/{HUB_NAME}", re.ASCII)
PLAIN_ID = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?", re.ASCII)
WORK_NAME = re.compile(r"(?P<host>[A-Za-z0-9.]+)-(?P<pid>\d+)-(?P<born>\d+)-[0-9a-f]{8}")


@dataclass(frozen=True)
class StoredFile:
    """One file of a stored model: its size, its hash, and when it was written."""

    n_bytes: int
    sha256: str
    modified_ns: int


@dataclass(frozen=True)
class StoredModel:
    """What the store knows about one of its models.

    Attributes:
        model_id: Catalog id, or owner and name of a hub repository.
        title: Name for the reader.
        kind: "causal_lm", "encoder" or "vocabulary".
        n_parameters: Number of weights; 0 for a vocabulary.
        source: Where it came from, in words.
        note: What a reader must know about this copy.
        files: Size, hash and time of each file, by name.
    """

    model_id: str
    title: str
    kind: str
    n_parameters: int
    source: str
    note: str
    files: dict[str, StoredFile]

    @property
    def n_bytes(self) -> int:
        """Room the model takes on disk."""
        return sum(stored.n_bytes for stored in self.files.values())


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


def is_valid_id(model_id: str) -> bool:
    """Say whether a string can be a model id at all: a plain name, or ``owner/name``.

    Args:
        model_id: Anything, also from an address bar.

    Returns:
        False for paths, dots in a row, spaces and anything else that could leave the store.

    Example:
        >>> is_valid_id("gpt2"), is_valid_id("openai-community/gpt2")
        (True, True)
        >>> is_valid_id("../../etc/passwd"), is_valid_id("a/b/c"), is_valid_id("")
        (False, False, False)
    """
    if ".." in model_id or "--" in model_id:  # "--" stands for "/" in folder names
        return False
    return bool(PLAIN_ID.fullmatch(model_id) or HUB_ID.fullmatch(model_id))


def model_folder(model_id: str) -> Path:
    """Say where a model is, or would be.

    Args:
        model_id: Catalog id, or owner and name of a hub repository.

    Returns:
        Its folder inside the store.

    Raises:
        ModelUnavailableError: If the id is not a plain name or ``owner/name``.
    """
    if not is_valid_id(model_id):
        raise ModelUnavailableError(
            f"{model_id[:80]!r} is not a model id. An id is a name such as 'gpt2', or an owner "
            "and a name such as 'openai-community/gpt2'."
        )
    return folder() / "models" / model_id.replace("/", "--")


def read_manifest(model_id: str) -> StoredModel | None:
    """Read what the store knows about a model.

    Args:
        model_id: Catalog id, or owner and name of a hub repository.

    Returns:
        Its record, or None when it is not there or its manifest cannot be read.
    """
    try:
        raw = json.loads((model_folder(model_id) / MANIFEST).read_text(encoding="utf-8"))
        if raw.pop("format") != MANIFEST_FORMAT or raw["model_id"] != model_id:
            return None
        raw["files"] = {name: StoredFile(**stored) for name, stored in raw["files"].items()}
        return StoredModel(**raw)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ModelUnavailableError):
        return None


def is_stored(model_id: str) -> bool:
    """Say whether a model is in the store, with every file at its size. Costs microseconds.

    Args:
        model_id: Any string; an impossible id is not stored.

    Returns:
        True if the model can be loaded without a download.
    """
    stored = read_manifest(model_id)
    if stored is None:
        return False
    here = model_folder(model_id)
    return all(_size(here / name) == file.n_bytes for name, file in stored.files.items())


def check(model_id: str, *, thorough: bool = False) -> StoredModel:
    """Compare a stored model with its manifest.

    Args:
        model_id: A model in the store.
        thorough: Hash every file, also a large one whose modification time is as noted.

    Returns:
        The model's record.

    Raises:
        ModelUnavailableError: If the model is not in the store.
        DamagedModelError: If a file is missing or differs.
    """
    here = model_folder(model_id)
    stored = read_manifest(model_id)
    if stored is None:
        if here.exists():
            raise DamagedModelError(_damaged(model_id, MANIFEST))
        raise ModelUnavailableError(
            f"{model_id} is not in the store. Fetch it: python -m core.model_store fetch {model_id}"
        )

    for name, file in stored.files.items():
        path = here / name
        if _size(path) != file.n_bytes:
            raise DamagedModelError(_damaged(model_id, name))
        is_small = file.n_bytes <= SMALL_FILE_BYTES
        is_untouched = path.stat().st_mtime_ns == file.modified_ns
        if (thorough or is_small or not is_untouched) and sha256_of(path) != file.sha256:
            raise DamagedModelError(_damaged(model_id, name))
    return stored


def verify(model_id: str) -> StoredModel:
    """Hash every file of a stored model; same errors as ``check``."""
    return check(model_id, thorough=True)


def list_stored() -> list[StoredModel]:
    """List the models in the store, in the order of their ids."""
    models = folder() / "models"
    if not models.is_dir():
        return []
    ids = (path.name.replace("--", "/") for path in sorted(models.iterdir()))
    return [stored for stored in map(read_manifest, ids) if stored is not None]


def remove(model_id: str) -> int:
    """Delete a model from the store.

    Args:
        model_id: Catalog id, or owner and name of a hub repository.

    Returns:
        Bytes freed; 0 when it was not there.

    Raises:
        ModelUnavailableError: If the id is impossible or the folder cannot be changed.
    """
    here = model_folder(model_id)
    if not here.exists():
        return 0
    n_bytes = size_of(here)
    try:
        with work_folder() as work:
            # Moved first, deleted after: a reader never sees half a model.
            os.replace(here, work / "removed")
    except OSError as error:
        raise ModelUnavailableError(explain(error)) from error
    return n_bytes


def install(ready: Path, model_id: str, description: dict[str, object]) -> StoredModel:
    """Write the manifest into a finished folder and move it into place in one step.

    Args:
        ready: Folder with the model's files, inside ``work_folder``.
        model_id: Where it belongs. What was there before is replaced.
        description: The other attributes of ``StoredModel``, without the files.

    Returns:
        The record of the new model.
    """
    files = {}
    for path in sorted(ready.iterdir()):
        status = path.stat()
        files[path.name] = StoredFile(status.st_size, sha256_of(path), status.st_mtime_ns)
    stored = StoredModel(model_id=model_id, files=files, **description)
    manifest = {"format": MANIFEST_FORMAT, **asdict(stored)}
    (ready / MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")

    place = model_folder(model_id)
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        os.replace(place, ready.parent / "replaced")
    os.replace(ready, place)
    return stored


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
    return sum(max(_size(inner), 0) for inner in path.rglob("*") if inner.is_file())


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


def _size(path: Path) -> int:
    """Size of a file, -1 when there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _damaged(model_id: str, name: str) -> str:
    return (
        f"The stored copy of {model_id} is damaged ({name} differs from what was stored). "
        f"Remove it and fetch it again: python -m core.model_store remove {model_id}, then "
        f"python -m core.model_store fetch {model_id}"
    )


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9.]", "", socket.gethostname())[:40] or "host"


def _owner(pid: int) -> str:
    """Name a process so that a later one with the same number is told apart."""
    try:
        born = int(psutil.Process(pid).create_time())
    except psutil.Error:
        born = 0
    return f"{_host()}-{pid}-{born}"

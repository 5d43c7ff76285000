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

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from core.model_store import disk
from core.model_store.disk import folder
from core.model_store.errors import DamagedModelError, ModelUnavailableError

MANIFEST = "manifest.json"
MANIFEST_FORMAT = 1
SMALL_FILE_BYTES = 32_000_000
HUB_NAME = r"[A-Za-z0-9](?:[\w.-]{0,94}\w)?"
HUB_ID = re.compile(f"{HUB_NAME}/{HUB_NAME}", re.ASCII)
PLAIN_ID = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?", re.ASCII)


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
        kind: "causal_lm", "encoder", "gguf", "vocabulary" or "browser_script".
        n_parameters: Number of weights; 0 for what is not loaded.
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
    return all(disk.file_size(here / name) == file.n_bytes for name, file in stored.files.items())


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
        if disk.file_size(path) != file.n_bytes:
            raise DamagedModelError(_damaged(model_id, name))
        is_small = file.n_bytes <= SMALL_FILE_BYTES
        is_untouched = path.stat().st_mtime_ns == file.modified_ns
        if (thorough or is_small or not is_untouched) and disk.sha256_of(path) != file.sha256:
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
    n_bytes = disk.size_of(here)
    try:
        with disk.work_folder() as work:
            # Moved first, deleted after: a reader never sees half a model.
            os.replace(here, work / "removed")
    except OSError as error:
        raise ModelUnavailableError(disk.explain(error)) from error
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
        files[path.name] = StoredFile(status.st_size, disk.sha256_of(path), status.st_mtime_ns)
    stored = StoredModel(model_id=model_id, files=files, **description)
    manifest = {"format": MANIFEST_FORMAT, **asdict(stored)}
    (ready / MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")

    place = model_folder(model_id)
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        os.replace(place, ready.parent / "replaced")
    os.replace(ready, place)
    return stored


def _damaged(model_id: str, name: str) -> str:
    return (
        f"The stored copy of {model_id} is damaged ({name} differs from what was stored). "
        f"Remove it and fetch it again: python -m core.model_store remove {model_id}, then "
        f"python -m core.model_store fetch {model_id}"
    )

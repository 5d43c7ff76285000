"""Files that were written here: a few are kept on disk, the oldest goes first."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.model_store import disk, store
from core.quantization import gguf_export
from core.quantization.gguf_export import TypeMix

MAX_FILES = 3
STALE_SECONDS = 3_600


@dataclass(frozen=True)
class WrittenFile:
    """A file on the shelf."""

    path: str
    n_bytes: int
    modified_ns: int


def folder() -> Path:
    """Return the folder of the shelf; it need not exist."""
    return disk.folder() / "written"


def all_files() -> list[Path]:
    """List the files on the shelf, the newest first."""
    found = []
    for path in folder().glob("*.gguf"):
        try:
            found.append((path.stat().st_mtime_ns, path))
        except OSError:  # another reader's file just took its place
            continue
    return [path for _, path in sorted(found, reverse=True)]


def newest() -> int:
    """Say when the newest file was written, in nanoseconds; 0 for an empty shelf."""
    found = [find_path.stat().st_mtime_ns for find_path in all_files()[:1]]
    return found[0] if found else 0


def place(model_id: str, mix: TypeMix) -> Path:
    """Say where a file is, or would be."""
    return folder() / f"{model_id}.{mix.label}.gguf"


def find(model_id: str, mix: TypeMix) -> WrittenFile | None:
    """Return a file that is on the shelf, None if it is not."""
    path = place(model_id, mix)
    try:
        stat = path.stat()
    except OSError:
        return None
    return WrittenFile(str(path), stat.st_size, stat.st_mtime_ns)


def write(model_id: str, mix: TypeMix) -> Iterator[float]:
    """Write a stored model as a GGUF file and put it on the shelf.

    Args:
        model_id: A Llama model in the store.
        mix: The types.

    Yields:
        The fraction that is written.

    Raises:
        ModelUnavailableError: If the model is not there or is no Llama.
        RuntimeError: If the disk does not take the file; says why.
    """
    path = place(model_id, mix)
    the_plan = gguf_export.plan(store.model_folder(model_id), mix)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        make_room(MAX_FILES - 1)
        yield from gguf_export.write(the_plan, path)
    except OSError as error:
        raise RuntimeError(disk.explain(error)) from error


def make_room(n_kept: int) -> None:
    """Remove the oldest files until ``n_kept`` are left, and what killed processes left behind."""
    for path in all_files()[n_kept:]:
        path.unlink(missing_ok=True)
    for path in folder().glob("*.part"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > STALE_SECONDS:
                path.unlink(missing_ok=True)

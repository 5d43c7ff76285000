"""Files that were written here: a few are kept on disk, the oldest goes first."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.model_store import disk, store
from core.quantization import gguf_export
from core.quantization.gguf_export import TypeMix

MAX_FILES = 3


@dataclass(frozen=True)
class WrittenFile:
    """A file on the shelf."""

    path: str
    n_bytes: int
    modified_ns: int


def place(model_id: str, mix: TypeMix) -> Path:
    """Say where a file is, or would be."""
    return disk.folder() / "written" / f"{model_id}.{mix.label}.gguf"


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
        make_room(path.parent, MAX_FILES - 1)
        yield from gguf_export.write(the_plan, path)
    except OSError as error:
        raise RuntimeError(disk.explain(error)) from error


def make_room(folder: Path, n_kept: int) -> None:
    """Remove the oldest files until ``n_kept`` are left."""
    files = sorted(folder.glob("*.gguf"), key=lambda path: path.stat().st_mtime_ns)
    for path in files[: max(0, len(files) - n_kept)]:
        path.unlink(missing_ok=True)

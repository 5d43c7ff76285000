"""Only the tokenizer of a hub repository: one ``tokenizer.json``, without the model's weights."""

import os
import tempfile
from pathlib import Path

from core.model_store import disk, hub, store
from core.model_store.errors import ModelUnavailableError, SourceFailedError

FILE_NAME = "tokenizer.json"
MAX_BYTES = 40_000_000
DOWNLOAD_SECONDS = 60.0


def find(repo_id: str) -> Path | None:
    """Say where the tokenizer of a repository is stored.

    Args:
        repo_id: Owner and name.

    Returns:
        Its ``tokenizer.json``, or None if it was never fetched.
    """
    if not store.is_valid_id(repo_id):
        return None
    own = _folder(repo_id) / FILE_NAME
    of_model = store.model_folder(repo_id) / FILE_NAME
    return next((path for path in (own, of_model) if path.is_file()), None)


def fetch(repo_id: str) -> Path:
    """Make sure that the tokenizer of a repository is stored.

    Args:
        repo_id: Owner and name.

    Returns:
        Its ``tokenizer.json``.

    Raises:
        ModelUnavailableError: If the repository may not be used or cannot be read, or has no
            ``tokenizer.json``. The message says what to do, also for a gated one.
    """
    _check_id(repo_id)
    if (stored := find(repo_id)) is not None:
        return stored
    try:
        info = hub.ask(repo_id, None)
        sizes = {file.rfilename: file.size or 0 for file in info.siblings or []}
        if not 0 < sizes.get(FILE_NAME, 0) <= MAX_BYTES:
            raise SourceFailedError(
                f"it has no {FILE_NAME} of at most {MAX_BYTES // 1_000_000} MB, so there is no "
                "fast tokenizer; choose a repository that lists one"
            )
        return _download(repo_id, info.sha)
    except SourceFailedError as error:
        raise ModelUnavailableError(f"{repo_id} cannot be used: {error}.") from error
    except OSError as error:
        raise ModelUnavailableError(disk.explain(error)) from error


def _check_id(repo_id: str) -> None:
    if hub.is_public_deployment():
        raise ModelUnavailableError(
            "This public server opens the tokenizers of its list only. On your own machine any "
            "fast tokenizer of the hub can be used."
        )
    if not store.is_valid_id(repo_id) or "/" not in repo_id:
        raise ModelUnavailableError(
            f"{repo_id[:80]!r} is no tokenizer of the list and no hub id. A hub id is an owner and "
            "a name, such as openai-community/gpt2."
        )


def _download(repo_id: str, revision: str) -> Path:
    from huggingface_hub import hf_hub_download

    folder = _folder(repo_id)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as scratch:
        path = hub.within(
            repo_id,
            lambda: hf_hub_download(
                repo_id,
                FILE_NAME,
                revision=revision,
                local_dir=scratch,
                endpoint=hub.endpoint(),
                etag_timeout=hub.ANSWER_SECONDS,
            ),
            seconds=DOWNLOAD_SECONDS,
        )
        # A rename is all or nothing: a reader never sees half of a file.
        os.replace(path, folder / FILE_NAME)
    return folder / FILE_NAME


def _folder(repo_id: str) -> Path:
    return disk.folder() / "tokenizers" / repo_id.replace("/", "--")

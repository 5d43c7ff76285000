"""Results that took long, kept for everybody: a bounded table of the latest ones."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any


class Shelf:
    """Keeps the results used last, safe to share between sessions.

    The caches of ``cached.py`` keep what one call computes. Work that many small turns have done
    together, with progress and Stop, has no such call; its result is put here when it is whole.
    """

    def __init__(self, *, max_entries: int) -> None:
        """Make an empty shelf.

        Args:
            max_entries: How many results stay.
        """
        self._max_entries = max_entries
        self._lock = threading.Lock()
        self._results: OrderedDict[Hashable, Any] = OrderedDict()

    def put(self, key: Hashable, result: Any) -> None:
        """Keep a result; the one that was not asked for the longest gives way."""
        with self._lock:
            self._results[key] = result
            self._results.move_to_end(key)
            while len(self._results) > self._max_entries:
                self._results.popitem(last=False)

    def get(self, key: Hashable) -> Any | None:
        """Return a result, or None if it is not there."""
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
            return self._results.get(key)

    def of_kind(self, kind: type) -> dict[Any, Any]:
        """Return all results whose key is of a kind."""
        with self._lock:
            return {key: found for key, found in self._results.items() if isinstance(key, kind)}

"""One piece of long work at a time, and a shelf of finished results, for all sessions.

At most one piece of work is under way, so at most one extra model is in memory, however many people
ask, stop or close their browser.
"""

import threading
import time
from collections.abc import Callable, Generator, Hashable
from typing import Any

from components.shelf import Shelf

Start = Callable[[], Generator[Any, None, Any]]
"""Begins the work: a generator that yields progress and returns the result."""


class Workbench:
    """Room for one piece of work, and a shelf of finished results; safe to share."""

    def __init__(
        self,
        *,
        max_results: int = 128,
        patience_s: float = 30.0,
        tidy: Callable[[], object] = lambda: None,
    ) -> None:
        """Clear the bench.

        Args:
            max_results: How many results stay; the one unused for longest goes first.
            patience_s: Seconds after which work that nobody goes on with is dropped.
            tidy: Called whenever work has left the bench.
        """
        self._patience_s = patience_s
        self._tidy = tidy
        self._shelf = Shelf(max_entries=max_results)
        self._bench_lock = threading.RLock()
        self._asked: Hashable = None
        self._steps: Generator[Any, None, Any] | None = None
        self._progress: Any = None
        self._timer: threading.Timer | None = None

    def result(self, asked: Hashable) -> Any:
        """Return a finished result, or None."""
        return self._shelf.get(asked)

    def results(self, kind: type) -> dict[Any, Any]:
        """Return all finished results whose request is of a kind."""
        return self._shelf.of_kind(kind)

    def keep(self, asked: Hashable, result: Any) -> None:
        """Put a result on the shelf."""
        self._shelf.put(asked, result)

    def progress(self, asked: Hashable) -> Any:
        """Return how far a piece of work is; None if it is not the one on the bench."""
        return self._progress if asked == self._asked else None

    def work(self, asked: Hashable, start: Start, *, seconds: float) -> bool:
        """Go on with a piece of work for about that long, or until its next step is done.

        Other work on the bench was left by somebody who is gone; it is dropped with what it held.

        Args:
            asked: What the work is for: equal things share it.
            start: Begins it.
            seconds: After how long to pause.

        Returns:
            Whether the result is there.
        """
        with self._bench_lock:
            if self.result(asked) is not None:
                return True
            if self._steps is None or asked != self._asked:
                self._clear()
                self._asked, self._steps = asked, start()
            until = time.monotonic() + seconds
            try:
                while time.monotonic() < until:
                    self._progress = next(self._steps)
            except StopIteration as finished:
                self.keep(asked, finished.value)
                self._clear()
                return True
            except BaseException:
                self._clear()
                raise
            self._set_timer()
            return False

    def drop(self, asked: Hashable) -> None:
        """Give up a piece of work if it is the one on the bench."""
        with self._bench_lock:
            if self._steps is not None and asked == self._asked:
                self._clear()

    @property
    def is_free(self) -> bool:
        """Whether no work is under way."""
        return self._steps is None

    def _clear(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        was_busy = self._steps is not None
        if was_busy:
            self._steps.close()
        self._asked = self._steps = self._progress = self._timer = None
        if was_busy:
            self._tidy()

    def _set_timer(self) -> None:
        """Drop the work by itself if its reader has gone, since it holds a model."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(self._patience_s, self.drop, args=(self._asked,))
        self._timer.daemon = True
        self._timer.start()

"""Who may generate now: a queue without waiting threads.

Thirty people on two cores share one model. Each holds a ticket and asks again and again for its
place; the first ``limit`` tickets may work. A ticket that nobody asks about any more, because its
browser tab was closed, is dropped.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Turns:
    """A first-come-first-served queue of tickets, safe to share between sessions."""

    def __init__(
        self,
        *,
        limit: int = 1,
        patience_s: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the queue.

        Args:
            limit: How many tickets may work at once.
            patience_s: Seconds of silence after which a ticket is dropped.
            clock: Seconds that only go forward.
        """
        self._limit = limit
        self._patience_s = patience_s
        self._clock = clock
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._last_asked: dict[int, float] = {}
        self._working: set[int] = set()

    def join(self) -> int:
        """Take a ticket at the end of the queue."""
        with self._lock:
            ticket = next(self._numbers)
            self._last_asked[ticket] = self._clock()
            return ticket

    def place(self, ticket: int) -> int:
        """Return how many tickets must finish first; 0 means that it is this ticket's turn.

        A ticket that was dropped goes to the end of the queue.
        """
        with self._lock:
            now = self._clock()
            self._last_asked.setdefault(ticket, now)
            self._last_asked[ticket] = now
            silent = [
                other
                for other, asked in self._last_asked.items()
                if now - asked > self._patience_s and other not in self._working
            ]
            for other in silent:
                del self._last_asked[other]
            return max(0, list(self._last_asked).index(ticket) - self._limit + 1)

    @contextmanager
    def working(self, ticket: int) -> Iterator[None]:
        """Keep a ticket's place while it works: a step may take longer than patience lasts."""
        with self._lock:
            self._working.add(ticket)
        try:
            yield
        finally:
            with self._lock:
                self._working.discard(ticket)
                if ticket in self._last_asked:
                    self._last_asked[ticket] = self._clock()

    def leave(self, ticket: int) -> None:
        """Give a ticket back; one that is gone already is no error."""
        with self._lock:
            self._last_asked.pop(ticket, None)

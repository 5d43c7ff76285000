"""Long work that many readers ask for: done once, by one at a time, and shared.

Thirty people may ask for the same figures within a minute. Their requests stand in the one queue of
the server; whoever is first does a little of the work at each tick of the page, and the result is
kept for all. No thread waits, and Stop is heard at the next tick.
"""

import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from components import cached
from components.plain import plain
from components.workbench import Start
from core.model_store.errors import ModelUnavailableError

_LOG = logging.getLogger(__name__)
_WORK_S = 1.0
_TICK_S = 0.1
_WAITING_TICK_S = 1.0


@dataclass
class _Request:
    """One reader who waits for a result, kept in the session."""

    asked: Hashable
    start: Start
    ticket: int
    error: str = ""


def ask(key: str, asked: Hashable, start: Start) -> None:
    """Ask for a result; what was asked before under this key is given up.

    Args:
        key: Session key of the request.
        asked: What the result is for: two readers who ask for equal things share it.
        start: Begins the work.
    """
    give_up(key)
    if cached.workbench().result(asked) is None:
        st.session_state[key] = _Request(asked, start, cached.turns().join())


def give_up(key: str) -> None:
    """Stop asking; work that this reader was doing is dropped."""
    request: _Request | None = st.session_state.pop(key, None)
    if request is not None:
        if not request.error and cached.turns().place(request.ticket) == 0:
            cached.workbench().drop(request.asked)
        cached.turns().leave(request.ticket)


def is_asked(key: str, asked: Hashable) -> bool:
    """Say whether this very request is waiting or under way."""
    request: _Request | None = st.session_state.get(key)
    return request is not None and not request.error and request.asked == asked


def view(key: str, show: Callable[[Any], None]) -> None:
    """Keep a request going while it lasts, with its place in the queue and a Stop button.

    Args:
        key: Session key of the request; without one nothing is drawn.
        show: Draws the progress that the work yields.
    """
    request: _Request | None = st.session_state.get(key)
    if request is None:
        return
    if request.error:
        st.error(plain(request.error), title="That did not work", icon=":material/error:")
        return
    is_waiting = cached.turns().place(request.ticket) > 0
    tick = _WAITING_TICK_S if is_waiting else _TICK_S
    st.fragment(_tick, run_every=tick)(key, show, is_waiting)


def _tick(key: str, show: Callable[[Any], None], was_waiting: bool) -> None:
    request: _Request | None = st.session_state.get(key)
    if request is None or request.error or _is_done(key, request):
        st.rerun()
    progress = cached.workbench().progress(request.asked)
    if progress is not None:
        show(progress)
    ahead = cached.turns().place(request.ticket)
    if ahead:
        st.info(
            f"The machine works on somebody else's question. You are number {ahead} in the queue.",
            icon=":material/hourglass_top:",
        )
    st.button("Stop", icon=":material/stop:", key=f"{key}_stop", on_click=give_up, args=(key,))
    if was_waiting != (ahead > 0):
        st.rerun()


def _is_done(key: str, request: _Request) -> bool:
    """Work for a moment if it is this reader's turn; say whether there is something new to draw."""
    bench = cached.workbench()
    is_there = bench.result(request.asked) is not None
    if not is_there and cached.turns().place(request.ticket) == 0:
        try:
            with cached.turns().working(request.ticket):
                is_there = bench.work(request.asked, request.start, seconds=_WORK_S)
        except (ValueError, RuntimeError, MemoryError, ModelUnavailableError) as error:
            request.error = str(error) or type(error).__name__
        except Exception:  # noqa: BLE001 - whatever it was, the queue must move on
            _LOG.exception("Work for %s failed", type(request.asked).__name__)
            request.error = "The lab itself broke. The server's log says where."
        if request.error:
            cached.turns().leave(request.ticket)
            return True
    if is_there:
        del st.session_state[key]
        cached.turns().leave(request.ticket)
    return is_there

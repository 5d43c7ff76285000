"""A text that grows token by token on the page, with Stop, alternatives and branches.

A run lives in the session. Every tick of the fragment asks the queue for its turn, lets the model
work for a moment and draws; no thread waits, and Stop is heard at the next tick.
"""

import itertools
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st

from components import cached, layout, token_strip
from components.charts import next_token as charts
from components.plain import plain

_TICK_S = 0.15
_WAITING_TICK_S = 1.0


@dataclass(frozen=True, eq=False)
class DrawnToken:
    """One token of a run: how it is drawn, and what else could have come."""

    strip: token_strip.StripToken
    alternative_ids: tuple[int, ...]
    """The likeliest tokens of that step after the filters, likeliest first."""

    alternative_names: tuple[str, ...]
    alternative_probs: tuple[float, ...]
    """Their probabilities after the filters."""

    uniform: float | None
    """Where the dice fell, 0 to 1; None for a token the reader forced."""


@dataclass
class Run:
    """One generation in progress or finished, kept in the session."""

    prompt: str
    steps: Iterator[Any]
    draw: Callable[[Any], Any]
    ticket: int
    asked: Hashable = ()
    """The settings it was started with, to tell whether they are still those on screen."""
    tokens: list[Any] = field(default_factory=list)
    """What ``draw`` made of each step."""
    state: str = "waiting"
    """``waiting``, ``running``, ``finished`` or ``stopped``."""

    def work(self, seconds: float) -> None:
        """Take tokens from the model for about that long."""
        self.state = "running"
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            step = next(self.steps, None)
            if step is None:
                self.finish("finished")
                return
            self.tokens.append(self.draw(step))

    def finish(self, state: str) -> None:
        """End the run and let the next in the queue begin."""
        self.state = state
        self.steps = iter(())
        cached.turns().leave(self.ticket)

    @property
    def active(self) -> bool:
        """Whether more tokens may come."""
        return self.state in ("waiting", "running")


def begin(
    key: str,
    *,
    prompt: str,
    steps: Iterator[Any],
    draw: Callable[[Any], Any],
    asked: Hashable = (),
    forced: tuple[int, ...] = (),
) -> None:
    """Start a run under a session key; one that is still going there is stopped.

    A text that begins like the one before it keeps those tokens as they came: what the dice chose
    then stays the dice's choice, though the model is now told to begin with it.

    Args:
        key: Session key of the run.
        prompt: The text the tokens follow.
        steps: The decoding generator; nothing runs before its turn comes.
        draw: Turns one step into what is drawn.
        asked: The settings, to be compared later with those on screen.
        forced: Token ids that the steps begin with.
    """
    stop(key)
    known = _common_beginning(st.session_state.get(key), prompt, forced)
    steps = itertools.islice(steps, len(known), None)
    ticket = cached.turns().join()
    st.session_state[key] = Run(prompt, steps, draw, ticket, asked, tokens=known)
    st.session_state[token_strip.selection_key(f"{key}_strip")] = None


def _common_beginning(run: Run | None, prompt: str, forced: tuple[int, ...]) -> list[Any]:
    if run is None or run.prompt != prompt:
        return []
    same = itertools.takewhile(
        lambda pair: pair[0].strip.token_id == pair[1], zip(run.tokens, forced, strict=False)
    )
    return [token for token, _ in same]


def stop(key: str) -> None:
    """Stop the run under a session key, keeping what it has said."""
    run: Run | None = st.session_state.get(key)
    if run is not None and run.active:
        run.finish("stopped")


def generation_view(key: str, *, on_branch: Callable[[tuple[int, ...]], None]) -> None:
    """Draw the run under a session key and keep it going.

    Args:
        key: Session key of the run; without a run nothing is drawn.
        on_branch: Called with the token ids to begin with when the reader takes another turning.
    """
    run: Run | None = st.session_state.get(key)
    if run is None:
        return
    tick = {"waiting": _WAITING_TICK_S, "running": _TICK_S}.get(run.state)
    st.fragment(_tick, run_every=tick)(key, on_branch)


def progress_view(key: str, show: Callable[[Run], None]) -> None:
    """Keep the run under a session key going, and let somebody else draw it.

    Args:
        key: Session key of the run; without a run nothing is drawn.
        show: Draws what the run holds so far.
    """
    run: Run | None = st.session_state.get(key)
    if run is None:
        return
    tick = {"waiting": _WAITING_TICK_S, "running": _TICK_S}.get(run.state)
    st.fragment(_progress_tick, run_every=tick)(key, show)


def _progress_tick(key: str, show: Callable[[Run], None]) -> None:
    run: Run = st.session_state[key]
    was = run.state
    _work_in_turn(key, run)
    show(run)
    if run.state != was:
        st.rerun()


def _work_in_turn(key: str, run: Run) -> None:
    if run.active:
        ahead = cached.turns().place(run.ticket)
        if ahead:
            st.info(
                f"Somebody else's text is being written. You are number {ahead} in the queue.",
                icon=":material/hourglass_top:",
            )
        else:
            run.work(_TICK_S)
    if run.active:
        st.button("Stop", icon=":material/stop:", key=f"{key}_stop", on_click=stop, args=(key,))


def _tick(key: str, on_branch: Callable[[tuple[int, ...]], None]) -> None:
    run: Run = st.session_state[key]
    was = run.state
    _work_in_turn(key, run)
    selected = token_strip.token_strip(
        run.prompt,
        [token.strip for token in run.tokens],
        key=f"{key}_strip",
        running=run.active,
    )
    if not run.active:
        _summary(run)
        if selected is not None:
            _alternatives(key, run, selected, on_branch)
    if run.state != was:
        st.rerun()


def _summary(run: Run) -> None:
    surprisals = [token.strip.surprisal_bits for token in run.tokens]
    ending = "You stopped it" if run.state == "stopped" else "It ended"
    mean = f", {np.mean(surprisals):.3g} bits of surprise each" if surprisals else ""
    st.caption(
        f"{ending} after {len(run.tokens)} tokens{mean}. "
        "Choose a token to see what else was likely there."
    )


def _alternatives(
    key: str, run: Run, index: int, on_branch: Callable[[tuple[int, ...]], None]
) -> None:
    token = run.tokens[index]
    said = tuple(one.strip.token_id for one in run.tokens[:index])
    st.markdown(f"**Token {index + 1}: what else could have come**")
    layout.draw(
        charts.dice_bar(
            token.alternative_names,
            np.array(token.alternative_probs),
            uniform=token.uniform,
            chosen=_place_of(token),
        ),
        alt="The cumulative bar of this step with the place where the dice fell",
        key=f"{key}_dice_{index}",
    )
    st.caption(
        "The dice fell where the marker stands."
        if token.uniform is not None
        else "You chose this token yourself; no dice was thrown."
    )
    names = {
        token_id: f"{plain(name)}  {prob:.1%}"
        for token_id, name, prob in zip(
            token.alternative_ids, token.alternative_names, token.alternative_probs, strict=True
        )
        if prob > 0
    }
    chosen = st.pills(
        "Go back and continue with",
        list(names),
        format_func=lambda token_id: names[token_id],
        key=f"{key}_branch_{len(run.tokens)}_{index}",
    )
    if chosen is not None:
        on_branch((*said, chosen))
        st.rerun()


def _place_of(token: DrawnToken) -> int | None:
    if token.strip.token_id in token.alternative_ids:
        return token.alternative_ids.index(token.strip.token_id)
    return None

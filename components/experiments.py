"""Guided experiments: set the controls, ask for a prediction, reveal what was computed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True)
class Revelation:
    """What the computed result says about a prediction."""

    choice: int
    """Index of the choice that turned out right."""

    sentence: str
    """One or two sentences with the computed numbers in them."""


@dataclass(frozen=True)
class Experiment:
    """One guided experiment of a lab."""

    title: str
    """Two to four words."""

    task: str
    """What is being set up and why, one or two sentences."""

    settings: Mapping[str, Any]
    """Widget key to value: what "set it up" writes into the controls."""

    question: str
    """What to predict."""

    choices: tuple[str, ...]
    """Possible predictions."""

    reveal: Callable[[Any], Revelation | None]
    """Turns the lab's computed result into the answer; None if it needs more that was not run."""


def _set_up(settings: Mapping[str, Any], prediction_key: str) -> None:
    for key, value in settings.items():
        st.session_state[key] = value
    st.session_state[prediction_key] = None


def _is_set_up(settings: Mapping[str, Any]) -> bool:
    return all(st.session_state.get(key) == value for key, value in settings.items())


def try_this(experiments: tuple[Experiment, ...], result: Any, *, url_path: str) -> None:
    """Show a lab's guided experiments.

    Args:
        experiments: In teaching order; titles are unique.
        result: What the lab computed from its present settings; handed to ``reveal``.
            None if it has not been run yet.
        url_path: The lab's address; prefixes the widget keys.
    """
    st.subheader("Try this", anchor=False)
    by_title = {experiment.title: experiment for experiment in experiments}
    title = st.pills(
        "Experiment",
        list(by_title),
        default=experiments[0].title,
        required=True,
        label_visibility="collapsed",
        key=f"{url_path}_experiment",
        bind="query-params",
    )
    experiment = by_title[title]
    prediction_key = f"{url_path}_prediction_{experiments.index(experiment)}"
    st.markdown(experiment.task)
    st.button(
        "Set it up",
        icon=":material/tune:",
        key=f"{url_path}_set_up",
        on_click=_set_up,
        args=(experiment.settings, prediction_key),
    )
    if not _is_set_up(experiment.settings):
        return
    prediction = st.radio(
        experiment.question,
        experiment.choices,
        index=None,
        horizontal=True,
        key=prediction_key,
        persist_state="session",
    )
    if prediction is None:
        st.caption("Choose first. The answer is computed from what is on screen.")
        return
    revelation = None if result is None else experiment.reveal(result)
    if revelation is None:
        st.caption("Now run it with the button above. The answer is read off the result.")
        return
    right = experiment.choices[revelation.choice]
    if prediction == right:
        st.success(revelation.sentence, icon=":material/check:", title="As you predicted")
    else:
        st.warning(revelation.sentence, icon=":material/lightbulb:", title=f"It was: {right}")

"""Controls used by more than one lab. Each is bound to the address bar under its key."""

import math
import os
from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from core.model_store import catalog

T = TypeVar("T")

MAX_LINK_CHARACTERS = 1_500
"""A longer text stays out of the address bar, which browsers and proxies cut."""


def _tell_if_refused(key: str, label: str, low: float, high: float) -> None:
    """Say so when the address bar asks for a value that the control cannot take."""
    asked = st.query_params.get(key)
    # A value that the page has set itself takes the place of the link's.
    if asked is None or st.session_state.get(key) is not None:
        return
    try:
        usable = math.isfinite(float(asked)) and low <= float(asked) <= high
    except ValueError:
        usable = False
    if not usable:
        st.toast(
            f"The link asks for a {label.lower()} that is not between {low:g} and {high:g}. "
            "The default is used.",
            icon=":material/link_off:",
            duration="long",
        )


def number_slider(
    label: str,
    low: float,
    high: float,
    default: float,
    *,
    step: float,
    key: str,
    help: str,  # noqa: A002 - Streamlit's own word for it
    format: str | None = None,  # noqa: A002
) -> float:
    """A slider that is part of the link; a value in the link it cannot take is named and ignored.

    Args:
        label: What is set, one or two words.
        low: Smallest value.
        high: Largest value.
        default: Value of a fresh page.
        step: Distance between two values; whole numbers give a whole-number slider.
        key: Widget key and name in the address bar.
        help: What it does, one or two sentences.
        format: How the value is printed.
    """
    _tell_if_refused(key, label, low, high)
    return st.slider(
        label,
        low,
        high,
        default,
        step,
        key=key,
        help=help,
        format=format,
        bind="query-params",
    )


def whole_number(label: str, low: int, high: int, default: int, *, key: str, help: str) -> int:  # noqa: A002
    """A number field for whole numbers that is part of the link.

    Args:
        label: What is set, one or two words.
        low: Smallest value.
        high: Largest value.
        default: Value of a fresh page.
        key: Widget key and name in the address bar.
        help: What it does.
    """
    _tell_if_refused(key, label, low, high)
    return int(
        st.number_input(
            label,
            low,
            high,
            default,
            1,
            key=key,
            help=help,
            bind="query-params",
            persist_state="session",
        )
    )


def switch(label: str, *, key: str, help: str) -> bool:  # noqa: A002
    """An on-off switch that is part of the link; off on a fresh page.

    Args:
        label: What is on when it is on.
        key: Widget key and name in the address bar.
        help: What it does.
    """
    return st.toggle(label, key=key, help=help, bind="query-params", persist_state="session")


def short_text(label: str, default: str, *, key: str, help: str, max_chars: int = 80) -> str:  # noqa: A002
    """A one-line text field that is part of the link.

    Args:
        label: What to write.
        default: Text of a fresh page.
        key: Widget key and name in the address bar.
        help: What the text is for.
        max_chars: Longer texts are not taken.
    """
    return st.text_input(
        label,
        default,
        max_chars=max_chars,
        key=key,
        help=help,
        bind="query-params",
        persist_state="session",
    )


def number(
    label: str,
    low: float,
    high: float,
    default: float,
    *,
    step: float,
    key: str,
    help: str,  # noqa: A002
    format: str = "%g",  # noqa: A002
) -> float:
    """A number field for numbers over many powers of ten that is part of the link.

    Args:
        label: What is set, one or two words.
        low: Smallest value.
        high: Largest value.
        default: Value of a fresh page.
        step: What the plus and minus buttons add.
        key: Widget key and name in the address bar.
        help: What it does.
        format: How the value is printed.
    """
    _tell_if_refused(key, label, low, high)
    return float(
        st.number_input(
            label, low, high, default, step, format, key=key, help=help, bind="query-params"
        )
    )


def long_text(label: str, default: str, *, key: str, help: str, height: int = 96) -> str:  # noqa: A002
    """A text field that is part of the link as long as the text is short.

    Args:
        label: What to write.
        default: Text of a fresh page.
        key: Widget key and name in the address bar.
        help: What the text is for.
        height: Height in pixels.
    """
    present = st.session_state.get(key, "") or ""
    short = len(present) <= MAX_LINK_CHARACTERS
    return st.text_area(
        label,
        default,
        height=height,
        key=key,
        help=help,
        bind="query-params" if short else None,
        persist_state="session",
    )


def model_picker(*kinds: str, key: str) -> str:
    """Choose a model of the catalog, or type the id of one on the hub.

    Args:
        kinds: The catalog kinds the lab can use, such as ``"causal_lm"``.
        key: Widget key and name in the address bar.

    Returns:
        A catalog id, or whatever was typed; loading checks it.
    """
    ids: Sequence[str] = [
        model_id for model_id, entry in catalog.CATALOG.items() if entry.kind in kinds
    ]
    titles = {model_id: entry.title for model_id, entry in catalog.CATALOG.items()}
    public = os.environ.get("LLM_LABS_PUBLIC") == "1"
    return st.selectbox(
        "Model",
        ids,
        format_func=lambda model_id: titles.get(model_id, model_id),
        key=key,
        help="The first one works offline."
        + ("" if public else " You may also type the id of a model on the Hugging Face hub."),
        accept_new_options=not public,
        bind="query-params",
    )


def choice(
    label: str,
    options: Sequence[T],
    *,
    key: str,
    format_func: Callable[[T], str] = str,
    help: str | None = None,  # noqa: A002
) -> T:
    """One of a few values side by side, part of the link.

    Args:
        label: What is chosen.
        options: Two to five values; the first is that of a fresh page.
        key: Widget key and name in the address bar.
        format_func: How a value is printed.
        help: What it does.
    """
    return st.segmented_control(
        label,
        options,
        default=options[0],
        required=True,
        format_func=format_func,
        key=key,
        help=help,
        bind="query-params",
    )


def formula(
    label: str,
    default: str,
    *,
    examples: Sequence[str],
    key: str,
    help: str,  # noqa: A002
) -> str:
    """A typed formula that is part of the link, with examples to start from.

    Args:
        label: What is typed, such as ``f(x)``.
        default: Formula of a fresh page.
        examples: Formulas that one click writes into the field.
        key: Widget key and name in the address bar.
        help: What may be typed.
    """
    field, ready = st.columns([2, 3], vertical_alignment="bottom")
    short = len(st.session_state.get(key, "") or "") <= MAX_LINK_CHARACTERS
    text = field.text_input(
        label,
        default,
        key=key,
        help=help,
        bind="query-params" if short else None,
        persist_state="session",
    )
    example_key = f"{key}_example"

    def write_example() -> None:
        if st.session_state[example_key]:
            st.session_state[key] = st.session_state[example_key]
            st.session_state[example_key] = None

    ready.pills("Examples", examples, key=example_key, on_change=write_example)
    return text or ""

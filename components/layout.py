"""The frame of every lab: question first, code to take home last."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import streamlit as st

from components import copy_link, labs
from components.charts.drawing import Drawing
from components.plain import plain
from core import guide

ROOT = Path(__file__).resolve().parent.parent


def lab_header(url_path: str, *, idea: str) -> None:
    """Open a lab: where it stands in the guide, its question, its idea, a link to copy.

    Args:
        url_path: The lab's address in the registry.
        idea: At most three sentences of markdown, written by us.
    """
    lab = labs.find(url_path)
    part = guide.part(lab.part)
    place, link = st.columns([5, 1], vertical_alignment="center")
    place.caption(f"{lab.icon} Part {part.number} · {part.title} · {lab.title}")
    with link:
        copy_link.copy_link(key=f"{url_path}_copy_link")
    st.header(lab.question, anchor=False)
    st.markdown(idea)


def draw(drawing: Drawing, *, alt: str, key: str) -> None:
    """Show a chart.

    Args:
        drawing: Specification and data.
        alt: What the picture shows, for people who cannot see it.
        key: Element key, unique in the app.
    """
    st.vega_lite_chart(drawing.frame, drawing.spec, alt=alt, key=key)


def ask_again(sentence: str) -> NoReturn:
    """End the run with a sentence that says what to type instead.

    Args:
        sentence: Plain text; it may hold what the reader typed.
    """
    st.info(plain(sentence), icon=":material/edit:")
    st.stop()


def aha(sentence: str, *, because: str) -> None:
    """Show the sentence the lab exists for, and the number on screen that earns it.

    Args:
        sentence: The guide's "aha" sentence.
        because: One sentence with the computed number behind it.
    """
    with st.container(border=True):
        st.markdown(f":material/lightbulb: **{sentence}**")
        st.caption(because)


def take_it_with_you(script: str, *, url_path: str) -> None:
    """Offer the script that reproduces what is on screen.

    Args:
        script: A whole Python program.
        url_path: The lab's address; it names the file.
    """
    folded = st.expander(
        "Take it with you: this result as a script",
        icon=":material/download:",
        on_change="rerun",
        key=f"{url_path}_take_open",
    )
    if folded.open:
        with folded:
            st.caption("It runs on its own and prints the numbers you see above.")
            st.code(script, language="python")
            st.download_button(
                "Download the script",
                script,
                file_name=f"llm_labs_{url_path}.py",
                mime="text/x-python",
                icon=":material/download:",
                key=f"{url_path}_take_download",
                on_click="ignore",
            )


def read_the_code(*functions: Callable, url_path: str) -> None:
    """Show the source of the functions that computed the page.

    Args:
        functions: The core functions that ran, in reading order.
        url_path: The lab's address.
    """
    folded = st.expander(
        "Read the code that ran",
        icon=":material/code:",
        on_change="rerun",
        key=f"{url_path}_code_open",
    )
    if folded.open:
        with folded:
            for function in functions:
                source, first_line = inspect.getsourcelines(function)
                file = Path(inspect.getsourcefile(function) or "").resolve().relative_to(ROOT)
                st.caption(f"`{file.as_posix()}`, line {first_line}")
                st.code("".join(source), language="python")


def previous_and_next(url_path: str) -> None:
    """Close a lab with the way to its neighbours and back to the learning path."""
    before, after = labs.neighbours(labs.find(url_path))
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        if before:
            st.page_link(before.page, label=before.title, icon=":material/arrow_back:")
        st.page_link("pages/home.py", label="Learning path", icon=":material/home:")
        if after:
            st.page_link(after.page, label=after.title, icon=":material/arrow_forward:")

"""The pieces of the learning path: welcome, parts, checklist, hands-on weeks, books."""

import streamlit as st

from components import labs
from core import guide

CARD_WIDTH = 330


def welcome(promise: str, idea: str, first: labs.Lab) -> None:
    """Open the path: what this is, where to start, and the order that helps.

    Args:
        promise: The headline.
        idea: At most three sentences of markdown.
        first: The lab to start with.
    """
    opening, order = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with opening:
        with st.container(gap=None):
            st.caption(":material/science: LLM Labs")
            st.title(promise, anchor=False)
        st.markdown(idea)
        # A link, not a button with switch_page: that refuses to leave a page with ticks in its URL.
        with st.container(border=True, width="content", gap="xsmall"):
            st.page_link(
                first.page,
                label=f":primary[**Start here: {first.title}**]",
                icon=":material/play_circle:",
            )
            st.caption(first.question)
    with order:
        st.markdown(f"**{guide.ADVICE}** Follow this order:")
        st.markdown(
            "\n".join(
                f"1. **{step.when}** {step.understand}: {step.through}." for step in guide.ORDER
            )
        )


def watch_first() -> None:
    """Name the two authors to begin with, for somebody to whom all of this is new."""
    links = ", ".join(source_link(source) for source in guide.START_WITH)
    st.markdown(
        ":material/headphones: **All of this is new to you?** Begin with 3Blue1Brown and Jay "
        f"Alammar: alone they give you 80 % of what you need to know. {links}."
    )


def part_card(part: guide.Part, part_labs: tuple[labs.Lab, ...]) -> None:
    """Draw one part of the guide.

    Args:
        part: The part.
        part_labs: The labs of this part that exist; with none, the card shows the guide alone.
    """
    with st.container(gap=None):
        st.caption(f"{part.icon} Part {part.number}")
        st.subheader(part.heading, anchor=False)
    st.markdown(part.why)
    for lab in part_labs:
        with st.container(gap=None):
            st.page_link(lab.page, label=f":blue[**{lab.title}**]", icon=lab.icon)
            st.caption(lab.question)
    st.markdown("\n".join(f"- {question}" for question in part.questions))
    st.markdown(f":material/lightbulb: **{part.aha.sentence}.** {part.aha.because}")
    if part.sources:
        with st.expander(f"Read and watch · {duration(guide.minutes(part))}", type="compact"):
            for source in part.sources:
                st.markdown(f"{source_link(source)}  \n{source.author}. {source.what}")


def checklist(tasks: tuple[guide.Task, ...]) -> None:
    """Draw the checklist; what is ticked stands in the address bar, so a bookmark keeps it."""
    keys = [f"done_{task.key}" for task in tasks]
    bar = st.empty()
    for key, task in zip(keys, tasks, strict=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.checkbox(task.text, key=key, bind="query-params", wrap=True)
            if task.source:
                st.page_link(
                    task.source.url, label=task.source.author, icon=":material/open_in_new:"
                )
            elif task.lab in {lab.url_path for lab in labs.LABS}:
                lab = labs.find(task.lab)
                st.page_link(lab.page, label=lab.title, icon=lab.icon)
    n_done = sum(bool(st.session_state.get(key)) for key in keys)
    bar.progress(n_done / len(tasks), text=progress_words(n_done, len(tasks)))


def weeks() -> None:
    """Draw the hands-on path: a quick experiment, then a week at a time."""
    st.markdown(
        "**Right now · A quick experiment**  \nSend one sentence through the tokenizers of GPT-2, "
        f"BERT and Llama and compare: `{guide.EXPERIMENT_TEXT}`"
    )
    for week in guide.WEEKS:
        tasks = " ".join(week.tasks)
        st.markdown(f"**Week {week.number} · {week.title}**  \n{tasks}")


def books() -> None:
    """List the books."""
    for book in guide.BOOKS:
        st.markdown(f"{source_link(book)}  \n{book.author}. {book.what}")


def source_link(source: guide.Source) -> str:
    """Write a source as a markdown link, with the time it takes where that is known."""
    link = f"[{source.title}]({source.url})"
    return f"{link} ({duration(source.minutes)})" if source.minutes else link


def duration(minutes: int) -> str:
    """Write a time in hours and minutes.

    Example:
        >>> duration(180), duration(90), duration(45)
        ('3 h', '1 h 30 min', '45 min')
    """
    hours, rest = divmod(minutes, 60)
    words = [f"{hours} h"] if hours else []
    if rest:
        words.append(f"{rest} min")
    return " ".join(words)


def progress_words(n_done: int, n_tasks: int) -> str:
    """Say how far one is."""
    if n_done == 0:
        return f"{n_tasks} things to have done. Tick what you did; your bookmark remembers."
    if n_done == n_tasks:
        return f"All {n_tasks} done. Now explain one of them to somebody."
    return f"{n_done} of {n_tasks} done"

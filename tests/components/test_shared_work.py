"""Long work asked for on a page, when it breaks."""

import pytest
from streamlit.testing.v1 import AppTest

from components import cached


@pytest.fixture(autouse=True)
def empty():
    """An empty queue and an empty bench."""
    cached.workbench.clear()
    cached.turns.clear()
    yield
    cached.workbench.clear()
    cached.turns.clear()


def page():
    import streamlit as st

    from components import shared_work

    def start():
        yield 0.5
        raise st.session_state["error"]

    st.button("Go", on_click=shared_work.ask, args=("request", "answer", start))
    shared_work.view("request", lambda step: st.progress(step))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("the text is too short"), "the text is too short"),
        (AttributeError("/home/someone/secret"), "The lab itself broke"),
    ],
)
def test_work_that_breaks_is_told_once_and_makes_room(error, told):
    at = AppTest.from_function(page)
    at.session_state["error"] = error
    at.run()
    at.button[0].click().run()
    assert not at.exception
    assert told in at.error[0].value
    assert "secret" not in at.error[0].value
    assert cached.workbench().is_free
    assert cached.turns().place(cached.turns().join()) == 0

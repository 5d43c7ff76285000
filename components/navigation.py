"""The menu of the app, and the one workaround it needs."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from components import labs
from core import guide

HOME_PAGE = "pages/home.py"


def leave_automatic_pages() -> None:
    """Switch off Streamlit's automatic ``pages/`` mode before it answers a deep link.

    A folder called ``pages`` puts a fresh server into the old automatic mode until the first
    ``st.navigation`` call. Whoever arrives first, with a link to a lab, would see "page not found".
    There is no public switch for it, so the private one is thrown and the run starts again.
    """
    if getattr(PagesManager, "uses_pages_directory", False):
        PagesManager.uses_pages_directory = False
        st.rerun()


def sections(all_labs: tuple[labs.Lab, ...]) -> dict[str, list]:
    """Return the pages of the app by part of the guide, in the order of the guide.

    Args:
        all_labs: The registry of labs; a part without labs gets no menu.

    Returns:
        Section title to ``st.Page`` list, as ``st.navigation`` wants it. The learning path comes
        first and stands outside any section.
    """
    menu: dict[str, list] = {
        "": [
            st.Page(
                HOME_PAGE,
                title="Learning path",
                icon=":material/home:",
                default=True,
                help="The six parts of the guide, their questions, labs and sources.",
            )
        ]
    }
    for part in guide.PARTS:
        pages = [
            st.Page(
                lab.page, title=lab.title, icon=lab.icon, url_path=lab.url_path, help=lab.question
            )
            for lab in all_labs
            if lab.part == part.number
        ]
        if pages:
            menu[part.title] = pages
    return menu

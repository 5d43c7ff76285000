"""The menu of the app, and what it takes to answer a deep link on a fresh server."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from components import labs
from core import guide

HOME_PAGE = "pages/home.py"

# Drawn here because Streamlit fetches its own icons for the browser tab from the internet.
TAB_ICON_SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#1f6fb2"/>
<rect x="6" y="7" width="20" height="4.5" rx="2" fill="#fff"/>
<rect x="6" y="14" width="11" height="4.5" rx="2" fill="#fff" opacity=".8"/>
<rect x="6" y="21" width="6" height="4.5" rx="2" fill="#ffc64d"/>
</svg>"""


def in_a_session() -> bool:
    """Whether this run draws for a visitor, and is not the server's own import at its start."""
    return get_script_run_ctx(suppress_warning=True) is not None


def leave_automatic_pages() -> None:
    """Switch off Streamlit's automatic ``pages/`` mode before the first visitor comes.

    A folder called ``pages`` puts a fresh server into the old automatic mode until the first
    ``st.navigation`` call, and whoever arrives first with a link to a lab would see "page not
    found". Streamlit has no public switch for it, so the private one is set at server start.
    """
    PagesManager.uses_pages_directory = False


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

"""The front door: the navigation of the app and nothing else."""

import streamlit as st

from components import labs, navigation

if navigation.in_a_session():
    from components import cached  # caches need the running server

    st.set_page_config(page_title="LLM Labs", page_icon=navigation.TAB_ICON_SVG, layout="wide")
    page = st.navigation(navigation.sections(labs.LABS), position="top")
    page.run()
    cached.freeze_heap_after(page.url_path)
else:
    # The server imports this file once, before the first visitor comes.
    navigation.leave_automatic_pages()
    app = st.App(__file__)

"""The front door: the navigation of the app and nothing else."""

import streamlit as st

from components import labs, navigation

if navigation.in_a_session():
    st.set_page_config(page_title="LLM Labs", page_icon=navigation.TAB_ICON_SVG, layout="wide")
    st.navigation(navigation.sections(labs.LABS), position="top").run()
else:
    # The server imports this file once, before the first visitor comes.
    navigation.leave_automatic_pages()
    app = st.App(__file__)

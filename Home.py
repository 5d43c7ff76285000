"""The front door: the navigation of the app and nothing else."""

import streamlit as st

from components import labs, navigation

st.set_page_config(page_title="LLM Labs", page_icon=":material/science:", layout="wide")
navigation.leave_automatic_pages()

page = st.navigation(navigation.sections(labs.LABS), position="top")
page.run()

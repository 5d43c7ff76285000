"""The learning path: what to learn, in which order, and where to do it."""

import streamlit as st

from components import labs, learning_path
from core import guide

PROMISE = "Touch what you are told about language models"
IDEA_MD = """
Small experiments in six parts lead from a slope on a hill to a language model that you take apart.
Change something, predict what happens, and look: every number is computed in front of you, by the
real math or a real model on this machine.
"""

learning_path.welcome(PROMISE, IDEA_MD, labs.LABS[0])
learning_path.watch_first()

st.header("The path", anchor=False)
grid = st.grid(3, min_column_width=learning_path.CARD_WIDTH, border=True, gap="medium")
for part in guide.PARTS:
    with grid.cell():
        learning_path.part_card(part, tuple(lab for lab in labs.LABS if lab.part == part.number))

done, practice = st.columns([3, 2], gap="large")
with done:
    st.header("Your checklist", anchor=False)
    learning_path.checklist(guide.CHECKLIST)
with practice:
    st.header("Four weeks, hands on", anchor=False)
    learning_path.weeks()
    st.header("Books, for depth", anchor=False)
    learning_path.books()

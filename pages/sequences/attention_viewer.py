"""Attention viewer: the attention of a real model, every number of it, and whether it matters."""

import streamlit as st

from components import attention_reading as reader
from components import attention_viewer_lab as lab
from components import layout

IDEA_MD = """
Every head of a model lets each token look at others, and what it sees flows into it. Here is who
looks at whom in a real model: hover a token, pick a head, open a number down to its products.
"""

layout.lab_header("attention_viewer", idea=IDEA_MD)
with st.sidebar:
    model_id = lab.model_control()
text = reader.text_control("Text", reader.TIRED, key="attention_viewer_text")

reading = reader.read(model_id, text)
with st.sidebar:
    look = lab.look_controls(reading)
lab.picture(reading, look)
st.caption(reader.note(reading))
lab.chosen_cell(reading, look)

layout.aha(
    "Attention is comparing all words with each other: not magic, dot products.",
    because=lab.because(reading, look),
)
lab.read_the_code()
layout.previous_and_next("attention_viewer")

"""Attention viewer: the attention of a real model, every number of it, and whether it matters."""

import streamlit as st

from components import attention_bertviz, attention_two_texts, experiments, layout
from components import attention_reading as reader
from components import attention_viewer_lab as lab
from components.attention_experiments import EXPERIMENTS, Shown

IDEA_MD = """
Every head of a model lets each token look at others, and what it sees flows into it. Here is who
looks at whom in a real model: hover a token, pick a head, open a number down to its products.
"""

layout.lab_header("attention_viewer", idea=IDEA_MD)
with st.sidebar:
    model_id = lab.model_control()
typed = lab.text_controls(model_id)

reading = reader.read(model_id, typed.text, second=typed.second)
other = None if typed.other is None else reader.read(model_id, typed.other)
with st.sidebar:
    look = lab.look_controls(reading)

if other is not None:
    attention_two_texts.show(reading, other, look)
elif typed.view == "BertViz":
    attention_bertviz.show(reading, look)
else:
    lab.picture(reading, look)
st.caption(reader.note(reading))
lab.chosen_cell(reading, look)
lab.look_closer(reading, look)

experiments.try_this(EXPERIMENTS, Shown(reading, look, other), url_path="attention_viewer")
layout.aha(
    "Attention is comparing all words with each other: not magic, dot products.",
    because=lab.because(reading, look),
)
layout.take_it_with_you(lab.script(reading, look, typed), url_path="attention_viewer")
lab.read_the_code()
layout.previous_and_next("attention_viewer")

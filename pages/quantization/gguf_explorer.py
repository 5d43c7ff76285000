"""GGUF by hand: a model file opened byte by byte, and one written."""

import streamlit as st

from components import controls, experiments, gguf_whole, gguf_write, layout
from components import gguf_lab as lab
from components.gguf_experiments import EXPERIMENTS, ready
from core.quantization import block_map, blocks, gguf_reading, gguf_writing

IDEA_MD = """
A GGUF file is a whole model: notes, vocabulary and weights packed into a few bits each. Point at a
number to see which bits it is made of, or at a byte to see whose it is.
"""

GGML_MD = """
**What the format is for.** GGML is a small library in C that computes with packed weights as they
are, on an ordinary processor; llama.cpp is built on it. GGUF is its file format: one file that says
everything a program needs, and whose tensors are laid out so that the operating system can map the
file into memory and the program can begin at once, without unpacking or converting anything.
"""

layout.lab_header("gguf_explorer", idea=IDEA_MD)
left, right = st.columns([2, 3])
with left:
    view = controls.choice("View", lab.VIEWS, key="gguf_explorer_view")
if view == lab.WRITE:
    seen = gguf_write.write_one()
else:
    with right:
        opened = lab.source_control()
    seen = lab.block_view(opened) if view == lab.BLOCK else gguf_whole.whole_file(opened)

st.markdown(GGML_MD)
experiments.try_this(EXPERIMENTS, ready(seen), url_path="gguf_explorer")
layout.aha(
    "A model file is a label, a list, and numbers packed as tightly as they go.",
    because=lab.earned(seen),
)
layout.take_it_with_you(lab.script(seen), url_path="gguf_explorer")
layout.read_the_code(
    gguf_reading.read, block_map.tell, blocks.encode, gguf_writing.write, url_path="gguf_explorer"
)
layout.previous_and_next("gguf_explorer")

"""Tokenizers side by side: one text, the tokens of ten vocabularies, and what each costs."""

import streamlit as st

from components import compare_lab, compare_views, experiments, layout
from components.compare_experiments import EXPERIMENTS
from core.tokenization import compare, token_card

IDEA_MD = """
A model never sees letters. A tokenizer cuts the text into pieces of a fixed vocabulary, and the
model gets their **numbers**. Every model family cuts differently: point at a character and see.
"""
ROWS_MD = """
· is a space, ↵ a line end, → a tab. Underlined in vermilion: a piece of a character, by its bytes.
Framed: a special token.
"""

layout.lab_header("tokenizer_compare", idea=IDEA_MD)
with st.sidebar:
    settings = compare_lab.settings()
text = compare_lab.text_to_compare()

result = compare_lab.compare(text, settings)

compare_lab.rows(result)
st.caption(ROWS_MD)
compare_lab.numbers(result, settings)
compare_views.closer_look(result)

experiments.try_this(EXPERIMENTS, result, url_path="tokenizer_compare")
layout.aha("Tokens aren't words.", because=compare_lab.because(result))
layout.take_it_with_you(compare_lab.script(result), url_path="tokenizer_compare")
layout.read_the_code(compare.tokenize, token_card.token_card, url_path="tokenizer_compare")
layout.previous_and_next("tokenizer_compare")

"""Build a tokenizer: byte pairs merge by merge, its rivals, real merges, the price, the file."""

import streamlit as st

from components import layout
from components import tokenizer_builder_lab as lab
from core.tokenization import bpe_training, pair_counts

IDEA_MD = """
Start at bytes. Find the two neighbours that stand side by side most often, make them **one** token,
and count again. That is all byte-pair encoding does, and every token a model reads was made so.
"""

layout.lab_header("tokenizer_builder", idea=IDEA_MD)
with st.sidebar:
    corpus = lab.corpus_control()
    vocab_size = lab.size_control()
    pattern = lab.cut_control()
text = lab.text_control(corpus)
training = lab.train(text, pattern, vocab_size)

lab.step_view(training)
st.caption(lab.note(training, len(text)))

layout.aha(
    "Tokens aren't words!",
    because=f"{len(training.steps):,} merges turned {training.n_bytes:,} bytes into "
    f"{training.n_tokens:,} tokens. No merge was told what a word is.",
)
layout.read_the_code(
    bpe_training.train_steps, pair_counts.PairCounts.merge, url_path="tokenizer_builder"
)
layout.previous_and_next("tokenizer_builder")

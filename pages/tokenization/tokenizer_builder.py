"""Build a tokenizer: byte pairs merge by merge, its rivals, real merges, the price, the file."""

import streamlit as st

from components import experiments, layout
from components import tokenizer_builder_lab as lab
from components import tokenizer_builder_rivals as rivals
from components import tokenizer_builder_use as use
from components.tokenizer_builder_experiments import EXPERIMENTS, Built
from core.tokenization import bpe, bpe_training, pair_counts, wordpiece_training

IDEA_MD = """
Start at bytes. Find the two neighbours that stand side by side most often, make them **one** token,
and count again. That is all byte-pair encoding does, and every token a model reads was made so.
"""
REPLAY_MD = """
GPT-2 learnt 50,000 merges once, and reads every word by them: of all neighbours that have a merge,
the one that was learnt **earliest** goes first. The numbers between the pieces say when.
"""
RIVAL_MD = """
BERT's WordPiece learns from the same words by another rule. Not the pair that stands there most
often, but the one that stands there more often than its parts would meet by chance:
count(ab) / (count(a) · count(b)). ## marks a piece that continues a word. Here pairs seen once
count too, for both rules.
"""
PRICE_MD = """
A larger vocabulary makes the text shorter, and attention, which compares every token with every
other, cheaper still. But every token needs d numbers of its own, and many are hardly ever used.
"""
USE_MD = """
A text that your tokenizer has never seen, beside WordPiece and Unigram, which learnt as many pieces
from the same text, and beside GPT-2, which learnt from web pages.
[UNK] is what WordPiece writes where a letter is missing: what stood there is lost.
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

st.subheader("Real merges on your word", anchor=False)
st.markdown(REPLAY_MD)
replay = rivals.replay()

st.subheader("The rival: WordPiece in lock-step", anchor=False)
st.markdown(RIVAL_MD)
lock_steps = rivals.lock_step(training.recipe.text)

st.subheader("What a vocabulary costs", anchor=False)
st.markdown(PRICE_MD)
points = use.price(training, lab.MAX_VOCABULARY)

st.subheader("Use it", anchor=False)
st.markdown(USE_MD)
encoded = use.encode(training)
use.save(training, encoded)

built = Built(training, replay, lock_steps, points, encoded)
experiments.try_this(EXPERIMENTS, built, url_path="tokenizer_builder")
layout.aha(
    "Tokens aren't words!",
    because=f"{len(training.steps):,} merges turned {training.n_bytes:,} bytes into "
    f"{training.n_tokens:,} tokens. No merge was told what a word is.",
)
layout.take_it_with_you(use.script(training, encoded), url_path="tokenizer_builder")
layout.read_the_code(
    bpe_training.train_steps,
    pair_counts.PairCounts.merge,
    bpe.BPE.replay,
    wordpiece_training.MostTelling,
    url_path="tokenizer_builder",
)
layout.previous_and_next("tokenizer_builder")

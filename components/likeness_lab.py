"""Words as vectors and how alike they are, by a real encoder if it is in the store."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from components import cached, controls, layout
from components.charts import foundations_matrices as charts
from components.plain import plain
from core.foundations import matrix_products, word_table
from core.foundations.momentum_rules import Array
from core.model_store import errors, store

ENCODER = "all-minilm-l6-v2"
MAX_WORDS = 12


@dataclass(frozen=True, eq=False)
class Words:
    """Words as vectors, and the first two compared."""

    words: tuple[str, ...]
    vectors: Array
    """Shape (n_words, size)."""
    cosines: Array
    """Shape (n_words, n_words)."""
    pair: matrix_products.Similarity
    is_learned: bool
    """Whether the vectors come from a trained encoder; made by hand otherwise."""


def read_words() -> Words:
    """Ask for words and turn them into vectors, by the encoder if it is in the store."""
    text = controls.long_text(
        "Words",
        "king, queen, man, woman, cat, dog, apple, car",
        key="linear_algebra_words",
        help=f"Two to {MAX_WORDS} words with commas. The first two are compared number by number.",
        height=68,
    )
    words = tuple(dict.fromkeys(word.strip()[:40] for word in text.split(",") if word.strip()))
    if not 2 <= len(words) <= MAX_WORDS:
        layout.ask_again(
            f"These are {len(words)} different words; type two to {MAX_WORDS} with commas."
        )
    is_learned = store.is_stored(ENCODER)
    if is_learned:
        vectors = _learned_vectors(words)
    else:
        unknown = [word for word in words if word not in word_table.WORDS]
        if unknown:
            layout.ask_again(
                f"The small table has no {unknown[0]}; it has {', '.join(word_table.WORDS)}. "
                "With the encoder in the store you may type any word."
            )
        vectors = word_table.vectors(words)
    return Words(
        words=words,
        vectors=vectors,
        cosines=matrix_products.cosine_table(vectors),
        pair=matrix_products.compare(vectors[0], vectors[1]),
        is_learned=is_learned,
    )


def _learned_vectors(words: tuple[str, ...]) -> Array:
    """Ask the encoder; end the run with a sentence if it cannot be loaded."""
    try:
        with st.spinner("Loading the encoder into memory…"):
            return cached.word_vectors(ENCODER, words)
    except errors.ModelUnavailableError as error:
        st.error(
            plain(str(error)), title="The encoder is not available", icon=":material/cloud_off:"
        )
        st.stop()


def show_words(read: Words) -> None:
    """Show how alike the words are, and what the first dot product is made of."""
    first, second = (plain(word) for word in read.words[:2])
    pair = read.pair
    row = st.container(horizontal=True)
    row.metric("Dot product", f"{pair.dot:.4g}")
    row.metric(f"Length of {first}", f"{pair.lengths[0]:.4g}")
    row.metric(f"Length of {second}", f"{pair.lengths[1]:.4g}")
    row.metric("Cosine", f"{pair.cosine:.3f}", help="Dot product divided by both lengths.")
    row.metric("Angle", f"{np.degrees(pair.angle):.0f}°")
    table, products = st.columns(2)
    with table:
        layout.draw(
            charts.cosines(read.words, read.cosines),
            alt="Cosine of every word with every other",
            key="linear_algebra_cosines",
        )
    names = word_table.FEATURES
    if read.is_learned:
        names = tuple(f"number {i + 1}" for i in range(read.vectors.shape[1]))
    with products:
        layout.draw(
            charts.dot_product(pair, names),
            alt="The products whose sum is the dot product of the first two words",
            key="linear_algebra_dot",
        )
    source = (
        f"Vectors of {read.vectors.shape[1]} learned numbers from the encoder all-MiniLM-L6-v2."
        if read.is_learned
        else "Vectors of seven numbers made by hand, so that you can read them."
    )
    st.caption(
        f"{source} Left: cosines. Right: the numbers of {first} times those of {second}; their sum "
        "is the dot product. Attention compares all words with all words in exactly this way."
    )

"""What the linear algebra lab shows: a matrix on the plane, products, likeness, layers."""

from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import streamlit as st

from components import cached, controls, layout, plane_view, product_view
from components.charts import foundations_matrices as charts
from components.plain import plain
from core.foundations import (
    linear_algebra,
    matrix_products,
    matrix_scripts,
    pictures,
    tables,
    word_table,
)
from core.foundations.momentum_rules import Array
from core.model_store import store

LIMIT = 3.0
"""Largest size of a matrix entry on the plane."""

ENTRIES = tuple(f"linear_algebra_{name}" for name in ("a", "b", "c", "d"))
HOUSE = "0 0; 1 0; 1 1; 0.5 1.5; 0 1"
PRESETS = {
    "Rotation": (0.6, -0.8, 0.8, 0.6),
    "Shear": (1.0, 1.0, 0.0, 1.0),
    "Stretch": (2.0, 0.0, 0.0, 0.5),
    "Reflection": (0.0, 1.0, 1.0, 0.0),
    "Projection": (0.5, 0.5, 0.5, 0.5),
    "Singular": (1.0, 2.0, 0.5, 1.0),
    "Identity": (1.0, 0.0, 0.0, 1.0),
}
TABLE_HELP = "One row per line, or parted by semicolons; numbers parted by spaces or commas."
ENCODER = "all-minilm-l6-v2"
MAX_WORDS = 12


@dataclass(frozen=True, eq=False)
class Plane:
    """A 2×2 matrix and what it does."""

    seen: linear_algebra.Transformation
    points: Array
    """The reader's own points, shape (n, 2)."""
    in_moves: bool


@dataclass(frozen=True, eq=False)
class Product:
    """Two matrices and their product."""

    left: Array
    right: Array
    product: Array


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


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture and what its strongest layers make of it."""

    original: Array
    rebuilt: matrix_products.LowRank

    def rank_for(self, error: float) -> int:
        """Smallest rank whose relative error is at most ``error``."""
        energy = np.append(np.cumsum(self.rebuilt.singular_values[::-1] ** 2)[::-1], 0.0)
        return int(np.argmax(np.sqrt(energy / energy[0]) <= error))


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer of a network with its numbers."""

    inputs: Array
    bias: Array
    computed: matrix_products.Layer


def _refuse(sentence: str) -> NoReturn:
    st.info(plain(sentence), icon=":material/edit:")
    st.stop()


def _use_preset() -> None:
    name = st.session_state["linear_algebra_preset"]
    if name:
        for key, value in zip(ENTRIES, PRESETS[name], strict=True):
            st.session_state[key] = value
        st.session_state["linear_algebra_preset"] = None


def _typed_table(label: str, default: str, *, key: str, max_columns: int = 6) -> Array:
    """Ask for a table of numbers; end the run with a sentence if it is none."""
    text = controls.long_text(label, default, key=key, help=TABLE_HELP, height=96)
    try:
        return tables.read_table(text, max_rows=6, max_columns=max_columns)
    except tables.TableError as error:
        _refuse(f"{label}: {error}")


def read_plane() -> Plane:
    """Ask for a 2×2 matrix and own points."""
    with st.sidebar:
        st.markdown("**Matrix**, row by row")
        entries = [
            controls.number_slider(
                label,
                -LIMIT,
                LIMIT,
                default,
                step=0.05,
                key=key,
                help="You can drag the arrows too.",
            )
            for label, key, default in zip(
                ("a (top left)", "b (top right)", "c (bottom left)", "d (bottom right)"),
                ENTRIES,
                (1.0, 1.0, 0.0, 1.0),
                strict=True,
            )
        ]
        text = controls.long_text(
            "Your points", HOUSE, key="linear_algebra_points", help=f"Pairs x y. {TABLE_HELP}"
        )
    presets, way = st.columns([3, 1.3], vertical_alignment="bottom")
    presets.pills("Examples", list(PRESETS), key="linear_algebra_preset", on_change=_use_preset)
    with way:
        in_moves = (
            controls.choice("Way", ("Straight", "Three moves"), key="linear_algebra_way")
            == "Three moves"
        )
    try:
        points = tables.read_table(text, max_rows=40, max_columns=2)
    except tables.TableError as error:
        _refuse(f"Your points: {error}")
    if points.shape[1] != 2:
        _refuse("Your points need two numbers each, such as 0 0; 1 0; 0 1.")
    return Plane(linear_algebra.transform(np.reshape(entries, (2, 2))), points, in_moves)


def show_plane(plane: Plane) -> None:
    """Show the matrix as numbers and as what it does to the plane."""
    seen, eigen = plane.seen, plane.seen.eigen
    row = st.container(horizontal=True)
    row.metric("Determinant", f"{seen.determinant:.4g}", help="What it multiplies areas by.")
    row.metric("Kind", seen.kind)
    row.metric("Rank", seen.rank, help="2: a plane is left. 1: a line. 0: a point.")
    row.metric("Eigenvalues", "  ".join(_eigenvalue(value) for value in eigen.values))
    row.metric(
        "Stretches",
        "  ".join(f"{size:.3g}" for size in seen.moves.stretches),
        help="Singular values: the half axes of the ellipse. Negative: flipped.",
    )
    plane_view.plane_view(
        seen,
        plane.points,
        in_moves=plane.in_moves,
        entry_keys=ENTRIES,
        limit=LIMIT,
        key="linear_algebra_plane",
    )
    st.caption(
        f"{_kept_words(eigen)} Filled: the unit square. Grey ring: the unit circle. Green: your "
        "points. Drag the tips of the two arrows: they are the columns of the matrix."
    )


def _eigenvalue(value: complex) -> str:
    return f"{value.real:.3g}" if value.imag == 0 else f"{value.real:.3g}{value.imag:+.3g}i"


def _kept_words(eigen: linear_algebra.Eigen) -> str:
    """Say which directions stay."""
    if eigen.every_direction:
        return "Every direction stays."
    if not len(eigen.vectors):
        return "No direction stays: every arrow turns."
    number = "One direction stays" if len(eigen.vectors) == 1 else "Two directions stay"
    return f"{number} (dashed): arrows on it only get longer or shorter."


def read_product() -> Product:
    """Ask for two matrices that fit."""
    one, other = st.columns(2)
    with one:
        left = _typed_table("Left, A", "1 2 0\n3 −1 2", key="linear_algebra_left")
    with other:
        right = _typed_table("Right, B", "2 1\n0 3\n1 −1", key="linear_algebra_right")
    if left.shape[1] != right.shape[0]:
        _refuse(
            f"A has {left.shape[1]} columns and B has {right.shape[0]} rows. They must be as many: "
            "each number of a row of A meets one number of a column of B."
        )
    return Product(left, right, left @ right)


def show_product(made: Product) -> None:
    """Draw both matrices and the product."""
    product_view.product_view(
        made.left, made.right, made.product, names=("A", "B", "A · B"), key="linear_algebra_product"
    )
    n_products = made.left.shape[0] * made.left.shape[1] * made.right.shape[1]
    st.caption(
        f"{made.product.size} cells of {made.left.shape[1]} products each: {n_products:,} "
        "multiplications. Point at a cell, or walk with the arrow keys."
    )


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
        _refuse(f"These are {len(words)} different words; type two to {MAX_WORDS} with commas.")
    is_learned = store.is_stored(ENCODER)
    if is_learned:
        with st.spinner("Loading the encoder into memory…"):
            vectors = cached.word_vectors(ENCODER, words)
    else:
        unknown = [word for word in words if word not in word_table.WORDS]
        if unknown:
            _refuse(
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


def read_picture() -> Picture:
    """Ask for a picture and how many layers to keep."""
    name = controls.choice("Picture", pictures.PICTURES, key="linear_algebra_picture")
    with st.sidebar:
        rank = controls.number_slider(
            "Layers kept",
            0,
            64,
            8,
            step=1,
            key="linear_algebra_rank",
            help="Each layer is one column times one row.",
        )
    original = pictures.draw(name)
    return Picture(original, matrix_products.low_rank(original, rank))


def show_picture(picture: Picture) -> None:
    """Show the picture, what is left of it, and how strong its layers are."""
    rebuilt = picture.rebuilt
    row = st.container(horizontal=True)
    row.metric("Numbers kept", f"{rebuilt.numbers_kept:,}", help="rank · (rows + columns + 1)")
    row.metric("Of the original", f"{rebuilt.numbers_kept / rebuilt.numbers_original:.0%}")
    row.metric("Error", f"{rebuilt.relative_error:.2%}", help="Length of what is missing.")
    row.metric("Layers for 5 % error", picture.rank_for(0.05))
    before, after, strengths = st.columns(3)
    before.image(_pixels(picture.original), width="stretch", alt="The original picture")
    before.caption(f"Original: {rebuilt.numbers_original:,} numbers")
    after.image(_pixels(rebuilt.picture), width="stretch", alt="The picture from its layers")
    after.caption(f"From {rebuilt.rank} layers, each a column times a row")
    with strengths:
        layout.draw(
            charts.layer_strengths(rebuilt),
            alt="Singular values, strongest first; those kept in blue",
            key="linear_algebra_strengths",
        )
    st.caption(
        "LoRA trains a large matrix in this form: a few columns times a few rows instead of "
        "every number."
    )


def _pixels(picture: Array) -> np.ndarray:
    """Enlarge grey values so that a browser shows squares, not a blur."""
    grey = np.round(255 * np.clip(picture, 0, 1)).astype(np.uint8)
    return np.kron(grey, np.ones((6, 6), dtype=np.uint8))


def read_layer() -> Layer:
    """Ask for the weights, the input and the bias of a layer."""
    boxes = st.columns(3)
    with boxes[0]:
        weights = _typed_table(
            "Weights, W", "1 −2\n0.5 1\n−1 3", key="linear_algebra_weights", max_columns=5
        )
    with boxes[1]:
        inputs = _typed_table("Input, x", "2 1", key="linear_algebra_input").ravel()
    with boxes[2]:
        bias = _typed_table("Bias, b", "0.5 0 −1", key="linear_algebra_bias").ravel()
    try:
        return Layer(inputs, bias, matrix_products.layer(weights, inputs, bias))
    except ValueError:
        _refuse(
            f"W has {weights.shape[0]} rows and {weights.shape[1]} columns, so x needs "
            f"{weights.shape[1]} numbers and b {weights.shape[0]}; they have {inputs.size} and "
            f"{bias.size}."
        )


def show_layer(layer: Layer) -> None:
    """Draw the layer as one product: the bias is one more column, and the input gets a 1."""
    product_view.product_view(
        layer.computed.augmented,
        np.append(layer.inputs, 1.0)[:, None],
        layer.computed.outputs[:, None],
        names=("W with b as its last column", "x and a 1", "y = Wx + b"),
        key="linear_algebra_layer",
    )
    st.caption(
        f"{layer.computed.products.size} weights, {layer.bias.size} biases, one multiplication. "
        "A network repeats this, with a bend after each."
    )


def script(result: Plane | Product | Words | Picture | Layer) -> str:
    """Write the program that reproduces the numbers on screen."""
    if isinstance(result, Plane):
        return matrix_scripts.transformation_script(result.seen.matrix)
    if isinstance(result, Product):
        return matrix_scripts.product_script(result.left, result.right)
    if isinstance(result, Words):
        return matrix_scripts.similarity_script(result.words[:2], result.vectors[:2])
    if isinstance(result, Picture):
        return matrix_scripts.low_rank_script(
            np.round(255 * result.original), rank=result.rebuilt.rank
        )
    return matrix_scripts.product_script(
        result.computed.augmented, np.append(result.inputs, 1.0)[:, None]
    )


def earned(result: Plane | Product | Words | Picture | Layer) -> str:
    """Say with a number on screen why it is all one operation."""
    if isinstance(result, Plane):
        (a, b), (c, d) = result.seen.matrix.tolist()
        return f"Four numbers, {a:g}, {b:g}, {c:g} and {d:g}, say where every point goes."
    if isinstance(result, Product):
        return f"The product's {result.product.size} cells are {result.product.size} dot products."
    if isinstance(result, Words):
        return (
            f"All {result.cosines.size} cosines came from one product of a "
            f"{result.vectors.shape[0]} × {result.vectors.shape[1]} matrix with itself."
        )
    if isinstance(result, Picture):
        return (
            f"{result.rebuilt.rank} columns times {result.rebuilt.rank} rows rebuilt the picture "
            f"with an error of {result.rebuilt.relative_error:.1%}."
        )
    return (
        f"{result.computed.outputs.size} neurons answered at once: "
        f"{', '.join(f'{value:g}' for value in result.computed.outputs)}."
    )

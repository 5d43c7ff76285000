"""What the linear algebra lab shows of products, low rank and layers; its scripts."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from components import controls, layout, likeness_lab, plane_lab, product_view
from components.charts import foundations_matrices as charts
from core.foundations import (
    matrix_products,
    matrix_scripts,
    pictures,
    tables,
)
from core.foundations.momentum_rules import Array


@dataclass(frozen=True, eq=False)
class Product:
    """Two matrices and their product."""

    left: Array
    right: Array
    product: Array


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


def _typed_table(label: str, default: str, *, key: str, max_columns: int = 6) -> Array:
    """Ask for a table of numbers; end the run with a sentence if it is none."""
    text = controls.long_text(label, default, key=key, help=plane_lab.TABLE_HELP, height=112)
    try:
        return tables.read_table(text, max_rows=6, max_columns=max_columns)
    except tables.TableError as error:
        layout.ask_again(f"{label}: {error}")


def read_product() -> Product:
    """Ask for two matrices that fit."""
    one, other = st.columns(2)
    with one:
        left = _typed_table("Left, A", "1 2 0\n3 −1 2", key="linear_algebra_left")
    with other:
        right = _typed_table("Right, B", "2 1\n0 3\n1 −1", key="linear_algebra_right")
    if left.shape[1] != right.shape[0]:
        layout.ask_again(
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
        layout.ask_again(
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


def script(result: plane_lab.Plane | Product | likeness_lab.Words | Picture | Layer) -> str:
    """Write the program that reproduces the numbers on screen."""
    if isinstance(result, plane_lab.Plane):
        return matrix_scripts.transformation_script(result.seen.matrix)
    if isinstance(result, Product):
        return matrix_scripts.product_script(result.left, result.right)
    if isinstance(result, likeness_lab.Words):
        return matrix_scripts.similarity_script(result.words[:2], result.vectors[:2])
    if isinstance(result, Picture):
        return matrix_scripts.low_rank_script(
            np.round(255 * result.original), rank=result.rebuilt.rank
        )
    return matrix_scripts.product_script(
        result.computed.augmented, np.append(result.inputs, 1.0)[:, None]
    )


def earned(result: plane_lab.Plane | Product | likeness_lab.Words | Picture | Layer) -> str:
    """Say with a number on screen why it is all one operation."""
    if isinstance(result, plane_lab.Plane):
        (a, b), (c, d) = result.seen.matrix.tolist()
        return f"Four numbers, {a:g}, {b:g}, {c:g} and {d:g}, say where every point goes."
    if isinstance(result, Product):
        return f"The product's {result.product.size} cells are {result.product.size} dot products."
    if isinstance(result, likeness_lab.Words):
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

"""Pictures of matrices: how alike vectors are, what a dot product adds up, layers of a picture."""

import functools
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from components.charts import palette
from components.charts.drawing import Drawing, specification
from core.foundations.matrix_products import LowRank, Similarity

N_PRODUCTS = 14
"""Numbers of a vector that get a bar of their own."""


def cosines(names: Sequence[str], table: NDArray[np.floating]) -> Drawing:
    """Draw every vector against every other.

    Args:
        names: What the vectors stand for, all different, shape (n,).
        table: Cosines, shape (n, n).

    Returns:
        Squares from vermilion (opposite) over grey to blue (alike), each with its number.
    """
    n = len(names)
    row, column = np.indices((n, n))
    frame = pd.DataFrame(
        {
            "Word": np.asarray(names, dtype=object)[row.ravel()],
            "Other": np.asarray(names, dtype=object)[column.ravel()],
            "Row": row.ravel().astype(np.int16),
            "Column": column.ravel().astype(np.int16),
            "Cosine": np.asarray(table, dtype=np.float32).ravel(),
        }
    )
    return Drawing(_cosines_spec(), frame)


@functools.cache
def _cosines_spec() -> dict[str, Any]:
    axis = alt.Axis(labelLimit=110, ticks=False, domain=False, labelAngle=-40, labelOverlap=False)
    base = alt.Chart().encode(
        x=alt.X("Other:N", sort=alt.SortField("Column"), title=None, axis=axis),
        y=alt.Y(
            "Word:N",
            sort=alt.SortField("Row"),
            title=None,
            axis=alt.Axis(labelLimit=110, ticks=False, domain=False),
        ),
        tooltip=["Word:N", "Other:N", alt.Tooltip("Cosine:Q", format=".4f")],
    )
    hue = alt.Scale(domain=[-1, 0, 1], range=list(palette.DIVERGING))
    squares = base.mark_rect(cornerRadius=2).encode(
        color=alt.Color("Cosine:Q", scale=hue, legend=None)
    )
    numbers = base.mark_text(fontSize=11, color="black").encode(
        text=alt.Text("Cosine:Q", format=".2f")
    )
    return specification((squares + numbers).properties(height=alt.Step(34)))


def dot_product(pair: Similarity, names: Sequence[str]) -> Drawing:
    """Draw the numbers whose sum is a dot product, largest first; the small ones in one bar.

    Args:
        pair: Two vectors compared.
        names: Name of each number of the vectors, shape (n,).

    Returns:
        One bar per product.
    """
    order = np.argsort(-np.abs(pair.products), kind="stable")
    shown, rest = order[:N_PRODUCTS], order[N_PRODUCTS:]
    labels = [names[i] for i in shown]
    values = pair.products[shown].tolist()
    if rest.size:
        labels.append(f"the other {rest.size}")
        values.append(float(pair.products[rest].sum()))
    frame = pd.DataFrame(
        {
            "Number": labels,
            "Product": values,
            "Rank": np.arange(len(labels), dtype=np.int16),
            "Adds": ["adds" if value >= 0 else "takes away" for value in values],
        }
    )
    return Drawing(_dot_spec(), frame)


@functools.cache
def _dot_spec() -> dict[str, Any]:
    hue = alt.Scale(domain=["adds", "takes away"], range=[palette.POSITIVE, palette.NEGATIVE])
    bars = (
        alt.Chart()
        .mark_bar(cornerRadiusEnd=2, size=13)
        .encode(
            x=alt.X("Product:Q", title="Product of the two numbers"),
            y=alt.Y(
                "Number:N",
                sort=alt.SortField("Rank"),
                title=None,
                axis=alt.Axis(labelLimit=140, ticks=False, domain=False),
            ),
            color=alt.Color("Adds:N", scale=hue, legend=None),
            tooltip=["Number:N", alt.Tooltip("Product:Q", format=".4f")],
        )
    )
    return specification(bars.properties(height=alt.Step(21)))


def layer_strengths(rebuilt: LowRank) -> Drawing:
    """Draw the singular values, those in use in blue.

    Args:
        rebuilt: A picture from a few of its layers.

    Returns:
        One bar per layer, strongest first.
    """
    sizes = rebuilt.singular_values
    number = np.arange(1, sizes.size + 1, dtype=np.int16)
    frame = pd.DataFrame(
        {
            "Layer": number,
            "Strength": sizes,
            "Kept": np.where(number <= rebuilt.rank, "kept", "left out"),
        }
    )
    return Drawing(_strengths_spec(), frame)


@functools.cache
def _strengths_spec() -> dict[str, Any]:
    hue = alt.Scale(domain=["kept", "left out"], range=[palette.AFTER, palette.BEFORE])
    bars = (
        alt.Chart()
        .mark_bar(size=7)
        .encode(
            x=alt.X(
                "Layer:Q",
                title="Layer",
                scale=alt.Scale(domain=[0, 65], nice=False),
                axis=alt.Axis(format="d", grid=False),
            ),
            y=alt.Y("Strength:Q", title="Singular value"),
            color=alt.Color("Kept:N", scale=hue, legend=alt.Legend(title=None, orient="top")),
            tooltip=[
                alt.Tooltip("Layer:Q", format="d"),
                alt.Tooltip("Strength:Q", format=".4g"),
                alt.Tooltip("Kept:N"),
            ],
        )
    )
    return specification(bars.properties(height=260))

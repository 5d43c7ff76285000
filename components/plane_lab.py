"""A 2×2 matrix on the plane: its controls, its numbers, its picture."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from components import controls, layout, plane_view
from core.foundations import linear_algebra, tables
from core.foundations.momentum_rules import Array

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


@dataclass(frozen=True, eq=False)
class Plane:
    """A 2×2 matrix and what it does."""

    seen: linear_algebra.Transformation
    points: Array
    """The reader's own points, shape (n, 2)."""
    in_moves: bool


def _use_preset() -> None:
    name = st.session_state["linear_algebra_preset"]
    if name:
        for key, value in zip(ENTRIES, PRESETS[name], strict=True):
            st.session_state[key] = value
        st.session_state["linear_algebra_preset"] = None


def read_plane() -> Plane:
    """Ask for a 2×2 matrix and own points."""
    with st.sidebar:
        st.pills("Examples", list(PRESETS), key="linear_algebra_preset", on_change=_use_preset)
        in_moves = (
            controls.choice("Way", ("Straight", "Three moves"), key="linear_algebra_way")
            == "Three moves"
        )
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
    try:
        points = tables.read_table(text, max_rows=40, max_columns=2)
    except tables.TableError as error:
        layout.ask_again(f"Your points: {error}")
    if points.shape[1] != 2:
        layout.ask_again("Your points need two numbers each, such as 0 0; 1 0; 0 1.")
    return Plane(linear_algebra.transform(np.reshape(entries, (2, 2))), points, in_moves)


def show_plane(plane: Plane) -> None:
    """Show the matrix as numbers and as what it does to the plane."""
    seen, eigen = plane.seen, plane.seen.eigen
    row = st.container(horizontal=True)
    row.metric("Determinant", f"{seen.determinant:.4g}", help="What it multiplies areas by.")
    row.metric("Kind", seen.kind)
    row.metric("Rank", seen.rank, help="2: a plane is left. 1: a line. 0: a point.")
    row.metric("Eigenvalues", " · ".join(_eigenvalue(value) for value in eigen.values))
    row.metric(
        "Stretches",
        " · ".join(f"{size:.3g}" for size in seen.moves.stretches),
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

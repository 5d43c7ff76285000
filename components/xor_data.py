"""Points of one's own for the neural network lab: drawn, pasted, uploaded, or from the link."""

import math
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import cached
from components.plain import plain
from core.networks import datasets, own_data

Rows = tuple[tuple[float, float, float], ...]

FIRST_ROWS: Rows = tuple(
    (x, y, answer)
    for answer, corners in ((1.0, ((-3, 3), (3, -3))), (0.0, ((3, 3), (-3, -3), (0, 0))))
    for cx, cy in corners
    for x, y in ((cx - 0.6, cy + 0.3), (cx + 0.7, cy - 0.2))
)
"""What a fresh plane shows, so that there is something to learn before the first click."""

_LINK = "xor_trainer_own"
_ROWS = "xor_trainer_rows"
_TOLD = "xor_trainer_told"


def guard(settings: datasets.DataSettings, *, told_in: DeltaGenerator) -> datasets.Dataset:
    """Make the points, or say why they cannot be used and end the run.

    Args:
        settings: Which points.
        told_in: Where to say why not.
    """
    if settings.name != datasets.OWN and _LINK in st.query_params:
        del st.query_params[_LINK]
    try:
        return cached.network_data(settings)
    except ValueError as problem:
        told_in.info(
            f"{plain(str(problem))} Change the data in the sidebar.", icon=":material/edit:"
        )
        st.stop()


def own_rows() -> Rows:
    """Show the ways to bring points, and return the present ones.

    Returns:
        x, y and answer of each point; they are kept in the link while they are few.
    """
    if _ROWS not in st.session_state:
        _keep(*_rows_of_the_link())
    st.caption("Choose a colour under the plane and click: the network learns again at once.")
    with st.expander("Paste or upload a table", icon=":material/table:"):
        st.text_area(
            "Table",
            key="xor_trainer_pasted",
            height=110,
            placeholder="x, y, answer\n0.5, 1.2, yes\n-1, 2, no",
            help="One point per line: x, y and the answer. Two different answers make two classes; "
            "more, if they are numbers, make a regression.",
        )
        st.button("Use this table", on_click=_take_pasted, key="xor_trainer_use_table")
        st.file_uploader(
            "Table as a file",
            type=["csv", "tsv", "txt"],
            key="xor_trainer_upload",
            on_change=_take_upload,
            help="CSV or TSV with the same three columns. A long table is sampled.",
        )
        st.button("Start over", on_click=_keep, args=(FIRST_ROWS, ""), key="xor_trainer_start_over")
    if st.session_state.get(_TOLD):
        st.caption(plain(st.session_state[_TOLD]))
    rows: Rows = st.session_state[_ROWS]
    link = own_data.to_link(rows)
    if link:
        st.query_params[_LINK] = link
    else:
        st.query_params.pop(_LINK, None)
        st.caption(f"{len(rows)} points are too many for a link; a copied link leaves them out.")
    return rows


def _rows_of_the_link() -> tuple[Rows, str]:
    try:
        rows = own_data.from_link(st.query_params.get(_LINK, ""))
    except datasets.DataError as problem:
        return FIRST_ROWS, f"{problem} The first points are shown."
    return rows or FIRST_ROWS, ""


def _keep(rows: Rows, told: str) -> None:
    st.session_state[_ROWS] = rows
    st.session_state[_TOLD] = told


def _take_pasted() -> None:
    _take(own_data.parse, st.session_state["xor_trainer_pasted"])


def _take_upload() -> None:
    file = st.session_state["xor_trainer_upload"]
    if file is not None:
        _take(own_data.parse_bytes, file.getvalue())


def _take(read: Any, table: Any) -> None:
    try:
        found = read(table)
    except datasets.DataError as problem:
        st.session_state[_TOLD] = f"{problem} The points stay as they were."
        return
    _keep(found.rows, f"{len(found.rows)} points were read. {found.note}".strip())


def draw(event: Any) -> None:
    """Add or erase a point that was clicked on the plane.

    Args:
        event: From the browser, so not trusted: ``{"add": [x, y, answer]}`` or
            ``{"erase": [x, y]}``.
    """
    rows: Rows = st.session_state.get(_ROWS, ())
    if not isinstance(event, dict) or not rows:
        return
    add, erase = event.get("add"), event.get("erase")
    if _are_numbers(add, 3):
        changed = (*rows, (round(add[0], 2), round(add[1], 2), float(add[2])))
        if len(changed) > own_data.MOST_ROWS:
            st.session_state[_TOLD] = f"There is room for {own_data.MOST_ROWS} points."
            return
    elif _are_numbers(erase, 2):
        nearest = min(rows, key=lambda row: math.hypot(row[0] - erase[0], row[1] - erase[1]))
        place = rows.index(nearest)
        changed = rows[:place] + rows[place + 1 :]
    else:
        return
    if len({answer for _, _, answer in changed}) < 2:
        st.session_state[_TOLD] = "The last point of a colour stays: one class alone is no task."
        return
    _keep(changed, "")


def _are_numbers(values: Any, count: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) == count
        and all(isinstance(one, int | float) and math.isfinite(one) for one in values)
        and all(abs(one) <= datasets.LARGEST_COORDINATE for one in values)
    )

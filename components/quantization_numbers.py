"""Step 1 of the quantization lab: one row of numbers on a grid, one number bit by bit."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from components import bits_view, controls, layout, number_line_view
from core.quantization import number_formats, row_scripts, rows

EXAMPLES = {
    "The guide's number": rows.GUIDE_ROW,
    "Real weights": rows.REAL_ROW,
    "All positive": rows.ONE_SIDED_ROW,
}
_GRIDS = {
    "whole": "Whole numbers",
    "absmax": "Absmax: symmetric",
    "zero_point": "Zero point: asymmetric",
    "nf4": "NF4: uneven",
}
_GRID_HELP = (
    "Where the marks of the grid are. Whole numbers: one apart. Absmax: as far apart as the "
    "largest number needs, the same on both sides of 0. Zero point: from the smallest number to "
    "the largest. NF4: 16 marks, closer together near 0, where most weights are."
)
CODE = (rows.quantize_row, number_formats.encode, number_formats.decode)


@dataclass(frozen=True, eq=False)
class Numbers:
    """A row on its grid, and the number that is looked at."""

    row: rows.QuantizedRow
    chosen: int
    left_out: tuple[int, ...]

    @property
    def value(self) -> float:
        """The number that is looked at."""
        return float(self.row.values[self.chosen])


def _key(name: str) -> str:
    return f"quantization_lab_{name}"


def _choose(place: int) -> None:
    st.session_state[_key("place")] = place + 1


def _write_example() -> None:
    name = st.session_state[_key("row_example")]
    if name:
        st.session_state[_key("row")] = EXAMPLES[name]
        st.session_state[_key("row_example")] = None
        st.session_state[_key("place")] = 9 if name == "Real weights" else 1


def read_numbers() -> Numbers:
    """Ask for a row, a grid and its bits; end the run with a sentence if the row is none."""
    field, ready = st.columns([4, 3], vertical_alignment="bottom")
    with field:
        text = controls.short_text(
            "Row of numbers",
            rows.GUIDE_ROW,
            key=_key("row"),
            help="Up to 64 numbers, separated by commas or spaces.",
            max_chars=1_200,
        )
    ready.pills("Examples", list(EXAMPLES), key=_key("row_example"), on_change=_write_example)
    with st.sidebar:
        grid = st.radio(
            "Grid",
            tuple(_GRIDS),
            format_func=_GRIDS.get,
            key=_key("grid"),
            help=_GRID_HELP,
            bind="query-params",
        )
        bits = _bits(grid)
        clips = controls.switch(
            "Clip the largest",
            key=_key("clip"),
            help="Choose the scale without the largest number; it is put on the end of the grid.",
        )
    try:
        values = rows.read_row(text)
    except rows.RowError as problem:
        layout.ask_again(str(problem))
    left_out = (int(np.argmax(np.abs(values))),) if clips and len(values) > 1 else ()
    row = rows.quantize_row(values, bits=bits, grid=grid, left_out=left_out)
    return Numbers(row, _chosen(len(values)), left_out)


def _bits(grid: str) -> int:
    if grid == "nf4":
        st.caption("NF4 has 4 bits.")
        return 4
    return controls.number_slider(
        "Bits",
        2,
        8,
        8,
        step=1,
        key=_key("bits"),
        help="Each bit more doubles the number of marks.",
    )


def _chosen(n_numbers: int) -> int:
    if st.session_state.get(_key("place"), 1) > n_numbers:
        st.session_state[_key("place")] = 1
    with st.sidebar:
        place = controls.whole_number(
            "Number looked at",
            1,
            n_numbers,
            1,
            key=_key("place"),
            help="Counted from the left. Or click a number in the picture.",
        )
    return place - 1


def show_numbers(numbers: Numbers) -> None:
    """Show what became of the row, and the chosen number in five formats."""
    row = numbers.row
    shown = st.container(horizontal=True)
    comes_back = f"{row.values[numbers.chosen]:.5g} → {row.restored[numbers.chosen]:.4g}"
    shown.metric("The chosen number", comes_back)
    shown.metric("Scale", f"{row.scale:.3g}", help="What every mark is multiplied by.")
    shown.metric("Zero point", row.zero_point, help="The stored integer that stands for 0.")
    shown.metric("Marks", len(row.marks), help="How many different numbers can be stored.")
    shown.metric("Largest error", f"{_others(numbers).max():.3g}", help=_error_help(numbers))
    shown.metric(
        "Became 0", f"{row.n_lost} of {np.count_nonzero(row.values)}", help="Numbers that are lost."
    )
    number_line_view.number_line_view(
        row,
        chosen=numbers.chosen,
        left_out=numbers.left_out,
        on_choose=_choose,
        key=_key("number_line"),
    )
    st.markdown(f"**{numbers.value:.6g} as a floating-point number, bit by bit**")
    bits_view.bits_view(numbers.value, key=_key("bits_view"))
    st.caption(
        "Vermilion: sign. Amber: exponent, which stretch of the number line. Blue: fraction, which "
        "mark on it. Click a bit to flip it. A grid has its marks evenly spaced; a floating-point "
        "number has them closer together near 0."
    )


def _others(numbers: Numbers) -> np.ndarray:
    errors = np.abs(numbers.row.errors)
    return np.delete(errors, list(numbers.left_out))


def _error_help(numbers: Numbers) -> str:
    return "Of all numbers but the clipped one." if numbers.left_out else "Of all numbers."


def script(numbers: Numbers) -> str:
    """Write the program that puts this row on this grid."""
    return row_scripts.row_script(numbers.row, chosen=numbers.chosen, left_out=numbers.left_out)


def earned(numbers: Numbers) -> str:
    """Say with the numbers on screen what rounding is."""
    row = numbers.row
    return (
        f"{numbers.value:.5g} was divided by {row.scale:.3g}, rounded to the nearest mark and kept "
        f"in {row.bits} bits instead of 32; it comes back as "
        f"{row.restored[numbers.chosen]:.4g}. Rounding is easy; choosing the scale is the art."
    )

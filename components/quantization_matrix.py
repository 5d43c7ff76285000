"""Step 2 of the quantization lab: one real matrix in any scheme, and its outliers."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from components import (
    cached,
    controls,
    model_loading,
    quantization_closer,
    quantization_scheme,
    weight_view,
)
from core.model_store import catalog
from core.quantization import (
    matrix_scripts,
    matrix_study,
    matrix_window,
    outliers,
    schemes,
)
from core.quantization.matrix_study import Study, TableRow

MODELS = ("all-minilm-l6-v2", "smollm2-135m-instruct", "gpt2", "distilgpt2", "bert-base-uncased")
FIRST_MATRIX = "encoder.layer.0.output.dense"
MAX_ROWS = 4_096
N_NEIGHBOURS = 16
_EDITS = {"keep": "Keep it", "clip": "Clip it", "delete": "Delete it"}
CODE = (schemes.quantize, matrix_study.study, outliers.edit)


@dataclass(frozen=True, eq=False)
class Matrix:
    """A matrix of a model in a scheme."""

    model_id: str
    name: str
    n_rows_of_all: int
    """Rows of the whole matrix; a very tall one is cut."""

    studied: Study
    has_inputs: bool
    """Whether it is a linear layer, whose outputs can be compared."""

    is_transposed: bool

    def compare(self, scheme: str) -> TableRow:
        """Measure another scheme on the same matrix."""
        return cached.scheme_row(self.model_id, self.name, MAX_ROWS, schemes.SCHEMES[scheme])

    def edited(self, how: outliers.Edit) -> Study:
        """Measure the same scheme with the weight that is looked at kept, clipped or deleted."""
        one = self.studied
        return _study(
            self.model_id,
            self.name,
            one.quantized.scheme,
            (one.row, one.col),
            how,
            has_inputs=self.has_inputs,
        )


def _key(name: str) -> str:
    return f"quantization_lab_{name}"


def _pick(row: int, col: int) -> None:
    st.session_state[_key("matrix_row")] = row
    st.session_state[_key("matrix_col")] = col
    st.session_state[_key("edit")] = "keep"


def _forget_place() -> None:
    st.session_state[_key("matrix_row")] = st.session_state[_key("matrix_col")] = None
    st.session_state[_key("edit")] = "keep"


def read_matrix() -> Matrix:
    """Ask for a model, a matrix and a scheme, and quantize."""
    with st.sidebar:
        model_id = st.selectbox(
            "Model",
            MODELS,
            format_func=lambda one: catalog.CATALOG[one].title,
            key=_key("matrix_model"),
            help="The first two work offline. Only the first is in full precision there.",
            on_change=_forget_place,
            bind="query-params",
        )
    is_encoder = catalog.CATALOG[model_id].kind == "encoder"
    ready = model_loading.ready_encoder if is_encoder else model_loading.ready_causal_lm
    loaded = ready(model_id)
    with st.sidebar:
        matrix = _matrix_control(model_id)
        has_inputs = matrix.layer is not None
        scheme = quantization_scheme.scheme_control(calibrated=has_inputs)
    if loaded.note:
        st.caption(f":material/info: {loaded.note}")
    weights = cached.weight_matrix(model_id, matrix.name, MAX_ROWS)
    place, how = _weight_controls(weights)
    with st.spinner("Quantizing…", show_time=False):
        studied = _study(model_id, matrix.name, scheme, place, how, has_inputs=has_inputs)
    return Matrix(model_id, matrix.name, matrix.rows, studied, has_inputs, matrix.is_transposed)


def _matrix_control(model_id: str):
    listed = {one.name: one for one in cached.weight_matrices(model_id)}
    names = list(listed)
    if st.session_state.get(_key("matrix")) not in (None, *names):
        del st.session_state[_key("matrix")]
    name = st.selectbox(
        "Matrix",
        names,
        index=names.index(FIRST_MATRIX) if FIRST_MATRIX in names else 1,
        format_func=lambda one: f"{one} ({listed[one].rows:,} × {listed[one].cols:,})",
        key=_key("matrix"),
        help="Rows are outputs, columns are inputs.",
        on_change=_forget_place,
        bind="query-params",
    )
    return listed[name]


def _weight_controls(weights: np.ndarray) -> tuple[tuple[int, int], outliers.Edit]:
    """Ask which weight is looked at and what to do to it first."""
    largest = outliers.largest(weights)
    place = []
    with st.sidebar:
        st.markdown("**One weight** · click it in the picture")
        for axis, column in enumerate(st.columns(2)):
            key = _key(("matrix_row", "matrix_col")[axis])
            if (st.session_state.get(key) or 0) >= weights.shape[axis]:
                st.session_state[key] = None
            controls.refuse_infinity(key)
            typed = column.number_input(
                ("Row", "Column")[axis],
                0,
                weights.shape[axis] - 1,
                None,
                1,
                key=key,
                placeholder=str(largest[axis]),
                help="Counted from 0. Empty: the largest weight of the matrix.",
                bind="query-params",
            )
            place.append(typed)
        if None in place:
            place = list(largest)
    how = controls.choice(
        f"The weight in row {place[0]}, column {place[1]}, before quantizing",
        tuple(_EDITS),
        key=_key("edit"),
        format_func=_EDITS.get,
        help="Clip: shorten it to the size of the largest of the others. Delete: make it 0.",
    )
    return (place[0], place[1]), how


def _study(
    model_id: str,
    name: str,
    scheme: schemes.Scheme,
    place: tuple[int, int],
    how: outliers.Edit,
    *,
    has_inputs: bool,
) -> Study:
    # What is kept does not depend on which weight is looked at.
    changed = (0, 0) if how == "keep" else place
    stored = cached.stored_matrix(model_id, name, MAX_ROWS, scheme, *changed, how)
    return matrix_study.study(
        cached.weight_matrix(model_id, name, MAX_ROWS),
        stored,
        row=place[0],
        col=place[1],
        how=how,
        inputs=cached.layer_inputs(model_id, name, True) if has_inputs else None,
    )


def show() -> Matrix:
    """Ask for a matrix, and show it above the control that changes one of its weights."""
    picture = st.container()
    matrix = read_matrix()
    with picture:
        show_matrix(matrix)
    _recovery(matrix)
    quantization_closer.look_closer(matrix)
    return matrix


def show_matrix(matrix: Matrix) -> None:
    """Show the figures and the picture."""
    studied = matrix.studied
    _figures(matrix)
    if matrix.n_rows_of_all > len(studied.weights):
        st.caption(
            f"This matrix has {matrix.n_rows_of_all:,} rows; the first {len(studied.weights):,} "
            "are used."
        )
    weight_view.weight_view(
        matrix_window.pack(studied),
        title=f"{matrix.name} in {studied.quantized.scheme.title}",
        on_pick=_pick,
        key=_key("weights"),
    )
    _scale_story(studied)
    _neighbours_button(studied)


def _put_on_number_line(values: np.ndarray, place: int) -> None:
    st.session_state[_key("row")] = ", ".join(f"{value:.4g}" for value in values)
    st.session_state[_key("place")] = place + 1
    st.session_state[_key("grid")] = "absmax"
    st.session_state[_key("view")] = "One number"


def _neighbours_button(studied: Study) -> None:
    """Offer to look at the weight and its neighbours as one row of numbers."""
    start = studied.col // N_NEIGHBOURS * N_NEIGHBOURS
    values = studied.weights[studied.row, start : start + N_NEIGHBOURS]
    st.button(
        f"See its {len(values)} neighbours on the number line",
        icon=":material/linear_scale:",
        key=_key("neighbours"),
        on_click=_put_on_number_line,
        args=(values, studied.col - start),
    )


def _scale_story(studied: Study) -> None:
    """Say how the scale of the weight itself is stored, where it is quantized too."""
    story = studied.quantized.explain(studied.row, studied.col)
    told = []
    if story.scale_story:
        told.append(f"Its scale is stored in few bits too: {story.scale_story.arithmetic}.")
    if story.minimum_story:
        told.append(f"So is its minimum, which is subtracted: {story.minimum_story.arithmetic}.")
    if told:
        st.caption(" ".join(told))


def _recovery(matrix: Matrix) -> None:
    """Say what changing one weight did to the others and to the outputs."""
    now = matrix.studied
    if now.how == "keep":
        return
    kept = matrix.edited("keep")
    said = (
        f"The other weights: {_decibels(kept.others.snr_db)} → {_decibels(now.others.snr_db)}; "
        f"{kept.share_lost:.1%} → {now.share_lost:.1%} became 0."
    )
    if now.output_error is not None and kept.output_error is not None:
        said += f" The layer's output error: {kept.output_error:.2%} → {now.output_error:.2%}."
    st.caption(said)


def _figures(matrix: Matrix) -> None:
    studied, now = matrix.studied, matrix.studied.others
    before = matrix.edited("keep").others if studied.how != "keep" else None
    rest = " Without the weight that is looked at." if before else ""
    gain = now.snr_db - before.snr_db if before and np.isfinite(now.snr_db) else 0.0
    shown = st.container(horizontal=True)
    shown.metric(
        "Bits per weight",
        f"{studied.quantized.bits_per_weight:.3f}",
        help="Exact, with every scale, zero point and minimum.",
    )
    full = studied.weights.size * 4
    shown.metric(
        "Memory",
        f"{studied.size_bytes / 1e3:,.0f} kB",
        help=f"In 32 bits it takes {full / 1e3:,.0f} kB: {full / studied.size_bytes:.3g} times.",
    )
    measured = now if before else studied.damage
    shown.metric(
        "Mean squared error",
        f"{measured.mse:.2e}" if measured.mse else "0",
        help=f"Of the weights.{rest}",
    )
    shown.metric("Worst error", f"{measured.worst:.3g}", help=f"Of one weight.{rest}")
    shown.metric(
        "Signal to noise",
        _decibels(measured.snr_db),
        f"{gain:+.1f} dB" if abs(gain) >= 0.05 else None,
        help=f"Power of the weights over that of the error; a bit more adds about 6 dB.{rest}",
    )
    shown.metric("Became 0", f"{studied.share_lost:.1%}", help="Weights that are exactly 0 now.")
    if studied.output_error is not None:
        shown.metric(
            "Output error",
            f"{studied.output_error:.2%}",
            help="How far the layer's outputs move on sentences that no scheme has seen, against "
            "the outputs of the untouched matrix.",
        )


def _decibels(snr_db: float) -> str:
    return f"{snr_db:.1f} dB" if np.isfinite(snr_db) else "no noise" if snr_db > 0 else "no signal"


def script(matrix: Matrix) -> str:
    """Write the program that prints the figures on screen."""
    studied = matrix.studied
    return matrix_scripts.matrix_script(
        model_id=matrix.model_id,
        matrix=matrix.name,
        shape=studied.weights.shape,
        is_transposed=matrix.is_transposed,
        has_inputs=matrix.has_inputs,
        scheme=studied.quantized.scheme,
        row=studied.row,
        col=studied.col,
        how=studied.how,
    )


def earned(matrix: Matrix) -> str:
    """Say with the figures on screen what the rounding cost."""
    studied = matrix.studied
    size = 32 / studied.quantized.bits_per_weight
    if studied.damage.mse == 0:
        return (
            f"{studied.weights.size:,} weights were stored in {studied.quantized.scheme.title} and "
            "came back unchanged: they lay on this grid already. Rounding twice to one grid is "
            "rounding once."
        )
    return (
        f"{studied.weights.size:,} weights were rounded to {studied.quantized.scheme.title} and "
        f"take {size:.3g} times less memory than in 32 bits. The error is "
        f"{studied.damage.snr_db:.1f} dB below the weights, and {studied.share_lost:.0%} of them "
        "became 0."
    )

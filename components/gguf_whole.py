"""The whole of a GGUF file: its first bytes, its notes, its table of tensors."""

import pandas as pd
import streamlit as st

from components import block_bytes_view, layout
from components.charts import quantization_gguf as charts
from components.gguf_lab import Opened, Seen, in_bytes
from components.plain import plain
from core.quantization import gguf_summary
from core.quantization.gguf_file import Entry, GgufFile, Sequence

MAX_NOTE = 160
"""Characters of a value that are shown."""

MAX_ROWS = 2_000
"""Lines of a table that are shown; a file may claim many more."""


def whole_file(opened: Opened) -> Seen:
    """Draw header, shares, notes and tensors of a file."""
    file = opened.file
    shares = gguf_summary.shares(file)
    n_weights = sum(tensor.n_weights for tensor in file.tensors)
    with st.container(horizontal=True, gap="medium"):
        st.metric("File", in_bytes(file.n_bytes), width="content")
        st.metric("Tensors", f"{len(file.tensors):,}", width="content")
        st.metric("Weights", f"{n_weights:,}", width="content")
        # Of a file that is cut off, as it was before.
        whole = max([file.n_bytes, *(one.start + one.n_bytes for one in file.tensors)])
        bits = f"{8 * whole / n_weights:.3g}" if n_weights else "–"
        st.metric("Bits per weight", bits, width="content")

    block_bytes_view.header_view(file, key="gguf_explorer_header_view")
    layout.draw(
        charts.bytes_by_part(shares),
        alt="Megabytes of the file by part of the network and type",
        key="gguf_explorer_shares",
    )
    st.caption(
        f"Notes and table end before byte {file.data_start:,}; from there on every tensor begins "
        f"at a multiple of {file.alignment} bytes, so that a program can map the file into memory "
        "and compute with it where it lies."
    )
    _tables(file)
    return Seen(opened, shares=shares)


def _tables(file: GgufFile) -> None:
    st.markdown(f"**Tensors** ({len(file.tensors):,})")
    st.dataframe(
        tensor_table(file),
        hide_index=True,
        height=300,
        alt="Name, shape, type, first byte and size of every tensor",
        key="gguf_explorer_tensors",
    )
    st.markdown(f"**Notes** ({len(file.metadata):,})")
    st.dataframe(
        note_table(file.metadata),
        hide_index=True,
        height=300,
        alt="Key, type and value of every note",
        key="gguf_explorer_notes",
    )
    if max(len(file.tensors), len(file.metadata)) > MAX_ROWS:
        st.caption(plain(f"The first {MAX_ROWS:,} lines are shown."))


def tensor_table(file: GgufFile) -> pd.DataFrame:
    """List the tensors, one line each."""
    return pd.DataFrame(
        [
            {
                "Name": tensor.name,
                "Shape": " × ".join(f"{size:,}" for size in tensor.shape),
                "Type": tensor.kind.name,
                "Bits per weight": round(tensor.kind.bits_per_weight, 4),
                "First byte": tensor.start,
                "Bytes": tensor.n_bytes,
                "All there": not tensor.is_cut,
            }
            for tensor in file.tensors[:MAX_ROWS]
        ]
    )


def note_table(notes: tuple[Entry, ...]) -> pd.DataFrame:
    """List the notes, one line each; long values are cut."""
    return pd.DataFrame(
        [
            {
                "Key": note.key,
                "Type": note.type_name,
                "Value": _shown(note.value),
                "Bytes": note.stop - note.start,
            }
            for note in notes[:MAX_ROWS]
        ]
    )


def _shown(value: object) -> str:
    if isinstance(value, Sequence):
        first = ", ".join(_shown(item) for item in value.first[:8])
        return f"{value.n_items:,} items: {first}" + (" …" if value.n_items > 8 else "")
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= MAX_NOTE else text[: MAX_NOTE - 1] + "…"

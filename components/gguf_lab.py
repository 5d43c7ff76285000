"""The GGUF lab: which file, which block, and what is seen of it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from components import block_bytes_view, cached, controls, layout, model_loading
from components.plain import plain
from core.model_store import catalog
from core.quantization import block_look, gguf_scripts, gguf_shelf
from core.quantization.gguf_file import GgufError

if TYPE_CHECKING:
    from core.quantization.block_look import BlockLook
    from core.quantization.gguf_export import PlanSummary, TypeMix
    from core.quantization.gguf_file import GgufFile, Tensor
    from core.quantization.gguf_shelf import WrittenFile
    from core.quantization.gguf_summary import Likeness, Share

MODEL_ID = catalog.DEFAULT_MODEL_ID
FILE_ID = "smollm2-135m-gguf"

BLOCK, WHOLE, WRITE = VIEWS = ("A block", "The whole file", "Write one")
PUBLISHED, WRITTEN, OWN = SOURCES = ("Published", "Written here", "Your own")
AS_IT_IS = "as in the file"
OTHER_TYPES = ("F16", "Q8_0", "Q6_K", "Q5_1", "Q5_0", "Q4_K", "Q4_1", "Q4_0", "MXFP4")

MAX_UPLOAD_MB = 20
_FIRST_CHOICE = ("blk.0.attn_q.weight", "blk.0.attn_qkv.weight", "token_embd.weight")


@dataclass(frozen=True, eq=False)
class Opened:
    """A file on the page."""

    file: "GgufFile"
    name: str
    """File name."""

    source: str
    """One of SOURCES."""

    path: str = ""
    """Where it lies on this machine; empty for an upload."""

    modified_ns: int = 0


@dataclass(frozen=True, eq=False)
class Seen:
    """What is on screen: the file, and what the chosen view shows of it."""

    opened: Opened | None
    """None before a file is written."""

    look: "BlockLook | None" = None
    shares: "tuple[Share, ...]" = ()
    mix: "TypeMix | None" = None
    plan: "PlanSummary | None" = None
    written: "WrittenFile | None" = None
    likeness: "Likeness | None" = None


def published() -> Opened:
    """Open the offline SmolLM2 as its publisher wrote it."""
    folder = model_loading.ready_folder(FILE_ID)
    [path] = folder.glob("*.gguf")
    return on_disk(path, PUBLISHED)


def on_disk(path: Path, source: str) -> Opened:
    """Open a file on this machine; one that is gone ends the run with a sentence."""
    try:
        modified_ns = path.stat().st_mtime_ns
        file = cached.gguf_on_disk(str(path), modified_ns)
    except OSError:
        layout.ask_again("This file has made room for newer ones. Write it again.")
    return Opened(file, path.name, source, str(path), modified_ns)


def source_control() -> Opened:
    """Ask which file, and open it; a file that cannot be read ends the run with a sentence."""
    source = controls.choice(
        "File",
        SOURCES,
        key="gguf_explorer_file",
        help="Published: SmolLM2 135M Instruct as its publisher wrote it.",
    )
    if source == PUBLISHED:
        return published()
    if source == WRITTEN:
        return _written()
    return _own()


def block_view(opened: Opened) -> Seen:
    """Choose a block and draw it."""
    which, where, how = st.columns([4, 2, 2])
    with which:
        tensor = _tensor_control(opened.file)
    if not tensor.kind.can_be_read:
        layout.ask_again(
            f"{tensor.name} is of type {tensor.kind.name}, which is listed in the table but not "
            "taken apart here. Choose another tensor."
        )
    with where:
        index = _block_control(opened.file, tensor)
    with how:
        written_as = _type_control()
    try:
        look = block_look.look(opened.file, tensor.name, index, written_as=written_as)
    except IndexError:
        layout.ask_again("The file ends before the end of this block. Choose an earlier one.")
    except ValueError as error:
        layout.ask_again(f"{error} Choose another type.")
    st.caption(_about(opened, look))
    block_bytes_view.block_view(look, key="gguf_explorer_block_view")
    return Seen(opened, look=look)


def script(seen: Seen) -> str:
    """Return the program that reads the file and prints the numbers of the block on screen."""
    if seen.look is None:
        name = seen.opened.name if seen.opened else f"{MODEL_ID}.{seen.mix.label}.gguf"
        return gguf_scripts.whole_file(name)
    return gguf_scripts.block(seen.opened.name, seen.look)


def earned(seen: Seen) -> str:
    """Say which number on screen earns the lab's sentence."""
    if seen.opened is None:
        plan = seen.plan
        return (
            f"This mix would put {plan.n_weights:,} weights into {plan.n_bytes / 1e6:,.1f} MB, "
            f"{plan.bits_per_weight:.3g} bits each with vocabulary and notes; in 32 bits they "
            f"would take {4 * plan.n_weights / 1e6:,.1f} MB."
        )
    file = seen.opened.file
    n_weights = sum(tensor.n_weights for tensor in file.tensors)
    size = sum(tensor.n_bytes for tensor in file.tensors)
    whole = (
        f"The {len(file.tensors):,} tensors of this file hold {n_weights:,} weights in "
        f"{in_bytes(size)}, {8 * size / max(n_weights, 1):.2f} bits each; in 32 bits they "
        f"would take {in_bytes(4 * n_weights)}."
    )
    if seen.look is None:
        return whole
    story = seen.look.story
    return (
        f"The block above packs {len(story.weights)} weights into {len(story.data)} bytes, "
        f"{8 * len(story.data) / len(story.weights):.4g} bits each with all its scales. {whole}"
    )


def in_bytes(n_bytes: int) -> str:
    """Return a size in megabytes, or in bytes if that would be nearly none."""
    return f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 100_000 else f"{n_bytes:,} bytes"


def _about(opened: Opened, look: "BlockLook") -> str:
    kind, n_weights = look.story.kind, len(look.story.weights)
    row, col = look.place(0)
    where = f"row {row:,}, from column {col:,}"
    if len(look.tensor.dims) == 1:
        where = f"from place {col:,}"
    bits = f"**{kind.name}**: {kind.bits_per_weight:.4g} bits per weight"
    if kind.n_weights > 1:
        bits += ", scales counted"
    text = f"{bits}. {n_weights} weights of {plain(look.tensor.name)}, {where}."
    if look.is_rewritten:
        text += (
            f" Written anew from the file's {look.tensor.kind.name}: {look.n_changed} of "
            f"{n_weights} numbers change, the most by {look.largest_change:.2g}."
        )
    elif opened.source == PUBLISHED and kind.name != "F32":
        text += " Point at a number, or at a byte."
    return text


def _tensor_control(file: "GgufFile") -> "Tensor":
    by_name = {tensor.name: tensor for tensor in file.tensors}
    if not by_name:
        layout.ask_again("This file lists no tensors. Look at the whole file, or open another.")
    # Of a large file that is cut off, only what is there can be chosen.
    names = [name for name, one in by_name.items() if block_look.n_looks(file, one)]
    if not names:
        layout.ask_again("The file ends before its first tensor. Look at the whole file instead.")
    first = next((name for name in _FIRST_CHOICE if name in names), names[0])
    if st.session_state.get("gguf_explorer_tensor") not in names:
        st.session_state.pop("gguf_explorer_tensor", None)
    return by_name[
        st.selectbox(
            "Tensor",
            names,
            index=names.index(first),
            key="gguf_explorer_tensor",
            help="One line of the file's table: a matrix or a vector. Its type stands below.",
            bind="query-params",
        )
    ]


def _block_control(file: "GgufFile", tensor: "Tensor") -> int:
    last = block_look.n_looks(file, tensor) - 1
    chosen = st.session_state.get("gguf_explorer_block")
    if chosen is not None and chosen > last:
        st.session_state["gguf_explorer_block"] = last
    return controls.whole_number(
        f"Block, 0 to {last:,}",
        0,
        last,
        0,
        key="gguf_explorer_block",
        help="Blocks follow each other row by row. Where a type has no blocks, 32 weights.",
    )


def _type_control() -> str:
    written_as = st.selectbox(
        "Written",
        (AS_IT_IS, *OTHER_TYPES),
        key="gguf_explorer_as",
        help="See the same weights in another type: its bytes are made on the spot.",
        bind="query-params",
    )
    return "" if written_as == AS_IT_IS else written_as


def _written() -> Opened:
    paths = gguf_shelf.all_files()
    if not paths:
        layout.ask_again("Nothing is written yet. Choose “Write one” above, and write a file.")
    path = st.selectbox(
        "Which one",
        paths,
        format_func=lambda one: one.name,
        key="gguf_explorer_which",
        help="Files that were written in this lab, the newest first.",
    )
    return on_disk(path, WRITTEN)


def _own() -> Opened:
    chosen = st.file_uploader(
        "GGUF file",
        key="gguf_explorer_upload",
        max_upload_size=MAX_UPLOAD_MB,
        help=f"At most {MAX_UPLOAD_MB} MB. Of a larger file its beginning is enough: "
        "`head -c 20000000 model.gguf > head.gguf`",
    )
    if chosen is None:
        layout.ask_again(
            f"Choose a GGUF file of at most {MAX_UPLOAD_MB} MB. Of a larger one its beginning is "
            "enough: head -c 20000000 model.gguf > head.gguf"
        )
    data = chosen.getvalue()
    try:
        file = cached.gguf_uploaded(hashlib.sha256(data).hexdigest(), data)
    except GgufError as error:
        st.error(plain(str(error)), title="This file cannot be read", icon=":material/draft:")
        st.stop()
    n_cut = sum(tensor.is_cut for tensor in file.tensors)
    if n_cut:
        st.caption(
            f"The beginning of a larger file, with tensors that are missing or cut off: {n_cut:,} "
            f"of {len(file.tensors):,}."
        )
    return Opened(file, chosen.name, OWN)

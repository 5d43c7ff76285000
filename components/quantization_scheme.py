"""The control of the quantization lab that chooses a scheme and turns its knobs."""

from dataclasses import replace

import streamlit as st

from core.quantization import schemes
from core.quantization.schemes import Scheme

FIRST = "int8_absmax_tensor"
_BLOCK_SIZES = (16, 32, 64, 128, 256, 512, 1024)


def scheme_control(
    *, calibrated: bool = True, default: str = FIRST, key: str = "quantization_lab_scheme"
) -> Scheme:
    """Choose a scheme and, where it has one, its block size. Both are part of the link.

    Args:
        calibrated: Whether to offer schemes that need example inputs.
        default: The scheme of a fresh page.
        key: Widget key and name in the address bar.
    """
    names = [
        name for name, scheme in schemes.SCHEMES.items() if calibrated or not scheme.needs_inputs
    ]
    name = st.selectbox(
        "Scheme",
        names,
        index=names.index(default) if default in names else 0,
        format_func=_title,
        key=key,
        help="How the weights are stored. Type to search, such as “int4” or “Q4”.",
        bind="query-params",
        persist_state="session",
    )
    scheme = schemes.SCHEMES[name]
    if "block_size" in scheme.knobs:
        scheme = replace(scheme, block_size=_block_size(scheme))
    st.caption(scheme.summary)
    return scheme


def _title(name: str) -> str:
    scheme = schemes.SCHEMES[name]
    return scheme.title


def _block_size(scheme: Scheme) -> int:
    # A scheme whose published block is another one keeps a slider of its own.
    suffix = "" if scheme.block_size == 64 else f"_{scheme.block_size}"
    return st.select_slider(
        "Block size",
        sorted({*_BLOCK_SIZES, scheme.block_size}),
        value=scheme.block_size,
        key=f"quantization_lab_block{suffix}",
        help="So many neighbours share a scale. Smaller blocks fit better and cost more bits.",
        bind="query-params",
        persist_state="session",
    )

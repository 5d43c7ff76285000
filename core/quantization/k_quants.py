"""GGUF's K-quants: super-blocks of 256 weights whose small blocks' scales are quantized too."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core.quantization import q4_k, q6_k, rounding
from core.quantization.blocks import BlockFormat, Part
from core.quantization.groups import Groups

N_WEIGHTS = 256
"""Weights of one super-block."""

FORMATS: Mapping[str, BlockFormat] = MappingProxyType(
    {
        "q4_k": BlockFormat(
            "q4_k",
            N_WEIGHTS,
            (Part("scale", 2), Part("minimum", 2), Part("scales", 12), Part("weights", 128)),
        ),
        "q6_k": BlockFormat(
            "q6_k",
            N_WEIGHTS,
            (Part("weights", 128), Part("high bits", 64), Part("scales", 16), Part("scale", 2)),
        ),
    }
)
"""Formats of 256 weights per super-block. Q4_K: eight blocks of 32, each with a scale and a minimum
in 6 bits. Q6_K: sixteen blocks of 16, each with a scale in 8 bits."""

_LAYOUTS = MappingProxyType({"q4_k": q4_k, "q6_k": q6_k})


def encode(blocks: NDArray[np.float32], name: str) -> Groups:
    """Search scales and integers of least squared error for each super-block.

    llama.cpp looks for the least *weighted* error (larger weights count more); this looks for the
    least mean squared error, and afterwards fits the outer scales to the integers found.

    Args:
        blocks: Weights, shape (n_blocks, 256).
        name: Key in FORMATS.

    Returns:
        Integers of the small blocks: shape (8 · n_blocks, 32) for Q4_K, (16 · n_blocks, 16) for
        Q6_K. ``scale_groups`` and ``min_groups`` hold the stored scales.

    Raises:
        KeyError: If no format has that name.
        ValueError: If the blocks do not have 256 weights.

    Source:
        ggml, ``ggml-quants.c`` (``quantize_row_q4_K_ref``, ``quantize_row_q6_K_ref``).
    """
    layout = _LAYOUTS[name]
    blocks = np.ascontiguousarray(blocks, np.float32)
    if blocks.ndim != 2 or blocks.shape[1] != N_WEIGHTS:
        raise ValueError(f"Super-blocks have shape (n_blocks, {N_WEIGHTS}), not {blocks.shape}.")
    parts = [layout.encode(blocks[part]) for part in rounding.portions(*blocks.shape)]
    return layout.groups(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def pack(groups: Groups, name: str) -> NDArray[np.uint8]:
    """Write super-blocks as bytes, shape (n_blocks, bytes per block)."""
    return _LAYOUTS[name].pack(groups)


def unpack(packed: NDArray[np.uint8], name: str) -> Groups:
    """Read super-blocks from bytes; the opposite of ``pack``.

    Args:
        packed: Bytes, shape (n_blocks, bytes per block).
        name: Key in FORMATS.

    Raises:
        ValueError: If the blocks do not have the format's number of bytes.
    """
    layout = FORMATS[name]
    if packed.ndim != 2 or packed.shape[1] != layout.n_bytes:
        raise ValueError(f"{name} blocks have {layout.n_bytes} bytes, not {packed.shape}.")
    ends = np.cumsum([part.n_bytes for part in layout.parts])[:-1]
    pieces = [np.ascontiguousarray(piece) for piece in np.split(packed, ends, axis=1)]
    return _LAYOUTS[name].unpack(*pieces)

"""Where the bytes of a GGUF file are, and whether two files hold the same."""

import re
from dataclasses import dataclass

import numpy as np

from core.quantization.gguf_file import GgufFile

HEADER_BYTES = 24
"""Letters, version, and two counts."""

PARTS = ("Embedding and head", "Attention", "MLP", "Norms and biases", "Other tensors")
HEAD = "Header, notes and table"


@dataclass(frozen=True)
class Share:
    """A kind of content and the bytes it takes."""

    part: str
    """One of PARTS, or HEAD."""

    type_name: str
    """Type of the tensors; empty for HEAD."""

    n_tensors: int
    n_weights: int
    n_bytes: int


def part_of(name: str) -> str:
    """Say which part of a network a tensor belongs to, by llama.cpp's names.

    Example:
        >>> part_of("blk.3.attn_q.weight"), part_of("token_embd.weight"), part_of("x")
        ('Attention', 'Embedding and head', 'Other tensors')
    """
    if "norm" in name or name.endswith(".bias"):
        return "Norms and biases"
    if re.match(r"(token_embd|output|position_embd|token_types)\b", name):
        return "Embedding and head"
    if "attn" in name:
        return "Attention"
    return "MLP" if "ffn" in name else "Other tensors"


def shares(file: GgufFile) -> tuple[Share, ...]:
    """Add up the bytes of a file by part and type.

    Returns:
        One share for the head of the file, then one for each part and type that occur.
    """
    found = [Share(HEAD, "", 0, 0, min(file.data_start, file.n_bytes))]
    kinds = {(part_of(tensor.name), tensor.kind.name) for tensor in file.tensors}
    for part, type_name in sorted(kinds, key=lambda pair: (PARTS.index(pair[0]), pair[1])):
        tensors = [t for t in file.tensors if (part_of(t.name), t.kind.name) == (part, type_name)]
        n_weights = sum(tensor.n_weights for tensor in tensors)
        n_bytes = sum(tensor.n_bytes for tensor in tensors)
        found.append(Share(part, type_name, len(tensors), n_weights, n_bytes))
    return tuple(found)


@dataclass(frozen=True)
class Likeness:
    """How alike the tensors of two files are."""

    n_tensors: int
    """Tensors of the first file."""

    n_same_bytes: int
    """Those that the second has too, of the same type and byte for byte."""

    n_missing: int
    """Those that the second has not."""


def compare(first: GgufFile, second: GgufFile) -> Likeness:
    """Compare the tensors of two files byte for byte.

    Args:
        first: A file.
        second: Another one.

    Returns:
        How many are the same.
    """
    others = {tensor.name: tensor for tensor in second.tensors}
    n_same = 0
    for tensor in first.tensors:
        other = others.get(tensor.name)
        if other is None or (other.kind, other.dims) != (tensor.kind, tensor.dims):
            continue
        if not (tensor.is_cut or other.is_cut):
            n_same += np.array_equal(first.packed(tensor), second.packed(other))
    n_missing = sum(tensor.name not in others for tensor in first.tensors)
    return Likeness(len(first.tensors), n_same, n_missing)

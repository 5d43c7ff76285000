"""Turn a stored Llama model into a GGUF file: names, notes, and a type for each kind of matrix."""

import math
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.model_store.errors import ModelUnavailableError
from core.quantization import gguf_notes, gguf_types, gguf_writing
from core.quantization.gguf_writing import PlannedTensor

TYPE_NAMES = ("F32", "F16", "Q8_0", "Q6_K", "Q5_1", "Q5_0", "Q4_K", "Q4_1", "Q4_0")
"""Types that can be chosen, largest first."""

FALLBACKS: Mapping[str, str] = {"Q4_K": "Q5_0", "Q6_K": "Q8_0"}
"""What llama.cpp takes instead when a row is no whole number of super-blocks of 256."""

_NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


@dataclass(frozen=True)
class TypeMix:
    """A type for each kind of matrix. Norms stay F32: they are small, and they matter."""

    embedding: str = "Q8_0"
    """Embedding and head."""

    attention: str = "Q4_0"
    mlp: str = "Q4_0"

    @property
    def label(self) -> str:
        """Short name for a file.

        Example:
            >>> TypeMix().label, TypeMix("Q4_0", "Q4_0", "Q4_0").label
            ('Q8_0-Q4_0-Q4_0', 'Q4_0')
        """
        names = (self.embedding, self.attention, self.mlp)
        return names[0] if len(set(names)) == 1 else "-".join(names)


@dataclass(frozen=True, eq=False)
class Plan:
    """A file that is to be written."""

    entries: tuple[bytes, ...]
    tensors: tuple[PlannedTensor, ...]
    fallen_back: int
    """Matrices that take another type, since their rows are no whole number of blocks."""

    @property
    def n_bytes(self) -> int:
        """Size of the file, but for the names and the filling between tensors."""
        return sum(map(len, self.entries)) + sum(tensor.n_bytes for tensor in self.tensors)


def plan(folder: Path, mix: TypeMix) -> Plan:
    """Decide name, shape and type of every tensor, and write the metadata.

    Args:
        folder: A stored Llama model: config.json, tokenizer.json and model.safetensors.
        mix: The types.

    Returns:
        The plan. Weights are read from the folder when their turn to be written comes.

    Raises:
        ModelUnavailableError: If the folder holds no Llama model.
        ValueError: If a type of the mix is not among TYPE_NAMES.
    """
    for name in (mix.embedding, mix.attention, mix.mlp):
        if name not in TYPE_NAMES:
            raise ValueError(f"{name!r} is no type that is written here.")
    config = gguf_notes.load_json(folder / "config.json")
    if config.get("model_type") != "llama":
        raise ModelUnavailableError("Only models built like Llama are written as GGUF here.")

    tensors, fallen_back = {}, 0
    for hf_name, shape in _stored_shapes(folder / "model.safetensors").items():
        name = gguf_name(hf_name)
        if name == "output.weight" and config.get("tie_word_embeddings"):
            # One matrix serves as embedding and head; the store may keep it under either name.
            name = "token_embd.weight"
        chosen = _chosen_type(name, shape, mix)
        kind = _fitting_type(chosen, shape)
        fallen_back += kind != chosen
        numbers = partial(_weights, folder, hf_name, _heads(name, config))
        tensors[name] = PlannedTensor(name, shape, gguf_types.BY_NAME[kind], numbers)
    entries = (
        *gguf_notes.of_model(config, mix.mlp),
        *gguf_notes.of_tokenizer(folder, config),
    )
    in_order = sorted(tensors.values(), key=lambda tensor: _in_order(tensor.name))
    return Plan(entries, tuple(in_order), fallen_back)


@dataclass(frozen=True)
class PlanSummary:
    """What can be told about a file before it is written."""

    n_bytes: int
    n_weights: int
    n_matrices: int
    fallen_back: int
    """Matrices that take another type, since their rows are no whole number of blocks."""

    types: tuple[tuple[str, int], ...]
    """Type and how many tensors have it, most frequent first."""

    @property
    def bits_per_weight(self) -> float:
        """Bits of the file for each weight, notes and vocabulary included."""
        return 8 * self.n_bytes / self.n_weights


def summarize(the_plan: Plan) -> PlanSummary:
    """Sum a plan up without reading any weight."""
    types = Counter(tensor.kind.name for tensor in the_plan.tensors)
    return PlanSummary(
        the_plan.n_bytes,
        sum(math.prod(tensor.shape) for tensor in the_plan.tensors),
        sum(len(tensor.shape) > 1 for tensor in the_plan.tensors),
        the_plan.fallen_back,
        tuple(types.most_common()),
    )


def write(the_plan: Plan, path: Path) -> Iterator[float]:
    """Write a planned file; nothing is left at ``path`` unless it is complete.

    Args:
        the_plan: From ``plan``.
        path: Where the file goes.

    Yields:
        The fraction of the data that is written.
    """
    total = sum(tensor.n_bytes for tensor in the_plan.tensors)
    # Another process may write the same file at the same time.
    unfinished, done = path.with_suffix(f".{os.getpid()}.part"), 0
    try:
        with unfinished.open("wb") as file:
            for tensor in gguf_writing.write(file, the_plan.entries, the_plan.tensors):
                done += tensor.n_bytes
                yield done / total
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def gguf_name(hf_name: str) -> str:
    """Translate a tensor's name from Hugging Face's way to GGUF's.

    Raises:
        ModelUnavailableError: If a Llama model has no such tensor.

    Example:
        >>> gguf_name("model.layers.3.self_attn.q_proj.weight")
        'blk.3.attn_q.weight'
    """
    path, _, kind = hf_name.rpartition(".")
    before, is_in_layer, rest = path.partition("model.layers.")
    number, _, part = rest.partition(".")
    short = _NAMES.get(part if is_in_layer else path)
    if short is None or (is_in_layer and before) or kind != "weight":
        raise ModelUnavailableError(f"A Llama model has no tensor {hf_name!r}.")
    return f"blk.{number}.{short}.weight" if is_in_layer else f"{short}.weight"


def interleave(weights: NDArray[np.float32], n_heads: int) -> NDArray[np.float32]:
    """Reorder the rows of a query or key matrix as GGUF's Llama has them.

    Both turn pairs of numbers by an angle that grows with the position. Hugging Face pairs row i
    with row i + half of a head, GGUF pairs neighbours.

    Args:
        weights: Shape (n_heads · head_size, cols).
        n_heads: Heads that the rows are for.

    Example:
        >>> interleave(np.arange(4.0)[:, None], 1).ravel().tolist()
        [0.0, 2.0, 1.0, 3.0]
    """
    halves = weights.reshape(n_heads, 2, -1, weights.shape[-1])
    return halves.swapaxes(1, 2).reshape(weights.shape)


def _chosen_type(name: str, shape: tuple[int, ...], mix: TypeMix) -> str:
    if len(shape) == 1:
        return "F32"
    if "attn" in name:
        return mix.attention
    return mix.mlp if "ffn" in name else mix.embedding


def _fitting_type(name: str, shape: tuple[int, ...]) -> str:
    if shape[-1] % gguf_types.BY_NAME[name].n_weights == 0:
        return name
    return _fitting_type(FALLBACKS.get(name, "F16"), shape)


def _heads(name: str, config: dict[str, Any]) -> int:
    """Heads whose rows must be reordered; 0 for a matrix that stays as it is."""
    if ".attn_q." in name:
        return config["num_attention_heads"]
    return config["num_key_value_heads"] if ".attn_k." in name else 0


def _weights(folder: Path, hf_name: str, n_heads: int) -> NDArray[np.float32]:
    from safetensors import safe_open

    # Through torch: NumPy has no bf16, in which a model from the hub may be stored.
    with safe_open(folder / "model.safetensors", framework="pt") as file:
        weights = file.get_tensor(hf_name).float().numpy()
    return interleave(weights, n_heads) if n_heads else weights


def _stored_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118


def _in_order(name: str) -> tuple[int, str]:
    if name == "token_embd.weight":
        return -1, name
    return (int(name.split(".")[1]), name) if name.startswith("blk.") else (1 << 30, name)

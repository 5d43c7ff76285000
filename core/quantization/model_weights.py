"""A whole model in a scheme: every weight matrix rounded, expanded again and put back.

This shows what a scheme does to a model's answers. Nothing gets faster: the expanded weights are
float32 as before. ``kernels.py`` has the models that really compute with few bits.
"""

import re
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import pytorch_utils

from core.model_store import loading, memory
from core.quantization import layer_inputs, schemes

if TYPE_CHECKING:
    from core.model_store.loading import LoadedModel
    from core.quantization.schemes import Scheme

Kind = Literal["embedding", "attention", "mlp", "head"]
Scope = Literal["all", "layers"]

BITS_BEFORE = 16
"""What a weight takes in the file a publisher ships, and what a weight that is not touched keeps.
"""

_ROWS_AT_ONCE = 4_096
"""So many rows of a large matrix are rounded at a time: a multiple of every block size."""


@dataclass(frozen=True)
class WeightMatrix:
    """One matrix of a model that a scheme may store."""

    name: str
    """The module that holds it, such as ``model.layers.0.mlp.up_proj``."""
    kind: Kind
    layer: int | None
    """Counted from 0; None for an embedding or a head."""
    rows: int
    """Outputs."""
    cols: int
    """Inputs."""
    is_transposed: bool = False
    """GPT-2 keeps its matrices with a row per input."""
    shared_with: tuple[str, ...] = ()
    """Other modules that hold the very same matrix: a head that is the embedding again."""

    @property
    def n_weights(self) -> int:
        """How many numbers it holds."""
        return self.rows * self.cols

    @property
    def places(self) -> tuple[str, ...]:
        """Every module that holds it."""
        return (self.name, *self.shared_with)


@dataclass(frozen=True)
class Rounded:
    """What rounding one matrix did."""

    matrix: WeightMatrix
    size_bits: int
    """What it takes now, all scales counted."""
    squared_error: float
    """Sum of the squared changes of its weights."""
    squared_sum: float
    """Sum of its squared weights."""


@dataclass(frozen=True, eq=False)
class Rebuilt:
    """A model whose weights went through a scheme, and what that did to them."""

    loaded: "LoadedModel"
    """Shares every weight that was not rounded with the original."""
    rounded: tuple[Rounded, ...] = field(default=())

    @property
    def relative_error(self) -> float:
        """Root of squared error over squared weights: 0.1 is an error of a tenth."""
        whole = sum(one.squared_sum for one in self.rounded)
        return float(np.sqrt(sum(one.squared_error for one in self.rounded) / whole))


def matrices(model: Any) -> tuple[WeightMatrix, ...]:
    """List the weight matrices of a model, in the order the model uses them.

    Position embeddings, norms and biases are few and stay as they are, as in llama.cpp; so does a
    pooling layer behind an encoder.

    Args:
        model: A Hugging Face language model or encoder.

    Returns:
        The embedding of tokens, each layer's attention and MLP, and a head of its own if there is
        one.
    """
    embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
    found: dict[int, WeightMatrix] = {}
    for name, module in model.named_modules():
        kind = _kind(name, module, embedding, head)
        if kind is None:
            continue
        same = found.get(id(module.weight))
        if same is not None:
            found[id(module.weight)] = replace(same, shared_with=(*same.shared_with, name))
            continue
        is_transposed = isinstance(module, pytorch_utils.Conv1D)
        rows, cols = reversed(module.weight.shape) if is_transposed else module.weight.shape
        layer = _layer(name)
        found[id(module.weight)] = WeightMatrix(name, kind, layer, rows, cols, is_transposed)
    return tuple(found.values())


def assignment(model: Any, scheme: "Scheme", *, scope: Scope = "all") -> dict[str, "Scheme"]:
    """Give the same scheme to every matrix of a model.

    Args:
        model: A Hugging Face model.
        scheme: The scheme.
        scope: "all" as in a GGUF file; "layers" leaves embedding and head alone, as bitsandbytes
            does.

    Returns:
        Scheme by the name of the matrix.
    """
    return {
        matrix.name: scheme
        for matrix in matrices(model)
        if scope == "all" or matrix.layer is not None
    }


def rebuild(
    lm: "LoadedModel",
    chosen: Mapping[str, "Scheme"],
    *,
    calibration_ids: Sequence[int] = (),
) -> Generator[Rounded, None, Rebuilt]:
    """Make a second model whose matrices went through their schemes and back.

    Only the rounded matrices take new memory; the shared model is not changed. Drop the result,
    or close the generator, and that memory is free again.

    Args:
        lm: The model as it was published.
        chosen: Scheme by the name of the matrix; what is not named stays.
        calibration_ids: For calibrated schemes: a text that the model reads before each layer is
            rounded, with the layers before it rounded already, as GPTQ does.

    Yields:
        One record per rounded matrix.

    Returns:
        The second model (``rebuilt = yield from rebuild(…)``).

    Raises:
        KeyError: If the model has no matrix of a given name.
        ModelUnavailableError: If a second copy of the weights does not fit into memory.
    """
    listed = matrices(lm.model)
    unknown = set(chosen) - {matrix.name for matrix in listed}
    if unknown:
        raise KeyError(f"the model has no matrix called {min(unknown)}")
    copied = sum(matrix.n_weights for matrix in listed if matrix.name in chosen)
    memory.check_fits(f"A rounded copy of {lm.title}", copied)
    own = loading.with_own_modules(lm)
    done, inputs = [], {}
    for matrix in listed:
        if matrix.name not in chosen:
            continue
        if chosen[matrix.name].needs_inputs and matrix.name not in inputs:
            names = [one.name for one in listed if one.layer == matrix.layer]
            inputs = layer_inputs.record(own.model, names, calibration_ids)
        example = inputs.get(matrix.name)
        done.append(round_in_place(own.model, matrix, chosen[matrix.name], inputs=example))
        yield done[-1]
    return Rebuilt(own, tuple(done))


def round_in_place(
    model: Any,
    matrix: WeightMatrix,
    scheme: "Scheme",
    *,
    places: Iterable[str] | None = None,
    inputs: NDArray[np.float32] | None = None,
) -> Rounded:
    """Replace one matrix of a model by what a scheme makes of it.

    Args:
        model: A model with modules of its own (``loading.with_own_modules``).
        matrix: Which matrix.
        scheme: How it is stored.
        places: Modules that get the new matrix; all that hold it unless given.
        inputs: Example inputs of shape (n_samples, cols), for a calibrated scheme.

    Returns:
        What rounding did to it.
    """
    module = model.get_submodule(matrix.name)
    before = weights_of(module, matrix)
    after = through(before, matrix, scheme, inputs=inputs)
    tensor = torch.from_numpy(after.T if matrix.is_transposed else after)
    weight = torch.nn.Parameter(tensor.to(module.weight.device), requires_grad=False)
    for place in matrix.places if places is None else places:
        model.get_submodule(place).weight = weight
    return Rounded(
        matrix=matrix,
        size_bits=schemes.storage_bits(scheme, matrix.rows, matrix.cols),
        squared_error=squared_sum(after, before),
        squared_sum=squared_sum(before),
    )


def through(
    weights: NDArray[np.float32],
    matrix: WeightMatrix,
    scheme: "Scheme",
    *,
    inputs: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Store a matrix in a scheme and expand it again, some rows at a time where that is the same.

    Args:
        weights: One row per output, shape (rows, cols).
        matrix: Which matrix it is.
        scheme: How it is stored.
        inputs: Example inputs of shape (n_samples, cols), for a calibrated scheme.

    Returns:
        The rounded weights, shape (rows, cols).
    """
    after = np.empty_like(weights)
    for begin, end in _pieces(matrix, scheme):
        after[begin:end] = schemes.quantize(weights[begin:end], scheme, inputs=inputs).dequantize()
    return after


def weights_of(module: Any, matrix: WeightMatrix) -> NDArray[np.float32]:
    """Return the matrix that a module holds, one row per output, shape (rows, cols)."""
    weight = module.weight.detach().float().cpu().numpy()
    return np.ascontiguousarray(weight.T) if matrix.is_transposed else weight


def size_bits(model: Any, chosen: Mapping[str, "Scheme"]) -> int:
    """Count the bits of a model's weights, a shared matrix once.

    Args:
        model: A Hugging Face model.
        chosen: Scheme by the name of the matrix; all other weights count with 16 bits.

    Returns:
        Bits, all scales counted.
    """
    total = BITS_BEFORE * sum(parameter.numel() for parameter in model.parameters())
    for matrix in matrices(model):
        if matrix.name in chosen:
            stored = schemes.storage_bits(chosen[matrix.name], matrix.rows, matrix.cols)
            total += stored - BITS_BEFORE * matrix.n_weights
    return total


def _kind(name: str, module: Any, embedding: Any, head: Any) -> Kind | None:
    if module is embedding:
        return "embedding"
    if head is not None and module is head:
        return "head"
    if not isinstance(module, (torch.nn.Linear, pytorch_utils.Conv1D)):
        return None
    if _layer(name) is None:
        return None
    return "attention" if "attn" in name or "attention" in name else "mlp"


def _layer(name: str) -> int | None:
    number = re.search(r"\.(\d+)\.", name)
    return int(number.group(1)) if number else None


def _pieces(matrix: WeightMatrix, scheme: "Scheme") -> list[tuple[int, int]]:
    """Cut a large matrix into rows, so that rounding it takes little memory."""
    # One scale for all, or a common offset of all scales: those see the whole matrix.
    is_whole = scheme.granularity == "tensor" or scheme.double_quant or scheme.needs_inputs
    step = matrix.rows if is_whole else _ROWS_AT_ONCE
    return [(begin, min(begin + step, matrix.rows)) for begin in range(0, matrix.rows, step)]


def squared_sum(weights: NDArray[np.float32], others: NDArray[np.float32] | None = None) -> float:
    """Sum the squares of a matrix, or of its difference from another, some rows at a time."""
    total = 0.0
    for begin in range(0, len(weights), _ROWS_AT_ONCE):
        piece = weights[begin : begin + _ROWS_AT_ONCE]
        if others is not None:
            piece = piece - others[begin : begin + _ROWS_AT_ONCE]
        total += float(np.vdot(piece, piece))
    return total

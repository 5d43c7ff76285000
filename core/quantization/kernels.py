"""Models that really compute with few bits, on the kernels that this machine has.

Rounding weights and computing in float32 shows what a scheme does to the answers. To be fast, the
processor must read the short numbers themselves, and that takes a kernel: a routine that expands
them on the way to the multiplication.
"""

import contextlib
import logging
import warnings
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from core.model_store import loading
from core.quantization import model_weights

if TYPE_CHECKING:
    from core.model_store.loading import LoadedModel
    from core.quantization.model_weights import WeightMatrix

_GROUP = 32
"""Weights that share a scale in torch's packed int4."""


@dataclass(frozen=True)
class Kernel:
    """A way to multiply by a weight matrix, and how wide a stored weight is there."""

    name: str
    title: str
    bits: float
    """Bits per weight of the matrices that it stores, scales counted."""
    library: str
    packs_head: bool
    """Whether the head, a large matrix, is stored that way too."""


KERNELS: dict[str, Kernel] = {
    kernel.name: kernel
    for kernel in (
        Kernel("float32", "float32", 32, "torch", packs_head=True),
        Kernel("bfloat16", "bfloat16", 16, "torch", packs_head=True),
        Kernel("torch_int8", "int8, packed", 8, "torch", packs_head=True),
        Kernel("torch_int4", "int4, packed", 4 + 32 / _GROUP, "torch", packs_head=True),
        Kernel("bnb_int8", "LLM.int8", 8, "bitsandbytes", packs_head=False),
        Kernel("bnb_nf4", "NF4", 4.5, "bitsandbytes", packs_head=False),
    )
}
"""Every kernel by name, torch's first."""


@dataclass(frozen=True)
class Packed:
    """One more matrix is stored for a kernel."""

    n_done: int
    n_matrices: int


def problem(name: str) -> str:
    """Say why a kernel cannot be used on this machine.

    Args:
        name: A key of KERNELS.

    Returns:
        A sentence for the reader; empty if it works.
    """
    try:
        with _silence():
            layer = _packer(name)(torch.nn.Linear(64, 64, bias=False))
            with torch.inference_mode():
                layer(torch.ones(1, 1, 64, dtype=_activation_dtype(name)))
    except ImportError as error:
        return f"{KERNELS[name].library} is not installed here ({error})."
    except (AttributeError, NotImplementedError, OSError, RuntimeError) as error:
        first_line = str(error).strip().partition("\n")[0]
        return f"{KERNELS[name].library} has no such kernel for this processor: {first_line}"
    return ""


def pack(lm: "LoadedModel", name: str) -> Generator[Packed, None, "LoadedModel"]:
    """Make a second model that multiplies with a kernel.

    Args:
        lm: The model as it was published; it is not changed.
        name: A key of KERNELS.

    Yields:
        Progress, after each matrix.

    Returns:
        The second model. Embedding and norms are shared with the original unless the kernel
        computes in bfloat16.

    Raises:
        ValueError: If the model does not run on the CPU, where these kernels are, or stores its
            matrices with a row per input, as GPT-2 does.
    """
    if lm.device != "cpu":
        raise ValueError(f"these kernels run on the CPU, and the model is on {lm.device}")
    own, kernel = loading.with_own_modules(lm), KERNELS[name]
    wanted = list(packed_matrices(lm.model, name))
    if any(matrix.is_transposed for matrix in wanted):
        raise ValueError(f"{lm.title} keeps its matrices with a row per input")
    if name == "float32":
        return own
    # Norms, biases and embedding follow the type that the kernel's results have.
    dtype = _activation_dtype(name)
    linears = {place: own.model.get_submodule(place) for place in _places(lm.model, wanted, kernel)}
    _cast(own.model, dtype)
    make = _packer(name)
    for n_done, (place, linear) in enumerate(linears.items(), start=1):
        source = lm.model.get_submodule(place)
        with _silence():
            _replace(own.model, place, make(source))
        del linear
        yield Packed(n_done, len(linears))
    return own


def packed_matrices(model: Any, name: str) -> list["WeightMatrix"]:
    """List the matrices that a kernel stores: all layers, and the head if the kernel takes it."""
    kernel = KERNELS[name]
    return [
        matrix
        for matrix in model_weights.matrices(model)
        if matrix.layer is not None or (kernel.packs_head and _is_head(matrix))
    ]


def bytes_per_token(model: Any, name: str) -> int:
    """Count the bytes of weights that one generated token has to read.

    Args:
        model: A Hugging Face language model in float32.
        name: A key of KERNELS.

    Returns:
        Bytes of all matrices that are multiplied: layers and head, not the embedding, of which one
        row is read.
    """
    packed = {matrix.name for matrix in packed_matrices(model, name)}
    bits = 0.0
    for matrix in model_weights.matrices(model):
        if matrix.layer is not None or _is_head(matrix):
            bits += matrix.n_weights * (KERNELS[name].bits if matrix.name in packed else 32)
    return round(bits / 8)


def _is_head(matrix: "WeightMatrix") -> bool:
    return matrix.kind == "head" or bool(matrix.shared_with)


def _places(model: Any, wanted: list["WeightMatrix"], kernel: Kernel) -> list[str]:
    """Name the linear modules to replace: of a shared matrix the head, not the embedding."""
    linears = (torch.nn.Linear,)
    return [
        place
        for matrix in wanted
        for place in matrix.places
        if isinstance(model.get_submodule(place), linears)
    ]


def _cast(model: Any, dtype: torch.dtype) -> None:
    """Give every module weights of another type, without touching the tensors it shares."""
    if dtype == torch.float32:
        return
    cast: dict[int, torch.nn.Parameter] = {}
    for module in model.modules():
        for name, weight in list(module.named_parameters(recurse=False)):
            if id(weight) not in cast:
                cast[id(weight)] = torch.nn.Parameter(weight.to(dtype), requires_grad=False)
            setattr(module, name, cast[id(weight)])


def _replace(model: Any, place: str, module: torch.nn.Module) -> None:
    parent, _, name = place.rpartition(".")
    setattr(model.get_submodule(parent) if parent else model, name, module)


def _activation_dtype(name: str) -> torch.dtype:
    in_bfloat16 = ("bfloat16", "torch_int8", "torch_int4")
    return torch.bfloat16 if name in in_bfloat16 else torch.float32


def _packer(name: str) -> Callable[[Any], torch.nn.Module]:
    return {
        "float32": lambda linear: linear,
        "bfloat16": _bfloat16_linear,
        "torch_int8": _Int8Linear,
        "torch_int4": _Int4Linear,
        "bnb_int8": _bnb_int8,
        "bnb_nf4": _bnb_nf4,
    }[name]


def _bfloat16_linear(linear: torch.nn.Linear) -> torch.nn.Linear:
    own = torch.nn.Linear(1, 1, bias=linear.bias is not None)
    own.in_features, own.out_features = linear.in_features, linear.out_features
    own.weight = torch.nn.Parameter(linear.weight.bfloat16(), requires_grad=False)
    if linear.bias is not None:
        own.bias = torch.nn.Parameter(linear.bias.bfloat16(), requires_grad=False)
    return own


class _Int8Linear(torch.nn.Module):
    """Torch's weight-only int8: one scale per row, activations stay bfloat16."""

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        scales = linear.weight.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127
        codes = (linear.weight / scales).round().to(torch.int8)
        self.register_buffer("codes", codes, persistent=False)
        self.register_buffer("scales", scales[:, 0].bfloat16(), persistent=False)
        self.bias = linear.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        flat = x.reshape(-1, x.shape[-1])
        y = torch.ops.aten._weight_int8pack_mm(flat, self.codes, self.scales)
        y = y.reshape(*x.shape[:-1], -1)
        return y if self.bias is None else y + self.bias.to(y.dtype)


class _Int4Linear(torch.nn.Module):
    """Torch's weight-only int4: a scale and a zero point for each 32 neighbours."""

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        n_rows = linear.out_features
        blocks = linear.weight.reshape(n_rows, -1, _GROUP)
        low, high = blocks.amin(dim=2, keepdim=True), blocks.amax(dim=2, keepdim=True)
        scales = (high - low).clamp(min=1e-12) / 15
        codes = ((blocks - low) / scales).round().clamp(0, 15).to(torch.int32)
        # The kernel expands to (code − 8) × scale + zero.
        zeros = low + 8 * scales
        both = torch.cat((scales, zeros), dim=2).transpose(0, 1).contiguous().bfloat16()
        packed = torch.ops.aten._convert_weight_to_int4pack_for_cpu(codes.reshape(n_rows, -1), 1)
        self.register_buffer("packed", packed, persistent=False)
        self.register_buffer("scales_and_zeros", both, persistent=False)
        self.bias = linear.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        flat = x.reshape(-1, x.shape[-1])
        y = torch.ops.aten._weight_int4pack_mm_for_cpu(
            flat, self.packed, _GROUP, self.scales_and_zeros
        )
        y = y.reshape(*x.shape[:-1], -1)
        return y if self.bias is None else y + self.bias.to(y.dtype)


def _bnb_int8(linear: torch.nn.Linear) -> torch.nn.Module:
    """Dettmers et al. (2022): int8 weights and activations, outlier columns in 16 bits."""
    import bitsandbytes as bnb

    # It says at every pass of every layer that it casts its input.
    logging.getLogger("bitsandbytes.autograd._functions").setLevel(logging.ERROR)
    own = bnb.nn.Linear8bitLt(
        linear.in_features,
        linear.out_features,
        bias=linear.bias is not None,
        has_fp16_weights=False,
        threshold=6.0,
        device="meta",
    )
    weight = linear.weight.detach().clone()
    own.weight = bnb.nn.Int8Params(weight, requires_grad=False, has_fp16_weights=False)
    own.bias = linear.bias
    return own.to("cpu").eval()


def _bnb_nf4(linear: torch.nn.Linear) -> torch.nn.Module:
    """Dettmers et al. (2023): 4 bits on the normal distribution's quantiles, blocks of 64."""
    import bitsandbytes as bnb

    own = bnb.nn.Linear4bit(
        linear.in_features,
        linear.out_features,
        bias=linear.bias is not None,
        compute_dtype=torch.float32,
        quant_type="nf4",
        device="meta",
    )
    weight = linear.weight.detach().clone()
    own.weight = bnb.nn.Params4bit(weight, requires_grad=False, quant_type="nf4")
    own.bias = linear.bias
    return own.to("cpu").eval()


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep bitsandbytes from saying at every layer what the page says once."""
    logger = logging.getLogger("bitsandbytes")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)

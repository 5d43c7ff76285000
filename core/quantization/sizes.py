"""How much memory a model takes in a scheme, and whether it fits into a machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from core.quantization import known_models, schemes
from core.quantization.known_models import ModelShape

GIB = 2**30
"""Bytes of one GB of a graphics card or of a laptop's memory."""

CARDS_GB = (4, 8, 16, 24)
"""Common memories: a small and a usual graphics card or laptop, and two large ones."""

USABLE = 0.9
"""Share of a memory that weights and cache may fill; a tenth is left for what is being computed,
the program and the screen. A rule of thumb: the true rest depends on the program."""

CACHE_SCHEMES = ("fp16", "q8_0", "q4_0")
"""Ways to keep the keys and values of the text so far; all are in use in llama.cpp."""

_VECTOR_BITS = 16
_ENDS = ("embedding", "head")


@dataclass(frozen=True)
class Footprint:
    """Memory of one model in one scheme with one length of text."""

    weights_bytes: int
    """All weights as stored."""

    cache_bytes: int
    """Keys and values of the text so far, in every layer."""

    read_bytes: int
    """What one new token makes the machine read: the weights it meets, and the cache."""

    n_parameters: int
    """All weights, tied ones counted once."""

    @property
    def total_bytes(self) -> int:
        """Weights and cache."""
        return self.weights_bytes + self.cache_bytes

    @property
    def bits_per_weight(self) -> float:
        """Average over all weights, those that stay in 16 bits included."""
        return 8 * self.weights_bytes / self.n_parameters

    def fits(self, memory_gb: float) -> bool:
        """Whether weights and cache leave a tenth of the memory free."""
        return self.total_bytes <= USABLE * memory_gb * GIB

    def tokens_per_second(self, bandwidth_gb_s: float) -> float:
        """Upper bound on writing speed: the memory can be read so many times a second.

        Args:
            bandwidth_gb_s: Reading speed of the memory in 10⁹ bytes per second.
        """
        return bandwidth_gb_s * 1e9 / self.read_bytes


def footprint(
    shape: ModelShape,
    scheme: schemes.Scheme | str,
    *,
    n_tokens: int = 0,
    cache: str = "fp16",
    keep_ends: bool = False,
) -> Footprint:
    """Count the memory of a model, bit by bit.

    Every matrix is counted in the scheme with all its scales; norms and biases stay in 16 bits.
    Left out: activations, the program itself, and what the operating system wants.

    Args:
        shape: The model.
        scheme: How its matrices are stored.
        n_tokens: Length of the text whose keys and values are kept.
        cache: How they are kept, one of CACHE_SCHEMES.
        keep_ends: Leave embedding and head in 16 bits, as bitsandbytes and GPTQ do.

    Raises:
        ValueError: If ``n_tokens`` is negative.

    Source: the cache is 2 · layers · key/value heads · head size numbers per token (Pope et al.
    2022, Efficiently Scaling Transformer Inference, section 3.3).

    Example:
        >>> shape = known_models.KNOWN_MODELS["gpt2"]
        >>> counted = footprint(shape, "fp16", n_tokens=1024)
        >>> counted.weights_bytes == 2 * shape.n_parameters, counted.cache_bytes
        (True, 37748736)
    """
    if n_tokens < 0:
        raise ValueError(f"A text has no {n_tokens} tokens.")
    stored = read = shape.n_vector_weights * _VECTOR_BITS
    for matrices in shape.matrices():
        of_these = "fp16" if keep_ends and matrices.kind in _ENDS else scheme
        bits = schemes.storage_bits(of_these, matrices.rows, matrices.cols)
        stored += bits * matrices.count
        read += bits * matrices.read
    kept = cache_bytes(shape, n_tokens, cache=cache)
    return Footprint(ceil(stored / 8), kept, ceil(read / 8) + kept, shape.n_parameters)


def cache_bytes(shape: ModelShape, n_tokens: int, *, cache: str = "fp16") -> int:
    """Count the keys and values of a text; a windowed layer keeps only its window.

    Example:
        >>> cache_bytes(known_models.KNOWN_MODELS["llama-2-7b"], 1)  # 2 * 32 * 4096 * 2 bytes
        524288
    """
    per_layer = schemes.storage_bits(cache, 1, shape.n_kv_head * shape.head_size)
    whole = (shape.n_layer - shape.n_windowed) * n_tokens
    windowed = shape.n_windowed * (min(n_tokens, shape.window) if shape.window else n_tokens)
    return ceil(2 * per_layer * (whole + windowed) / 8)


def smallest_card(counted: Footprint) -> int | None:
    """Return the smallest memory of CARDS_GB that holds it; None: not even the largest."""
    return next((card for card in CARDS_GB if counted.fits(card)), None)


def longest_text(
    shape: ModelShape, counted: Footprint, memory_gb: float, *, cache: str = "fp16"
) -> int:
    """Find the longest text whose cache still fits beside the weights.

    Args:
        shape: The model.
        counted: Its memory; only the weights are used.
        memory_gb: Memory of the machine.
        cache: How keys and values are kept.

    Returns:
        Tokens, at most what the model was made for; 0 if the weights alone do not fit.
    """
    room = USABLE * memory_gb * GIB - counted.weights_bytes
    low, high = 0, shape.context
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (
            (middle, high) if cache_bytes(shape, middle, cache=cache) <= room else (low, middle - 1)
        )
    return low


def all_models(
    scheme_names: tuple[str, ...], *, n_tokens: int, cache: str = "fp16", keep_ends: bool = False
) -> Mapping[tuple[str, str], Footprint]:
    """Count every known model in some schemes, the text cut to what each model was made for.

    Returns:
        (model, scheme) to memory.
    """
    return {
        (name, scheme): footprint(
            shape,
            scheme,
            n_tokens=min(n_tokens, shape.context),
            cache=cache,
            keep_ends=keep_ends,
        )
        for name, shape in known_models.KNOWN_MODELS.items()
        for scheme in scheme_names
    }

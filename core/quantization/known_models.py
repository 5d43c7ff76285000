"""The shapes of well-known language models, as their publishers give them.

The number of weights follows from the shapes; the tests compare it with the published one, to the
last unit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["embedding", "attention", "mlp", "head"]


@dataclass(frozen=True)
class Matrices:
    """Matrices of one shape that play the same part in a model."""

    kind: Kind
    rows: int
    """Outputs of the matrix."""

    cols: int
    """Inputs of the matrix: the direction in which blocks run."""

    count: int
    """How many there are in the whole model."""

    read: float
    """How many of them one token goes through; fewer than ``count`` with experts."""


@dataclass(frozen=True)
class ModelShape:
    """A decoder-only language model in numbers. Defaults are those of the Llama family."""

    title: str
    year: int
    n_layer: int
    n_embd: int
    n_head: int
    n_kv_head: int
    """Key/value heads: query heads share them, which shortens the cache."""

    head_size: int
    n_hidden: int
    """Width inside one MLP, or inside one expert."""

    vocab_size: int
    context: int
    """Longest text it was made for, in tokens."""

    tied: bool = False
    """Whether the head is the embedding used a second time."""

    gated: bool = True
    """Whether an MLP has three matrices (gate, up, down) instead of two."""

    n_experts: int = 1
    n_active_experts: int = 1
    n_positions: int = 0
    """Learnt position vectors; 0 where positions are rotated into the queries and keys."""

    vectors_per_layer: int = 0
    """Weights of a layer that are no matrix: norms and biases."""

    vectors_at_end: int = 0
    """The same after the last layer."""

    window: int = 0
    """How far back a windowed layer looks, in tokens; 0: nothing is windowed."""

    n_windowed: int = 0
    """Layers that only look that far back."""

    def matrices(self) -> Iterator[Matrices]:
        """List the matrices of the model, in the order in which a token meets them."""
        once = self.n_layer
        queries, keys = self.n_head * self.head_size, self.n_kv_head * self.head_size
        experts, active = once * self.n_experts, once * self.n_active_experts
        # One token reads one row of the embedding; as a head it is read whole.
        reads_all = 1.0 if self.tied else 1 / self.vocab_size
        yield Matrices("embedding", self.vocab_size, self.n_embd, 1, reads_all)
        if self.n_positions:
            yield Matrices("embedding", self.n_positions, self.n_embd, 1, 1 / self.n_positions)
        yield Matrices("attention", queries, self.n_embd, once, once)
        yield Matrices("attention", keys, self.n_embd, 2 * once, 2 * once)
        yield Matrices("attention", self.n_embd, queries, once, once)
        if self.n_experts > 1:
            yield Matrices("mlp", self.n_experts, self.n_embd, once, once)
        inward = 2 if self.gated else 1
        yield Matrices("mlp", self.n_hidden, self.n_embd, inward * experts, inward * active)
        yield Matrices("mlp", self.n_embd, self.n_hidden, experts, active)
        if not self.tied:
            yield Matrices("head", self.vocab_size, self.n_embd, 1, 1)

    @property
    def n_vector_weights(self) -> int:
        """Weights that are in no matrix; they stay in 16 bits whatever the scheme."""
        return self.n_layer * self.vectors_per_layer + self.vectors_at_end

    @property
    def n_parameters(self) -> int:
        """All weights, tied ones counted once."""
        in_matrices = sum(one.rows * one.cols * one.count for one in self.matrices())
        return in_matrices + self.n_vector_weights


def _gpt2(title: str, n_layer: int, n_embd: int, n_head: int) -> ModelShape:
    # Biases 3d + d + 4d + d, two norms with weight and bias 2 * 2d.
    return ModelShape(
        title,
        2019,
        n_layer,
        n_embd,
        n_head,
        n_head,
        64,
        4 * n_embd,
        50_257,
        1_024,
        tied=True,
        gated=False,
        n_positions=1_024,
        vectors_per_layer=13 * n_embd,
        vectors_at_end=2 * n_embd,
    )


def _llama(
    title: str,
    year: int,
    layers_width: tuple[int, int],
    heads: tuple[int, int, int],
    n_hidden: int,
    vocab_size: int,
    context: int,
    *,
    n_norms: int = 2,
    more_vectors: int = 0,
    **changed: int | bool,
) -> ModelShape:
    """Make a model with Llama's plan: norms without bias, gated MLP, rotated positions."""
    n_layer, n_embd = layers_width
    return ModelShape(
        title,
        year,
        n_layer,
        n_embd,
        *heads,
        n_hidden,
        vocab_size,
        context,
        vectors_per_layer=n_norms * n_embd + more_vectors,
        vectors_at_end=n_embd,
        **changed,
    )


def _qwen25(
    title: str, n_layer: int, n_embd: int, heads: tuple[int, int, int], n_hidden: int, **more
) -> ModelShape:
    # Queries, keys and values have biases.
    biases = (heads[0] + 2 * heads[1]) * heads[2]
    vocab_size = more.pop("vocab_size", 151_936)
    return _llama(
        title,
        2024,
        (n_layer, n_embd),
        heads,
        n_hidden,
        vocab_size,
        32_768,
        more_vectors=biases,
        **more,
    )


_GPT_OSS_VECTORS = (4_096 + 2 * 512 + 2_880) + 64 + 32 + 32 * (2 * 2_880 + 2_880)
"""gpt-oss 20B, per layer: attention biases, sinks, router bias, biases of 32 experts."""

KNOWN_MODELS: dict[str, ModelShape] = {
    "gpt2": _gpt2("GPT-2 124M", 12, 768, 12),
    "gpt2-medium": _gpt2("GPT-2 355M", 24, 1_024, 16),
    "gpt2-large": _gpt2("GPT-2 774M", 36, 1_280, 20),
    "gpt2-xl": _gpt2("GPT-2 1.5B", 48, 1_600, 25),
    "smollm2-135m": _llama(
        "SmolLM2 135M", 2024, (30, 576), (9, 3, 64), 1_536, 49_152, 8_192, tied=True
    ),
    "smollm2-360m": _llama(
        "SmolLM2 360M", 2024, (32, 960), (15, 5, 64), 2_560, 49_152, 8_192, tied=True
    ),
    "smollm2-1.7b": _llama(
        "SmolLM2 1.7B", 2024, (24, 2_048), (32, 32, 64), 8_192, 49_152, 8_192, tied=True
    ),
    "qwen2.5-0.5b": _qwen25("Qwen2.5 0.5B", 24, 896, (14, 2, 64), 4_864, tied=True),
    "qwen2.5-1.5b": _qwen25("Qwen2.5 1.5B", 28, 1_536, (12, 2, 128), 8_960, tied=True),
    "llama-3.2-1b": _llama(
        "Llama 3.2 1B", 2024, (16, 2_048), (32, 8, 64), 8_192, 128_256, 131_072, tied=True
    ),
    "gemma-2-2b": _llama(
        "Gemma 2 2B",
        2024,
        (26, 2_304),
        (8, 4, 256),
        9_216,
        256_000,
        8_192,
        n_norms=4,
        tied=True,
        window=4_096,
        n_windowed=13,
    ),
    "llama-3.2-3b": _llama(
        "Llama 3.2 3B", 2024, (28, 3_072), (24, 8, 128), 8_192, 128_256, 131_072, tied=True
    ),
    "phi-3-mini": _llama("Phi-3 mini 3.8B", 2024, (32, 3_072), (32, 32, 96), 8_192, 32_064, 4_096),
    "llama-2-7b": _llama("Llama 2 7B", 2023, (32, 4_096), (32, 32, 128), 11_008, 32_000, 4_096),
    "mistral-7b": _llama(
        "Mistral 7B",
        2023,
        (32, 4_096),
        (32, 8, 128),
        14_336,
        32_000,
        32_768,
        window=4_096,
        n_windowed=32,
    ),
    "qwen2.5-7b": _qwen25("Qwen2.5 7B", 28, 3_584, (28, 4, 128), 18_944, vocab_size=152_064),
    "llama-3.1-8b": _llama(
        "Llama 3.1 8B", 2024, (32, 4_096), (32, 8, 128), 14_336, 128_256, 131_072
    ),
    "qwen3-8b": _llama(
        "Qwen3 8B", 2025, (36, 4_096), (32, 8, 128), 12_288, 151_936, 40_960, more_vectors=256
    ),
    "gemma-2-9b": _llama(
        "Gemma 2 9B",
        2024,
        (42, 3_584),
        (16, 8, 256),
        14_336,
        256_000,
        8_192,
        n_norms=4,
        tied=True,
        window=4_096,
        n_windowed=21,
    ),
    "llama-2-13b": _llama("Llama 2 13B", 2023, (40, 5_120), (40, 40, 128), 13_824, 32_000, 4_096),
    "gpt-oss-20b": _llama(
        "gpt-oss 20B",
        2025,
        (24, 2_880),
        (64, 8, 64),
        2_880,
        201_088,
        131_072,
        more_vectors=_GPT_OSS_VECTORS,
        n_experts=32,
        n_active_experts=4,
        window=128,
        n_windowed=12,
    ),
    "gemma-2-27b": _llama(
        "Gemma 2 27B",
        2024,
        (46, 4_608),
        (32, 16, 128),
        36_864,
        256_000,
        8_192,
        n_norms=4,
        tied=True,
        window=4_096,
        n_windowed=23,
    ),
    "qwen3-30b-a3b": _llama(
        "Qwen3 30B (3B active)",
        2025,
        (48, 2_048),
        (32, 4, 128),
        768,
        151_936,
        40_960,
        more_vectors=256,
        n_experts=128,
        n_active_experts=8,
    ),
    "mixtral-8x7b": _llama(
        "Mixtral 8×7B",
        2023,
        (32, 4_096),
        (32, 8, 128),
        14_336,
        32_000,
        32_768,
        n_experts=8,
        n_active_experts=2,
    ),
    "llama-3.1-70b": _llama(
        "Llama 3.1 70B", 2024, (80, 8_192), (64, 8, 128), 28_672, 128_256, 131_072
    ),
    "qwen2.5-72b": _qwen25("Qwen2.5 72B", 80, 8_192, (64, 8, 128), 29_568, vocab_size=152_064),
    "llama-3.1-405b": _llama(
        "Llama 3.1 405B", 2024, (126, 16_384), (128, 8, 128), 53_248, 128_256, 131_072
    ),
}
"""Models by name, smallest first within each size class."""

"""A whole attention layer: project, split into heads, attend, put together, project again."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.sequences import attention, positions
from core.sequences.attention import Array, AttentionTrace

Positions = Literal["none", "sinusoidal", "rope", "alibi"]


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """The four matrices of an attention layer."""

    query: Array
    """Shape (C, H·D)."""

    key: Array
    """Shape (C, H_kv·D): fewer columns when heads share their keys."""

    value: Array
    """Shape (C, H_kv·D)."""

    output: Array
    """Shape (H·D, C)."""

    @property
    def n_numbers(self) -> int:
        """How many weights the layer has."""
        return sum(one.size for one in (self.query, self.key, self.value, self.output))


@dataclass(frozen=True)
class LayerSettings:
    """How an attention layer works."""

    n_head: int = 1
    """Query heads; the columns of the projections are split among them."""

    n_kv_head: int = 1
    """Key/value heads, a divisor of ``n_head``; fewer is grouped-query attention."""

    causal: bool = False
    """Whether a token may look only at itself and what came before."""

    scaled: bool = True
    """Whether products are divided by √D."""

    temperature: float = 1.0
    """Divides the scores, too."""

    positions: Positions = "none"
    """How tokens are told where they stand."""

    base: float = 10_000.0
    """For sinusoidal positions and RoPE: how slow the slowest pair turns."""


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """One pass through an attention layer with all its steps."""

    settings: LayerSettings
    weights: LayerWeights

    embeddings: Array
    """The tokens' own numbers, shape (T, C)."""

    position_codes: Array
    """What was added for the position, 0 if nothing was; shape (T, C)."""

    inputs: Array
    """Their sum, shape (T, C)."""

    q_before: Array
    """Queries before they are turned by RoPE, shape (H, T, D)."""

    k_before: Array
    """Keys before they are turned, shape (H, T, D); heads of a group hold the same."""

    heads: AttentionTrace
    """All heads at once: leading axis H."""

    concatenated: Array
    """The heads' outputs side by side, shape (T, H·D)."""

    outputs: Array
    """After the last projection, shape (T, C)."""

    def kv_head(self, head: int) -> int:
        """Return which key/value head a query head uses."""
        return head * self.settings.n_kv_head // self.settings.n_head


def self_attention(
    embeddings: ArrayLike, weights: LayerWeights, settings: LayerSettings | None = None
) -> LayerTrace:
    """Send tokens through one attention layer.

    Args:
        embeddings: One row per token, shape (T, C).
        weights: The layer's matrices.
        settings: How it works; None takes the plainest one.

    Returns:
        All steps.

    Raises:
        ValueError: If heads and matrices do not fit together, RoPE meets an odd head size, or a
            number is not finite.

    Source:
        Vaswani et al. 2017, section 3.2.2; Ainslie et al. 2023, GQA, section 2.2. Left out:
        biases, dropout, the layer norm before and the residual connection round it.

    Example:
        >>> one = np.eye(2)
        >>> trace = self_attention([[1.0, 0.0], [1.0, 0.0]], LayerWeights(one, one, one, one))
        >>> trace.outputs.tolist()
        [[1.0, 0.0], [1.0, 0.0]]
    """
    settings = settings or LayerSettings()
    x = np.asarray(embeddings, dtype=np.float64)
    _check(x, weights, settings)
    n_tokens, places = len(x), np.arange(len(x))

    codes = np.zeros_like(x)
    if settings.positions == "sinusoidal":
        codes = positions.sinusoidal(*x.shape, base=settings.base)
    inputs = x + codes

    q_before, k_before, v = _project(inputs, weights, settings)
    q, k = q_before, k_before
    if settings.positions == "rope":
        q, k = (positions.rotate(one, places, base=settings.base) for one in (q, k))

    heads = attention.scaled_dot_product(
        q,
        k,
        v,
        mask=attention.causal_mask(n_tokens) if settings.causal else None,
        bias=(
            positions.alibi_bias(n_tokens, settings.n_head)
            if settings.positions == "alibi"
            else 0.0
        ),
        scaled=settings.scaled,
        temperature=settings.temperature,
    )
    concatenated = join_heads(heads.outputs)
    return LayerTrace(
        settings=settings,
        weights=weights,
        embeddings=x,
        position_codes=codes,
        inputs=inputs,
        q_before=q_before,
        k_before=k_before,
        heads=heads,
        concatenated=concatenated,
        outputs=concatenated @ weights.output,
    )


def _project(
    inputs: Array, weights: LayerWeights, settings: LayerSettings
) -> tuple[Array, Array, Array]:
    """Make every head's queries, keys and values; heads of a group get the same keys."""
    group = settings.n_head // settings.n_kv_head
    return (
        split_heads(inputs @ weights.query, settings.n_head),
        split_heads(inputs @ weights.key, settings.n_kv_head).repeat(group, axis=0),
        split_heads(inputs @ weights.value, settings.n_kv_head).repeat(group, axis=0),
    )


def split_heads(x: Array, n_head: int) -> Array:
    """Deal the columns out to the heads, each a block of neighbours.

    Args:
        x: Shape (T, H·D).
        n_head: Number of heads H.

    Returns:
        Shape (H, T, D).

    Example:
        >>> split_heads(np.arange(4.0).reshape(1, 4), 2).tolist()
        [[[0.0, 1.0]], [[2.0, 3.0]]]
    """
    return x.reshape(len(x), n_head, -1).swapaxes(0, 1)


def join_heads(heads: Array) -> Array:
    """Put the heads' columns side by side again: the way back from ``split_heads``.

    Example:
        >>> join_heads(split_heads(np.arange(6.0).reshape(1, 6), 3)).tolist()
        [[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]]
    """
    return heads.swapaxes(0, 1).reshape(heads.shape[1], -1)


def share_keys(weights: LayerWeights, *, n_head: int, n_kv_head: int) -> LayerWeights:
    """Make the key and value matrices of a layer whose heads share their keys.

    Each group's shared head is the mean of the heads it replaces, as when a model is converted.

    Args:
        weights: A layer with as many key heads as query heads.
        n_head: Number of query heads.
        n_kv_head: Number of key/value heads, a divisor of ``n_head``.

    Returns:
        The layer with narrower key and value matrices.

    Source:
        Ainslie et al. 2023, GQA, section 2.1.

    Example:
        >>> layer = LayerWeights(*[np.array([[1.0, 3.0]])] * 3, np.ones((2, 1)))
        >>> share_keys(layer, n_head=2, n_kv_head=1).key.tolist()
        [[2.0]]
    """

    def mean_of_groups(matrix: Array) -> Array:
        parts = matrix.reshape(len(matrix), n_kv_head, n_head // n_kv_head, -1)
        return parts.mean(axis=2).reshape(len(matrix), -1)

    return replace(weights, key=mean_of_groups(weights.key), value=mean_of_groups(weights.value))


def who_is_looked_at(weights: Array) -> NDArray[np.int64]:
    """Return the key that each query gives its largest share; shape (..., T).

    Example:
        >>> who_is_looked_at(np.array([[0.25, 0.75], [1.0, 0.0]])).tolist()
        [1, 0]
    """
    return weights.argmax(axis=-1)


def _check(x: Array, weights: LayerWeights, settings: LayerSettings) -> None:
    n_head, n_kv_head = settings.n_head, settings.n_kv_head
    if x.ndim != 2 or 0 in x.shape:
        raise ValueError(f"Attention needs one row of numbers per token, not shape {x.shape}.")
    if n_head < 1 or n_kv_head < 1 or n_head % n_kv_head:
        raise ValueError(f"{n_head} query heads cannot share {n_kv_head} key heads evenly.")
    width = weights.query.shape[1]
    if width % n_head:
        raise ValueError(f"{width} columns cannot be split among {n_head} heads evenly.")
    narrow = width // n_head * n_kv_head
    expected = {
        "query": (x.shape[1], width),
        "key": (x.shape[1], narrow),
        "value": (x.shape[1], narrow),
        "output": (width, x.shape[1]),
    }
    for name, shape in expected.items():
        if getattr(weights, name).shape != shape:
            raise ValueError(
                f"The {name} matrix has shape {getattr(weights, name).shape}, not {shape}."
            )

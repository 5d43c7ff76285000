"""Attention by hand: compare, scale, mask, turn into shares, mix.

Every step is kept, so that a reader can open any number to what it was made of.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AttentionTrace:
    """One attention with all its steps; leading axes, such as heads, are written as ``...``."""

    q: Array
    """Queries, what each token looks for; shape (..., T, D)."""

    k: Array
    """Keys, what each token offers to be found by; shape (..., S, D)."""

    v: Array
    """Values, what each token hands over; shape (..., S, D)."""

    products: Array
    """Dot product of every query with every key; shape (..., T, S)."""

    factor: float
    """What the products are multiplied by: 1/√D, over the temperature."""

    bias: Array
    """What is added after the scaling, 0 without a bias; shape (..., T, S)."""

    allowed: NDArray[np.bool_]
    """Where a query may look; shape (..., T, S)."""

    scores: Array
    """Scaled products plus bias, minus infinity where masked; shape (..., T, S)."""

    weights: Array
    """Softmax of each row of the scores: shares that sum to 1; shape (..., T, S)."""

    outputs: Array
    """The values mixed by those shares; shape (..., T, D)."""

    @property
    def entropy_bits(self) -> Array:
        """How widely each query looks, 0 bits for one token only; shape (..., T)."""
        logs = np.log2(self.weights, out=np.zeros_like(self.weights), where=self.weights > 0)
        return -(self.weights * logs).sum(axis=-1)


def scaled_dot_product(
    q: ArrayLike,
    k: ArrayLike,
    v: ArrayLike,
    *,
    mask: ArrayLike | None = None,
    bias: ArrayLike = 0.0,
    scaled: bool = True,
    temperature: float = 1.0,
) -> AttentionTrace:
    """Let every query look at every key and take home a mixture of the values.

    Args:
        q: Queries, shape (..., T, D).
        k: Keys, shape (..., S, D).
        v: Values, shape (..., S, D_v).
        mask: True where a query may look, shape that fits (..., T, S). None: everywhere.
        bias: Added to the scaled products, as ALiBi does; shape that fits (..., T, S).
        scaled: Whether to divide the products by √D.
        temperature: Divides them too. Below 1 sharpens the shares, above 1 flattens them.

    Returns:
        All steps.

    Raises:
        ValueError: If the shapes do not fit, a number is not finite, the temperature is not above
            0, or a query may look nowhere.

    Source:
        Vaswani et al. 2017, Attention Is All You Need, section 3.2.1.

    Example:
        >>> trace = scaled_dot_product([[1.0]], [[0.0], [np.log(3)]], [[0.0], [4.0]])
        >>> trace.weights.round(3).tolist(), trace.outputs.round(3).tolist()
        ([[0.25, 0.75]], [[3.0]])
    """
    q, k, v = (np.asarray(one, dtype=np.float64) for one in (q, k, v))
    bias = np.asarray(bias, dtype=np.float64)
    _check(q, k, v, bias, temperature)

    products = q @ np.swapaxes(k, -1, -2)
    factor = 1.0 / (temperature * (math.sqrt(q.shape[-1]) if scaled else 1.0))
    bias = np.broadcast_to(bias, products.shape)
    allowed = np.broadcast_to(
        True if mask is None else np.asarray(mask, dtype=bool), products.shape
    )
    if not allowed.any(axis=-1).all():
        raise ValueError("A query that may look nowhere has no shares to give.")

    scores = np.where(allowed, products * factor + bias, -np.inf)
    weights = softmax(scores)
    return AttentionTrace(
        q, k, v, products, factor, bias, allowed, scores, weights, outputs=weights @ v
    )


def softmax(scores: ArrayLike) -> Array:
    """Turn each row of scores into shares that sum to 1.

    Args:
        scores: Shape (..., S); minus infinity gives a share of 0, a row needs one finite score.

    Example:
        >>> softmax([0.0, np.log(3), -np.inf]).round(3).tolist()
        [0.25, 0.75, 0.0]
    """
    scores = np.asarray(scores, dtype=np.float64)
    # The largest score is taken off first: no power can then leave what a computer can hold.
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def causal_mask(n_tokens: int) -> NDArray[np.bool_]:
    """Let each token look at itself and at what came before.

    Example:
        >>> causal_mask(3).astype(int).tolist()
        [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    """
    return np.tri(n_tokens, dtype=bool)


def _check(q: Array, k: Array, v: Array, bias: Array, temperature: float) -> None:
    if not temperature > 0:
        raise ValueError(f"The temperature must be above 0, not {temperature}.")
    if min(one.ndim for one in (q, k, v)) < 2 or 0 in (*q.shape, *k.shape, *v.shape):
        raise ValueError("Queries, keys and values need at least one row and one column.")
    if q.shape[-1] != k.shape[-1]:
        raise ValueError(f"A query has {q.shape[-1]} numbers and a key has {k.shape[-1]}.")
    if k.shape[-2] != v.shape[-2]:
        raise ValueError(f"There are {k.shape[-2]} keys but {v.shape[-2]} values.")
    if not all(np.isfinite(one).all() for one in (q, k, v, bias)):
        raise ValueError("Queries, keys, values and the bias must be finite numbers.")

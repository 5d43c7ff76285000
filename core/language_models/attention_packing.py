"""Attention maps as few bytes, for a browser: one byte a number, the hidden half left out.

A number a is sent as the byte round(112 · √a). The root spends the steps where the small numbers
are: hide the first token, which often takes 0.98 of a row, and what is left is still 0.0002 apiece
and not 0. An error is at most √a / 112, that is 0.009 at 1 and 0.0009 at 0.01, a shade that no eye
sees; a number shown to more digits is computed afresh. More steps than 112 would send noise.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

LEVELS = 112
"""The byte of a weight of 1; a byte b is read as (b / LEVELS)²."""

LARGEST_ERROR = 1 / LEVELS
"""What a number read from a byte may be off by at most, at 1; elsewhere √a times that."""

_AS_BYTE = np.round(
    LEVELS * np.sqrt(np.arange(0x3C01, dtype=np.uint16).view(np.float16).astype(np.float64))
).astype(np.uint8)
"""The byte of each of the 15,361 half-precision numbers from 0 to 1, by their bit pattern."""


def to_bytes(probs: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Round attention weights to bytes.

    Args:
        probs: Numbers from 0 to 1, any shape.

    Returns:
        round(112 · √a), same shape. A table of all half-precision numbers does it, several times
        faster than taking roots.

    Example:
        >>> to_bytes(np.array([0, 1e-5, 0.25, 1])).tolist()
        [0, 0, 56, 112]
    """
    halves = np.ascontiguousarray(probs, dtype=np.float16)
    # A rounding error of the softmax may leave a hair more than 1; the table ends at 1.
    return _AS_BYTE[np.minimum(halves.view(np.uint16), 0x3C00)]


def pack(probs: NDArray[np.floating], *, causal: bool) -> bytes:
    """Pack the maps of some layers and heads.

    Args:
        probs: Attention weights, shape (n_layer, n_head, T, T).
        causal: Whether no token looks at a later one. Then key k holds only the queries k … T-1.

    Returns:
        Bytes in the order layer, head, key, query (what is looked at by many lies together, and
        shrinks better), in the zlib format, ``DecompressionStream("deflate")`` of a browser.

    Raises:
        ValueError: If the shape is not one of attention maps.
    """
    _check(probs)
    n_tokens = probs.shape[-1]
    numbers = to_bytes(probs).reshape(-1, n_tokens * n_tokens)
    keys, queries = np.triu_indices(n_tokens) if causal else np.indices((n_tokens, n_tokens))
    numbers = numbers[:, (queries * n_tokens + keys).ravel()]
    return zlib.compress(np.ascontiguousarray(numbers), level=4)


def unpack(
    body: bytes, *, n_layer: int, n_head: int, n_tokens: int, causal: bool
) -> NDArray[np.float32]:
    """Read packed maps, as the browser does.

    Args:
        body: What ``pack`` returned.
        n_layer: Number of layers packed.
        n_head: Heads per layer.
        n_tokens: Number of tokens.
        causal: As it was packed.

    Returns:
        Attention weights to within ``LARGEST_ERROR``, shape (n_layer, n_head, T, T).
    """
    numbers = np.frombuffer(zlib.decompress(body), np.uint8)
    maps = np.zeros((n_layer, n_head, n_tokens, n_tokens), np.uint8)
    keys, queries = np.triu_indices(n_tokens) if causal else np.indices((n_tokens, n_tokens))
    maps[..., queries.ravel(), keys.ravel()] = numbers.reshape(n_layer, n_head, -1)
    return (maps.astype(np.float32) / LEVELS) ** 2


def thumbnails(probs: NDArray[np.floating], *, size: int = 48) -> bytes:
    """Pack small pictures of maps that are too large to send.

    Args:
        probs: Attention weights, shape (n_layer, n_head, T, T).
        size: Width of a picture in pixels; not more than T.

    Returns:
        Full squares of bytes, shape (n_layer, n_head, size, size), packed in the same way. A
        pixel is the largest number of its block, so that a thin line stays to be seen.

    Raises:
        ValueError: If the shape is not one of attention maps, or the size not between 1 and T.
    """
    _check(probs)
    n_tokens = probs.shape[-1]
    if not 1 <= size <= n_tokens:
        raise ValueError(f"a picture of {size} pixels cannot show {n_tokens} tokens")
    starts = np.arange(size) * n_tokens // size
    small = np.maximum.reduceat(to_bytes(probs), starts, axis=-1)
    return zlib.compress(np.ascontiguousarray(np.maximum.reduceat(small, starts, axis=-2)), 4)


def _check(probs: NDArray[np.floating]) -> None:
    if probs.ndim != 4 or probs.shape[-1] != probs.shape[-2]:
        raise ValueError(f"attention maps have the shape (layers, heads, T, T), not {probs.shape}")

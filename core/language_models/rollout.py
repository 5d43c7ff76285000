"""Attention rollout: follow attention through all layers at once, the residual way included."""

import numpy as np
from numpy.typing import NDArray


def attention_rollout(probs: NDArray[np.floating]) -> NDArray[np.float64]:
    """Multiply the attention of the layers, from the first upwards.

    Half of what a token is comes through the residual connection from itself, and half through
    attention, with the heads averaged: a layer mixes tokens with (mean over heads + identity) / 2.
    What the layers do one after another is the product of their mixtures. Left out are the values:
    a token that is looked at need not say much.

    Args:
        probs: Attention weights, shape (n_layer, n_head, T, T), rows summing to 1.

    Returns:
        Shape (n_layer, T, T): how much of each input token (column) is in each place (row) after
        each layer. Rows sum to 1.

    Raises:
        ValueError: If the shape is not one of attention maps.

    Source:
        Abnar & Zuidema (2020), Quantifying attention flow in transformers, section 3.

    Example:
        >>> looks_back = np.array([[[[1.0, 0.0], [1.0, 0.0]]]])
        >>> attention_rollout(np.concatenate([looks_back, looks_back])).tolist()
        [[[1.0, 0.0], [0.5, 0.5]], [[1.0, 0.0], [0.75, 0.25]]]
    """
    if probs.ndim != 4 or probs.shape[-1] != probs.shape[-2]:
        raise ValueError(f"attention maps have the shape (layers, heads, T, T), not {probs.shape}")
    n_tokens = probs.shape[-1]
    so_far = np.eye(n_tokens)
    after_layers = []
    for layer in probs:
        mixture = layer.mean(axis=0, dtype=np.float64) / 2 + np.eye(n_tokens) / 2
        # Half precision leaves the rows a hair off 1, which thirty layers would add up.
        mixture /= mixture.sum(axis=1, keepdims=True)
        so_far = mixture @ so_far
        after_layers.append(so_far)
    return np.stack(after_layers)

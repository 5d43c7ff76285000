"""What switching a head off did to a model's answer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_SHOWN = 12
"""For how many of the likeliest next tokens the probabilities are kept."""


@dataclass(frozen=True, eq=False)
class LayerEffects:
    """What switching off each head of one layer does to the model's answer."""

    layer: int

    effects: NDArray[np.float64]
    """Shape (n_head,). Language model: how far the next-token probabilities move, the
    Kullback-Leibler divergence from before to after, in bits. Encoder: how far the text's vector
    turns, 1 - cosine."""

    probs_after: NDArray[np.float64]
    """Language model: probability afterwards of the tokens that were likeliest before; shape
    (n_head, N_SHOWN). Encoder: shape (n_head, 0)."""

    winners: tuple[int, ...]
    """The likeliest next token afterwards, per head; empty for an encoder."""


@dataclass(frozen=True, eq=False)
class HeadEffects:
    """The effect of every head of a model on one text."""

    effects: NDArray[np.float64]
    """Shape (n_layer, n_head), in the unit of ``LayerEffects.effects``."""

    probs_after: NDArray[np.float64]
    """Shape (n_layer, n_head, N_SHOWN)."""

    winners: NDArray[np.int64]
    """Shape (n_layer, n_head)."""

    shown_ids: tuple[int, ...]
    """The tokens that were likeliest before anything was switched off, likeliest first."""

    probs_before: NDArray[np.float64]
    """Their probabilities before, shape (N_SHOWN,)."""


@dataclass(frozen=True, eq=False)
class Baseline:
    """The model's answer with every head at work."""

    answer: NDArray[np.float64]
    """Language model: next-token probabilities, shape (V,). Encoder: the mean of its vectors,
    shape (C,)."""

    shown_ids: tuple[int, ...]
    """The likeliest tokens, likeliest first; empty for an encoder."""


def divergence_bits(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    """Measure how far probabilities moved: Kullback-Leibler divergence in bits.

    Args:
        before: Probabilities, shape (V,).
        after: Probabilities, above 0 wherever ``before`` is; shape (V,).

    Returns:
        0 if nothing moved; 1 if what was there lost, on average, half its probability.

    Example:
        >>> divergence_bits(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
        1.0
    """
    there = before > 0
    return float(before[there] @ (np.log2(before[there]) - np.log2(after[there])))


def of_layer(layer: int, before: Baseline, answers: NDArray[np.float64]) -> LayerEffects:
    """Compare the answers without each head of a layer with the answer before.

    Args:
        layer: Which layer.
        before: The answer with every head at work.
        answers: The answers without each head, shape (n_head, V), or (n_head, C) for an encoder.

    Returns:
        The effects.
    """
    if not before.shown_ids:
        cosines = answers @ before.answer
        cosines /= np.linalg.norm(answers, axis=1) * np.linalg.norm(before.answer)
        return LayerEffects(layer, 1 - cosines, np.empty((len(answers), 0)), ())
    return LayerEffects(
        layer=layer,
        effects=np.array([divergence_bits(before.answer, after) for after in answers]),
        probs_after=answers[:, list(before.shown_ids)],
        winners=tuple(answers.argmax(axis=1).tolist()),
    )


def collect(layers: Sequence[LayerEffects], before: Baseline) -> HeadEffects:
    """Put the effects of all layers together.

    Args:
        layers: All that ``rank_heads`` yielded.
        before: The answer with every head at work.

    Returns:
        The effects of all heads.
    """
    shown = list(before.shown_ids)
    return HeadEffects(
        effects=np.stack([one.effects for one in layers]),
        probs_after=np.stack([one.probs_after for one in layers]),
        winners=np.array([one.winners for one in layers], np.int64),
        shown_ids=before.shown_ids,
        probs_before=before.answer[shown],
    )

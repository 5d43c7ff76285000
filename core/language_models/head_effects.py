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
    Kullback-Leibler divergence from before to after, in bits. Encoder: by what angle the
    text's vector turns, in degrees."""

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


@dataclass(frozen=True, eq=False)
class AnswerChange:
    """The answer before and after something was switched off, as it is shown."""

    effect: float
    """In the unit of ``LayerEffects.effects``."""

    token_ids: tuple[int, ...]
    """The likeliest tokens before, then those that are only likely after; empty for an encoder."""

    before: NDArray[np.float64]
    """Their probabilities before, shape (n,)."""

    after: NDArray[np.float64]
    """Their probabilities after, shape (n,)."""


def change(
    before: Baseline, answer: NDArray[np.float64], *, n_before: int = 8, n_after: int = 3
) -> AnswerChange:
    """Compare two answers of a model to the same text.

    Args:
        before: The answer with every head at work.
        answer: The answer afterwards, in the same form.
        n_before: How many of the likeliest tokens before are shown.
        n_after: How many of the likeliest tokens after are shown, where they are others.

    Returns:
        The change.
    """
    effect = float(of_layer(0, before, answer[None]).effects[0])
    shown = list(before.shown_ids[:n_before])
    if shown:
        likeliest = np.argsort(-answer, kind="stable")[:n_after].tolist()
        shown += [token_id for token_id in likeliest if token_id not in shown]
    places = np.array(shown, np.int64)
    return AnswerChange(effect, tuple(shown), before.answer[places], answer[places])


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


def angle_degrees(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    """Measure how far a vector has turned.

    Args:
        before: A vector, not all 0, shape (C,).
        after: Another, shape (C,).

    Returns:
        0 for the same direction, 90 for nothing in common, 180 for the opposite.

    Example:
        >>> angle_degrees(np.array([1.0, 0.0]), np.array([0.0, 2.0]))
        90.0
    """
    first, second = (one / np.linalg.norm(one) for one in (before, after))
    # The arc cosine would lose the small angles to rounding.
    across, along = np.linalg.norm(first - second), np.linalg.norm(first + second)
    return float(np.degrees(2 * np.arctan2(across, along)))


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
        angles = np.array([angle_degrees(before.answer, after) for after in answers])
        return LayerEffects(layer, angles, np.empty((len(answers), 0)), ())
    return LayerEffects(
        layer=layer,
        effects=np.array([divergence_bits(before.answer, after) for after in answers]),
        probs_after=answers[:, list(before.shown_ids)],
        winners=tuple(answers.argmax(axis=1).tolist()),
    )


def rank_correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Say how well one order agrees with another (Spearman).

    Args:
        first: Numbers, any shape.
        second: As many numbers.

    Returns:
        1 for the same order, -1 for the opposite one, near 0 for no connection; NaN when all
        numbers of one are equal.

    Example:
        >>> rank_correlation(np.array([1, 2, 30]), np.array([5, 6, 7]))
        1.0
    """
    ranks = [_ranks(np.ravel(one)) for one in (first, second)]
    centred = [one - one.mean() for one in ranks]
    lengths = np.linalg.norm(centred[0]) * np.linalg.norm(centred[1])
    return round(float(centred[0] @ centred[1] / lengths), 12) if lengths else float("nan")


def _ranks(numbers: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rank numbers from 0; equal ones share the mean of their ranks."""
    _, places, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts + 1) / 2)[places]


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

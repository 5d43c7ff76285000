"""From scores to probabilities, and how much they leave open."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def log_softmax(logits: ArrayLike) -> NDArray[np.float64]:
    """Turn logits into the logarithms of probabilities.

    Args:
        logits: Scores in nats, shape (V,). A token that was cut scores minus infinity.

    Returns:
        Log-probabilities in nats, same shape.

    Raises:
        ValueError: If a logit is NaN or plus infinity, or if none is above minus infinity.

    Example:
        >>> np.exp(log_softmax([0.0, np.log(3)])).round(6).tolist()
        [0.25, 0.75]
    """
    scores = np.asarray(logits, dtype=np.float64)
    highest = scores.max() if scores.size else -np.inf
    if not np.isfinite(highest):
        raise ValueError(f"the highest logit must be a finite number, not {highest}")

    # Without this shift exp(1000) would overflow; the shift cancels out in the division.
    shifted = scores - highest
    return shifted - np.log(np.exp(shifted).sum())


def softmax(logits: ArrayLike, *, temperature: float = 1.0) -> NDArray[np.float64]:
    """Turn logits into probabilities.

    Args:
        logits: Scores in nats, shape (V,). A token that was cut scores minus infinity.
        temperature: Divides the logits. Below 1 sharpens, above 1 flattens.

    Returns:
        Probabilities, same shape, summing to 1.

    Raises:
        ValueError: If ``temperature`` is not a finite number above 0, if a logit is NaN or plus
            infinity, or if none is above minus infinity.

    Example:
        >>> softmax([0.0, np.log(3)]).round(6).tolist()
        [0.25, 0.75]
        >>> softmax([0.0, np.log(3)], temperature=0.5).round(6).tolist()
        [0.1, 0.9]
    """
    if not (np.isfinite(temperature) and temperature > 0):
        raise ValueError(f"temperature must be a finite number above 0, not {temperature}")
    scores = np.asarray(logits, dtype=np.float64)
    highest = scores.max() if scores.size else -np.inf
    if not np.isfinite(highest):
        raise ValueError(f"the highest logit must be a finite number, not {highest}")

    # Tokens that were cut stay at 0: after a filter only a few are left to exponentiate.
    alive = np.flatnonzero(scores > -np.inf)
    weights = np.exp((scores[alive] - highest) / temperature)

    probs = np.zeros_like(scores)
    probs[alive] = weights / weights.sum()
    return probs


def entropy_bits(probs: ArrayLike) -> float:
    """Say how many yes-or-no questions the next token is worth on average.

    Args:
        probs: Probabilities, shape (V,), summing to 1.

    Returns:
        Entropy in bits: 0 when one token is certain, log2(V) when all are equal.

    Source:
        Shannon (1948), "A mathematical theory of communication", section 6.

    Example:
        >>> entropy_bits([0.5, 0.25, 0.25])
        1.5
    """
    p = np.asarray(probs, dtype=np.float64)
    p = p[p > 0]
    return float(-(p @ np.log2(p))) + 0.0


def surprisal_bits(prob: float) -> float:
    """Say how surprising it is that something of this probability happened.

    Args:
        prob: A probability, from 0 to 1.

    Returns:
        Surprisal in bits, infinite for a probability of 0.

    Example:
        >>> surprisal_bits(0.125)
        3.0
    """
    return float(-np.log2(prob)) + 0.0 if prob > 0 else float("inf")

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
    shifted = _below_highest(logits)
    return shifted - float(np.log(np.exp(shifted).sum(dtype=np.float64)))


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
    weights = np.exp(_below_highest(logits) / temperature)
    return weights / weights.sum(dtype=np.float64)


def softmax_with_entropy(logits: ArrayLike) -> tuple[NDArray[np.float64], float]:
    """Turn logits into probabilities and their entropy, at hardly more than the cost of one.

    Args:
        logits: Scores in nats, shape (V,). A token that was cut scores minus infinity.

    Returns:
        Probabilities, same shape, and their entropy in bits.

    Raises:
        ValueError: If a logit is NaN or plus infinity, or if none is above minus infinity.

    Example:
        >>> probs, entropy = softmax_with_entropy(np.log([0.5, 0.25, 0.25]))
        >>> probs.round(4).tolist(), round(entropy, 4)
        ([0.5, 0.25, 0.25], 1.5)
    """
    scores = np.asarray(logits)
    alive = np.flatnonzero(scores > -np.inf)
    if 0 < alive.size < scores.size // 4:
        # After a filter only a few tokens are left, and there is no need to look at the others.
        probs = np.zeros(scores.shape)
        probs[alive], entropy = softmax_with_entropy(scores[alive])
        return probs, entropy

    shifted = _below_highest(scores)
    weights = np.exp(shifted)
    total = weights.sum(dtype=np.float64)
    probs = weights / total

    # ln p is the shifted score minus ln(total), so no second logarithm per token is needed. A cut
    # token has weight 0 and adds nothing, though its score is infinite.
    shifted[weights == 0] = 0.0
    nats = np.log(total) - float(weights @ shifted) / total
    return probs, max(0.0, float(nats / np.log(2)))


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


def _below_highest(logits: ArrayLike) -> NDArray[np.floating]:
    # Without this shift exp(1000) would overflow; it cancels out in the division. Single precision
    # stays single: its exponential is eight times faster, and the sums are taken in double.
    scores = np.asarray(logits)
    scores = scores.astype(np.result_type(scores.dtype, np.float32), copy=False)
    highest = scores.max() if scores.size else -np.inf
    if not np.isfinite(highest):
        raise ValueError(f"the highest logit must be a finite number, not {highest}")
    return scores - highest

"""One step of decoding: scores in, a token out, and everything one may ask about that choice."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.language_models import dice, filters, probability, sampling

N_ALTERNATIVES = 10

Stop = Literal["", "end", "length", "context"]


@dataclass(frozen=True)
class Alternative:
    """A token that could have come instead."""

    token_id: int
    rank: int
    raw_prob: float
    """What the model gave it."""
    prob: float
    """What the filters left it."""


@dataclass(frozen=True, eq=False)
class DecodingStep:
    """One token, and the distribution it was drawn from."""

    index: int
    """Place in the new text, from 0."""
    token_id: int
    rank: int
    """Place in the model's own order, from 1."""
    raw_prob: float
    """The model's own probability of this token."""
    prob: float
    """Its probability after the filters; 0 for a token that was forced though it had been cut."""
    surprisal_bits: float
    """From the model's own probability."""
    raw_entropy_bits: float
    """Entropy of the model's own distribution."""
    entropy_bits: float
    """Entropy after the filters."""
    uniform: float
    """The number that was thrown."""
    low: float
    high: float
    """The token's piece of the cumulative bar; NaN for a forced token that had been cut."""
    is_forced: bool
    """Whether somebody chose this token instead of the dice."""
    alternatives: tuple[Alternative, ...]
    """The model's likeliest tokens, in its own order."""
    logits: NDArray[np.float32]
    """The model's scores in nats, shape (V,)."""
    probs: NDArray[np.float32]
    """Probabilities after the filters, shape (V,)."""
    stop: Stop = ""
    """Why the text ends here: the model said so, enough tokens, no room left; empty if it goes on.
    """

    @property
    def is_end_of_text(self) -> bool:
        """Whether the model ended the text with this token."""
        return self.stop == "end"

    def without_arrays(self) -> "DecodingStep":
        """Give the same step without its two large arrays, small enough to keep by the hundred."""
        nothing = np.empty(0, dtype=np.float32)
        return replace(self, logits=nothing, probs=nothing)


def take_step(
    logits: NDArray[np.float32],
    *,
    chain: sampling.SamplingChain,
    history: filters.History,
    uniform: float,
    index: int = 0,
    forced_token: int | None = None,
    n_alternatives: int = N_ALTERNATIVES,
) -> DecodingStep:
    """Filter the scores, throw the dice, and write down what happened.

    Args:
        logits: The model's scores in nats, shape (V,).
        chain: Filters in their order.
        history: What the filters may know about the text so far.
        uniform: The number that lands on the bar, from 0 up to but not including 1.
        index: Place in the new text.
        forced_token: A token to take instead of the one that the dice choose.
        n_alternatives: How many of the likeliest tokens to list.

    Returns:
        The step.

    Raises:
        ValueError: If ``forced_token`` is outside the vocabulary, ``uniform`` outside 0 to 1, or a
            score is NaN.

    Example:
        >>> step = take_step(np.log([0.6, 0.3, 0.1]).astype(np.float32), uniform=0.7,
        ...     chain=sampling.basic_chain(top_k=2), history=filters.NO_HISTORY)
        >>> step.token_id, step.rank, round(step.raw_prob, 4), round(step.prob, 4)
        (1, 2, 0.3, 0.3333)
    """
    if forced_token is not None and not 0 <= forced_token < logits.size:
        raise ValueError(f"token {forced_token} is outside the vocabulary of {logits.size}")
    raw_probs, raw_entropy = probability.softmax_with_entropy(logits)
    probs, entropy = probability.softmax_with_entropy(chain.filter(logits, history))

    if forced_token is None:
        piece = dice.draw_from(probs, uniform)
        token_id = piece.token_id
    else:
        token_id = int(forced_token)
        piece = dice.locate(probs, token_id, uniform)

    return DecodingStep(
        index=index,
        token_id=token_id,
        rank=rank_of(logits, token_id),
        raw_prob=float(raw_probs[token_id]),
        prob=float(probs[token_id]),
        surprisal_bits=probability.surprisal_bits(float(raw_probs[token_id])),
        raw_entropy_bits=raw_entropy,
        entropy_bits=entropy,
        uniform=float(uniform),
        low=piece.low if piece else float("nan"),
        high=piece.high if piece else float("nan"),
        is_forced=forced_token is not None,
        alternatives=likeliest(logits, raw_probs, probs, n=n_alternatives),
        logits=logits,
        probs=probs.astype(np.float32),
    )


def rank_of(logits: NDArray[np.floating], token_id: int) -> int:
    """Count a token's place in the model's order, from 1; of equals the lower id comes first.

    Args:
        logits: Scores, shape (V,).
        token_id: The token.

    Returns:
        Its rank.

    Example:
        >>> rank_of(np.array([1.0, 3.0, 1.0]), 2)
        3
    """
    score = logits[token_id]
    equals_before = np.count_nonzero(logits[:token_id] == score)
    return 1 + int(np.count_nonzero(logits > score)) + int(equals_before)


def likeliest(
    logits: NDArray[np.floating],
    raw_probs: NDArray[np.floating],
    probs: NDArray[np.floating],
    *,
    n: int,
) -> tuple[Alternative, ...]:
    """List the tokens that the model likes best.

    Args:
        logits: The model's scores, shape (V,).
        raw_probs: Their softmax, shape (V,).
        probs: Probabilities after the filters, shape (V,).
        n: How many.

    Returns:
        Up to n tokens, likeliest first; of equals the lower id first.

    Example:
        >>> p = np.array([0.2, 0.5, 0.3])
        >>> [token.token_id for token in likeliest(np.log(p), p, p, n=2)]
        [1, 2]
    """
    n = min(n, logits.size)
    if n == 0:
        return ()
    nth_best = np.partition(logits, -n)[-n]
    candidates = np.flatnonzero(logits >= nth_best)
    best = candidates[np.argsort(-logits[candidates], kind="stable")][:n]
    return tuple(
        Alternative(int(token_id), place + 1, float(raw_probs[token_id]), float(probs[token_id]))
        for place, token_id in enumerate(best)
    )

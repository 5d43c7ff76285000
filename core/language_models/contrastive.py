"""Contrastive search: a likely token that does not look like what was said before.

A text that repeats itself also repeats the model's inner states. So a candidate pays for how much
its state resembles one that the text already has.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray

from core.language_models import decoding, probability, steps


@dataclass(frozen=True)
class Candidate:
    """A likely token and what speaks for and against it."""

    token_id: int
    prob: float
    similarity: float
    """Cosine of its state with the most similar state of the text, -1 to 1."""
    most_similar: int
    """Place of that state in the text, prompt included, from 0."""
    score: float


@dataclass(frozen=True)
class ContrastiveStep:
    """One token of contrastive search."""

    index: int
    token_id: int
    candidates: tuple[Candidate, ...]
    """The k likeliest tokens, likeliest first."""
    stop: steps.Stop


def search(
    lm: Any, prompt_ids: Sequence[int], *, k: int = 4, alpha: float = 0.6, max_new_tokens: int
) -> Iterator[ContrastiveStep]:
    """Write a text by contrastive search; no dice.

    Args:
        lm: A loaded model with ``.model`` and ``.tokenizer``.
        prompt_ids: The text to continue, as token ids.
        k: How many of the likeliest tokens are looked at.
        alpha: Weight of the resemblance, 0 to 1; 0 takes the likeliest token each time.
        max_new_tokens: How many tokens at most.

    Yields:
        One record per token.

    Raises:
        ValueError: If there is no prompt or it is longer than the model can hold, ``k`` or
            ``max_new_tokens`` is below 1, or ``alpha`` is outside 0 to 1.

    Source:
        Su et al. (2022), A contrastive framework for neural text generation, section 3.2.
    """
    decoding.check(lm.model, prompt_ids, max_new_tokens)
    if k < 1 or not 0 <= alpha <= 1:
        raise ValueError(f"k must be 1 or more and alpha from 0 to 1, not {k} and {alpha}")
    ends, room = decoding.end_token_ids(lm), decoding.context_length(lm.model)

    cache = transformers.DynamicCache(config=lm.model.config)
    scores, states = _read_with_states(lm.model, [list(prompt_ids)], cache)
    scores, text_states = scores[0], states[0]

    for index in range(max_new_tokens):
        probs = probability.softmax(scores)
        likeliest = np.argsort(-probs, kind="stable")[:k]
        if len(text_states) >= room:
            return

        # The state of a candidate is known only after reading it, so all k are read, in one batch.
        cache.batch_repeat_interleave(len(likeliest))
        rows, states = _read_with_states(lm.model, likeliest[:, None].tolist(), cache)
        candidates = weigh(likeliest, probs[likeliest], states[:, -1], text_states, alpha=alpha)
        best = max(range(len(candidates)), key=lambda place: candidates[place].score)

        cache.batch_select_indices(torch.tensor([best], device=lm.model.device))
        scores, text_states = rows[best], np.concatenate([text_states, states[best]])
        token_id = candidates[best].token_id
        stop = decoding.stop_reason(
            token_id,
            ends=ends,
            is_last=index == max_new_tokens - 1,
            is_full=len(text_states) >= room,
        )
        yield ContrastiveStep(index, token_id, candidates, stop)
        if stop:
            return


def weigh(
    token_ids: NDArray[np.integer],
    probs: NDArray[np.floating],
    states: NDArray[np.floating],
    text_states: NDArray[np.floating],
    *,
    alpha: float,
) -> tuple[Candidate, ...]:
    """Score candidates: (1 - alpha) times probability, minus alpha times resemblance.

    Args:
        token_ids: Candidates, shape (k,).
        probs: Their probabilities, shape (k,).
        states: The model's last hidden state after each candidate, shape (k, C).
        text_states: The same after each token of the text so far, shape (T, C).
        alpha: Weight of the resemblance.

    Returns:
        The candidates in the order given.

    Example:
        Token 5 points the way the text did; token 6 stands at a right angle to it and wins.

        >>> found = weigh(np.array([5, 6]), np.array([0.6, 0.4]), np.array([[2.0, 0], [0, 3.0]]),
        ...     np.array([[1.0, 0.0]]), alpha=0.5)
        >>> [(one.similarity, round(one.score, 2)) for one in found]
        [(1.0, -0.2), (0.0, 0.2)]
    """
    cosines = _unit(states) @ _unit(text_states).T
    most_similar = cosines.argmax(axis=1)
    similarities = cosines.max(axis=1)
    scores = (1 - alpha) * probs - alpha * similarities
    return tuple(
        Candidate(int(token_id), float(prob), float(similarity), int(place), float(score))
        for token_id, prob, similarity, place, score in zip(
            token_ids, probs, similarities, most_similar, scores, strict=True
        )
    )


def _unit(states: NDArray[np.floating]) -> NDArray[np.floating]:
    return states / np.linalg.norm(states, axis=-1, keepdims=True)


def _read_with_states(
    model: Any, token_ids: list[list[int]], cache: Any
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    # Scores after the last token, shape (B, V), and last hidden states, shape (B, T, C).
    with torch.inference_mode():
        output = model(
            input_ids=torch.tensor(token_ids, device=model.device),
            past_key_values=cache,
            use_cache=True,
            output_hidden_states=True,
        )
    scores = output.logits[:, -1].float().cpu().numpy()
    return scores, output.hidden_states[-1].float().cpu().numpy()

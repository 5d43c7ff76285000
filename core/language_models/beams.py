"""Beam search: keep the few likeliest beginnings instead of one.

It finds likelier texts than taking the likeliest token each time. The likeliest text is rarely the
best one: it tends to be short, dull and repetitive.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray

from core.language_models import decoding, next_token


@dataclass(frozen=True, eq=False)
class Beam:
    """A beginning of a text; it points to the beginning that it continues, and so forms a tree."""

    parent: "Beam | None"
    token_id: int
    """The last token; -1 at the root, which has none."""
    log_prob: float
    """Log-probability of all tokens so far, in nats."""
    n_tokens: int = 0

    @property
    def token_ids(self) -> tuple[int, ...]:
        """New tokens from the root to here."""
        backwards = []
        beam = self
        while beam.parent is not None:
            backwards.append(beam.token_id)
            beam = beam.parent
        return tuple(reversed(backwards))


@dataclass(frozen=True, eq=False)
class FinishedText:
    """A text that has ended, with the score by which such texts are compared."""

    beam: Beam
    score: float
    """Log-probability divided by length to the power of the length penalty."""


@dataclass(frozen=True, eq=False)
class BeamStep:
    """One step of beam search."""

    index: int
    candidates: tuple[Beam, ...]
    """The likeliest continuations of all beams together, likeliest first."""
    running: tuple[Beam, ...]
    """Those that go on, likeliest first."""
    finished: tuple[FinishedText, ...]
    """The best texts that have ended so far, best first, as many as there are beams at most."""
    is_last: bool


def search(
    lm: Any,
    prompt_ids: Sequence[int],
    *,
    n_beams: int,
    max_new_tokens: int,
    length_penalty: float = 1.0,
) -> Iterator[BeamStep]:
    """Search for a likely text with several beams.

    It gives the texts and scores of ``generate(num_beams=...)`` of transformers, with
    ``early_stopping=False``.

    Args:
        lm: A loaded model with ``.model`` and ``.tokenizer``.
        prompt_ids: The text to continue, as token ids.
        n_beams: How many beginnings are kept.
        max_new_tokens: How many tokens at most.
        length_penalty: Above 0 favours long texts, 0 compares log-probabilities as they are.

    Yields:
        One record per step; the last one's ``finished`` holds the result.

    Raises:
        ValueError: If there is no prompt, it leaves no room in the model, or ``n_beams`` or
            ``max_new_tokens`` is below 1.
    """
    decoding.check(lm.model, prompt_ids, max_new_tokens)
    if n_beams < 1:
        raise ValueError(f"n_beams must be 1 or more, not {n_beams}")
    ends = decoding.end_token_ids(lm)
    room = decoding.context_length(lm.model) - len(prompt_ids) + 1
    n_steps = min(max_new_tokens, room)

    cache = transformers.DynamicCache(config=lm.model.config)
    scores = next_token.read(lm.model, [list(prompt_ids)], n_last=1, cache=cache)[:, 0]
    running: tuple[Beam, ...] = (Beam(None, -1, 0.0),)
    finished: tuple[FinishedText, ...] = ()

    for index in range(n_steps):
        # Even if every beam could end, enough candidates remain to keep all beams going.
        candidates = continuations(running, scores, n=n_beams * max(2, 1 + len(ends)))
        is_full = index == n_steps - 1
        ending = [is_full or beam.token_id in ends for beam in candidates]
        parents = running

        finished = _with_ended(finished, candidates, ending, n_beams, length_penalty)
        going_on = [beam for beam, ended in zip(candidates, ending, strict=True) if not ended]
        running = tuple(going_on[:n_beams])

        is_last = not running or not _can_improve(finished, running[0], n_beams, length_penalty)
        yield BeamStep(index, candidates, running, finished, is_last)
        if is_last:
            return

        # Each beam carries on with what its parent has read.
        places = torch.tensor([parents.index(beam.parent) for beam in running])
        cache.batch_select_indices(places.to(lm.model.device))
        last = [[beam.token_id] for beam in running]
        scores = next_token.read(lm.model, last, n_last=1, cache=cache)[:, 0]


def continuations(running: Sequence[Beam], scores: torch.Tensor, *, n: int) -> tuple[Beam, ...]:
    """Continue every beam with every token and keep the likeliest results.

    Args:
        running: Beams, n_rows of them.
        scores: Scores of the next token in nats, shape (n_rows, V).
        n: How many to keep.

    Returns:
        Beams with one more token, likeliest first.

    Example:
        The second beam is less likely, but surer of its next token: 0.4 x 0.9 beats 0.6 x 0.5.

        >>> root = Beam(None, -1, 0.0)
        >>> two = (Beam(root, 7, np.log(0.6), 1), Beam(root, 8, np.log(0.4), 1))
        >>> best = continuations(two, torch.tensor([[0.5, 0.5], [0.9, 0.1]]).log(), n=1)[0]
        >>> best.token_ids, round(float(np.exp(best.log_prob)), 4)
        ((8, 0), 0.36)
    """
    so_far = torch.tensor([beam.log_prob for beam in running])
    totals = torch.log_softmax(scores, dim=-1) + so_far[:, None]
    best = torch.topk(totals.flatten(), k=min(n, totals.numel()))

    vocab_size = scores.shape[-1]
    return tuple(
        Beam(running[place // vocab_size], place % vocab_size, log_prob, parent_length + 1)
        for place, log_prob in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        for parent_length in (running[place // vocab_size].n_tokens,)
    )


def _with_ended(
    finished: tuple[FinishedText, ...],
    candidates: Sequence[Beam],
    ending: Sequence[bool],
    n_beams: int,
    length_penalty: float,
) -> tuple[FinishedText, ...]:
    # A candidate past the first n_beams is only a reserve, and may not end a text.
    ended = [
        FinishedText(beam, beam.log_prob / beam.n_tokens**length_penalty)
        for beam, has_ended in zip(candidates[:n_beams], ending, strict=False)
        if has_ended
    ]
    best_first = sorted([*finished, *ended], key=lambda text: -text.score)
    return tuple(best_first[:n_beams])


def _can_improve(
    finished: tuple[FinishedText, ...], best: Beam, n_beams: int, length_penalty: float
) -> bool:
    if len(finished) < n_beams:
        return True
    return best.log_prob / best.n_tokens**length_penalty > finished[-1].score


def log_probs_of(texts: Sequence[FinishedText]) -> NDArray[np.float64]:
    """Give the log-probabilities of finished texts, to compare them with other texts.

    Args:
        texts: Finished texts.

    Returns:
        Log-probabilities in nats, shape (n,).
    """
    return np.array([text.beam.log_prob for text in texts])

"""Decoding: the model reads, the dice choose, the model reads what was chosen, and so on."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray

from core.language_models import dice, filters, next_token, sampling, steps, truncation


@dataclass(frozen=True, eq=False)
class _Run:
    """One text to be written: its filters, its dice, and what may end it."""

    chain: sampling.SamplingChain
    seed: int
    max_new_tokens: int
    ends: frozenset[int]
    context_length: int
    forced: tuple[int, ...] = ()

    @functools.cached_property
    def uniforms(self) -> NDArray[np.float64]:
        return dice.uniforms(self.seed, self.max_new_tokens)

    @functools.cached_property
    def coins(self) -> NDArray[np.float64]:
        return dice.coins(self.seed, self.max_new_tokens)


def sample(
    lm: Any,
    prompt_ids: Sequence[int],
    *,
    chain: sampling.SamplingChain,
    seed: int,
    max_new_tokens: int,
    forced: Sequence[int] = (),
    breakers: frozenset[int] = frozenset(),
) -> Iterator[steps.DecodingStep]:
    """Write a text token by token, with one throw of the dice per token.

    The same seed writes the same text. Stop by not asking for the next step.

    Args:
        lm: A loaded model with ``.model`` and ``.tokenizer``.
        prompt_ids: The text to continue, as token ids.
        chain: Filters in their order.
        seed: Seed of the dice: step i uses ``dice.uniforms(seed, ...)[i]``.
        max_new_tokens: How many tokens at most, forced ones included.
        forced: Tokens to take first instead of the dice's, to continue from another choice. They
            use up their throws, so that what follows meets the same dice as before.
        breakers: Token ids across which a repetition does not count, for the DRY filter.

    Yields:
        One record per token.

    Raises:
        ValueError: If there is no prompt or it is longer than the model can hold, if
            ``max_new_tokens`` is below 1, a token is outside the vocabulary, or ``seed`` is
            negative.
    """
    check(lm.model, prompt_ids, max_new_tokens, forced)
    run = _Run(
        chain=chain,
        seed=seed,
        max_new_tokens=max_new_tokens,
        ends=end_token_ids(lm),
        context_length=context_length(lm.model),
        forced=tuple(forced),
    )
    history = filters.History(token_ids=tuple(prompt_ids), breakers=breakers)

    # Prompt and forced tokens are known, so one pass reads them all.
    cache = transformers.DynamicCache(config=lm.model.config)
    n_ahead = min(len(run.forced), max_new_tokens - 1, run.context_length - len(prompt_ids))
    known = [*prompt_ids, *run.forced[:n_ahead]]
    rows = list(next_token.read(lm.model, [known], n_last=n_ahead + 1, cache=cache)[0].numpy())

    for index in range(max_new_tokens):
        step, history = _take(run, rows.pop(0), history, index)
        yield step
        if step.stop:
            return
        if not rows:
            last = [[step.token_id]]
            rows = list(next_token.read(lm.model, last, n_last=1, cache=cache)[0].numpy())


def sample_many(
    lm: Any,
    prompt_ids: Sequence[int],
    *,
    chain: sampling.SamplingChain,
    seeds: Sequence[int],
    max_new_tokens: int,
    breakers: frozenset[int] = frozenset(),
) -> Iterator[tuple[steps.DecodingStep | None, ...]]:
    """Write one text per seed, all at once: the model reads one token of each in a single pass.

    Each seed's text is the one that ``sample`` writes, unless a throw lands so close to the edge
    of a token's piece that the last digits of the arithmetic decide.

    Args:
        lm: A loaded model with ``.model`` and ``.tokenizer``.
        prompt_ids: The text to continue, as token ids.
        chain: Filters in their order.
        seeds: One seed per text.
        max_new_tokens: How many tokens at most.
        breakers: Token ids across which a repetition does not count, for the DRY filter.

    Yields:
        One record per text and token, in the order of the seeds; None for a text that has ended.

    Raises:
        ValueError: If there is no prompt or it is longer than the model can hold, if there are no
            seeds or one is negative, or ``max_new_tokens`` is below 1.
    """
    check(lm.model, prompt_ids, max_new_tokens)
    if not len(seeds):
        raise ValueError("there are no seeds to write texts from")
    ends, room = end_token_ids(lm), context_length(lm.model)
    runs = [_Run(chain, seed, max_new_tokens, ends, room) for seed in seeds]
    histories = [filters.History(tuple(prompt_ids), breakers=breakers) for _ in seeds]

    # All texts share the prompt, so it is read once and what was read is copied.
    cache = transformers.DynamicCache(config=lm.model.config)
    first = next_token.read(lm.model, [list(prompt_ids)], n_last=1, cache=cache)[0].numpy()
    cache.batch_repeat_interleave(len(seeds))
    scores = dict.fromkeys(range(len(seeds)), first[0])

    for index in range(max_new_tokens):
        taken: dict[int, steps.DecodingStep] = {}
        for row, row_scores in scores.items():
            taken[row], histories[row] = _take(runs[row], row_scores, histories[row], index)
        yield tuple(taken.get(row) for row in range(len(seeds)))

        # Texts that have ended leave the batch, and the others go on faster.
        going_on = [row for row, step in taken.items() if not step.stop]
        if not going_on:
            return
        if len(going_on) < len(taken):
            places = [place for place, step in enumerate(taken.values()) if not step.stop]
            cache.batch_select_indices(torch.tensor(places, device=lm.model.device))
        last = [[taken[row].token_id] for row in going_on]
        batch = next_token.read(lm.model, last, n_last=1, cache=cache)[:, 0].numpy()
        scores = dict(zip(going_on, batch, strict=True))


def greedy(
    lm: Any, prompt_ids: Sequence[int], *, max_new_tokens: int, forced: Sequence[int] = ()
) -> Iterator[steps.DecodingStep]:
    """Write a text that takes the likeliest token each time; no dice.

    Args:
        lm: A loaded model with ``.model`` and ``.tokenizer``.
        prompt_ids: The text to continue, as token ids.
        max_new_tokens: How many tokens at most.
        forced: Tokens to take first.

    Yields:
        One record per token.

    Raises:
        ValueError: If there is no prompt, or ``max_new_tokens`` is below 1.
    """
    # One token is left after this filter, and every throw lands on it.
    certain = sampling.SamplingChain((truncation.TopK(1),))
    return sample(
        lm, prompt_ids, chain=certain, seed=0, max_new_tokens=max_new_tokens, forced=forced
    )


def _take(
    run: _Run, scores: NDArray[np.float32], history: filters.History, index: int
) -> tuple[steps.DecodingStep, filters.History]:
    step = steps.take_step(
        scores,
        chain=run.chain,
        history=replace(history, coin=float(run.coins[index])),
        uniform=run.uniforms[index],
        index=index,
        forced_token=run.forced[index] if index < len(run.forced) else None,
    )
    history = run.chain.remember(history, step.token_id, step.prob)
    stop = stop_reason(
        step.token_id,
        ends=run.ends,
        is_last=index == run.max_new_tokens - 1,
        is_full=len(history.token_ids) > run.context_length,
    )
    return replace(step, stop=stop), history


def end_token_ids(lm: Any) -> frozenset[int]:
    """Find the tokens with which this model ends a text.

    Args:
        lm: A loaded model with ``.model`` and ``.tokenizer``.

    Returns:
        Token ids from the model's own settings and from its tokenizer.
    """
    from_model = lm.model.generation_config.eos_token_id
    listed = from_model if isinstance(from_model, list) else [from_model]
    listed = [*listed, getattr(lm.tokenizer, "eos_token_id", None)]
    return frozenset(int(token_id) for token_id in listed if token_id is not None)


def context_length(model: Any) -> int:
    """Say how many tokens a model can hold at once.

    Args:
        model: A Hugging Face causal language model.

    Returns:
        The number of positions it was built for.
    """
    return int(model.config.max_position_embeddings)


def stop_reason(token_id: int, *, ends: frozenset[int], is_last: bool, is_full: bool) -> steps.Stop:
    """Say why a text ends with this token, if it does.

    Args:
        token_id: The token just taken.
        ends: Tokens with which a text ends.
        is_last: Whether this was the last token that was asked for.
        is_full: Whether the model has no room to read it.

    Returns:
        "end", "length", "context", or "" if the text goes on.

    Example:
        >>> stop_reason(2, ends=frozenset({2}), is_last=False, is_full=False)
        'end'
    """
    if token_id in ends:
        return "end"
    if is_last:
        return "length"
    return "context" if is_full else ""


def check(
    model: Any, prompt_ids: Sequence[int], max_new_tokens: int, forced: Sequence[int] = ()
) -> None:
    """Refuse what cannot be continued.

    Args:
        model: A Hugging Face causal language model.
        prompt_ids: The text to continue.
        max_new_tokens: How many tokens are wanted.
        forced: Tokens that are to come first.

    Raises:
        ValueError: If there is no prompt or it is longer than the model can hold, if
            ``max_new_tokens`` is below 1, or a token is outside the vocabulary.
    """
    vocab_size = model.config.vocab_size
    strangers = [token_id for token_id in (*prompt_ids, *forced) if not 0 <= token_id < vocab_size]
    if strangers:
        raise ValueError(f"token {strangers[0]} is outside the vocabulary of {vocab_size}")
    if not len(prompt_ids):
        raise ValueError("there are no tokens to continue")
    if max_new_tokens < 1:
        raise ValueError(f"max_new_tokens must be 1 or more, not {max_new_tokens}")
    if len(prompt_ids) > context_length(model):
        raise ValueError(
            f"the prompt has {len(prompt_ids)} tokens, and the model holds {context_length(model)}"
        )

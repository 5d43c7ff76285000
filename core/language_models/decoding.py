"""Decoding: the model reads, the dice choose, the model reads what was chosen, and so on."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import transformers

from core.language_models import dice, filters, next_token, sampling, steps


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
        ValueError: If there is no prompt, ``max_new_tokens`` is below 1, or ``seed`` is negative.
    """
    _check(lm.model, prompt_ids, max_new_tokens)
    uniforms = dice.uniforms(seed, max_new_tokens)
    coins = dice.coins(seed, max_new_tokens)
    forced = tuple(forced)[:max_new_tokens]
    ends = end_token_ids(lm)
    history = filters.History(token_ids=tuple(prompt_ids), breakers=breakers)

    # Prompt and forced tokens are known, so one pass reads them all.
    cache = transformers.DynamicCache(config=lm.model.config)
    known = [*prompt_ids, *forced[: max_new_tokens - 1]]
    n_last = len(known) - len(prompt_ids) + 1
    rows = list(next_token.read(lm.model, [known], n_last=n_last, cache=cache)[0].numpy())

    for index in range(max_new_tokens):
        step = steps.take_step(
            rows.pop(0),
            chain=chain,
            history=replace(history, coin=float(coins[index])),
            uniform=uniforms[index],
            index=index,
            forced_token=forced[index] if index < len(forced) else None,
        )
        token_id = step.token_id
        history = chain.remember(history, token_id, step.prob)
        stop = stop_reason(
            lm.model,
            token_id,
            ends=ends,
            is_last=index == max_new_tokens - 1,
            n_tokens=len(history.token_ids),
        )
        yield replace(step, stop=stop)
        if stop:
            return
        if not rows:
            rows = list(next_token.read(lm.model, [[token_id]], n_last=1, cache=cache)[0].numpy())


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


def stop_reason(
    model: Any, token_id: int, *, ends: frozenset[int], is_last: bool, n_tokens: int
) -> steps.Stop:
    """Say why a text ends with this token, if it does.

    Args:
        model: The model.
        token_id: The token just taken.
        ends: Tokens with which a text ends.
        is_last: Whether this was the last token that was asked for.
        n_tokens: Prompt and new text so far, in tokens.

    Returns:
        "end", "length", "context", or "" if the text goes on.
    """
    if token_id in ends:
        return "end"
    if is_last:
        return "length"
    return "context" if n_tokens >= context_length(model) else ""


def _check(model: Any, prompt_ids: Sequence[int], max_new_tokens: int) -> None:
    if not len(prompt_ids):
        raise ValueError("there are no tokens to continue")
    if max_new_tokens < 1:
        raise ValueError(f"max_new_tokens must be 1 or more, not {max_new_tokens}")
    if len(prompt_ids) > context_length(model):
        raise ValueError(
            f"the prompt has {len(prompt_ids)} tokens, and the model holds {context_length(model)}"
        )

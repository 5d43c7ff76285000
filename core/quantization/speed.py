"""How fast is a model? Two answers: reading a prompt, and writing one token after the other.

A prompt is read all at once: each weight is fetched from memory once and used for every token, so
the arithmetic decides. Writing uses each weight once per token, so that fetching it decides; then
fewer bits per weight are more tokens per second.
"""

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import torch
import transformers

PROMPT_TOKENS = 128
NEW_TOKENS = 8
ROUNDS = 2


@dataclass(frozen=True)
class Speed:
    """What a stop watch said."""

    reading: float
    """Tokens of a prompt read per second."""
    writing: float
    """Tokens generated per second, one text at a time."""


def measure(
    model: Any,
    *,
    n_prompt: int = PROMPT_TOKENS,
    n_new: int = NEW_TOKENS,
    rounds: int = ROUNDS,
    clock: Any = time.perf_counter,
) -> Generator[int, None, Speed]:
    """Time a model: read a prompt, then write, both several times; the fastest round counts.

    Which tokens they are does not matter to a stop watch, so they are the first of the vocabulary.

    Args:
        model: A Hugging Face causal language model.
        n_prompt: Tokens of the prompt.
        n_new: Tokens to write.
        rounds: How often both are timed, after a short round that only warms up.
        clock: Seconds that only go forward.

    Yields:
        How many passes of the model are done.

    Returns:
        The speed.

    Raises:
        ValueError: If a count is below 1.
    """
    if min(n_prompt, n_new, rounds) < 1:
        raise ValueError(f"counts must be 1 or more, not {n_prompt}, {n_new}, {rounds}")
    ids = torch.arange(n_prompt, device=model.device)[None] % model.config.vocab_size
    reading, writing, n_passes = [], [], 0
    _pass(model, ids[:, :8], transformers.DynamicCache(config=model.config))
    for _ in range(rounds):
        cache = transformers.DynamicCache(config=model.config)
        began = clock()
        _pass(model, ids, cache)
        reading.append(clock() - began)
        n_passes += 1
        yield n_passes

        spent = 0.0
        for _ in range(n_new):
            began = clock()
            _pass(model, ids[:, :1], cache)
            spent += clock() - began
            n_passes += 1
            yield n_passes
        writing.append(spent)
    return Speed(reading=n_prompt / min(reading), writing=n_new / min(writing))


def beside(
    original: Any, other: Any, *, rounds: int = ROUNDS, **counts: Any
) -> Generator[int, None, tuple[Speed, Speed]]:
    """Time two models in turn, so that both meet the same crowd on the machine.

    Args:
        original: A model to compare with.
        other: The model of interest.
        rounds: How often both are timed; the fastest round of each counts.
        **counts: ``n_prompt``, ``n_new`` and ``clock`` as in ``measure``.

    Yields:
        How many passes of the model at hand are done.

    Returns:
        The speed of the first, and of the second.
    """
    found: tuple[list[Speed], list[Speed]] = ([], [])
    for _ in range(rounds):
        for timed, model in zip(found, (original, other), strict=True):
            timed.append((yield from measure(model, rounds=1, **counts)))
    first, second = (
        Speed(max(one.reading for one in timed), max(one.writing for one in timed))
        for timed in found
    )
    return first, second


def _pass(model: Any, ids: torch.Tensor, cache: Any) -> None:
    with torch.inference_mode():
        hidden = model.base_model(input_ids=ids, past_key_values=cache, use_cache=True)[0]
        model.get_output_embeddings()(hidden[:, -1:])

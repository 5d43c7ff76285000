"""A text in, a score for every token of the vocabulary out."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

MAX_PROMPT_TOKENS = 512
"""Longer prompts lose their beginning: about three seconds of reading on two cores."""


@dataclass(frozen=True)
class Prompt:
    """A text as the model reads it."""

    token_ids: tuple[int, ...]
    n_cut: int = 0
    """How many tokens were cut from the beginning because the text was too long."""


def encode_prompt(lm: Any, text: str, *, max_tokens: int = MAX_PROMPT_TOKENS) -> Prompt:
    """Split a text into the tokens that the model reads.

    Text is text: ``<|im_end|>`` typed by a person becomes the letters, not the special token. A
    beginning-of-text token is put in front where the tokenizer does that.

    Args:
        lm: A loaded model with ``.model`` and ``.tokenizer``.
        text: What a person typed.
        max_tokens: How many tokens may stay; of a longer text the end is kept.

    Returns:
        The tokens, and how many were cut.

    Raises:
        ValueError: If the text is empty.
    """
    if not text:
        raise ValueError("there is no text yet: type something for the model to continue")
    token_ids = lm.tokenizer(text, split_special_tokens=True, verbose=False)["input_ids"]
    if not token_ids:
        raise ValueError("this text holds nothing that the tokenizer knows: type something else")

    n_cut = max(0, len(token_ids) - max_tokens)
    return Prompt(token_ids=tuple(token_ids[n_cut:]), n_cut=n_cut)


def next_token_logits(lm: Any, text: str) -> NDArray[np.float32]:
    """Score every token of the vocabulary as the next one.

    Args:
        lm: A loaded model with ``.model`` and ``.tokenizer``.
        text: The text to continue. Of a long one the last ``MAX_PROMPT_TOKENS`` tokens are read.

    Returns:
        Scores in nats, shape (V,): softmax turns them into probabilities.

    Raises:
        ValueError: If the text is empty.
    """
    return next_token_logits_of_ids(lm, encode_prompt(lm, text).token_ids)


def next_token_logits_of_ids(lm: Any, token_ids: Sequence[int]) -> NDArray[np.float32]:
    """Score every token of the vocabulary as the one after these.

    Args:
        lm: A loaded model with ``.model``.
        token_ids: The text so far as token ids.

    Returns:
        Scores in nats, shape (V,).

    Raises:
        ValueError: If there are no token ids.
    """
    if not len(token_ids):
        raise ValueError("there are no tokens to continue")
    return read(lm.model, [list(token_ids)], n_last=1)[0, 0].numpy()


def read(model: Any, token_ids: list[list[int]], *, n_last: int, cache: Any = None) -> torch.Tensor:
    """Run the model over some tokens.

    Args:
        model: A Hugging Face causal language model.
        token_ids: Token ids, shape (B, T): rows of equal length.
        n_last: For how many of the last positions scores are wanted. Scoring 49,152 tokens at
            every position of a long prompt would cost more than reading it.
        cache: Keys and values of the tokens that were read before; it grows by these.

    Returns:
        Scores in nats on the CPU, float32, shape (B, n_last, V).
    """
    ids = torch.tensor(token_ids, device=model.device)
    options: dict[str, Any] = {"past_key_values": cache, "use_cache": cache is not None}
    if "logits_to_keep" in inspect.signature(model.forward).parameters:
        options["logits_to_keep"] = n_last
    with torch.inference_mode():
        scores = model(input_ids=ids, **options).logits
    return scores[:, -n_last:].float().cpu()

"""Two models read the same text: how much does the second differ from the first?

Both models read side by side, some tokens at a time, so that no more than a slice of the two tables
of log-probabilities, each as wide as the vocabulary, is in memory at once.
"""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray

MAX_TOKENS = 1_024
"""Longer texts are read up to here."""

SLICE = 128
"""Tokens that both models read at a time."""

PERCENTILES = (0.1, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9)
"""The percentiles of a change of probability that llama.cpp prints."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """What two models made of a text, token by token; n tokens were foretold so far.

    The first token of a text is foretold by nothing and does not count.
    """

    token_ids: NDArray[np.int64]
    """The text, shape (T,)."""
    log_probs_before: NDArray[np.float64]
    """What the first model gave the token that came, in nats, shape (n,)."""
    log_probs_after: NDArray[np.float64]
    """What the second model gave it, shape (n,)."""
    divergences: NDArray[np.float64]
    """Kullback-Leibler divergence of the second model's distribution from the first's at each
    place, in nats, shape (n,)."""
    same_top: NDArray[np.bool_]
    """Whether both think the same token likeliest, shape (n,)."""

    @property
    def n(self) -> int:
        """How many tokens were foretold so far."""
        return int(self.divergences.size)

    @property
    def fraction(self) -> float:
        """How much of the text is read, 0 to 1."""
        return self.n / (self.token_ids.size - 1)

    @property
    def perplexity_before(self) -> float:
        """Among how many equally likely tokens the first model might as well have chosen."""
        return perplexity(self.log_probs_before)

    @property
    def perplexity_after(self) -> float:
        """The same for the second model."""
        return perplexity(self.log_probs_after)

    @property
    def mean_divergence(self) -> float:
        """Mean Kullback-Leibler divergence per token, in nats."""
        return float(self.divergences.mean())

    @property
    def top_agreement(self) -> float:
        """Share of places where both think the same token likeliest, 0 to 1."""
        return float(self.same_top.mean())

    @property
    def delta_p(self) -> NDArray[np.float64]:
        """Change of the probability of the right token, −1 to 1, shape (n,)."""
        return np.exp(self.log_probs_after) - np.exp(self.log_probs_before)


def perplexity(log_probs: NDArray[np.floating]) -> float:
    """Turn the log-probabilities of a text's tokens into its perplexity.

    Args:
        log_probs: In nats, shape (n,).

    Returns:
        exp of the mean surprise, 1 or more.

    Raises:
        ValueError: If there are none.

    Source:
        Jelinek et al. (1977), Perplexity: a measure of the difficulty of speech recognition tasks.

    Example:
        >>> round(perplexity(np.log([0.5, 0.125])), 6)
        4.0
    """
    if not log_probs.size:
        raise ValueError("a text of one token has no perplexity")
    return float(np.exp(-np.mean(log_probs, dtype=np.float64)))


def encode(lm: Any, text: str, *, max_tokens: int = MAX_TOKENS) -> tuple[int, ...]:
    """Split a text into tokens, of a long one the beginning; text is text, never a special token.

    Args:
        lm: A loaded model with ``.tokenizer``.
        text: What is to be read.
        max_tokens: Where it is cut.

    Returns:
        Token ids.

    Raises:
        ValueError: If the text has fewer than two tokens, so that nothing can be foretold.
    """
    # A token stands for a handful of characters; more of a huge text would be split in vain.
    beginning = text[: 32 * max_tokens]
    token_ids = lm.tokenizer(beginning, split_special_tokens=True, verbose=False)["input_ids"]
    if len(token_ids) < 2:
        raise ValueError("the text needs at least two tokens: the first tells nothing")
    return tuple(token_ids[:max_tokens])


def compare(
    before: Any, after: Any, token_ids: Sequence[int], *, width: int = SLICE
) -> Iterator[Comparison]:
    """Let two models with the same vocabulary read a text, and compare what they expected.

    Args:
        before: A Hugging Face causal language model.
        after: Another one with the same vocabulary; it is measured against the first.
        token_ids: The text, two tokens or more.
        width: How many tokens are read at a time.

    Yields:
        The comparison so far, after each slice; the last one covers the whole text.

    Raises:
        ValueError: If there are fewer than two tokens or more than ``MAX_TOKENS``.

    Source:
        Kullback and Leibler (1951), On information and sufficiency, section 2; the set of figures
        is that of ``llama-perplexity --kl-divergence`` in llama.cpp.
    """
    ids = np.asarray(token_ids, dtype=np.int64)
    readers = Reader(before, ids), Reader(after, ids)
    so_far: list[tuple[NDArray, ...]] = []
    for begin in range(0, ids.size - 1, width):
        end = min(begin + width, ids.size - 1)
        expected = tuple(reader.read(begin, end) for reader in readers)
        so_far.append(compare_rows(*expected, ids[begin + 1 : end + 1]))
        del expected
        yield Comparison(ids, *(np.concatenate(column) for column in zip(*so_far, strict=True)))


def compare_rows(
    before: torch.Tensor, after: torch.Tensor, token_ids: NDArray[np.int64]
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Compare two tables of log-probabilities, row by row.

    Args:
        before: The first model's, in nats, shape (n, V).
        after: The second model's, shape (n, V).
        token_ids: The token that came at each place, shape (n,).

    Returns:
        Log-probability of that token before and after, divergence, and whether the likeliest token
        is the same; each of shape (n,).
    """
    right = torch.from_numpy(token_ids)[:, None]
    # Σ p (log p − log q): never below 0 but for rounding.
    divergence = (before - after).mul_(before.exp()).sum(dim=-1, dtype=torch.float64).clamp_(min=0)
    return (
        before.gather(1, right)[:, 0].double().numpy(),
        after.gather(1, right)[:, 0].double().numpy(),
        divergence.numpy(),
        (before.argmax(dim=-1) == after.argmax(dim=-1)).numpy(),
    )


class Reader:
    """A model that reads a text slice by slice and remembers what it has read."""

    def __init__(self, model: Any, token_ids: NDArray[np.int64]) -> None:
        """Open the text.

        Args:
            model: A Hugging Face causal language model.
            token_ids: The text, shape (T,).

        Raises:
            ValueError: If there are fewer than two tokens, or more than ``MAX_TOKENS`` or than the
                model can hold.
        """
        most = min(MAX_TOKENS, int(model.config.max_position_embeddings))
        if not 2 <= len(token_ids) <= most:
            raise ValueError(f"a text of 2 to {most} tokens can be read, not {len(token_ids)}")
        self._model = model
        self._ids = torch.from_numpy(np.asarray(token_ids, dtype=np.int64))[None].to(model.device)
        self._cache = transformers.DynamicCache(config=model.config)
        names = inspect.signature(model.forward).parameters
        self._options = {"logits_to_keep": 0} if "logits_to_keep" in names else {}

    def read(self, begin: int, end: int) -> torch.Tensor:
        """Read tokens ``begin`` to ``end``; slices must come one after the other.

        Returns:
            Log-probabilities of the token after each of them, in nats, shape (end − begin, V).
        """
        with torch.inference_mode():
            scores = self._model(
                input_ids=self._ids[:, begin:end],
                past_key_values=self._cache,
                use_cache=True,
                **self._options,
            ).logits[0]
            return torch.log_softmax(scores.float().cpu(), dim=-1)

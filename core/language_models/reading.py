"""Reading a finished text as the model does: how surprising is each token after those before it?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.language_models import next_token, probability, steps

MAX_READING_TOKENS = 2_048
WINDOW = 256
STRIDE = 128


@dataclass(frozen=True)
class ReadToken:
    """One token of a text, as the model saw it coming."""

    index: int
    token_id: int
    n_context: int
    """How many tokens before it the model could see."""
    surprisal_bits: float
    """NaN for the first token of a text, which nothing announces."""
    entropy_bits: float
    """How much surprise the model expected here; NaN for the first token."""
    rank: int
    """Place in the model's order, from 1; 0 for the first token."""
    prob: float
    """The model's probability of it; NaN for the first token."""
    guess_id: int
    """The token that the model thought likeliest; -1 for the first token."""


def read_text(
    lm: Any, token_ids: Sequence[int], *, window: int = WINDOW, stride: int = STRIDE
) -> Iterator[ReadToken]:
    """Measure the surprise of every token of a text with a sliding window.

    A model sees only so many tokens at once. The window moves on by ``stride`` tokens; only the
    tokens that are new in it are measured, and the others give them context. A shorter stride is
    fairer to each token and takes longer.

    Args:
        lm: A loaded model with ``.model``.
        token_ids: The text.
        window: How many tokens the model sees at once.
        stride: How many tokens the window moves on, less than ``window``. From the second window on
            every token has at least ``window - stride`` tokens of context.

    Yields:
        One record per token.

    Raises:
        ValueError: If the text is empty or has more than ``MAX_READING_TOKENS`` tokens, or
            ``stride`` is not from 1 to ``window - 1``.

    Source:
        The sliding window of the page on perplexity in the documentation of transformers.
    """
    if not 0 < len(token_ids) <= MAX_READING_TOKENS:
        raise ValueError(
            f"a text of 1 to {MAX_READING_TOKENS} tokens can be read, not {len(token_ids)}"
        )
    if not 1 <= stride < window:
        raise ValueError(f"stride must be from 1 to {window - 1}, not {stride}")
    nan = float("nan")
    yield ReadToken(0, int(token_ids[0]), 0, nan, nan, 0, nan, -1)

    n_read = 1
    while n_read < len(token_ids):
        # The first window is full of new tokens, the later ones bring a stride of them.
        end = min(len(token_ids), window if n_read == 1 else n_read + stride)
        begin = max(0, end - window)
        seen = [int(token_id) for token_id in token_ids[begin : end - 1]]
        rows = next_token.read(lm.model, [seen], n_last=end - n_read)[0].numpy()
        for index, row in zip(range(n_read, end), rows, strict=True):
            yield _read_token(index, int(token_ids[index]), index - begin, row)
        n_read = end


def perplexity_so_far(surprisals_bits: ArrayLike) -> NDArray[np.float64]:
    """Give the perplexity of a text up to each token.

    Args:
        surprisals_bits: Surprise of each token in bits, shape (T,); NaN for one without.

    Returns:
        2 to the power of the mean surprise so far, shape (T,); NaN as long as there is none.

    Example:
        >>> perplexity_so_far([float("nan"), 1.0, 3.0]).tolist()
        [nan, 2.0, 4.0]
    """
    bits = np.asarray(surprisals_bits, dtype=np.float64)
    n_known = np.cumsum(~np.isnan(bits))
    means = np.divide(
        np.nancumsum(bits), n_known, out=np.full(bits.shape, np.nan), where=n_known > 0
    )
    return 2.0**means


def most_surprising(tokens: Sequence[ReadToken], n: int) -> tuple[ReadToken, ...]:
    """Pick the tokens that the model expected least.

    Args:
        tokens: A text that was read.
        n: How many.

    Returns:
        Up to n tokens, the most surprising first.
    """
    known = [token for token in tokens if not np.isnan(token.surprisal_bits)]
    return tuple(sorted(known, key=lambda token: -token.surprisal_bits)[:n])


def _read_token(index: int, token_id: int, n_context: int, row: NDArray) -> ReadToken:
    probs, entropy_bits = probability.softmax_with_entropy(row)
    log_prob = float(probability.log_softmax(row)[token_id])
    return ReadToken(
        index=index,
        token_id=token_id,
        n_context=n_context,
        surprisal_bits=-log_prob / np.log(2),
        entropy_bits=entropy_bits,
        rank=steps.rank_of(row, token_id),
        prob=float(probs[token_id]),
        guess_id=int(row.argmax()),
    )

"""The price of a vocabulary: more tokens to store, fewer tokens per text.

A larger vocabulary shortens the text, and attention compares every token with every other, so its
cost falls with the square. But each token needs a row of numbers in the embedding, and tokens that
a text hardly uses are hardly trained.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.tokenization import bpe_training


@dataclass(frozen=True)
class VocabularyPoint:
    """What one vocabulary size costs on one text."""

    vocab_size: int
    """V."""
    n_tokens: int
    """n: how many tokens the text takes."""
    n_embd: int
    """d: the width of an embedding."""
    n_unused: int
    """Tokens of the vocabulary that the text, once encoded, never shows."""

    @property
    def embedding_parameters(self) -> int:
        """V · d: the numbers in the table that gives each token its vector."""
        return self.vocab_size * self.n_embd

    @property
    def attention_pairs(self) -> int:
        """n²: how many pairs of tokens one attention head compares."""
        return self.n_tokens**2

    @property
    def unused_fraction(self) -> float:
        """Which part of the vocabulary the text never shows."""
        return self.n_unused / self.vocab_size


def sizes_up_to(largest: int, *, per_doubling: int = 1) -> list[int]:
    """Return the doublings of 256 below a size, and the size itself.

    Args:
        largest: The largest vocabulary size.
        per_doubling: How many sizes there are from one doubling to the next, evenly by ratio.

    Returns:
        Rising sizes.

    Raises:
        ValueError: If ``largest`` is below 256 or ``per_doubling`` below 1.

    Example:
        >>> sizes_up_to(1500)
        [256, 512, 1024, 1500]
        >>> sizes_up_to(600, per_doubling=2)
        [256, 362, 512, 600]
    """
    if largest < bpe_training.N_BYTES:
        raise ValueError(f"A vocabulary has at least 256 tokens, one per byte, not {largest}.")
    if per_doubling < 1:
        raise ValueError(f"per_doubling must be at least 1, not {per_doubling}.")
    sizes = []
    number = 0
    while (size := round(bpe_training.N_BYTES * 2 ** (number / per_doubling))) < largest:
        sizes.append(size)
        number += 1
    return [*sizes, largest]


def trade_off(
    text: str,
    sizes: Iterable[int],
    *,
    n_embd: int = 768,
    pattern: str | None = None,
    min_count: int = 2,
) -> Iterator[VocabularyPoint]:
    """Train once and report each vocabulary size on the way.

    The counts are those of the training text, merged as in training: that is how the text would
    be encoded.

    Args:
        text: The text to learn from and to count.
        sizes: Vocabulary sizes of at least 256.
        n_embd: The width of an embedding; GPT-2 small has 768.
        pattern: Cuts the text into chunks that no merge crosses.
        min_count: A pair seen less often than this is not merged.

    Yields:
        A point per size, in rising order. If the text supports less than the largest size, the
        last point is the largest vocabulary it does support.

    Raises:
        ValueError: If a size is below 256, ``n_embd`` below 1, or as
            ``bpe_training.train_steps`` raises.

    Example:
        >>> [point.n_tokens for point in trade_off("aaabdaaabac", [256, 257, 258, 259])]
        [11, 9, 7, 5]
    """
    wanted = sorted(set(sizes))
    if not wanted or wanted[0] < bpe_training.N_BYTES:
        raise ValueError(f"Vocabulary sizes start at 256, one token per byte, not {wanted[:1]}.")
    if n_embd < 1:
        raise ValueError(f"n_embd must be at least 1, not {n_embd}.")
    steps = bpe_training.train_steps(text, pattern=pattern, min_count=min_count)
    data = text.encode()
    start = VocabularyPoint(
        bpe_training.N_BYTES, len(data), n_embd, bpe_training.N_BYTES - len(set(data))
    )
    return _walk(start, steps, wanted)


def _walk(
    point: VocabularyPoint, steps: Iterator[bpe_training.TrainingStep], wanted: list[int]
) -> Iterator[VocabularyPoint]:
    reported = 0
    for size in wanted:
        while point.vocab_size < size and (step := next(steps, None)) is not None:
            vocab_size = max(point.vocab_size, step.new_id + 1)
            point = VocabularyPoint(vocab_size, step.n_tokens, point.n_embd, step.n_unused)
        if point.vocab_size > reported:
            reported = point.vocab_size
            yield point

"""What rounding does to an encoder: how much do the similarities of sentences change?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

if TYPE_CHECKING:
    from core.model_store.loading import LoadedModel

MAX_PIECES = 64
"""Longer sentences are read up to here, in WordPieces."""

SENTENCES = (
    "The cat sleeps on the warm roof.",
    "A kitten is napping on top of the house.",
    "The dog chased the cat up a tree.",
    "Rain is expected in the north tomorrow.",
    "The forecast says it will be wet up north.",
    "Stock prices fell sharply after the announcement.",
    "The shares lost much of their value within an hour.",
    "The bank raised its interest rate again.",
    "We sat on the bank of the river and fished.",
    "She plays the violin in an orchestra.",
    "He has never learned to play an instrument.",
    "Add two eggs and a cup of flour, then stir.",
    "Mix the flour with the eggs.",
    "The train to the airport leaves at noon.",
    "Our flight was cancelled because of the storm.",
    "The court found the accused not guilty.",
    "Water boils at a hundred degrees at sea level.",
    "Photosynthesis turns light into sugar.",
    "How do I reset my password?",
    "I cannot log in to my account.",
    "The goalkeeper saved a penalty in the last minute.",
    "They lost the match by a single goal.",
    "This film was far too long.",
    "I enjoyed every minute of the movie.",
)
"""Sentences of all degrees of likeness, whose pairs are compared."""


def sentence_vectors(lm: "LoadedModel", sentences: Sequence[str]) -> NDArray[np.float64]:
    """Turn sentences into directions: mean over the pieces, divided by its length.

    Args:
        lm: A sentence encoder; it is not changed.
        sentences: At least one.

    Returns:
        One row per sentence, shape (n_sentences, n_embd), each of length 1.

    Raises:
        ValueError: If there are no sentences.

    Source:
        Reimers and Gurevych (2019), Sentence-BERT, section 3: mean pooling.
    """
    if not sentences:
        raise ValueError("at least one sentence is needed")
    batch = lm.tokenizer(
        list(sentences), padding=True, truncation=True, max_length=MAX_PIECES, return_tensors="pt"
    ).to(lm.device)
    with torch.inference_mode():
        seen = lm.model(**batch).last_hidden_state.double()

    # Short sentences are filled up to the longest; the filling must not count.
    is_real = batch["attention_mask"].unsqueeze(-1).to(seen.dtype)
    mean = (seen * is_real).sum(dim=1) / is_real.sum(dim=1)
    return torch.nn.functional.normalize(mean, dim=1).cpu().numpy()


def pair_similarities(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Compare each row with each later one.

    Args:
        vectors: Rows of length 1, shape (n, D).

    Returns:
        Cosines, −1 to 1, shape (n (n − 1) / 2,).

    Example:
        >>> pair_similarities(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])).tolist()
        [0.0, 1.0, 0.0]
    """
    rows, columns = np.triu_indices(len(vectors), k=1)
    return np.asarray((vectors @ vectors.T)[rows, columns], dtype=np.float64)

"""Words as a real encoder sees them. The only module of this room that runs a model."""

from typing import TYPE_CHECKING

import numpy as np
import torch

from core.foundations.momentum_rules import Array

if TYPE_CHECKING:
    from core.model_store.loading import LoadedModel

MAX_PIECES = 32


def encode_words(lm: "LoadedModel", words: tuple[str, ...]) -> Array:
    """Turn words into vectors: run each through the encoder and average over its pieces.

    Args:
        lm: A sentence encoder such as all-MiniLM-L6-v2; it is not changed.
        words: Words or short phrases; only the first 32 pieces of each are read.

    Returns:
        One row per word, shape (n_words, n_embd), not normalised.

    Raises:
        ValueError: If there are no words.

    Source:
        Reimers and Gurevych (2019), Sentence-BERT, section 3: mean pooling.
    """
    if not words:
        raise ValueError("at least one word is needed")
    batch = lm.tokenizer(
        list(words), padding=True, truncation=True, max_length=MAX_PIECES, return_tensors="pt"
    ).to(lm.device)
    with torch.inference_mode():
        seen = lm.model(**batch).last_hidden_state

    # Short words are filled up to the longest; the filling must not count.
    is_real = batch["attention_mask"].unsqueeze(-1).to(seen.dtype)
    mean = (seen * is_real).sum(dim=1) / is_real.sum(dim=1)
    return mean.cpu().numpy().astype(np.float64)

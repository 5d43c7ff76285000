"""Run a model over a text while somebody listens: over the same weights, with modules of its own.

A hook on a shared model would act on every reader's run. ``own_model`` gives a second model whose
modules belong to the caller, at a cost of 20 ms and no memory to speak of; it is thrown away
afterwards.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.language_models import attention_blocks
from core.language_models.attention_blocks import AttentionBlock
from core.model_store import loading

MAX_TOKENS = 512
"""Longer texts are cut: the maps of SmolLM2's 270 heads then take 142 MB."""


def own_model(
    loaded: Any, token_ids: Sequence[int], *, eager: bool
) -> tuple[Any, list[AttentionBlock]]:
    """Check a text, and get a model that may be changed, with the attention of each layer.

    Args:
        loaded: A model from the store; it may be shared, it is not changed.
        token_ids: The text.
        eager: Whether the attention weights are wanted; the model is a little slower then.

    Returns:
        The model and one block per layer, bottom first.

    Raises:
        ValueError: If there are no tokens or too many.
        NoAttentionError: If the model has no attention heads that can be read.
    """
    if not 0 < len(token_ids) <= MAX_TOKENS:
        raise ValueError(f"between 1 and {MAX_TOKENS} tokens can be read, not {len(token_ids)}")
    attention_blocks.blocks(loaded.model)
    own = loading.with_own_modules(loaded, attention="eager" if eager else None)
    return own.model, attention_blocks.blocks(own.model)


def inputs_of(
    model: Any,
    token_ids: Sequence[int],
    *,
    segments: Sequence[int] | None = None,
    n_rows: int = 1,
) -> dict[str, Any]:
    """Make the arguments with which a model reads one text.

    Args:
        model: A Hugging Face model.
        token_ids: The text.
        segments: For BERT-like models, 0 or 1 per token: which text of a pair it belongs to.
            Ignored by models that know no pairs.
        n_rows: How many times the text stands in the batch.

    Returns:
        Keyword arguments.
    """

    def rows(numbers: Sequence[int]) -> torch.Tensor:
        return torch.tensor([list(numbers)], device=model.device).expand(n_rows, -1)

    named: dict[str, Any] = {"input_ids": rows(token_ids)}
    if segments is not None and getattr(model.config, "type_vocab_size", 0) > 1:
        named["token_type_ids"] = rows(segments)
    if hasattr(model.config, "use_cache"):
        named["use_cache"] = False
    return named


def run(
    model: Any, token_ids: Sequence[int], *, segments: Sequence[int] | None = None
) -> torch.Tensor:
    """Run the layers of a model over one text, without its output layer.

    Args:
        model: A Hugging Face model.
        token_ids: The text.
        segments: As in ``inputs_of``.

    Returns:
        What the last layer gives, shape (1, T, C).
    """
    with torch.inference_mode():
        return model.base_model(**inputs_of(model, token_ids, segments=segments)).last_hidden_state


@contextlib.contextmanager
def removed_after(handles: Iterable[Any]) -> Iterator[None]:
    """Take hooks off again, whatever happens.

    Args:
        handles: What registering the hooks returned.
    """
    handles = list(handles)
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def as_array(tensor: torch.Tensor) -> NDArray[np.float32]:
    """Bring a tensor to NumPy, in single precision."""
    return tensor.detach().float().cpu().numpy()

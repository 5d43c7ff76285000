"""What a layer really gets to see: the inputs of one linear layer on some sentences.

A calibrated scheme is chosen with one set of sentences and judged on another.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from core.model_store import loading
from core.model_store.loading import LoadedModel
from core.quantization.calibration_texts import CALIBRATION_TEXTS, HELD_OUT_TEXTS

__all__ = ("CALIBRATION_TEXTS", "HELD_OUT_TEXTS", "MAX_INPUTS", "layer_inputs")

MAX_INPUTS = 4_096
"""Tokens kept at most; more would only cost memory."""


def layer_inputs(
    loaded: LoadedModel, module_name: str, texts: Sequence[str]
) -> NDArray[np.float32]:
    """Run a model on sentences and record what reaches one of its linear layers.

    Args:
        loaded: A model, shared or not; it is not changed.
        module_name: The layer, as in ``model.named_modules()``.
        texts: Sentences; each is cut to 256 tokens.

    Returns:
        One row per token, shape (n_tokens, n_in), at most MAX_INPUTS rows.

    Raises:
        ValueError: If the model has no such layer, or the texts have no token.
    """
    private = loading.with_own_modules(loaded)
    layer = dict(private.model.named_modules()).get(module_name)
    if not isinstance(layer, torch.nn.Module) or not hasattr(layer, "weight"):
        raise ValueError(f"{loaded.title} has no layer {module_name!r}.")
    seen: list[torch.Tensor] = []
    layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))

    with torch.inference_mode():
        for text in texts:
            # Without special tokens an empty sentence has none, and a model cannot run on nothing.
            encoded = private.tokenizer(
                text, return_tensors="pt", truncation=True, max_length=256
            ).to(private.device)
            if encoded["input_ids"].shape[1]:
                encoded.pop("token_type_ids", None)
                private.model(**encoded)
    if not seen:
        raise ValueError("The texts have no token.")
    rows = torch.cat([one.reshape(-1, one.shape[-1]) for one in seen])
    return rows[:MAX_INPUTS].float().cpu().numpy()

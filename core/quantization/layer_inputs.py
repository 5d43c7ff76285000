"""What the layers of a running model get to see, for schemes that look at it."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray


def record(
    model: Any, names: Sequence[str], token_ids: Sequence[int]
) -> dict[str, NDArray[np.float32]]:
    """Run a language model on a text and record what reaches some of its linear layers.

    Args:
        model: A Hugging Face causal language model with modules of its own, since hooks are hung on
            them for the time of the run.
        names: The layers, as in ``model.named_modules()``.
        token_ids: The text.

    Returns:
        By name one row per token, shape (T, n_in); layers with the same input share the array.
    """
    seen: dict[str, torch.Tensor] = {}
    hooks = [
        model.get_submodule(name).register_forward_pre_hook(functools.partial(_note, seen, name))
        for name in names
    ]
    try:
        with torch.inference_mode():
            ids = torch.tensor([list(token_ids)], device=model.device)
            model.base_model(input_ids=ids, use_cache=False)
    finally:
        for hook in hooks:
            hook.remove()
    arrays = {
        id(tensor): tensor.reshape(-1, tensor.shape[-1]).float().cpu().numpy()
        for tensor in seen.values()
    }
    return {name: arrays[id(tensor)] for name, tensor in seen.items()}


def _note(seen: dict[str, torch.Tensor], name: str, module: Any, inputs: tuple) -> None:
    # A hook that returned something would replace the input.
    seen[name] = inputs[0]

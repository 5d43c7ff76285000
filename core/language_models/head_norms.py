"""How much a head could move: the length of what it would add for each token it looks at.

Attention says how a head divides its look. What it then carries is value times output projection,
and that can be almost nothing: many heads rest on a first token whose value is close to zero.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.language_models import listening
from core.language_models.attention_blocks import AttentionBlock


def moved_norms(
    loaded: Any, token_ids: Sequence[int], *, segments: Sequence[int] | None = None
) -> NDArray[np.float32]:
    """Measure what every head would add to the residual stream for each token.

    Args:
        loaded: A model from the store; it may be shared, it is not changed.
        token_ids: The text.
        segments: For BERT-like models, 0 or 1 per token.

    Returns:
        Length of (value times the head's part of the output projection) of each token, shape
        (n_layer, n_head, T). Times the attention weight it is the length of what is moved.

    Raises:
        ValueError: If there are no tokens or too many.
        NoAttentionError: If the model has no attention heads that can be read.

    Source:
        Kobayashi et al. (2020), Attention is not only a weight, section 3.
    """
    model, found = listening.own_model(loaded, token_ids, eager=False)
    norms = np.empty((len(found), found[0].n_head, len(token_ids)), np.float32)

    def measure(layer: int) -> Callable[..., None]:
        def hook(module: Any, arguments: tuple, named: dict[str, Any]) -> None:
            hidden = named["hidden_states"] if "hidden_states" in named else arguments[0]
            norms[layer] = _norms(found[layer], hidden[0])

        return hook

    with listening.removed_after(
        block.module.register_forward_pre_hook(measure(layer), with_kwargs=True)
        for layer, block in enumerate(found)
    ):
        listening.run(model, token_ids, segments=segments)
    return norms


def written_norms(
    loaded: Any, token_ids: Sequence[int], *, segments: Sequence[int] | None = None
) -> NDArray[np.float32]:
    """Measure what every head really adds to the residual stream at each place.

    Args:
        loaded: A model from the store; it may be shared, it is not changed.
        token_ids: The text.
        segments: For BERT-like models, 0 or 1 per token.

    Returns:
        Length of (attention-weighted sum of values, times the head's part of the output
        projection), shape (n_layer, n_head, T).

    Raises:
        ValueError: If there are no tokens or too many.
        NoAttentionError: If the model has no attention heads that can be read.
    """
    model, found = listening.own_model(loaded, token_ids, eager=False)
    norms = np.empty((len(found), found[0].n_head, len(token_ids)), np.float32)

    def measure(layer: int) -> Callable[..., None]:
        def hook(module: Any, arguments: tuple) -> None:
            block = found[layer]
            outputs = arguments[0][0].view(len(token_ids), block.n_head, block.head_size)
            written = [outputs[:, head] @ block.output_slice(head) for head in range(block.n_head)]
            norms[layer] = listening.as_array(
                torch.linalg.vector_norm(torch.stack(written), dim=-1)
            )

        return hook

    with listening.removed_after(
        block.output.register_forward_pre_hook(measure(layer)) for layer, block in enumerate(found)
    ):
        listening.run(model, token_ids, segments=segments)
    return norms


def shares(*amounts: NDArray[np.floating]) -> list[NDArray[np.float64]]:
    """Divide each array by its sum, so that they can stand side by side.

    Args:
        amounts: Numbers from 0 upwards, not all 0, shape (T,) each.

    Returns:
        Arrays that each sum to 1.

    Example:
        >>> [one.tolist() for one in shares(np.array([1.0, 3.0]))]
        [[0.25, 0.75]]
    """
    return [np.asarray(one, np.float64) / np.sum(one, dtype=np.float64) for one in amounts]


def _norms(block: AttentionBlock, hidden: torch.Tensor) -> NDArray[np.float32]:
    values = block.projections(hidden)[2]
    lengths = [
        torch.linalg.vector_norm(values[block.key_head(head)] @ block.output_slice(head), dim=-1)
        for head in range(block.n_head)
    ]
    return listening.as_array(torch.stack(lengths))

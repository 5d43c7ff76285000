"""Where the attention of a model is, in the three families that most models belong to.

=========  ==================  ========================================  =====================
family     a layer's block     what it is called there                   output projection
=========  ==================  ========================================  =====================
Llama      ``self_attn``       ``q_proj``, ``k_proj``, ``v_proj``        ``o_proj``
GPT-2      ``attn``            ``c_attn`` (queries, keys, values glued)  ``c_proj``
BERT       ``attention.self``  ``query``, ``key``, ``value``             ``attention.output.dense``
=========  ==================  ========================================  =====================

Mistral, Qwen and SmolLM are built like Llama; DistilGPT2 like GPT-2; MiniLM and RoBERTa like BERT.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn


class NoAttentionError(ValueError):
    """The model has no attention heads that can be read; the message is for the reader."""


@dataclass(frozen=True, eq=False)
class AttentionBlock:
    """The attention of one layer: the module that runs, and the weights around it."""

    module: nn.Module
    """Takes hidden states, returns a pair: output, and weights if the model attends eagerly."""

    output: nn.Module
    """Reads the outputs of all heads side by side, shape (…, n_head * D), and mixes them."""

    n_head: int
    n_kv_head: int
    """Key/value heads; fewer than ``n_head`` where several query heads share one."""

    head_size: int

    @property
    def scaling(self) -> float:
        """What a score is multiplied by: 1 / √D unless the model says otherwise."""
        return float(getattr(self.module, "scaling", self.head_size**-0.5))

    def key_head(self, head: int) -> int:
        """Return the key/value head that a query head uses."""
        return head // (self.n_head // self.n_kv_head)

    def projections(self, hidden: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Compute queries, keys and values, before any rotation by position.

        Args:
            hidden: What the block reads, shape (T, C).

        Returns:
            Queries (n_head, T, D), keys and values (n_kv_head, T, D).
        """
        module = self.module
        if hasattr(module, "c_attn"):
            glued = module.c_attn(hidden).split(self.n_head * self.head_size, dim=-1)
        else:
            names = ("q_proj", "k_proj", "v_proj")
            names = names if hasattr(module, "q_proj") else ("query", "key", "value")
            glued = tuple(getattr(module, name)(hidden) for name in names)
        query, key, value = (one.view(len(hidden), -1, self.head_size) for one in glued)
        # Qwen 3 and its like bring every query and key to one length first.
        query = module.q_norm(query) if hasattr(module, "q_norm") else query
        key = module.k_norm(key) if hasattr(module, "k_norm") else key
        return query.transpose(0, 1), key.transpose(0, 1), value.transpose(0, 1)

    def output_slice(self, head: int) -> torch.Tensor:
        """Return the rows of the output projection that read one head, shape (D, C)."""
        places = slice(head * self.head_size, (head + 1) * self.head_size)
        weight = self.output.weight
        # GPT-2's Conv1D keeps its matrix the other way round than nn.Linear.
        return weight[places] if self.is_conv else weight[:, places].T

    @property
    def is_conv(self) -> bool:
        """Whether the output projection is GPT-2's transposed layer."""
        return not isinstance(self.output, nn.Linear)


def rotate(
    vectors: torch.Tensor | NDArray[np.float32], cos: Any, sin: Any
) -> torch.Tensor | NDArray[np.float32]:
    """Rotate pairs of numbers by an angle that grows with the position (rotary positions, RoPE).

    Number i is paired with number i + D/2, as in Hugging Face's Llama.

    Args:
        vectors: Queries or keys, shape (..., T, D).
        cos: Cosines of the angles, shape (T, d), d ≤ D: only the first d numbers are rotated.
        sin: Sines, same shape.

    Returns:
        The rotated vectors.

    Source:
        Su et al. (2021), RoFormer, section 3.4.2.

    Example:
        >>> rotate(np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]]), np.array([[1.0, 1.0]])).tolist()
        [[0.0, 1.0]]
    """
    n_rotated = cos.shape[-1]
    half = n_rotated // 2
    first, second = vectors[..., :half], vectors[..., half:n_rotated]
    parts = (
        first * cos[..., :half] - second * sin[..., :half],
        second * cos[..., half:] + first * sin[..., half:],
        vectors[..., n_rotated:],
    )
    return torch.cat(parts, -1) if isinstance(vectors, torch.Tensor) else np.concatenate(parts, -1)


def layers(model: Any) -> nn.ModuleList:
    """Return the stack of layers of a model.

    Args:
        model: A Hugging Face model.

    Returns:
        Its layers, bottom first.

    Raises:
        NoAttentionError: If it has no such stack.
    """
    base = model.base_model
    for holder, name in ((base, "layers"), (base, "h"), (getattr(base, "encoder", None), "layer")):
        stack = getattr(holder, name, None)
        if isinstance(stack, nn.ModuleList) and len(stack):
            return stack
    raise NoAttentionError(_sentence(model))


def keep_layers(model: Any, n_layer: int) -> None:
    """Drop the layers above the first few, of a model with its own modules.

    Args:
        model: A model whose modules may be changed.
        n_layer: How many layers stay.
    """
    del layers(model)[n_layer:]
    # Some models count to the number in their configuration, others go through the list.
    model.base_model.config.num_hidden_layers = n_layer


def blocks(model: Any) -> list[AttentionBlock]:
    """Find the attention of every layer.

    Args:
        model: A Hugging Face model.

    Returns:
        One block per layer, bottom first.

    Raises:
        NoAttentionError: If a layer has no attention of the three families.
    """
    found = [_block(layer) for layer in layers(model)]
    if None in found:
        raise NoAttentionError(_sentence(model))
    return found


def _block(layer: nn.Module) -> AttentionBlock | None:
    if hasattr(layer, "self_attn") and hasattr(layer.self_attn, "o_proj"):
        module, output = layer.self_attn, layer.self_attn.o_proj
    elif hasattr(layer, "attn") and hasattr(layer.attn, "c_attn"):
        module, output = layer.attn, layer.attn.c_proj
    elif hasattr(layer, "attention") and hasattr(layer.attention, "self"):
        module, output = layer.attention.self, layer.attention.output.dense
    else:
        return None
    config = module.config
    n_head = config.num_attention_heads
    head_size = getattr(module, "head_dim", None) or getattr(module, "attention_head_size", None)
    return AttentionBlock(
        module=module,
        output=output,
        n_head=n_head,
        n_kv_head=getattr(config, "num_key_value_heads", None) or n_head,
        head_size=head_size or config.hidden_size // n_head,
    )


def _sentence(model: Any) -> str:
    return (
        f"This model has no attention heads that the lab can read: it is of the type "
        f"'{model.config.model_type}'. Models built like Llama, GPT-2 or BERT can be read."
    )

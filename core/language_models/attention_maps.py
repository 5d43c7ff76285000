"""Who looks at whom, in every head of a real model, and the arithmetic behind one number.

The model runs as it is, over the same weights, with modules of its own that a hook may listen to:
nothing is left on the model that other readers share.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.language_models import attention_blocks, listening
from core.language_models.attention_blocks import AttentionBlock, NoAttentionError

LARGEST_DIFFERENCE = 1e-4
"""A head whose weights, computed here, differ more from the model's is not explained at all."""


@dataclass(frozen=True, eq=False)
class AttentionMaps:
    """The attention of all heads for one text."""

    probs: NDArray[np.float16]
    """Attention weights, shape (n_layer, n_head, T, T): row = query, the token that looks;
    column = key, the token that is looked at.

    Half precision: 2 bytes a number, off by at most 1 part in 2,048, so at most 0.00025. One
    layer at a time is held in full precision while the model runs."""

    causal: bool
    """Whether no token looks at a later one."""

    @property
    def n_layer(self) -> int:
        """Number of layers."""
        return self.probs.shape[0]

    @property
    def n_head(self) -> int:
        """Heads per layer."""
        return self.probs.shape[1]

    @property
    def n_tokens(self) -> int:
        """Number of tokens of the text."""
        return self.probs.shape[2]


@dataclass(frozen=True, eq=False)
class HeadVectors:
    """The numbers that one head computes with. T tokens, D numbers per vector."""

    layer: int
    head: int
    key_head: int
    """Which key/value head it uses; several query heads may share one."""

    n_head: int
    n_kv_head: int

    q: NDArray[np.float32]
    """Queries as they are compared, after rotation where the model rotates; shape (T, D)."""
    k: NDArray[np.float32]
    """Keys as they are compared; shape (T, D)."""
    v: NDArray[np.float32]
    """Values, never rotated; shape (T, D)."""

    q_before: NDArray[np.float32]
    """Queries before the rotation; the same as ``q`` where there is none."""
    k_before: NDArray[np.float32]
    """Keys before the rotation."""

    cos: NDArray[np.float32] | None
    """Cosines of the rotation, shape (T, D); None for a model without rotary positions."""
    sin: NDArray[np.float32] | None
    """Sines of the rotation, shape (T, D)."""

    scaling: float
    """What a dot product is multiplied by: 1 / √D."""

    visible: NDArray[np.bool_]
    """Shape (T, T): whether a query (row) may look at a key (column)."""

    output: NDArray[np.float32]
    """The rows of the output projection that read this head; shape (D, C)."""

    model_weights: NDArray[np.float32]
    """The attention weights as the model itself gave them; shape (T, T)."""

    @property
    def scores(self) -> NDArray[np.float64]:
        """Scaled dot products, minus infinity where the mask hides a key; shape (T, T)."""
        dots = self.q.astype(np.float64) @ self.k.T.astype(np.float64)
        return np.where(self.visible, dots * self.scaling, -np.inf)

    @property
    def weights(self) -> NDArray[np.float64]:
        """Attention weights computed here from ``q`` and ``k``; shape (T, T)."""
        return softmax_rows(self.scores)

    @property
    def moved(self) -> NDArray[np.float64]:
        """What looking at each token fully would add to the residual stream; shape (T, C)."""
        return self.v.astype(np.float64) @ self.output


@dataclass(frozen=True, eq=False)
class CellArithmetic:
    """One number of an attention map, step by step."""

    query: int
    key: int
    products: NDArray[np.float64]
    """Query times key, number by number; shape (D,)."""
    total: float
    """Their sum, the dot product."""
    scaling: float
    """What the sum is multiplied by: 1 / √D."""
    scaled: float
    """The score: sum times scaling."""
    is_visible: bool
    """Whether the mask lets this query look at this key."""
    row_scores: NDArray[np.float64]
    """The scores of the whole row, minus infinity where hidden; shape (T,)."""
    row_weights: NDArray[np.float64]
    """Their softmax; shape (T,)."""
    model_weight: float
    """The number the model itself gave."""

    @property
    def weight(self) -> float:
        """The attention weight computed here."""
        return float(self.row_weights[self.key])

    @property
    def difference(self) -> float:
        """How far it is from the model's own."""
        return abs(self.weight - self.model_weight)


def softmax_rows(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn scores into weights that sum to 1 along the last axis.

    Args:
        scores: Scores in nats, minus infinity for "hidden", at least one finite in each row.

    Returns:
        Weights, same shape.

    Example:
        >>> softmax_rows(np.array([0.0, np.log(3), -np.inf])).tolist()
        [0.25, 0.75, 0.0]
    """
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def attention_maps(
    loaded: Any, token_ids: Sequence[int], *, segments: Sequence[int] | None = None
) -> AttentionMaps:
    """Run a model over a text and keep the attention of every head.

    Args:
        loaded: A model from the store; it may be shared, it is not changed.
        token_ids: The text, at most ``listening.MAX_TOKENS`` tokens.
        segments: For BERT-like models, 0 or 1 per token: which text of a pair it belongs to.

    Returns:
        The maps of all layers and heads.

    Raises:
        ValueError: If there are no tokens or too many.
        NoAttentionError: If the model has no attention heads that can be read.
    """
    model, found = listening.own_model(loaded, token_ids, eager=True)
    n_tokens = len(token_ids)
    maps = np.empty((len(found), found[0].n_head, n_tokens, n_tokens), np.float16)

    def keep(layer: int) -> Callable[..., None]:
        def hook(module: Any, arguments: Any, output: Any) -> None:
            maps[layer] = _weights(output)

        return hook

    handles = [b.module.register_forward_hook(keep(layer)) for layer, b in enumerate(found)]
    with listening.removed_after(handles):
        listening.run(model, token_ids, segments=segments)
    later = np.triu(np.ones((n_tokens, n_tokens), bool), k=1)
    return AttentionMaps(probs=maps, causal=not maps[..., later].any())


def head_vectors(
    loaded: Any,
    token_ids: Sequence[int],
    layer: int,
    head: int,
    *,
    segments: Sequence[int] | None = None,
) -> HeadVectors:
    """Take one head apart: its queries, keys and values for a text.

    The layers above are not run. Queries, keys and values are computed here from what the head
    reads and from its weights; the attention weights of the model are kept beside them.

    Args:
        loaded: A model from the store; it may be shared, it is not changed.
        token_ids: The text, at most ``listening.MAX_TOKENS`` tokens.
        layer: Which layer, from 0.
        head: Which query head of that layer, from 0.
        segments: As in ``attention_maps``.

    Returns:
        The head's vectors.

    Raises:
        ValueError: If there are no tokens or too many, or no such layer or head.
        NoAttentionError: If the model has no attention heads that can be read, or its heads do
            something else than compare, scale, mask and normalise.
    """
    model, found = listening.own_model(loaded, token_ids, eager=True)
    if not 0 <= layer < len(found) or not 0 <= head < found[0].n_head:
        raise ValueError(f"there is no head {head} in layer {layer}")
    block = found[layer]
    attention_blocks.keep_layers(model, layer + 1)

    seen: dict[str, Any] = {}

    def keep(module: Any, arguments: tuple, named: dict[str, Any], output: Any) -> None:
        seen.update(named, weights=_weights(output)[head])
        seen["hidden"] = named["hidden_states"] if "hidden_states" in named else arguments[0]

    with listening.removed_after([block.module.register_forward_hook(keep, with_kwargs=True)]):
        listening.run(model, token_ids, segments=segments)
    vectors = _take_apart(block, layer, head, seen)
    if np.abs(vectors.weights - vectors.model_weights).max() > LARGEST_DIFFERENCE:
        raise NoAttentionError(
            "The attention of this model does more than compare, scale, mask and normalise, so "
            "its numbers cannot be written out here."
        )
    return vectors


def cell(vectors: HeadVectors, query: int, key: int) -> CellArithmetic:
    """Write out how one attention weight comes about.

    Args:
        vectors: A head taken apart.
        query: The token that looks, from 0.
        key: The token that is looked at, from 0.

    Returns:
        The products, their sum, the scaling, the mask, the softmax of the row, and the number
        that the model gave.

    Raises:
        ValueError: If there is no such token.
    """
    n_tokens = len(vectors.q)
    if not 0 <= query < n_tokens or not 0 <= key < n_tokens:
        raise ValueError(f"there is no cell ({query}, {key}) among {n_tokens} tokens")
    products = vectors.q[query].astype(np.float64) * vectors.k[key]
    row_scores = vectors.scores[query]
    return CellArithmetic(
        query=query,
        key=key,
        products=products,
        total=float(products.sum()),
        scaling=vectors.scaling,
        scaled=float(products.sum() * vectors.scaling),
        is_visible=bool(vectors.visible[query, key]),
        row_scores=row_scores,
        row_weights=softmax_rows(row_scores),
        model_weight=float(vectors.model_weights[query, key]),
    )


def _weights(output: Any) -> NDArray[np.float32]:
    """Take the attention weights out of what an attention module returned, shape (H, T, T)."""
    weights = output[1] if isinstance(output, tuple) and len(output) > 1 else None
    if weights is None:
        raise NoAttentionError("This model does not hand out its attention weights.")
    return listening.as_array(weights[0])


def _take_apart(block: AttentionBlock, layer: int, head: int, seen: dict[str, Any]) -> HeadVectors:
    hidden = seen["hidden"][0]
    key_head = block.key_head(head)
    with torch.inference_mode():
        queries, keys, values = block.projections(hidden)
        q, k, v = queries[head], keys[key_head], values[key_head]
        cos = sin = None
        before = (q, k)
        if seen.get("position_embeddings") is not None:
            cos, sin = (one[0] for one in seen["position_embeddings"])
            q, k = attention_blocks.rotate(q, cos, sin), attention_blocks.rotate(k, cos, sin)
    mask = seen.get("attention_mask")
    n_tokens = len(hidden)
    visible = np.ones((n_tokens, n_tokens), bool) if mask is None else _visible(mask, n_tokens)
    as_array = listening.as_array
    return HeadVectors(
        layer=layer,
        head=head,
        key_head=key_head,
        n_head=block.n_head,
        n_kv_head=block.n_kv_head,
        q=as_array(q),
        k=as_array(k),
        v=as_array(v),
        q_before=as_array(before[0]),
        k_before=as_array(before[1]),
        cos=None if cos is None else as_array(cos),
        sin=None if sin is None else as_array(sin),
        scaling=block.scaling,
        visible=visible,
        output=as_array(block.output_slice(head)),
        model_weights=seen["weights"],
    )


def _visible(mask: torch.Tensor, n_tokens: int) -> NDArray[np.bool_]:
    """Read a mask of transformers: True or 0 where a token may be looked at."""
    last = mask[0, 0, -n_tokens:, :n_tokens]
    seen = last if last.dtype == torch.bool else last == 0
    return seen.expand(n_tokens, n_tokens).cpu().numpy()

"""What happens when a head is switched off: the experiment that attention maps cannot replace.

A head's output is replaced before the output projection mixes it with the others: by zeros, or by
what the head gives on average over other text. Zeros also take away what the head adds whatever it
reads, which the layers above have learnt to expect; the average leaves that in place.

All heads of a layer are switched off side by side, one per row of a batch, and the layers below,
where nothing differs yet, are not run again: half the work.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.language_models import attention_blocks, head_effects, listening
from core.language_models.attention_blocks import AttentionBlock
from core.language_models.head_effects import Baseline, LayerEffects

How = Literal["mean", "zero"]

MAX_RANKED_TOKENS = 64
"""Ranking every head reads the text once per head; a longer one is cut."""

REFERENCE_TEXT = (
    "The committee met on Tuesday to discuss the new bridge. It will cost nine million, said the "
    "engineer, and nobody asked where the money should come from. Later that evening I walked home "
    "along the river; the water was high, and two boys were throwing stones at a bottle.\n\n"
    "To make the dough, mix 500 g of flour with warm water, salt and a little yeast. Let it rest "
    "for an hour. def area(width, height): return width * height. What is the capital of Norway? "
    "The capital of Norway is Oslo."
)
"""News, a story, a recipe, code, a question: what a head gives on average is taken over this."""


class _Passed(nn.Module):
    """Stands where a layer was that need not run again."""

    def forward(self, hidden: torch.Tensor, *arguments: Any, **named: Any) -> torch.Tensor:
        return hidden


def mean_outputs(
    loaded: Any, token_ids: Sequence[int], *, segments: Sequence[int] | None = None
) -> NDArray[np.float32]:
    """Average what each head gives over the tokens of a text.

    Args:
        loaded: A model from the store; it may be shared, it is not changed.
        token_ids: The text.
        segments: For BERT-like models, 0 or 1 per token.

    Returns:
        Shape (n_layer, n_head, D). The first token, which stands apart in most models, is left
        out unless it is the only one.

    Raises:
        ValueError: If there are no tokens or too many.
        NoAttentionError: If the model has no attention heads that can be read.
    """
    model, found = listening.own_model(loaded, token_ids, eager=False)
    means: list[NDArray[np.float32]] = []

    def keep(module: Any, arguments: tuple) -> None:
        outputs = arguments[0][0]
        means.append(listening.as_array(outputs[min(1, len(outputs) - 1) :].mean(dim=0)))

    with listening.removed_after(b.output.register_forward_pre_hook(keep) for b in found):
        listening.run(model, token_ids, segments=segments)
    return np.stack(means).reshape(len(found), found[0].n_head, found[0].head_size)


def reference_means(loaded: Any) -> NDArray[np.float32]:
    """Average what each head gives over the reference text; shape (n_layer, n_head, D)."""
    return mean_outputs(loaded, loaded.tokenizer(REFERENCE_TEXT)["input_ids"])


def baseline(
    loaded: Any, token_ids: Sequence[int], *, segments: Sequence[int] | None = None
) -> Baseline:
    """Let the model answer with every head at work.

    Args:
        loaded: A model from the store.
        token_ids: The text.
        segments: For BERT-like models, 0 or 1 per token.

    Returns:
        Its answer.
    """
    answer = _answers(loaded.model, token_ids, segments, n_rows=1)[0]
    if not _predicts(loaded.model):
        return Baseline(answer=answer, shown_ids=())
    likeliest = np.argsort(-answer, kind="stable")[: head_effects.N_SHOWN]
    return Baseline(answer=answer, shown_ids=tuple(likeliest.tolist()))


def answer_without(
    loaded: Any,
    token_ids: Sequence[int],
    heads: Sequence[tuple[int, int]],
    *,
    how: How,
    means: NDArray[np.float32] | None = None,
    segments: Sequence[int] | None = None,
) -> NDArray[np.float64]:
    """Let the model answer with some heads switched off together.

    Args:
        loaded: A model from the store; it may be shared, it is not changed.
        token_ids: The text.
        heads: Layer and head of each.
        how: "zero" or "mean".
        means: What each head gives on average, shape (n_layer, n_head, D); needed for "mean".
        segments: For BERT-like models, 0 or 1 per token.

    Returns:
        Next-token probabilities (V,), or for an encoder the mean of its vectors (C,).

    Raises:
        ValueError: If there is no such head, or no means are given for "mean".
        NoAttentionError: If the model has no attention heads that can be read.
    """
    model, found = listening.own_model(loaded, token_ids, eager=False)
    instead = _replacements(found, how, means)
    for layer, head in heads:
        if not 0 <= layer < len(found) or not 0 <= head < found[0].n_head:
            raise ValueError(f"there is no head {head} in layer {layer}")
        found[layer].output.register_forward_pre_hook(
            _switch_off(found[layer], [head], instead[layer])
        )
    return _answers(model, token_ids, segments, n_rows=1)[0]


def rank_heads(
    loaded: Any,
    token_ids: Sequence[int],
    *,
    how: How,
    means: NDArray[np.float32] | None = None,
    segments: Sequence[int] | None = None,
) -> Iterator[LayerEffects]:
    """Switch off every head of a model, one at a time, and see what each did.

    Args:
        loaded: A model from the store; it may be shared, it is not changed.
        token_ids: The text.
        how: "zero" or "mean".
        means: What each head gives on average, shape (n_layer, n_head, D); needed for "mean".
        segments: For BERT-like models, 0 or 1 per token.

    Yields:
        The effects of one layer's heads, from the first layer upwards.

    Raises:
        ValueError: If the text is empty or too long, or no means are given for "mean".
        NoAttentionError: If the model has no attention heads that can be read.

    Source:
        Michel et al. (2019), Are sixteen heads really better than one?, section 3; Wang et al.
        (2022), Interpretability in the wild, section 2.2, for averages in place of zeros.
    """
    model, found = listening.own_model(loaded, token_ids, eager=False)
    instead = _replacements(found, how, means)
    before = baseline(loaded, token_ids, segments=segments)
    stack = attention_blocks.layers(model)
    entering = _entering(model, stack, token_ids, segments)
    for layer, block in enumerate(found):
        here = stack[layer]
        n_rows = block.n_head
        with listening.removed_after(
            (
                here.register_forward_pre_hook(_enter(entering[layer], n_rows)),
                block.output.register_forward_pre_hook(
                    _switch_off(block, range(n_rows), instead[layer])
                ),
            )
        ):
            answers = _answers(model, token_ids, segments, n_rows=n_rows)
        stack[layer] = _Passed()
        yield head_effects.of_layer(layer, before, answers)


def _predicts(model: Any) -> bool:
    """Say whether a model gives scores for a next token."""
    return model.get_output_embeddings() is not None


def _answers(
    model: Any, token_ids: Sequence[int], segments: Sequence[int] | None, *, n_rows: int
) -> NDArray[np.float64]:
    """Run a batch of the same text; next-token probabilities (n_rows, V) or vectors (n_rows, C)."""
    named = listening.inputs_of(model, token_ids, segments=segments, n_rows=n_rows)
    with torch.inference_mode():
        hidden = model.base_model(**named).last_hidden_state
        if not _predicts(model):
            return hidden.double().mean(dim=1).cpu().numpy()
        scores = model.get_output_embeddings()(hidden[:, -1])
        return torch.softmax(scores.double(), dim=-1).cpu().numpy()


def _entering(
    model: Any, stack: nn.ModuleList, token_ids: Sequence[int], segments: Sequence[int] | None
) -> list[torch.Tensor]:
    """Return what enters each layer, one tensor (1, T, C) per layer."""
    entering: list[torch.Tensor] = []

    def keep(module: Any, arguments: tuple) -> None:
        entering.append(arguments[0])

    with listening.removed_after(layer.register_forward_pre_hook(keep) for layer in stack):
        listening.run(model, token_ids, segments=segments)
    return entering


def _enter(hidden: torch.Tensor, n_rows: int) -> Any:
    """Make a hook that lets every row of a batch begin from the same hidden states."""

    def hook(module: Any, arguments: tuple) -> tuple:
        return (hidden.expand(n_rows, -1, -1), *arguments[1:])

    return hook


def _switch_off(block: AttentionBlock, heads: Sequence[int], instead: torch.Tensor) -> Any:
    """Make a hook that replaces one head per row of the batch; ``instead`` has shape (H, D)."""

    def hook(module: Any, arguments: tuple) -> tuple:
        outputs = arguments[0].clone()
        for row, head in enumerate(heads):
            places = slice(head * block.head_size, (head + 1) * block.head_size)
            outputs[row, :, places] = instead[head]
        return (outputs, *arguments[1:])

    return hook


def _replacements(
    found: list[AttentionBlock], how: How, means: NDArray[np.float32] | None
) -> torch.Tensor:
    """Return what stands in for each head, shape (n_layer, n_head, D)."""
    like = found[0].output.weight
    shape = (len(found), found[0].n_head, found[0].head_size)
    if how == "zero":
        return like.new_zeros(shape)
    if how != "mean" or means is None or means.shape != shape:
        raise ValueError(
            f"to switch heads off by their mean, means of the shape {shape} are needed"
        )
    return torch.as_tensor(means, dtype=like.dtype, device=like.device)

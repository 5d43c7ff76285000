"""An attention with all its steps in a small parcel: a browser can open any number of it."""

import base64
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from core.sequences import positions
from core.sequences.attention import AttentionTrace
from core.sequences.multi_head import LayerTrace


def pack_layer(
    trace: LayerTrace, words: Sequence[str], columns: Sequence[str]
) -> dict[str, object]:
    """Pack a whole layer.

    Args:
        trace: The layer's pass over the words.
        words: Names of the rows.
        columns: Names of the columns of a word.

    Returns:
        A mapping that JSON can hold; every array as ``pack`` makes it.

    Example:
        >>> from core.sequences import multi_head, toy_words
        >>> words = ("cat", "slept")
        >>> layer = toy_words.layer_weights("identity", 2)
        >>> trace = multi_head.self_attention(toy_words.embed(words, 2), layer)
        >>> pack_layer(trace, words, ("living", "thing"))["arrays"]["weights"]["shape"]
        [1, 2, 2]
    """
    settings, weights = trace.settings, trace.weights
    has_codes = settings.positions == "sinusoidal"
    is_turned, head_size = settings.positions == "rope", trace.heads.q.shape[-1]
    arrays = {
        "x": trace.inputs[None],
        "W_Q": weights.query[None],
        "W_K": weights.key[None],
        "W_V": weights.value[None],
        "W_O": weights.output[None],
        "joined": trace.concatenated[None],
        "y": trace.outputs[None],
    }
    if has_codes:
        arrays |= {"embeddings": trace.embeddings[None], "codes": trace.position_codes[None]}
    parcel = _attention(
        trace.heads,
        words,
        befores=(trace.q_before, trace.k_before) if is_turned else None,
        turns=positions.frequencies(head_size, base=settings.base) if is_turned else None,
    )
    parcel["arrays"] |= {name: pack(array) for name, array in arrays.items()}
    return parcel | {
        "columns": list(columns),
        "kvHeads": [trace.kv_head(head) for head in range(settings.n_head)],
        "temperature": settings.temperature,
        "scaled": settings.scaled,
        "slopes": (
            positions.alibi_slopes(settings.n_head).tolist()
            if settings.positions == "alibi"
            else None
        ),
    }


def pack_head(
    trace: AttentionTrace,
    tokens: Sequence[str],
    *,
    temperature: float,
    scaled: bool,
    befores: tuple[ArrayLike, ArrayLike] | None = None,
    turns: ArrayLike | None = None,
    model_weights: ArrayLike | None = None,
) -> dict[str, object]:
    """Pack one head of a real model.

    Args:
        trace: Its attention; arrays of shape (T, D) and (T, T).
        tokens: Names of the rows.
        temperature: As in the trace.
        scaled: As in the trace.
        befores: Queries and keys before RoPE turned them, shape (T, D) each.
        turns: How far RoPE turns each pair per position, in radians, shape (D / 2,).
        model_weights: The shares that the model itself gave, shape (T, T).

    Returns:
        A mapping that JSON can hold.
    """
    parcel = _attention(trace, tokens, befores=befores, turns=turns)
    if model_weights is not None:
        parcel["arrays"]["model"] = pack(np.asarray(model_weights)[None])
    return parcel | {
        "columns": None,
        "kvHeads": [0],
        "temperature": temperature,
        "scaled": scaled,
        "slopes": None,
    }


def _attention(
    trace: AttentionTrace,
    names: Sequence[str],
    *,
    befores: tuple[ArrayLike, ArrayLike] | None,
    turns: ArrayLike | None,
) -> dict[str, object]:
    arrays = {
        "q": trace.q,
        "k": trace.k,
        "v": trace.v,
        "products": trace.products,
        "scores": trace.scores,
        "weights": trace.weights,
        "z": trace.outputs,
    }
    if befores:
        arrays |= {"q_before": befores[0], "k_before": befores[1]}
    return {
        "names": list(names),
        "headSize": trace.q.shape[-1],
        "turns": None if turns is None else np.asarray(turns).tolist(),
        "arrays": {
            name: pack(array if np.ndim(array) == 3 else np.asarray(array)[None])
            for name, array in arrays.items()
        },
    }


def pack(numbers: ArrayLike) -> dict[str, object]:
    """Write an array as its shape and base64 of little-endian float32; minus infinity stays.

    Example:
        >>> pack([[1.0, -np.inf]])
        {'shape': [1, 2], 'values': 'AACAPwAAgP8='}
    """
    numbers = np.asarray(numbers)
    text = base64.b64encode(numbers.astype("<f4").tobytes()).decode("ascii")
    return {"shape": list(numbers.shape), "values": text}


def unpack(parcel: dict[str, object]) -> np.ndarray:
    """Read an array back.

    Example:
        >>> unpack(pack([[1.0, 2.0]])).tolist()
        [[1.0, 2.0]]
    """
    flat = np.frombuffer(base64.b64decode(parcel["values"]), dtype="<f4")
    return flat.reshape(parcel["shape"])

"""Programs a reader takes home: NumPy alone, and the numbers that were on screen."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from core.model_store import catalog, store
from core.sequences import positions
from core.sequences.attention import AttentionTrace
from core.sequences.multi_head import LayerTrace

_LAYER = '''\
"""{title}

pip install "numpy"
"""

import numpy as np

WORDS = {words}
X = np.array({embeddings})
W_Q = np.array({query})
W_K = np.array({key})
W_V = np.array({value})
W_O = np.array({output})
N_HEAD, N_KV_HEAD = {n_head}, {n_kv_head}
CAUSAL, SCALED, TEMPERATURE = {causal}, {scaled}, {temperature}
T, D = len(WORDS), W_Q.shape[1] // N_HEAD
places = np.arange(T)


def attend(x):
    """Return the shares of every head, and every word's output."""
{before}    all_shares, mixed = [], []
    for head in range(N_HEAD):
        kv = head * N_KV_HEAD // N_HEAD  # heads of a group look through the same keys
        own, shared = slice(head * D, (head + 1) * D), slice(kv * D, (kv + 1) * D)
        q, k, v = x @ W_Q[:, own], x @ W_K[:, shared], x @ W_V[:, shared]
{inside}        scores = q @ k.T / TEMPERATURE / (np.sqrt(D) if SCALED else 1)
{after}        if CAUSAL:
            scores[places[:, None] < places] = -np.inf
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        all_shares.append(shares)
        mixed.append(shares @ v)
    return all_shares, np.hstack(mixed) @ W_O


'''

_SAY_LAYER = """\
all_shares, outputs = attend(X)
for head, shares in enumerate(all_shares, start=1):
    print(f"head {head}: who looks at", *WORDS)
    for word, row in zip(WORDS, shares):
        print(f"{word:>12}", *(f"{share:.4f}" for share in row))
print("outputs")
for word, row in zip(WORDS, outputs):
    print(f"{word:>12}", *(f"{number:.4f}" for number in row))
"""

_SAY_SHUFFLE = """\
order = np.array({order})
_, before = attend(X)
_, after = attend(X[order])
print("now reads:", *[WORDS[place] for place in order])
changes = abs(after - before[order]).max(axis=1)
for place, change in sorted(zip(order, changes)):
    print(f"{{WORDS[place]:>12}} changed by {{change:.3g}}")
print(f"largest change: {{changes.max():.2g}}")
"""

_WAVES_IN = """\
    # Places as waves, added to the words.
    waves = places[:, None] * {base} ** (-np.arange(0, x.shape[1], 2) / x.shape[1])
    x = x + np.stack([np.sin(waves), np.cos(waves)], axis=-1).reshape(T, -1)
"""

_TURN_IN = """\
        # RoPE: each pair of numbers turns with the word's place.
        angles = places[:, None] * {base} ** (-np.arange(0, D, 2) / D)
        cos, sin = np.cos(angles), np.sin(angles)
        for vectors in (q, k):
            a, b = vectors[:, : D // 2].copy(), vectors[:, D // 2 :].copy()
            vectors[:] = np.hstack([a * cos - b * sin, b * cos + a * sin])
"""

_PENALTY_IN = """\
        # ALiBi: each head loses a fixed amount per place of distance.
        scores -= {slopes}[head] * abs(places[:, None] - places)
"""

_HEAD = '''\
"""One head of a real model: who looks at whom, as the lab showed it.

pip install "torch" "transformers>=5.5"
"""

import os
import pathlib
import sys

import torch
from transformers import {model}, {tokenizer}

TITLE = {title}
LAYER, HEAD = {layer}, {head}

# The lab's own copy of the model if it is on this machine, else the one on the hub, whose weights
# can differ in the last digits.
caches = {{"win32": os.environ.get("LOCALAPPDATA", ""), "darwin": "~/Library/Caches"}}.get(
    sys.platform, os.environ.get("XDG_CACHE_HOME") or "~/.cache"
)
home = pathlib.Path(os.environ.get("LLM_LABS_HOME") or f"{{caches}}/llm-labs").expanduser()
stored = home / "models" / {folder!r}
source = stored if stored.exists() else {hub_id!r}

tokenizer = {tokenizer}.from_pretrained(source)
model = {model}.from_pretrained(source, dtype=torch.float32, attn_implementation="eager").eval()

# The tokens that were drawn, by id.
token_ids = torch.tensor([{token_ids}])
with torch.inference_mode():
    attentions = model(token_ids{segments}, output_attentions=True).attentions
names = tokenizer.convert_ids_to_tokens(token_ids[0])
print(f"{{TITLE}}, layer {{LAYER}}, head {{HEAD}}: who looks at", *names)
for name, row in zip(names, attentions[LAYER][0, HEAD]):
    print(f"{{name:>14}}", *(f"{{share:.4f}}" for share in row.tolist()))
'''

_TOUCHED = '''\
"""A head with a switch thrown: its own queries and keys, and other shares.

pip install "numpy"
"""

import numpy as np

TOKENS = {tokens}
Q = np.array({q}).reshape(len(TOKENS), -1)
K = np.array({k}).reshape(len(TOKENS), -1)
ALLOWED = np.array({allowed}, dtype=bool)

scores = np.where(ALLOWED, Q @ K.T * {factor}, -np.inf)
shares = np.exp(scores - scores.max(axis=1, keepdims=True))
shares /= shares.sum(axis=1, keepdims=True)
print("who looks at", *TOKENS)
for token, row in zip(TOKENS, shares):
    print(f"{{token:>14}}", *(f"{{share:.4f}}" for share in row))
'''


def layer_script(trace: LayerTrace, words: Sequence[str]) -> str:
    """Write the program that runs a layer again and prints its shares and outputs.

    Args:
        trace: The layer's pass.
        words: Names of the rows; they enter as Python strings, never as code.
    """
    title = "An attention layer by hand: every share and every output that the lab showed."
    return _layer(trace, words, title) + _SAY_LAYER


def shuffle_script(trace: LayerTrace, words: Sequence[str], order: ArrayLike) -> str:
    """Write the program that sends words through a layer in two orders.

    Args:
        trace: The layer's pass in the first order.
        words: Names of the rows.
        order: Which word stands at each place in the second.
    """
    title = "The shuffle test: each word's output in two orders, as the lab showed it."
    return _layer(trace, words, title) + _SAY_SHUFFLE.format(order=np.asarray(order).tolist())


def _layer(trace: LayerTrace, words: Sequence[str], title: str) -> str:
    settings, weights = trace.settings, trace.weights
    way = settings.positions
    slopes = positions.alibi_slopes(settings.n_head).tolist()
    return _LAYER.format(
        title=title,
        words=list(words),
        embeddings=numbers(trace.embeddings),
        query=numbers(weights.query),
        key=numbers(weights.key),
        value=numbers(weights.value),
        output=numbers(weights.output),
        n_head=settings.n_head,
        n_kv_head=settings.n_kv_head,
        causal=settings.causal,
        scaled=settings.scaled,
        temperature=settings.temperature,
        before=_WAVES_IN.format(base=settings.base) if way == "sinusoidal" else "",
        inside=_TURN_IN.format(base=settings.base) if way == "rope" else "",
        after=_PENALTY_IN.format(slopes=slopes) if way == "alibi" else "",
    )


def head_script(
    model_id: str, token_ids: Sequence[int], segments: Sequence[int], *, layer: int, head: int
) -> str:
    """Write the program that asks transformers for one head's shares.

    Args:
        model_id: Catalog id, or a repository on the hub.
        token_ids: What the model read.
        segments: 0 or 1 per token, for models that read pairs.
        layer: From 0.
        head: From 0.
    """
    entry = catalog.CATALOG.get(model_id)
    is_encoder = entry is not None and entry.kind == "encoder"
    return _HEAD.format(
        title=repr(entry.title if entry else model_id),
        tokenizer="AutoTokenizer" if is_encoder else "PreTrainedTokenizerFast",
        model="AutoModel" if is_encoder else "AutoModelForCausalLM",
        layer=layer,
        head=head,
        folder=store.model_folder(model_id).name,
        hub_id=catalog.hub_id(model_id),
        token_ids=list(token_ids),
        segments=(f", token_type_ids=torch.tensor([{list(segments)}])" if is_encoder else ""),
    )


def touched_script(trace: AttentionTrace, tokens: Sequence[str]) -> str:
    """Write the program that computes a head's shares with a switch thrown.

    Args:
        trace: The head's attention; arrays of shape (T, D) and (T, T).
        tokens: Names of the rows.
    """
    return _TOUCHED.format(
        tokens=list(tokens),
        q=numbers(trace.q, digits=7),
        k=numbers(trace.k, digits=7),
        allowed=trace.allowed.astype(int).tolist(),
        factor=trace.factor,
    )


def numbers(array: ArrayLike, *, digits: int = 12) -> list:
    """Write an array as nested lists of short numbers.

    Example:
        >>> numbers([[1 / 3, 2]], digits=3)
        [[0.333, 2.0]]
    """
    array = np.asarray(array, dtype=np.float64)
    if array.ndim:
        return [numbers(row, digits=digits) for row in array]
    return float(f"{array:.{digits}g}")

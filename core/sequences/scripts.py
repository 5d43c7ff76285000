"""Programs a reader takes home: NumPy alone, and the numbers that were on screen."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from core.model_store import catalog, store
from core.sequences import learned_positions, positions
from core.sequences.attention import AttentionTrace
from core.sequences.multi_head import LayerTrace
from core.sequences.sharpness import Sharpness

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

_WAVES = '''\
"""Places as waves: the code of every place, and products that depend on distance alone."""

import numpy as np

N_PLACES, N_EMBD, BASE = {n_places}, {n_embd}, {base}
angles = np.arange(N_PLACES)[:, None] * BASE ** (-np.arange(0, N_EMBD, 2) / N_EMBD)
codes = np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(N_PLACES, -1)
products = codes @ codes.T
for distance in range(N_PLACES):
    line = np.diagonal(products, -distance)
    print(f"distance {{distance:2}}: product {{line.mean():.4f}}, differs by {{np.ptp(line):.0e}}")
'''

_ROPE = '''\
"""RoPE: a query and a key are turned by their places; only the distance is left in the product."""

import numpy as np

q, k = np.array({q}), np.array({k})
N_PLACES, BASE = {n_places}, {base}
turns = BASE ** (-np.arange(0, q.size, 2) / q.size)


def turned(x, place):
    a, b = np.split(x, 2)
    cos, sin = np.cos(place * turns), np.sin(place * turns)
    return np.concatenate([a * cos - b * sin, b * cos + a * sin])


for distance in range(N_PLACES):
    line = [turned(q, n + distance) @ turned(k, n) for n in range(N_PLACES - distance)]
    print(f"distance {{distance:2}}: q·k {{np.mean(line):.4f}}, differs by {{np.ptp(line):.0e}}")
'''

_ALIBI = '''\
"""ALiBi: what a head adds to its scores, and how far back it then looks."""

import numpy as np

N_PLACES = {n_places}
for head, slope in enumerate({slopes}, start=1):
    powers = np.exp(-slope * np.arange(N_PLACES))
    shares = powers / powers.sum()
    print(f"head {{head}}: slope {{slope:.6g}}, the last word keeps {{shares[0]:.4f}} for itself")
'''

_LEARNT = '''\
"""The places that {title} learnt: how alike two rows of its table are.

pip install "numpy" "safetensors"
"""

import os
import pathlib
import sys

import numpy as np
import safetensors

caches = {{"win32": os.environ.get("LOCALAPPDATA", ""), "darwin": "~/Library/Caches"}}.get(
    sys.platform, os.environ.get("XDG_CACHE_HOME") or "~/.cache"
)
home = pathlib.Path(os.environ.get("LLM_LABS_HOME") or f"{{caches}}/llm-labs").expanduser()
with safetensors.safe_open(home / "models" / {folder!r} / "model.safetensors", "np") as weights:
    [name] = [name for name in weights.keys() if name.endswith({ending!r})]
    rows = weights.get_tensor(name)[:{n_places}].astype(np.float64)
rows /= np.linalg.norm(rows, axis=1, keepdims=True)
products = rows @ rows.T
for distance in range({n_places}):
    line = np.diagonal(products, -distance)
    print(f"distance {{distance:2}}: cosine {{line.mean():.4f}}, differs by {{np.ptp(line):.0e}}")
'''

_SHARP = '''\
"""Why attention divides by the square root of D: the largest share, without and with."""

import numpy as np

N_KEYS, N_TRIALS = {n_keys}, {n_trials}


def largest(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).max(axis=1).mean()


for place, size in enumerate({sizes}):
    draw = np.random.default_rng([0, place])
    q = draw.standard_normal((N_TRIALS, 1, size), dtype=np.float32)
    k = draw.standard_normal((N_TRIALS, N_KEYS, size), dtype=np.float32)
    products = np.einsum("nqd,nkd->nk", q, k).astype(np.float64)
    without, scaled = largest(products), largest(products / size**0.5)
    print(f"D {{size:4}}: without {{without:.3f}}, with {{scaled:.3f}}")
'''

_COST = '''\
"""What attention costs: one head on random numbers, timed. Times differ between machines.

pip install "torch"
"""

import time

import torch

torch.set_num_threads(1)
draw = torch.Generator().manual_seed(0)
before = None
for n_tokens in {lengths}:
    q, k, v = torch.randn(3, n_tokens, {head_size}, generator=draw)
    times = []
    for _ in range(5):
        began = time.thread_time()
        scores = q @ k.T
        scores *= {head_size} ** -0.5
        torch.softmax(scores, dim=-1) @ v
        times.append(1000 * (time.thread_time() - began))
    ratio = f", {{min(times) / before:.2f}} times the one before" if before else ""
    print(f"{{n_tokens:5}} tokens: {{min(times):8.3f}} ms{{ratio}}")
    before = min(times)
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
        embeddings=_numbers(trace.embeddings),
        query=_numbers(weights.query),
        key=_numbers(weights.key),
        value=_numbers(weights.value),
        output=_numbers(weights.output),
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
        q=_numbers(trace.q, digits=7),
        k=_numbers(trace.k, digits=7),
        allowed=trace.allowed.astype(int).tolist(),
        factor=trace.factor,
    )


def waves_script(codes: ArrayLike, *, base: float) -> str:
    """Write the program that prints how products of sinusoidal codes depend on distance."""
    n_places, n_embd = np.shape(codes)
    return _WAVES.format(n_places=n_places, n_embd=n_embd, base=base)


def rope_script(q: ArrayLike, k: ArrayLike, *, n_places: int, base: float) -> str:
    """Write the program that prints how RoPE's products depend on distance."""
    return _ROPE.format(q=_numbers(q), k=_numbers(k), n_places=n_places, base=base)


def alibi_script(slopes: ArrayLike, *, n_places: int) -> str:
    """Write the program that prints how far back each head looks under ALiBi."""
    return _ALIBI.format(slopes=_numbers(slopes), n_places=n_places)


def learnt_script(model_id: str, *, n_places: int) -> str:
    """Write the program that prints how alike the rows of a learnt table are."""
    return _LEARNT.format(
        title=catalog.CATALOG[model_id].title,
        folder=store.model_folder(model_id).name,
        ending=learned_positions.TABLES[model_id],
        n_places=n_places,
    )


def sharpness_script(found: Sharpness) -> str:
    """Write the program that measures the softmax again."""
    return _SHARP.format(n_keys=found.n_keys, n_trials=found.n_trials, sizes=found.sizes.tolist())


def cost_script(lengths: Sequence[int], *, head_size: int = 64) -> str:
    """Write the program that times one head on the reader's own machine."""
    return _COST.format(lengths=list(lengths), head_size=head_size)


def _numbers(array: ArrayLike, *, digits: int = 12) -> list:
    """Write an array as nested lists of short numbers."""
    array = np.asarray(array, dtype=np.float64)
    if array.ndim:
        return [_numbers(row, digits=digits) for row in array]
    return float(f"{array:.{digits}g}")

"""More programs to take home: places, the size of a head, the length of a text."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from core.model_store import catalog, store
from core.sequences import learned_positions
from core.sequences.scripts import numbers
from core.sequences.sharpness import Sharpness

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


def waves_script(codes: ArrayLike, *, base: float) -> str:
    """Write the program that prints how products of sinusoidal codes depend on distance."""
    n_places, n_embd = np.shape(codes)
    return _WAVES.format(n_places=n_places, n_embd=n_embd, base=base)


def rope_script(q: ArrayLike, k: ArrayLike, *, n_places: int, base: float) -> str:
    """Write the program that prints how RoPE's products depend on distance."""
    return _ROPE.format(q=numbers(q), k=numbers(k), n_places=n_places, base=base)


def alibi_script(slopes: ArrayLike, *, n_places: int) -> str:
    """Write the program that prints how far back each head looks under ALiBi."""
    return _ALIBI.format(slopes=numbers(slopes), n_places=n_places)


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

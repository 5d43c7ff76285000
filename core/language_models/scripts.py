"""Programs a reader takes home: plain transformers, and the numbers that were on screen."""

from core.language_models import sampling

_NEXT_TOKEN = '''\
"""The next token, as the lab showed it.

pip install "torch" "transformers>=5.5" "numpy"
"""

import os
import pathlib
import sys

import numpy as np
import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

PROMPT = {prompt}
TEMPERATURE, TOP_K, TOP_P, MIN_P = {temperature!r}, {top_k!r}, {top_p!r}, {min_p!r}
SEED = {seed!r}

# The lab's own copy of the model if it is on this machine, else the one on the hub, whose weights
# can differ in the last digits.
caches = {{"win32": os.environ.get("LOCALAPPDATA", ""), "darwin": "~/Library/Caches"}}.get(
    sys.platform, os.environ.get("XDG_CACHE_HOME") or "~/.cache"
)
home = pathlib.Path(os.environ.get("LLM_LABS_HOME") or f"{{caches}}/llm-labs").expanduser()
stored = home / "models" / {folder!r}
source = stored if stored.exists() else {hub_id!r}

# Not AutoTokenizer: the class it picks may leave out steps that tokenizer.json lists.
tokenizer = PreTrainedTokenizerFast.from_pretrained(source)
model = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32).eval()

# 1. The model reads the prompt and scores every token of its vocabulary.
token_ids = tokenizer(PROMPT, split_special_tokens=True)["input_ids"][-{max_tokens}:]
with torch.inference_mode():
    logits = model(torch.tensor([token_ids])).logits[0, -1].double().numpy()


def softmax(scores):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


before = softmax(logits)

# 2. The filters, in this order. Minus infinity means: cut.
scores = logits / TEMPERATURE
if TOP_K:
    kth_best = np.sort(scores)[-min(TOP_K, scores.size)]
    scores[scores < kth_best] = -np.inf
if TOP_P < 1:
    order = np.argsort(-scores, kind="stable")
    mass_before = np.cumsum(softmax(scores)[order]) - softmax(scores)[order]
    cut = mass_before >= TOP_P
    cut[0] = False
    scores[order[cut]] = -np.inf
if MIN_P:
    probs = softmax(scores)
    scores[probs < MIN_P * probs.max()] = -np.inf
after = softmax(scores)

print("rank  token                 before     after")
for rank, token_id in enumerate(np.argsort(-before, kind="stable")[:10], start=1):
    token = repr(tokenizer.decode([int(token_id)]))
    print(f"{{rank:4}}  {{token:20}} {{before[token_id]:9.6f}} {{after[token_id]:9.6f}}")

# 3. The dice: one number between 0 and 1 falls on the tokens laid end to end, likeliest first.
uniform = np.random.Generator(np.random.PCG64(SEED)).random()
bar = np.argsort(-after, kind="stable")
drawn = int(bar[np.searchsorted(np.cumsum(after[bar]), uniform, side="right")])
print(f"seed {{SEED}} throws {{uniform:.6f}}: {{tokenizer.decode([drawn])!r}}")
'''


def next_token_script(
    prompt: str,
    chain: sampling.SamplingChain,
    *,
    seed: int,
    folder: str,
    hub_id: str,
    max_tokens: int,
) -> str:
    """Write the program that reproduces the lab's table and its throw of the dice.

    Args:
        prompt: The text that was continued.
        chain: Temperature, top-k, top-p and min-p, in this order.
        seed: Seed of the dice.
        folder: Name of the model's folder in the store.
        hub_id: Owner and name of the model on the hub.
        max_tokens: How many tokens of the prompt the lab reads.

    Returns:
        A whole Python program. The prompt enters it as a Python literal, so that no text can
        become code.
    """
    values = {stage.card.key: stage.values()[0] for stage in chain.stages}
    return _NEXT_TOKEN.format(
        prompt=ascii(prompt),
        temperature=values["temperature"],
        top_k=values["top_k"],
        top_p=values["top_p"],
        min_p=values["min_p"],
        seed=seed,
        folder=folder,
        hub_id=hub_id,
        max_tokens=max_tokens,
    )

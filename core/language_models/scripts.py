"""Programs a reader takes home: plain transformers, and the numbers that were on screen."""

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType

from core.language_models import filters, sampling

_NEXT_TOKEN = '''\
"""The next token and the text that grows from it, as the lab showed them.

pip install "torch" "transformers>=5.5" "numpy"
"""

import os
import pathlib
import sys

import numpy as np
import torch
from transformers import AutoModelForCausalLM, DynamicCache, PreTrainedTokenizerFast

PROMPT = {prompt}
SEED = {seed!r}
N_TOKENS = {n_tokens!r}

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


def read(token_ids, cache):
    """Score every token of the vocabulary as the next one."""
    with torch.inference_mode():
        output = model(torch.tensor([token_ids]), past_key_values=cache, use_cache=True)
    return output.logits[0, -1].numpy()


def softmax(scores):
    powers = np.exp(scores - scores.max(), dtype=np.float64)
    return powers / powers.sum()


limits = []  # mirostat's running limit in bits, one per token


def filtered(logits, history, coin):
    """Apply the filters, in the lab's order. Minus infinity means: cut."""
    scores = logits.copy()
{stages}    return scores


def throw(after, uniform):
    """Find the token on which the dice falls, the tokens laid end to end, likeliest first."""
    bar = np.argsort(-after, kind="stable")
    place = np.searchsorted(np.cumsum(after[bar]), uniform, side="right")
    return int(bar[min(place, np.count_nonzero(after) - 1)])


# 1. The model reads the prompt and scores every token of its vocabulary.
history = tokenizer(PROMPT, split_special_tokens=True)["input_ids"][-{max_tokens}:]
cache = DynamicCache(config=model.config)
logits = read(history, cache)

# 2. The dice: one number between 0 and 1 per token. Filters that toss a coin have their own row.
uniforms = np.random.Generator(np.random.PCG64(SEED)).random(N_TOKENS)
coins = np.random.Generator(np.random.PCG64(np.random.SeedSequence([SEED, 1]))).random(N_TOKENS)

before = softmax(logits)
after = softmax(filtered(logits, history, coins[0]))
print("rank  token                 before     after")
for rank, token_id in enumerate(np.argsort(-before, kind="stable")[:10], start=1):
    token = repr(tokenizer.decode([int(token_id)]))
    print(f"{{rank:4}}  {{token:20}} {{before[token_id]:9.6f}} {{after[token_id]:9.6f}}")
drawn = throw(after, uniforms[0])
print(f"seed {{SEED}} throws {{uniforms[0]:.6f}}: {{tokenizer.decode([drawn])!r}}")

# 3. The text: throw, add the token, ask again. It ends where the model ends it.
ends = model.generation_config.eos_token_id
ends = {{*(ends if isinstance(ends, list) else [ends]), tokenizer.eos_token_id}}
limits.clear()
said = []
for uniform, coin in zip(uniforms, coins):
    after = softmax(filtered(logits, history, coin))
    said.append(throw(after, uniform))
    history = [*history, said[-1]]
{remember}    if said[-1] in ends:
        break
    logits = read([said[-1]], cache)
print(f"seed {{SEED}} writes: {{tokenizer.decode(said)!r}}")
'''

_STAGES: Mapping[str, str] = MappingProxyType(
    {
        "temperature": """\
# Temperature
spread, exponent = {spread!r}, {exponent!r}
temperature = {temperature!r}
if spread:  # low where the model is sure, high where it is not
    probs = softmax(scores)
    alive = probs[probs > 0]
    openness = -(alive @ np.log(alive)) / np.log(alive.size) if alive.size > 1 else 0.0
    coldest, hottest = max(temperature - spread, 1e-3), temperature + spread
    temperature = float(coldest + (hottest - coldest) * openness**exponent)
scores = scores / temperature
""",
        "top_k": """\
# Top-k
if {k!r} < np.count_nonzero(scores > -np.inf):
    scores[scores < np.sort(scores)[-{k!r}]] = -np.inf
""",
        "top_p": """\
# Top-p
order = np.argsort(-scores, kind="stable")
probs = softmax(scores)[order]
cut = np.cumsum(probs) - probs >= {p!r}
cut[0] = False
scores[order[cut]] = -np.inf
""",
        "min_p": """\
# Min-p
if {p!r} < 1:
    scores[scores < scores.max() + np.log({p!r})] = -np.inf
else:
    scores[scores < scores.max()] = -np.inf
""",
        "top_n_sigma": """\
# Top-n-sigma
spread = scores[scores > -np.inf].std()
scores[scores < scores.max() - {n!r} * spread] = -np.inf
""",
        "typical_p": """\
# Typical-p
probs = softmax(scores)
alive = np.flatnonzero(probs > 0)
surprise = -np.log(probs[alive])
oddness = np.abs(surprise - probs[alive] @ surprise)
order = np.argsort(oddness)
last = min(np.count_nonzero(np.cumsum(probs[alive][order]) < {p!r}), alive.size - 1)
scores[alive[oddness > oddness[order[last]]]] = -np.inf
""",
        "xtc": """\
# XTC
choices = np.flatnonzero(softmax(scores) >= {threshold!r})
if coin < {probability!r} and choices.size > 1:
    scores[choices[np.argsort(-scores[choices], kind="stable")][:-1]] = -np.inf
""",
        "epsilon_cutoff": """\
# Epsilon cutoff
scores[(softmax(scores) < {epsilon!r}) & (scores < scores.max())] = -np.inf
""",
        "eta_cutoff": """\
# Eta cutoff
probs = softmax(scores)
entropy = -sum(p * np.log(p) for p in probs[probs > 0])
threshold = min({epsilon!r}, {epsilon!r} ** 0.5 * np.exp(-entropy))
scores[(probs < threshold) & (scores < scores.max())] = -np.inf
""",
        "penalties": """\
# Penalties
seen, counts = np.unique(history[-{last_n!r}:], return_counts=True)
known = scores[seen]
known = np.where(known > 0, known / {repetition!r}, known * {repetition!r})
scores[seen] = known - {presence!r} - counts * {frequency!r}
""",
        "dry": """\
# DRY
text, longest = history[-{last_n!r}:], {{}}
for place in range(len(text) - 1):
    length = 0
    while length < min(place + 1, 50) and text[place - length] == text[-1 - length]:
        length += 1
    if length >= {allowed_length!r}:
        following = text[place + 1]
        longest[following] = max(length, longest.get(following, 0))
for following, length in longest.items():
    scores[following] -= {multiplier!r} * {base!r} ** (length - {allowed_length!r})
""",
        "mirostat": """\
# Mirostat
limit = limits[-1] if limits else 2 * {target_bits!r}
scores[(softmax(scores) < 2.0**-limit) & (scores < scores.max())] = -np.inf
""",
    }
)
"""Each filter as lines of plain NumPy, to be filled with its settings."""

_REMEMBER = """\
surprise = -np.log2(after[said[-1]])
limits.append((limits[-1] if limits else {double!r}) - {rate!r} * (surprise - {target_bits!r}))
"""


def next_token_script(
    prompt: str,
    chain: sampling.SamplingChain,
    *,
    seed: int,
    n_tokens: int,
    folder: str,
    hub_id: str,
    max_tokens: int,
) -> str:
    """Write the program that reproduces the lab's table, its throw of the dice and its text.

    Args:
        prompt: The text that was continued.
        chain: Any filters in any order; those at their neutral value are left out.
        seed: Seed of the dice.
        n_tokens: Length of the text.
        folder: Name of the model's folder in the store.
        hub_id: Owner and name of the model on the hub.
        max_tokens: How many tokens of the prompt the lab reads.

    Returns:
        A whole Python program. The prompt enters it as a Python literal, so that no text can
        become code.
    """
    acting = [stage for stage in chain.stages if not stage.is_neutral]
    return _NEXT_TOKEN.format(
        prompt=ascii(prompt),
        seed=seed,
        n_tokens=n_tokens,
        folder=folder,
        hub_id=hub_id,
        max_tokens=max_tokens,
        stages="".join(_indented(stage_code(stage)) for stage in acting),
        remember="".join(
            _indented(
                _REMEMBER.format(
                    double=2 * stage.target_bits, rate=stage.rate, target_bits=stage.target_bits
                )
            )
            for stage in acting
            if stage.card.key == "mirostat"
        ),
    )


def stage_code(settings: filters.Settings) -> str:
    """Write one filter as lines of NumPy on an array called ``scores``.

    Args:
        settings: The filter's settings, not neutral.

    Returns:
        Lines of Python that also read ``history``, ``coin``, ``limits`` and ``softmax``.

    Example:
        >>> print(stage_code(sampling.surprise.EpsilonCutoff(0.1)), end="")
        # Epsilon cutoff
        scores[(softmax(scores) < 0.1) & (scores < scores.max())] = -np.inf
    """
    names = [field.name for field in fields(settings)]
    return _STAGES[settings.card.key].format(**dict(zip(names, settings.values(), strict=True)))


def _indented(lines: str) -> str:
    return "".join(f"    {line}\n" for line in lines.splitlines())

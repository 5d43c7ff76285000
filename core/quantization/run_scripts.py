"""Programs that round a whole model and print the row of the lab: plain NumPy and transformers."""

import textwrap

from core.quantization import budget, layer_study, schemes, script_parts, similarity
from core.quantization.schemes import Scheme

_PLACE = 987_654_321
"""Stands for a number of weights while a scheme is written as code."""

_DOUBLE = "weights.size * 4 + (n := -(-weights.size // 64)) * 8 + -(-n // 256) * 32 + 32"
_BITS = {
    "q4_k": "-(-weights.size // 256) * 1152",
    "q6_k": "-(-weights.size // 256) * 1680",
    "nf4_double": _DOUBLE,
    "fp4_double": _DOUBLE,
    "dynamic8": "weights.size * 8 + -(-weights.size // {block_size}) * 32",
}
"""Bits of a matrix of any shape, for schemes whose part of a program has a number there."""

_START = '''\
"""{title}: {what}

pip install "torch" "transformers>=5.5" "numpy"{extra}
"""

import os
import pathlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import {classes}

# The lab's own copy of the model if it is on this machine, else the one on the hub, whose weights
# can differ in the last digits.
caches = {{"win32": os.environ.get("LOCALAPPDATA", ""), "darwin": "~/Library/Caches"}}.get(
    sys.platform, os.environ.get("XDG_CACHE_HOME") or "~/.cache"
)
home = pathlib.Path(os.environ.get("LLM_LABS_HOME") or f"{{caches}}/llm-labs").expanduser()
stored_at = home / "models" / {folder!r}
source = stored_at if stored_at.exists() else {hub_id!r}


def load():
    """Load the model in float32."""
    return {auto_class}.from_pretrained(source, dtype=torch.float32).eval().requires_grad_(False)


def inverse(scales):
    """1 / scale, and 0 for a scale of 0."""
    with np.errstate(divide="ignore", over="ignore"):
        inverted = np.float32(1) / scales
    return np.where(np.isinf(inverted), np.float32(0), inverted)


def grouped(matrix, size):
    """Lay a matrix out flat, in groups; the last one is filled up with zeros."""
    flat = matrix.reshape(-1)
    return np.pad(flat, (0, -len(flat) % size)).reshape(-1, size)


def through(weights, calibration_inputs=None):
    """Store a matrix in {title} and expand it again; also count the bits."""

    def back(groups):
        return groups.reshape(-1)[: weights.size].reshape(weights.shape)

{part}
    return restored, n_bits


def matrices(model, everything=True):
    """List what is rounded: module, and whether it has a row per input, as in GPT-2."""
    embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
    for name, module in model.named_modules():
        in_a_layer = any(piece.isdigit() for piece in name.split("."))
        is_linear = type(module).__name__ in ("Linear", "Conv1D") and in_a_layer
        if is_linear or (everything and (module is embedding or module is head)):
            yield name, module, type(module).__name__ == "Conv1D"


def round_module(module, transposed, inputs=None):
    """Replace the weight of a module by what the scheme makes of it; return its bits."""
    weights = np.ascontiguousarray(module.weight.numpy().T if transposed else module.weight.numpy())
    restored, n_bits = through(weights, inputs)
    restored = torch.from_numpy(np.ascontiguousarray(restored.T if transposed else restored))
    module.weight = torch.nn.Parameter(restored, requires_grad=False)
    return n_bits


'''

_TRIAL = '''\
original, rounded = load(), load()
n_weights = sum(weight.numel() for weight in original.parameters())
tokenizer = PreTrainedTokenizerFast.from_pretrained(source)
{rounding}

text = {text}
ids = torch.tensor([tokenizer(text, split_special_tokens=True)["input_ids"][:1024]])


def log_probs(model):
    """Log-probabilities of the next token at each place, in nats."""
    with torch.inference_mode():
        return torch.log_softmax(model(ids).logits[0, :-1], dim=-1)


before, after = log_probs(original), log_probs(rounded)
right = ids[0, 1:, None]
p, q = before.gather(1, right).double(), after.gather(1, right).double()
changes = (q.exp() - p.exp())[:, 0].numpy()
print("size_mb", size_bits / 8e6)
print("bits_per_weight", size_bits / n_weights)
print("perplexity_before", float((-p.mean()).exp()))
print("perplexity_after", float((-q.mean()).exp()))
print("kl_divergence", float((before.exp() * (before - after)).sum(-1, dtype=float).mean()))
print("top_agreement", float((before.argmax(-1) == after.argmax(-1)).double().mean()))
print("mean_delta_p", changes.mean(), "standard_error", changes.std(ddof=1) / len(changes) ** 0.5)
for rank in (1, 5, 25, 50, 75, 95, 99):
    print(f"delta_p_{{rank}}", np.percentile(changes, rank))
'''

_ROUNDING = """\
size_bits, tied = 16 * n_weights, {{}}
for name, module, transposed in matrices(rounded, everything={everything}):
    old = module.weight
    if id(old) in tied:  # a head that is the embedding again
        module.weight = tied[id(old)].weight
        continue
    tied[id(old)] = module
    keep.append(old)
    size_bits += round_module(module, transposed) - 16 * old.numel()"""

_CALIBRATED = """\
calibration_text = {calibration}
calibration_ids = tokenizer(calibration_text, split_special_tokens=True)["input_ids"][:{n_tokens}]


def record(names):
    \"\"\"Run the model, its first layers rounded already, and note what reaches some modules.\"\"\"
    seen, hooks = {{}}, []
    for name in names:

        def note(_, inputs, name=name):
            seen[name] = inputs[0].flatten(0, -2).numpy()

        hooks.append(rounded.get_submodule(name).register_forward_pre_hook(note))
    with torch.inference_mode():
        rounded.base_model(input_ids=torch.tensor([calibration_ids]), use_cache=False)
    for hook in hooks:
        hook.remove()
    return seen


def layer_of(name):
    return next(piece for piece in name.split(".") if piece.isdigit())


size_bits, inputs = 16 * n_weights, {{}}
listed = list(matrices(rounded, everything=False))
for name, module, transposed in listed:
    if name not in inputs:
        inputs = record([one for one, _, _ in listed if layer_of(one) == layer_of(name)])
    size_bits += round_module(module, transposed, inputs[name]) - 16 * module.weight.numel()"""

_KERNELS = {
    "bnb_int8": """\
linear = bitsandbytes.nn.Linear8bitLt(
        old.in_features, old.out_features, bias=old.bias is not None, has_fp16_weights=False,
        threshold=6.0, device="meta",
    )
    linear.weight = bitsandbytes.nn.Int8Params(
        old.weight.clone(), requires_grad=False, has_fp16_weights=False
    )""",
    "bnb_nf4": """\
linear = bitsandbytes.nn.Linear4bit(
        old.in_features, old.out_features, bias=old.bias is not None,
        compute_dtype=torch.float32, quant_type="nf4", device="meta",
    )
    linear.weight = bitsandbytes.nn.Params4bit(
        old.weight.clone(), requires_grad=False, quant_type="nf4"
    )""",
}

_PACKING = """\
import bitsandbytes

size_bits = 16 * n_weights
for name, old, _ in list(matrices(rounded, everything=False)):
    {linear}
    linear.bias = old.bias
    parent, _, child = name.rpartition(".")
    setattr(rounded.get_submodule(parent), child, linear.to("cpu").eval())
    size_bits += round(old.weight.numel() * ({bits} - 16))"""

_LM_YARDSTICK = '''\
tokenizer = PreTrainedTokenizerFast.from_pretrained(source)
text = {text}
ids = torch.tensor([tokenizer(text, split_special_tokens=True)["input_ids"][:{n_tokens}]])


def log_probs(model):
    """Log-probabilities of the next token at each place, in nats."""
    with torch.inference_mode():
        return torch.log_softmax(model(ids).logits[0, :-1], dim=-1)


def damage(model):
    """Mean divergence from the original, in nats per token."""
    return float((before.exp() * (before - log_probs(model))).sum(-1, dtype=float).mean())


model = load()
before = log_probs(model)
'''

_ENCODER_YARDSTICK = '''\
tokenizer = AutoTokenizer.from_pretrained(source)
sentences = {sentences}


def similarities(model):
    """Cosines of all pairs of sentences: mean over the pieces, length 1."""
    batch = tokenizer(sentences, padding=True, truncation=True, max_length={n_pieces},
                      return_tensors="pt")
    with torch.inference_mode():
        seen = model(**batch).last_hidden_state.double()
    is_real = batch["attention_mask"][..., None].double()
    vectors = torch.nn.functional.normalize((seen * is_real).sum(1) / is_real.sum(1), dim=1)
    vectors = vectors.numpy()
    return (vectors @ vectors.T)[np.triu_indices(len(vectors), k=1)]


def damage(model):
    """Mean squared change of a similarity."""
    return float(np.mean((similarities(model) - before) ** 2))


model = load()
before = similarities(model)
'''

_LAYERS = """\
parts = {}
for name, module, transposed in matrices(model):
    pieces = [piece for piece in name.split(".") if piece.isdigit()]
    kind = "attention" if "attn" in name or "attention" in name else "mlp"
    part = f"layer {int(pieces[0]) + 1} {kind}" if pieces else name
    parts.setdefault(part, []).append((module, transposed))
for part, modules in parts.items():
    old = [module.weight for module, _ in modules]
    for module, transposed in modules:
        round_module(module, transposed)
    print(part, damage(model))
    for (module, _), weight in zip(modules, old):
        module.weight = weight
"""


def trial_script(
    text: str, scheme: Scheme, *, scope: str, kernel: str, folder: str, hub_id: str
) -> str:
    """Write the program behind a trial: size, perplexity, divergence, agreement and Δp.

    Args:
        text: What both models read.
        scheme: What rounds the weights.
        scope: "all" or "layers".
        kernel: "bnb_int8" or "bnb_nf4" to let bitsandbytes compute; empty to simulate the scheme.
        folder: The model's folder in the lab's store.
        hub_id: Its repository on the hub.

    Returns:
        A whole Python program.
    """
    from core.quantization import calibration_texts, kernels, trial

    if kernel:
        bits = kernels.KERNELS[kernel].bits
        rounding = _PACKING.format(linear=_KERNELS[kernel], bits=bits)
        title = f"bitsandbytes {kernels.KERNELS[kernel].title}"
    elif scheme.needs_inputs:
        title = scheme.title
        rounding = _CALIBRATED.format(
            calibration=_text("\n".join(calibration_texts.CALIBRATION_TEXTS)),
            n_tokens=trial.MAX_CALIBRATION_TOKENS,
        )
    else:
        rounding = "keep = []\n" + _ROUNDING.format(everything=scope == "all")
        title = scheme.title
    start = _start(
        scheme,
        title=title,
        what="a whole model, beside the original.",
        extra=' "bitsandbytes"' if kernel else "",
        classes="AutoModelForCausalLM, PreTrainedTokenizerFast",
        folder=folder,
        hub_id=hub_id,
    )
    return start + _TRIAL.format(rounding=rounding, text=_text(text))


def layers_script(*, is_encoder: bool, folder: str, hub_id: str, text: str) -> str:
    """Write the program that rounds each part of a model alone and measures the damage.

    Args:
        is_encoder: Whether similarities of sentences are compared instead of next tokens.
        folder: The model's folder in the lab's store.
        hub_id: Its repository on the hub.
        text: What a language model reads.

    Returns:
        A whole Python program.
    """
    from core.quantization import evaluation

    (probe,) = budget.ladder((layer_study.PROBE_BITS,))
    classes = "AutoModel, AutoTokenizer"
    if not is_encoder:
        classes = "AutoModelForCausalLM, PreTrainedTokenizerFast"
    start = _start(
        probe,
        title=probe.title,
        what="one part of a model at a time.",
        extra="",
        classes=classes,
        folder=folder,
        hub_id=hub_id,
    )
    if is_encoder:
        sentences = "".join(f"    {sentence!r},\n" for sentence in similarity.SENTENCES)
        yardstick = _ENCODER_YARDSTICK.format(
            sentences=f"[\n{sentences}]", n_pieces=similarity.MAX_PIECES
        )
    else:
        yardstick = _LM_YARDSTICK.format(text=_text(text), n_tokens=evaluation.SLICE + 1)
    return f"{start}{yardstick}\n{_LAYERS}"


def _start(scheme: Scheme, *, title: str, what: str, classes: str, **rest: str) -> str:
    return _START.format(
        title=title,
        what=what,
        classes=classes,
        auto_class=classes.split(",")[0],
        part=textwrap.indent(_any_shape(scheme), "    "),
        **rest,
    )


def _any_shape(scheme: Scheme) -> str:
    """Write a scheme as code that fits matrices of every shape."""
    code = script_parts.part(scheme, 1, _PLACE)
    # Long encoders come with their number of bits; it depends on the shape.
    counted = _calibrated_bits(scheme) if scheme.needs_inputs else _BITS.get(scheme.name)
    if counted:
        total = schemes.storage_bits(scheme, 1, _PLACE)
        code = code.replace(
            f"n_bits = {total}", f"n_bits = {counted.format(block_size=scheme.block_size)}"
        )
    if scheme.granularity == "tensor":
        return code.replace(str(_PLACE), "weights.size")
    return code.replace(str(_PLACE), "weights.shape[1]")


def _calibrated_bits(scheme: Scheme) -> str:
    bits = int(scheme.bits)
    counted = f"weights.size * {bits} + -(-weights.size // {scheme.block_size}) * "
    counted += str(scheme.scale_bits + bits)
    columns = " + 16 * weights.shape[1]" if scheme.method == "activation_aware" else ""
    return counted + columns


def _text(text: str) -> str:
    """Write a text line by line."""
    lines = "".join(f"    {line!r}\n" for line in text.splitlines(keepends=True))
    return f"(\n{lines})"

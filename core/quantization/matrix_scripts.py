"""The program that stores one matrix of a model in a scheme, and prints the lab's figures."""

from core.model_store import catalog
from core.quantization import calibration_texts, script_parts
from core.quantization.outliers import Edit
from core.quantization.schemes import Scheme

_PROGRAM = '''\
"""{name} of {title} in {scheme}.

pip install "torch" "transformers>=5.5" "numpy"
"""

import os
import pathlib
import sys

import numpy as np
import torch
from transformers import {auto_class}, {tokenizer_class}

# The lab's own copy of the model if it is on this machine, else the one on the hub, whose weights
# can differ in the last digits.
caches = {{"win32": os.environ.get("LOCALAPPDATA", ""), "darwin": "~/Library/Caches"}}.get(
    sys.platform, os.environ.get("XDG_CACHE_HOME") or "~/.cache"
)
home = pathlib.Path(os.environ.get("LLM_LABS_HOME") or f"{{caches}}/llm-labs").expanduser()
stored_at = home / "models" / {model_id!r}
source = stored_at if stored_at.exists() else {hub_id!r}
model = {auto_class}.from_pretrained(source, dtype=torch.float32).eval().requires_grad_(False)
layer = model.get_submodule({name!r})
original = np.ascontiguousarray(layer.weight.numpy(){transposed}[:{max_rows}])  # one row per output
weights = original.copy()
{edit}

def grouped(matrix, size):
    """Lay a matrix out flat, in groups; the last one is filled up with zeros."""
    flat = matrix.reshape(-1)
    return np.pad(flat, (0, -len(flat) % size)).reshape(-1, size)


def back(groups):
    """Lay groups out as the matrix they came from."""
    return groups.reshape(-1)[: weights.size].reshape(weights.shape)


def inverse(scales):
    """1 / scale, and 0 for a scale of 0."""
    with np.errstate(divide="ignore", over="ignore"):
        inverted = np.float32(1) / scales
    return np.where(np.isinf(inverted), np.float32(0), inverted)

{inputs}
{part}

errors = (restored - weights).astype(np.float64)
noise, signal = (errors**2).mean(), (weights.astype(np.float64) ** 2).mean()
print("bits_per_weight", n_bits / weights.size)
print("memory_bytes", n_bits / 8)
print("mse", noise)
print("worst", np.abs(errors).max())
print("snr_db", 10 * np.log10(signal / noise) if noise else np.inf)
print("became_0", (restored[weights != 0] == 0).mean())
row, col = {row}, {col}
print("weight", weights[row, col], "comes back as", restored[row, col])
{others}{output}'''

_EDITS = {
    "keep": "",
    "delete": "weights[{row}, {col}] = 0  # one weight deleted\n",
    "clip": """\
value, weights[{row}, {col}] = weights[{row}, {col}], 0  # one weight clipped to the others
limit = np.abs(weights).max()
weights[{row}, {col}] = np.clip(value, -limit, limit)
""",
}

_OTHERS = """\
errors[row, col] = 0
rest = weights.astype(np.float64)
rest[row, col] = 0
print("others_snr_db", 10 * np.log10((rest**2).mean() / (errors**2).mean()))
"""

_INPUTS = '''
tokenizer = {tokenizer_class}.from_pretrained(source)


def layer_inputs(texts):
    """Run the model on sentences and record what reaches the layer, one row per token."""
    seen = []
    hook = layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    for text in texts:
        encoded = tokenizer(text, return_tensors="pt", truncation=True, max_length=256)
        encoded.pop("token_type_ids", None)
        with torch.inference_mode():
            model(**encoded)
    hook.remove()
    return torch.cat([one.reshape(-1, one.shape[-1]) for one in seen]).numpy()


held_out_texts = {held_out}
'''

_CALIBRATION = """
calibration_texts = {texts}
calibration_inputs = layer_inputs(calibration_texts)
"""

_OUTPUT = """\
inputs = layer_inputs(held_out_texts)
change = np.linalg.norm(inputs @ (restored - original).T)
print("output_error", change / np.linalg.norm(inputs @ original.T))
"""


def matrix_script(
    *,
    model_id: str,
    matrix: str,
    shape: tuple[int, int],
    is_transposed: bool,
    has_inputs: bool,
    scheme: Scheme,
    row: int,
    col: int,
    how: Edit,
) -> str:
    """Write the program behind the figures of one matrix.

    Args:
        model_id: Id in the catalog.
        matrix: Name of the module that holds the matrix.
        shape: Rows and columns that are used.
        is_transposed: Whether the model keeps it with a row per input.
        has_inputs: Whether it is a linear layer, whose outputs can be compared.
        scheme: The scheme.
        row: Row of the weight that is looked at.
        col: Its column.
        how: What is done to that weight first.
    """
    is_encoder = catalog.CATALOG[model_id].kind == "encoder"
    # As the lab loads it: a class of its own for an encoder, the plain file otherwise.
    tokenizer_class = "AutoTokenizer" if is_encoder else "PreTrainedTokenizerFast"
    return _PROGRAM.format(
        name=matrix,
        title=catalog.CATALOG[model_id].title,
        scheme=scheme.title,
        auto_class="AutoModel" if is_encoder else "AutoModelForCausalLM",
        tokenizer_class=tokenizer_class,
        model_id=model_id,
        hub_id=catalog.hub_id(model_id),
        transposed=".T" if is_transposed else "",
        max_rows=shape[0],
        edit=_EDITS[how].format(row=row, col=col),
        inputs=_inputs(scheme, tokenizer_class) if has_inputs else "",
        part=script_parts.part(scheme, *shape),
        row=row,
        col=col,
        others="" if how == "keep" else _OTHERS,
        output=_OUTPUT if has_inputs else "",
    )


def _inputs(scheme: Scheme, tokenizer_class: str) -> str:
    written = _INPUTS.format(
        tokenizer_class=tokenizer_class, held_out=_lines(calibration_texts.HELD_OUT_TEXTS)
    )
    if scheme.needs_inputs:
        written += _CALIBRATION.format(texts=_lines(calibration_texts.CALIBRATION_TEXTS))
    return written


def _lines(texts: tuple[str, ...]) -> str:
    return "[\n" + "".join(f"    {text!r},\n" for text in texts) + "]"

"""Each scheme as a few lines of plain NumPy, for the programs that a reader takes home.

Every part expects ``weights`` and the helpers ``grouped``, ``back`` and ``inverse``, and leaves
``restored`` and ``n_bits``. Schemes whose encoder is long bring the source that ran.
"""

import ast
import inspect
import re
from collections.abc import Iterable
from types import ModuleType

from core.quantization import (
    activation_aware,
    code_books,
    error_feedback,
    groups,
    number_formats,
    q4_k,
    q6_k,
    rounding,
    schemes,
)
from core.quantization.schemes import Scheme

_SIGNED = """\
blocks = grouped(weights, 32)
largest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=1)[:, None], axis=1)[:, 0]
scales = largest / np.float32(-{middle})  # the largest weight becomes integer 0 exactly
codes = np.clip(blocks * inverse(scales)[:, None] + np.float32({middle}.5), 0, {top}).astype(int)
scales = scales.astype(np.float16).astype(np.float32)
restored = back(scales[:, None] * (codes - {middle}).astype(np.float32))
n_bits = len(blocks) * {n_bits}"""

_WITH_MINIMUM = """\
blocks = grouped(weights, 32)
low, high = blocks.min(axis=1), blocks.max(axis=1)
scales = (high - low) / np.float32({top})
codes = np.clip((blocks - low[:, None]) * inverse(scales)[:, None] + np.float32(0.5), 0, {top})
codes = codes.astype(int).astype(np.float32)
scales, low = (x.astype(np.float16).astype(np.float32) for x in (scales, low))
restored = back(scales[:, None] * codes + low[:, None])
n_bits = len(blocks) * {n_bits}"""

_Q8_0 = """\
blocks = grouped(weights, 32)
scales = np.abs(blocks).max(axis=1) / np.float32(127)
steps = blocks * inverse(scales)[:, None]
nearly_half = np.nextafter(np.float32(0.5), np.float32(0))
codes = np.trunc(steps + np.copysign(nearly_half, steps))
restored = back(scales.astype(np.float16).astype(np.float32)[:, None] * codes)
n_bits = len(blocks) * {n_bits}"""

_MXFP4 = """\
blocks = grouped(weights, 32)
levels = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6], np.float32)
largest = np.abs(blocks).max(axis=1)
exponents = np.where(largest > 0, np.maximum(np.frexp(largest)[1] - 3, -127), -127)
scales = np.ldexp(np.float32(1), exponents)
codes = np.searchsorted((levels[1:] + levels[:-1]) / 2, np.abs(blocks) / scales[:, None])
restored = back(np.copysign(levels[codes], blocks) * scales[:, None])
n_bits = len(blocks) * {n_bits}"""

_ABSMAX = """\
groups = grouped(weights, {size})
highest = {highest}
scales = np.abs(groups).max(axis=1) / np.float32(highest)
{half}codes = np.clip(np.rint(groups * inverse(scales)[:, None]), -highest, highest)
restored = back(codes * scales[:, None])
n_bits = weights.size * {bits} + len(groups) * {per_group}"""

_ZERO_POINT = """\
groups = grouped(weights, {size})
highest = {highest}
low, high = np.minimum(groups.min(axis=1), 0), np.maximum(groups.max(axis=1), 0)
scales = (high - low) / np.float32(highest)
{half}zeros = np.clip(np.rint(-low * inverse(scales)), 0, highest)
codes = np.clip(np.rint(groups * inverse(scales)[:, None]) + zeros[:, None], 0, highest)
restored = back((codes - zeros[:, None]) * scales[:, None])
n_bits = weights.size * {bits} + len(groups) * {per_group}"""

_HALF = "scales = np.clip(scales, -65504, 65504).astype(np.float16).astype(np.float32)\n"

_BOOK = """\
groups = grouped(weights, {size})
levels = np.array({levels}, np.float32)
scales = np.abs(groups).max(axis=1)
shares = groups * (np.float32(1) / np.maximum(scales, np.float32(1e-38)))[:, None]
codes = np.searchsorted((levels[1:] + levels[:-1]) / np.float32(2), np.clip(shares, -1, 1))
restored = back(levels[codes] * scales[:, None])
n_bits = weights.size * {bits} + len(groups) * 32"""

_TERNARY = """\
scale = np.abs(weights).mean(dtype=np.float64).astype(np.float32)
restored = np.clip(np.rint(weights * inverse(scale)), -1, 1) * scale
n_bits = -(-weights.size // 5) * 8 + 32  # five weights to a byte"""

_FLOATS = {
    "fp16": "restored = weights.astype(np.float16).astype(np.float32)",
    "bf16": "restored = torch.from_numpy(weights).to(torch.bfloat16).float().numpy()",
}

_FP8 = """\
scale = np.float32(np.abs(weights).max() / np.float64({largest}))  # the largest just fits
scaled = np.clip(weights * inverse(scale), -{largest}, {largest})
restored = torch.from_numpy(scaled).to(torch.{kind}).float().numpy() * scale
n_bits = weights.size * 8 + 32"""

_BUNDLED = {
    "q4_k": "found = groups(*encode(grouped(weights, 256)))",
    "q6_k": "found = groups(*encode(grouped(weights, 256)))",
    "codebook": "found = encode(grouped(weights, {size}), {book!r}, double_quant={double})",
    "error_feedback": """\
grid = nearest(weights, {size}, {bits})
found = encode(weights, grid, bits={bits}, inputs=calibration_inputs)""",
    "activation_aware": """\
aware = encode(weights, lambda scaled: nearest(scaled, {size}, {bits}), inputs=calibration_inputs)
found = aware.groups""",
}

_IMPORTS = """\
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

from numpy.typing import NDArray
"""

_NEAREST = '''\
def nearest(matrix, size, bits):
    """Round to the nearest level, with a scale and a zero point for each block."""
    blocks, highest = grouped(matrix, size), 2**bits - 1
    low, high = np.minimum(blocks.min(axis=1), 0), np.maximum(blocks.max(axis=1), 0)
    scales = to_half((high - low) / np.float32(highest))
    zeros = np.clip(np.rint(-low * inverse(scales)), 0, highest)
    codes = np.clip(np.rint(blocks * inverse(scales)[:, None]) + zeros[:, None], 0, highest)
    return Groups(codes.astype(np.uint8), scales, zeros=zeros)'''


def part(scheme: Scheme, rows: int, cols: int) -> str:
    """Write a scheme as code.

    Args:
        scheme: The scheme.
        rows: Rows of the matrix.
        cols: Its columns.

    Returns:
        Lines that turn ``weights`` into ``restored`` and ``n_bits``.
    """
    n_bits = schemes.storage_bits(scheme, rows, cols)
    if _is_bundled(scheme):
        return _bundled(scheme, n_bits)
    if scheme.family == "gguf":
        return _gguf(scheme)
    if scheme.family == "float":
        return _float(scheme)
    if scheme.family == "ternary":
        return _TERNARY
    size = schemes.group_size(scheme, rows, cols)
    if scheme.family == "codebook":
        levels = sorted(float(level) for level in code_books.BOOKS[scheme.name]())
        return _BOOK.format(size=size, levels=levels, bits=int(scheme.bits))
    bits = int(scheme.bits)
    return (_ABSMAX if scheme.symmetric else _ZERO_POINT).format(
        size=size,
        bits=bits,
        highest=2 ** (bits - 1) - 1 if scheme.symmetric else 2**bits - 1,
        half=_HALF if scheme.scale_bits == 16 else "",
        per_group=scheme.scale_bits + (0 if scheme.symmetric else bits),
    )


def _gguf(scheme: Scheme) -> str:
    n_bits = schemes.storage_bits(scheme, 1, 32)
    if scheme.name in ("q8_0", "mxfp4"):
        return (_Q8_0 if scheme.name == "q8_0" else _MXFP4).format(n_bits=n_bits)
    top = 2 ** int(scheme.bits) - 1
    template = _SIGNED if scheme.name.endswith("_0") else _WITH_MINIMUM
    return template.format(top=top, middle=(top + 1) // 2, n_bits=n_bits)


def _float(scheme: Scheme) -> str:
    if scheme.name in _FLOATS:
        return f"{_FLOATS[scheme.name]}\nn_bits = weights.size * 16"
    kind = {"fp8_e4m3": "float8_e4m3fn", "fp8_e5m2": "float8_e5m2"}[scheme.name]
    return _FP8.format(kind=kind, largest=int(number_formats.FORMATS[kind].largest))


def _is_bundled(scheme: Scheme) -> bool:
    is_long_book = scheme.family == "codebook" and (scheme.double_quant or scheme.bits == 8)
    return scheme.name in _BUNDLED or scheme.needs_inputs or is_long_book


def _bundled(scheme: Scheme, n_bits: int) -> str:
    own: dict[str, list[tuple[ModuleType, Iterable[str] | None]]] = {
        "q4_k": [(q4_k, None)],
        "q6_k": [(q6_k, None)],
        "codebook": [(code_books, None)],
        "error_feedback": [(error_feedback, None)],
        "activation_aware": [(error_feedback, ("check_inputs",)), (activation_aware, None)],
    }
    kind = next(one for one in (scheme.name, scheme.method, scheme.family) if one in own)
    source = [_source(module, names) for module, names in [(groups, None), (rounding, None)]]
    source += [_source(module, names) for module, names in own[kind]]
    if scheme.needs_inputs:
        source.append(_NEAREST)
    call = _BUNDLED[kind].format(
        size=scheme.block_size,
        bits=int(scheme.bits),
        book=scheme.name.removesuffix("_double"),
        double=scheme.double_quant,
    )
    undo = "\nrestored /= aware.column_scales" if kind == "activation_aware" else ""
    return (
        f"# --- the lab's own code, as it ran ---\n{_IMPORTS}\n\n"
        + "\n\n".join(source)
        + f"\n\n\n# --- and its use ---\n{call}\n"
        + f"restored = back(found.decode()){undo}\nn_bits = {n_bits}"
    )


def _source(module: ModuleType, names: Iterable[str] | None) -> str:
    """Return a module's definitions without its imports, calling others without their prefix."""
    text = inspect.getsource(module)
    lines = text.splitlines()
    kept = []
    for node in ast.parse(text).body:
        is_text = isinstance(node, ast.Expr)
        if is_text or isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if names is not None and getattr(node, "name", None) not in names:
            continue
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        kept.append("\n".join(lines[first - 1 : node.end_lineno]))
    prefixes = "|".join(("rounding", "error_feedback"))
    return re.sub(rf"(?<![\w.\"])(?:{prefixes})\.(?=[a-zA-Z_])", "", "\n\n\n".join(kept))

"""The bytes of a block beside its numbers: choose one and see which bits it is made of."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from components.charts import palette
from core.quantization import number_formats
from core.quantization.block_look import BlockLook
from core.quantization.block_map import BlockStory, Role
from core.quantization.gguf_file import GgufFile
from core.quantization.gguf_summary import HEADER_BYTES
from core.quantization.groups import NumberStory

_FOLDER = Path(__file__).parent

_HTML = """
<div class="legend" data-part="legend"></div>
<div class="halves">
  <div class="half">
    <div class="heading" data-part="bytesHeading"></div>
    <div class="bytes" role="grid" aria-label="Bytes" data-part="bytes"></div>
  </div>
  <div class="half" data-part="right">
    <div class="heading" data-part="numbersHeading"></div>
    <div class="numbers" role="grid" aria-label="Numbers" data-part="numbers"></div>
  </div>
</div>
<div class="reading" aria-live="polite" data-part="reading"></div>
"""

_BLOCK_BYTES_VIEW = st.components.v2.component(
    "llm_labs_block_bytes_view",
    html=_HTML,
    css=(_FOLDER / "block_bytes_view.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "block_bytes_view.js").read_text(encoding="utf-8"),
)

_FLOATS = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}
_SCALE, _MINIMUM = palette.SERIES[4], palette.SERIES[3]
_COLOURS: dict[Role | str, str] = {
    "scale": _SCALE,
    "block scale": _SCALE,
    "minimum": _MINIMUM,
    "block minimum": _MINIMUM,
    "exponent": _MINIMUM,
    "sign": palette.NEGATIVE,
    "weight": palette.AFTER,
    "fraction": palette.AFTER,
    "letters": palette.SERIES[5],
    "version": palette.SERIES[4],
    "count": palette.SERIES[3],
    "length": palette.BEFORE,
    "name": palette.AFTER,
    "type": palette.SERIES[4],
    "value": palette.SERIES[6],
}
_WORDS = {
    "scale": "scale (fp16)",
    "minimum": "minimum (fp16)",
    "block scale": "scale of a small block",
    "block minimum": "minimum of a small block",
    "exponent": "exponent",
}


def block_view(look: BlockLook, *, key: str) -> None:
    """Draw a block of a tensor.

    Args:
        look: The block.
        key: Element key, unique in the app.
    """
    story = look.story
    owners: dict[tuple[Role, int], int] = {}
    items = []
    for field in story.fields:
        owners[field.role, field.index] = len(items)
        items.append(_field_item(field.role, field.index, field.story))
    for place, weight in enumerate(story.weights):
        owners["weight", place] = len(items)
        items.append(_weight_item(look, place, weight) | {"uses": _uses(owners, story, place)})

    runs = []
    for run in story.runs:
        # Sign, exponent and fraction of a float are parts of that weight.
        is_part = run.role in ("sign", "fraction") or (run.role, run.index) not in owners
        item = owners["weight" if is_part else run.role, run.index]
        runs.append([item, run.role, run.byte, run.low, run.n_bits])
    place = "made from the weights at byte" if look.is_rewritten else "from byte"
    _draw(
        story.data.tolist(),
        runs,
        items,
        heading=f"{len(story.data)} bytes, {place} {look.start:,} of the file",
        numbers_heading=f"{len(story.weights)} numbers",
        legend=list(dict.fromkeys(run.role for run in story.runs)),
        start=0 if look.is_rewritten else look.start,
        chosen=owners["weight", 0],
        group=_group_size(story),
        key=key,
    )


def header_view(file: GgufFile, *, key: str) -> None:
    """Draw the first bytes of a file: letters, version, counts and the first note.

    Args:
        file: The file.
        key: Element key, unique in the app.
    """
    pieces = [
        (0, 4, "letters", "GGUF", "The four letters that every GGUF file begins with."),
        (4, 8, "version", f"{file.version}", "Version of the format, the lowest byte first."),
        (
            8,
            16,
            "count",
            _counted(len(file.tensors), "tensor"),
            "How many tensors the table lists.",
        ),
        (16, 24, "count", _counted(len(file.metadata), "note"), "How many notes follow."),
    ]
    if file.metadata:
        pieces += _first_note(file)
    items, runs = [], []
    for start, stop, role, value, line in pieces:
        for byte in range(start, stop):
            runs.append([len(items), role, byte, 0, 8])
        items.append({"role": role, "title": value, "lines": [line], "value": None, "shown": ""})
    _draw(
        file.data[: pieces[-1][1]].tolist(),
        runs,
        items,
        heading=f"The first {pieces[-1][1]} bytes",
        numbers_heading="",
        legend=list(dict.fromkeys(piece[2] for piece in pieces)),
        start=0,
        chosen=0,
        group=0,
        key=key,
    )


def _first_note(file: GgufFile) -> list[tuple[int, int, str, str, str]]:
    note = file.metadata[0]
    key_stop = HEADER_BYTES + 8 + len(note.key.encode())
    value_start = key_stop + 4
    # A long value is drawn to 64 bytes.
    value_stop = min(note.stop, value_start + 64)
    return [
        (24, 32, "length", f"{len(note.key.encode())}", "How many letters the first key has."),
        (32, key_stop, "name", note.key, "The key of the first note."),
        (key_stop, value_start, "type", note.type_name, "The type of its value."),
        (value_start, value_stop, "value", _clip(str(note.value)), "Its value."),
    ]


def _draw(
    data: Sequence[int],
    runs: list,
    items: list,
    *,
    heading: str,
    numbers_heading: str,
    legend: list[str],
    start: int,
    chosen: int,
    group: int,
    key: str,
) -> None:
    _BLOCK_BYTES_VIEW(
        key=key,
        data={
            "bytes": data,
            "runs": runs,
            "items": items,
            "heading": heading,
            "numbersHeading": numbers_heading,
            "legend": [[role, _WORDS.get(role, role)] for role in legend],
            "colours": {role: _COLOURS[role] for role in legend},
            "marked": palette.MARKED,
            "positive": palette.POSITIVE,
            "negative": palette.NEGATIVE,
            "start": start,
            "chosen": chosen,
            "group": group,
        },
        height="content",
    )


def _group_size(story: BlockStory) -> int:
    """Weights of a small block, where the scales are quantized too; 0 elsewhere."""
    return {"Q4_K": 32, "Q6_K": 16}.get(story.kind.name, 0)


def _field_item(role: Role, index: int, story: str) -> dict:
    number = f" {index}" if role.startswith("block") else ""
    name = {"block scale": "Scale of small block", "block minimum": "Minimum of small block"}
    title = f"{name.get(role, role.capitalize())}{number}"
    return {"role": role, "title": title, "lines": [story], "value": None, "shown": ""}


def _uses(owners: dict[tuple[Role, int], int], story: BlockStory, place: int) -> list[int]:
    """List the scales and minimums that a weight is made with, besides its own bits."""
    small = place // (_group_size(story) or len(story.weights))
    roles = (("scale", 0), ("minimum", 0), ("exponent", 0))
    inner = (("block scale", small), ("block minimum", small))
    return [owners[one] for one in (*roles, *inner) if one in owners]


def _weight_item(look: BlockLook, place: int, weight: NumberStory) -> dict:
    row, col = look.place(place)
    where = f"row {row:,}, column {col:,}" if len(look.tensor.dims) > 1 else f"place {col:,}"
    lines = [f"stored integer {weight.code:,}", weight.arithmetic]
    if look.story.kind.name in _FLOATS:
        lines = _float_lines(weight.value, look.story.kind.name)
    elif look.story.kind.name == "MXFP4":
        lines[0] += f", which stands for {weight.level:g}"
    if weight.scale_story is not None:
        lines.append(f"its scale: {weight.scale_story.arithmetic}")
    if weight.minimum_story is not None:
        lines.append(f"its minimum: {weight.minimum_story.arithmetic}")
    if look.is_rewritten:
        before = float(look.before[place])
        lines.append(f"in the file: {before:.4g}, off by {abs(weight.value - before):.2g}")
    return {
        "role": "weight",
        "title": f"Weight {place} ({where})",
        "lines": [line.replace("-", "−") for line in lines],
        "value": weight.value if abs(weight.value) < 1e30 else None,
        "shown": _digits(weight.value),
    }


def _float_lines(value: float, type_name: str) -> list[str]:
    """Tell how a float is made of its sign, exponent and fraction.

    Example:
        >>> _float_lines(-0.375, "F16")
        ['-2^-2 × 1.5 = -0.375', 'sign 1, exponent 13 − 15, fraction 512 / 1,024']
    """
    layout = number_formats.FORMATS[_FLOATS[type_name]]
    parts = number_formats.take_apart(value, layout)
    n_marks = 2**layout.fraction_bits
    lines = [
        f"sign {parts.sign}, exponent {parts.exponent} − {layout.bias}, "
        f"fraction {parts.fraction:,} / {n_marks:,}"
    ]
    if parts.kind in ("normal", "subnormal"):
        # Below the smallest exponent there is no leading 1.
        power = max(parts.exponent, 1) - layout.bias
        size = (parts.kind == "normal") + parts.fraction / n_marks
        sign = "-" if parts.sign else ""
        return [f"{sign}2^{power} × {size:.8g} = {value:.8g}", *lines]
    return [f"{value:g}", *lines]


def _digits(value: float) -> str:
    """Print a weight in few characters.

    Example:
        >>> _digits(-0.03127), _digits(0.0), _digits(1e-5), _digits(12.25)
        ('−0.0313', '0', '1.0e−05', '12.2')
    """
    if value == 0:
        return "0"
    layout = ".1e" if abs(value) < 5e-4 else ".4f" if abs(value) < 1 else ".3g"
    return f"{value:{layout}}".replace("-", "−")


def _clip(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"

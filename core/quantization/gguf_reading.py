"""Read a GGUF file without trusting it.

Every count, length and offset is compared with what is left of the file before anything is
allocated or skipped, so the work is bounded by the size of the file and not by what it claims.

Source: the GGUF specification, github.com/ggml-org/ggml, docs/gguf.md.
"""

import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.quantization.gguf_file import (
    ARRAY,
    DEFAULT_ALIGNMENT,
    MAGIC,
    STRING,
    VALUE_TYPES,
    Entry,
    GgufError,
    GgufFile,
    Sequence,
    Tensor,
)
from core.quantization.gguf_types import TYPES

VERSIONS = (2, 3)
MAX_DIMS = 4
MAX_DEPTH = 3
"""How often a list may stand in a list."""

MAX_NAME_BYTES = 1_024
MAX_ALIGNMENT = 1 << 16
MAX_ENTRIES = MAX_TENSORS = 20_000
"""Far more than any model has; a file of many megabytes could claim, and hold, millions."""

MAX_STRINGS, MAX_LISTS = 1_000_000, 10_000
"""Items of a list that have to be walked over one by one."""

MAX_TENSOR_BYTES = 1 << 50
"""A petabyte: only a damaged or hostile file claims more."""

N_KEPT = 64
"""Items of a list that are kept to be shown."""

_LEAST_ENTRY_BYTES = 8 + 1 + 4 + 1
_LEAST_TENSOR_BYTES = 8 + 1 + 4 + 8 + 4 + 8


def open_file(path: Path) -> GgufFile:
    """Read a file on disk; its tensors are not loaded but mapped.

    Raises:
        GgufError: If it is no GGUF file that can be read here.
        OSError: If it cannot be opened.
    """
    if path.stat().st_size == 0:
        raise GgufError("The file is empty.")
    return read(np.memmap(path, np.uint8, "r"))


def read(data: bytes | NDArray[np.uint8], *, may_be_cut: bool = False) -> GgufFile:
    """Read header, metadata and the table of tensors.

    Args:
        data: The whole file.
        may_be_cut: Accept a file that ends within the data of its tensors, such as the first
            megabytes of a large one; what is missing is marked in the table.

    Returns:
        What is in the file. The tensors are views of ``data``.

    Raises:
        GgufError: If the file is not GGUF, is older than version 2 or big-endian, contradicts
            itself, or ends too early. The message says where.

    Example:
        >>> empty = b"GGUF" + struct.pack("<IQQ", 3, 0, 0)
        >>> read(empty).version, read(empty).tensors
        (3, ())
    """
    array = np.frombuffer(data, np.uint8) if isinstance(data, bytes | bytearray) else data
    cursor = _Cursor(array)
    if cursor.take(4) != MAGIC:
        raise GgufError(f"A GGUF file begins with the letters GGUF, this one with {_shown(array)}.")
    version = _version(cursor.number("<I"))
    n_tensors, n_entries = cursor.number("<Q"), cursor.number("<Q")
    cursor.check_count(n_entries, _LEAST_ENTRY_BYTES, MAX_ENTRIES, "entries of metadata")

    metadata = _metadata(cursor, n_entries)
    alignment = _alignment(metadata)
    table_start = cursor.place
    cursor.check_count(n_tensors, _LEAST_TENSOR_BYTES, MAX_TENSORS, "tensors")
    lines = [_tensor_line(cursor) for _ in range(n_tensors)]

    data_start = -(-cursor.place // alignment) * alignment
    tensors = tuple(
        _placed(line, data_start, alignment, cursor.n_bytes, may_be_cut) for line in lines
    )
    _check_names_and_places(tensors)
    return GgufFile(
        version, alignment, tuple(metadata), tensors, table_start, data_start, cursor.array
    )


class _Cursor:
    """A place in the file that can only move forward, and never past the end."""

    def __init__(self, array: NDArray[np.uint8]) -> None:
        self.array = array
        self.place = 0
        self._view = memoryview(array)

    @property
    def n_bytes(self) -> int:
        return len(self.array)

    @property
    def n_left(self) -> int:
        return len(self.array) - self.place

    def take(self, n_bytes: int) -> bytes:
        start = self.place
        self.skip(n_bytes, "bytes")
        return bytes(self._view[start : self.place])

    def skip(self, n_bytes: int, what: str) -> None:
        if n_bytes > self.n_left:
            raise GgufError(
                f"At byte {self.place:,} the file claims {n_bytes:,} {what}, but only "
                f"{self.n_left:,} bytes are left."
            )
        self.place += n_bytes

    def number(self, layout: str) -> int | float | bool:
        start = self.place
        self.skip(struct.calcsize(layout), "bytes of a number")
        return struct.unpack_from(layout, self._view, start)[0]

    def check_count(self, count: int, least_bytes: int, most: int, what: str) -> None:
        if count * least_bytes > self.n_left:
            raise GgufError(
                f"At byte {self.place:,} the file claims {count:,} {what}, which cannot fit into "
                f"the {self.n_left:,} bytes that are left."
            )
        if count > most:
            raise GgufError(f"{count:,} {what} are too many: at most {most:,} are read.")

    def string(self) -> str:
        return self.take(self.number("<Q")).decode("utf-8", errors="replace")

    def skip_strings(self, count: int) -> None:
        # A vocabulary has a hundred thousand of them: one short loop instead of three calls each.
        place, end, length_at = self.place, self.n_bytes, struct.Struct("<Q").unpack_from
        for _ in range(count):
            if place + 8 > end:
                break
            place += 8 + length_at(self._view, place)[0]
        else:
            if place <= end:
                self.place = place
                return
        raise GgufError(f"A list of texts goes on past the end of the file, byte {end:,}.")

    def name(self, what: str) -> str:
        length = self.number("<Q")
        if not 1 <= length <= MAX_NAME_BYTES:
            raise GgufError(f"At byte {self.place - 8:,} {what} has a name of {length:,} bytes.")
        return self.take(length).decode("utf-8", errors="replace")


def _version(number: int) -> int:
    if number in VERSIONS:
        return number
    if int.from_bytes(number.to_bytes(4, "little"), "big") in (1, *VERSIONS):
        raise GgufError("The file is big-endian. Only little-endian files are read here.")
    raise GgufError(f"The file has GGUF version {number}. Versions 2 and 3 are read here.")


def _metadata(cursor: _Cursor, n_entries: int) -> list[Entry]:
    entries, seen = [], set()
    for _ in range(n_entries):
        start = cursor.place
        key = cursor.name("an entry of the metadata")
        if key in seen:
            raise GgufError(f"The metadata have {key[:80]!r} twice.")
        seen.add(key)
        type_name, value = _value(cursor, cursor.number("<I"), depth=0)
        entries.append(Entry(key, type_name, value, start, cursor.place))
    return entries


def _value(cursor: _Cursor, number: int, *, depth: int) -> tuple[str, object]:
    """Read one value of the metadata; name of its type and the value."""
    if number == STRING:
        return "string", cursor.string()
    if number == ARRAY:
        return _sequence(cursor, depth)
    if number not in VALUE_TYPES:
        raise GgufError(f"At byte {cursor.place:,} a value has the unknown type {number}.")
    name, numpy_name = VALUE_TYPES[number]
    return name, np.frombuffer(cursor.take(np.dtype(numpy_name).itemsize), numpy_name)[0].item()


def _sequence(cursor: _Cursor, depth: int) -> tuple[str, Sequence]:
    if depth >= MAX_DEPTH:
        raise GgufError(f"At byte {cursor.place:,} lists are nested more than {MAX_DEPTH} deep.")
    number, n_items = cursor.number("<I"), cursor.number("<Q")
    if number in VALUE_TYPES:
        name, numpy_name = VALUE_TYPES[number]
        item_bytes = np.dtype(numpy_name).itemsize
        start = cursor.place
        cursor.skip(n_items * item_bytes, "bytes of a list")
        kept = cursor.array[start : start + min(n_items, N_KEPT) * item_bytes]
        first = tuple(np.frombuffer(kept.tobytes(), numpy_name).tolist())
        return f"list of {name}", Sequence(name, n_items, first)

    # An empty string takes 8 bytes, an empty list 12.
    least_bytes, most = (8, MAX_STRINGS) if number == STRING else (12, MAX_LISTS)
    cursor.check_count(n_items, least_bytes, most, "items of a list")
    first, name = [], "list"
    if number == STRING:
        first = [cursor.string() for _ in range(min(n_items, N_KEPT))]
        cursor.skip_strings(n_items - len(first))
        return "list of string", Sequence("string", n_items, tuple(first))
    for place in range(n_items):
        name, item = _value(cursor, number, depth=depth + 1)
        if place < N_KEPT:
            first.append(item)
    return f"list of {name}", Sequence(name, n_items, tuple(first))


def _alignment(metadata: list[Entry]) -> int:
    for entry in metadata:
        if entry.key == "general.alignment":
            value = entry.value
            is_usable = entry.type_name == "u32" and 1 <= value <= MAX_ALIGNMENT
            if not is_usable or value & (value - 1):
                raise GgufError(f"The alignment must be a power of two, not {str(value)[:40]}.")
            return value
    return DEFAULT_ALIGNMENT


def _tensor_line(cursor: _Cursor) -> tuple:
    """Read one line of the table: name, sizes, type, offset, and where the line is."""
    start = cursor.place
    name = cursor.name("a tensor")
    n_dims = cursor.number("<I")
    if not 1 <= n_dims <= MAX_DIMS:
        raise GgufError(f"Tensor {name[:80]!r} has {n_dims:,} dimensions.")
    dims = tuple(cursor.number("<Q") for _ in range(n_dims))
    number, offset = cursor.number("<I"), cursor.number("<Q")
    if number not in TYPES:
        raise GgufError(f"Tensor {name[:80]!r} has the unknown type {number}.")
    return name, dims, TYPES[number], offset, start, cursor.place


def _placed(line: tuple, data_start: int, alignment: int, n_bytes: int, may_be_cut: bool) -> Tensor:
    """Check sizes and place of a tensor. Python's integers do not wrap."""
    name, dims, kind, offset, start, stop = line
    n_weights = 1
    for size in dims:
        n_weights *= size
    if not n_weights or dims[0] % kind.n_weights:
        raise GgufError(f"Tensor {name[:80]!r} of {dims} is no whole blocks of {kind.n_weights}.")
    size = n_weights // kind.n_weights * kind.n_bytes
    if max(size, offset) > MAX_TENSOR_BYTES:
        raise GgufError(f"Tensor {name[:80]!r} of {size:,} bytes at {offset:,} cannot exist.")
    if offset % alignment:
        raise GgufError(f"Tensor {name[:80]!r} begins at {offset:,}, no multiple of {alignment}.")
    is_cut = data_start + offset + size > n_bytes
    if is_cut and not may_be_cut:
        raise GgufError(
            f"Tensor {name[:80]!r} should end at byte {data_start + offset + size:,}, but the "
            f"file has only {n_bytes:,}."
        )
    return Tensor(name, dims, kind, data_start + offset, size, start, stop, is_cut)


def _check_names_and_places(tensors: tuple[Tensor, ...]) -> None:
    if len({tensor.name for tensor in tensors}) < len(tensors):
        raise GgufError("Two tensors have the same name.")
    in_order = sorted(tensors, key=lambda tensor: tensor.start)
    for before, after in pairwise(in_order):
        if before.start + before.n_bytes > after.start:
            raise GgufError(
                f"Tensors {before.name[:80]!r} and {after.name[:80]!r} share some bytes."
            )


def _shown(array: NDArray[np.uint8]) -> str:
    return repr(array[:4].tobytes())

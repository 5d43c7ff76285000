"""Write a GGUF file that llama.cpp, the official reader and transformers open."""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from core.quantization import gguf_types
from core.quantization.gguf_file import ARRAY, DEFAULT_ALIGNMENT, MAGIC, STRING, VALUE_TYPES
from core.quantization.gguf_types import TensorType

VERSION = 3
_NUMBERS = {name: (number, numpy_name) for number, (name, numpy_name) in VALUE_TYPES.items()}


@dataclass(frozen=True)
class PlannedTensor:
    """A tensor that is to be written; its numbers are asked for when its turn comes."""

    name: str
    shape: tuple[int, ...]
    """As in NumPy and torch: (rows, cols) for a matrix."""

    kind: TensorType
    numbers: Callable[[], NDArray[np.float32]]
    """Returns the weights, in ``shape``."""

    @property
    def n_bytes(self) -> int:
        """Bytes of its data."""
        return int(np.prod(self.shape)) // self.kind.n_weights * self.kind.n_bytes


def entry(key: str, value: object, type_name: str = "") -> bytes:
    """Write one entry of the metadata.

    Args:
        key: Its name, such as "llama.block_count".
        value: A string, a number, a truth value, or a list of one of them.
        type_name: Type of a number, or of the numbers of a list: "u32", "f32" and so on.

    Raises:
        ValueError: If a number comes without its type.

    Example:
        >>> entry("a", "hi").hex(" ")
        '01 00 00 00 00 00 00 00 61 08 00 00 00 02 00 00 00 00 00 00 00 68 69'
    """
    number, data = _value(value, type_name)
    return _string(key) + struct.pack("<I", number) + data


def write(
    file: BinaryIO, entries: Sequence[bytes], tensors: Sequence[PlannedTensor]
) -> Iterator[PlannedTensor]:
    """Write header, metadata, table and, one after the other, the tensors.

    Args:
        file: Opened for writing; only ever appended to.
        entries: From ``entry``.
        tensors: In the order of the file.

    Yields:
        Each tensor after it was written.

    Raises:
        ValueError: If a row of a tensor is no whole number of its type's blocks, or its numbers
            do not have the shape that was promised.
    """
    head = MAGIC + struct.pack("<IQQ", VERSION, len(tensors), len(entries)) + b"".join(entries)
    offset = 0
    for tensor in tensors:
        _check_shape(tensor.name, tensor.shape, tensor.kind)
        sizes = struct.pack(f"<{len(tensor.shape)}Q", *tensor.shape[::-1])
        line = struct.pack("<I", len(tensor.shape)) + sizes
        head += _string(tensor.name) + line + struct.pack("<IQ", tensor.kind.number, offset)
        offset += tensor.n_bytes + _filling(tensor.n_bytes)
    file.write(head + bytes(_filling(len(head))))

    for tensor in tensors:
        numbers = tensor.numbers()
        if numbers.shape != tensor.shape:
            raise ValueError(f"{tensor.name} has shape {numbers.shape}, not {tensor.shape}.")
        file.write(gguf_types.to_bytes(numbers, tensor.kind).data)
        file.write(bytes(_filling(tensor.n_bytes)))
        yield tensor


def _check_shape(name: str, shape: tuple[int, ...], kind: TensorType) -> None:
    if not 1 <= len(shape) <= 4 or shape[-1] % kind.n_weights:
        raise ValueError(f"{name} of {shape} is no whole number of {kind.name} blocks.")


def _filling(n_bytes: int) -> int:
    return -n_bytes % DEFAULT_ALIGNMENT


def _string(text: str) -> bytes:
    data = text.encode("utf-8", errors="surrogatepass")
    return struct.pack("<Q", len(data)) + data


def _value(value: object, type_name: str) -> tuple[int, bytes]:
    if isinstance(value, str):
        return STRING, _string(value)
    if isinstance(value, bool):
        return 7, struct.pack("<?", value)
    if isinstance(value, list | tuple | np.ndarray):
        return ARRAY, _list(value, type_name)
    if type_name not in _NUMBERS:
        raise ValueError(f"{value!r} needs a type, such as u32.")
    number, numpy_name = _NUMBERS[type_name]
    return number, np.array(value, numpy_name).tobytes()


def _list(values: Sequence, type_name: str) -> bytes:
    if len(values) and isinstance(values[0], str):
        start = struct.pack("<IQ", STRING, len(values))
        return start + b"".join(_string(text) for text in values)
    if type_name not in _NUMBERS:
        raise ValueError("A list of numbers needs their type, such as u32.")
    number, numpy_name = _NUMBERS[type_name]
    return struct.pack("<IQ", number, len(values)) + np.array(values, numpy_name).tobytes()

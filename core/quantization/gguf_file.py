"""What is in a GGUF file: a header, notes about the model, a table of tensors, and their bytes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.quantization import gguf_types
from core.quantization.gguf_types import TensorType

MAGIC = b"GGUF"
DEFAULT_ALIGNMENT = 32

VALUE_TYPES = {
    0: ("u8", "<u1"),
    1: ("i8", "<i1"),
    2: ("u16", "<u2"),
    3: ("i16", "<i2"),
    4: ("u32", "<u4"),
    5: ("i32", "<i4"),
    6: ("f32", "<f4"),
    7: ("bool", "?"),
    10: ("u64", "<u8"),
    11: ("i64", "<i8"),
    12: ("f64", "<f8"),
}
"""Numbers in the metadata: how the file names the type → name for a person, NumPy's name."""

STRING, ARRAY = 8, 9


class GgufError(ValueError):
    """A file is no GGUF file that can be read here; the message says why."""


@dataclass(frozen=True)
class Sequence:
    """A list in the metadata; only its beginning is kept."""

    element_type: str
    """Such as "string" or "u32"."""

    n_items: int
    first: tuple
    """The first items."""


@dataclass(frozen=True)
class Entry:
    """One key of the metadata and its value."""

    key: str
    type_name: str
    value: "int | float | bool | str | Sequence"
    start: int
    """First byte of the entry in the file."""

    stop: int
    """First byte after it."""


@dataclass(frozen=True)
class Tensor:
    """One line of the table of tensors."""

    name: str
    dims: tuple[int, ...]
    """Sizes as the file has them: the fastest first, so (cols, rows) for a matrix."""

    kind: TensorType
    start: int
    """First byte of its data in the file."""

    n_bytes: int
    entry_start: int
    """First byte of its line in the table."""

    entry_stop: int
    """First byte after the line."""

    is_cut: bool = False
    """Whether the file ends before the data does."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes as NumPy and torch have them: (rows, cols) for a matrix."""
        return self.dims[::-1]

    @property
    def n_weights(self) -> int:
        """Number of weights."""
        total = 1
        for size in self.dims:
            total *= size
        return total

    @property
    def n_blocks(self) -> int:
        """Number of blocks; of weights, where there are no blocks."""
        return self.n_weights // self.kind.n_weights


@dataclass(frozen=True, eq=False)
class GgufFile:
    """A file that was read. Tensors stay where they are until they are asked for."""

    version: int
    alignment: int
    """Every tensor begins at a multiple of this, from ``data_start``."""

    metadata: tuple[Entry, ...]
    tensors: tuple[Tensor, ...]
    table_start: int
    """First byte of the table of tensors."""

    data_start: int
    """First byte of the data of tensors."""

    data: NDArray[np.uint8]
    """The whole file, shape (n_bytes,); a view, not a copy."""

    @property
    def n_bytes(self) -> int:
        """Size of the file."""
        return len(self.data)

    def find(self, name: str) -> Tensor:
        """Return a tensor by name.

        Raises:
            KeyError: If the file has none of that name.
        """
        for tensor in self.tensors:
            if tensor.name == name:
                return tensor
        raise KeyError(f"The file has no tensor {name!r}.")

    def value(self, key: str) -> "int | float | bool | str | Sequence | None":
        """Return a value of the metadata, None if the key is missing."""
        return next((entry.value for entry in self.metadata if entry.key == key), None)

    def packed(self, tensor: Tensor, first: int = 0, n_blocks: int | None = None) -> NDArray:
        """Return blocks of a tensor as bytes, shape (n_blocks, bytes per block).

        Args:
            tensor: One of this file.
            first: Number of the first block.
            n_blocks: How many; None takes all that follow.

        Raises:
            IndexError: If the tensor has no such blocks, or they are cut off.
        """
        wanted = tensor.n_blocks - first if n_blocks is None else n_blocks
        size = tensor.kind.n_bytes
        start = tensor.start + first * size
        stop = start + wanted * size
        if first < 0 or wanted < 0 or first + wanted > tensor.n_blocks or stop > self.n_bytes:
            raise IndexError(f"{tensor.name} has no blocks {first} to {first + wanted - 1} here.")
        return self.data[start:stop].reshape(wanted, size)

    def numbers(self, name: str) -> NDArray[np.float32]:
        """Turn a whole tensor into numbers, in its shape.

        Raises:
            KeyError: If the file has no such tensor.
            ValueError: If its type cannot be read here.
        """
        tensor = self.find(name)
        return gguf_types.to_numbers(self.packed(tensor), tensor.kind).reshape(tensor.shape)

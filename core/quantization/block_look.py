"""One block of a tensor, as it lies in the file or as another type would have written it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.quantization import block_map, gguf_types
from core.quantization.block_map import BlockStory
from core.quantization.gguf_file import GgufFile, Tensor
from core.quantization.gguf_types import TensorType


@dataclass(frozen=True, eq=False)
class BlockLook:
    """A block, taken apart, and the numbers the file has in that place."""

    tensor: Tensor
    index: int
    """Number of the block in the tensor, in blocks as the file has them."""

    first: int
    """Place of the block's first weight when the tensor is laid out flat."""

    story: BlockStory
    before: NDArray[np.float32]
    """The file's numbers in that place, shape (n,)."""

    is_rewritten: bool
    """Whether the block was written anew in another type."""

    start: int
    """First byte of the block in the file; of the weights it was made from, if rewritten."""

    @property
    def numbers(self) -> NDArray[np.float32]:
        """The block's numbers, shape (n,)."""
        return np.array([weight.value for weight in self.story.weights], np.float32)

    @property
    def n_changed(self) -> int:
        """Numbers that are not those of the file."""
        return int((self.numbers != self.before).sum())

    @property
    def largest_change(self) -> float:
        """Largest distance to a number of the file."""
        with np.errstate(invalid="ignore"):
            return float(np.abs(self.numbers - self.before).max())

    def place(self, weight: int) -> tuple[int, int]:
        """Return row and column of a weight of the block; row 0 for a tensor of one dimension.

        Example: in a matrix of 576 columns, flat place 600 is row 1, column 24.
        """
        return divmod(self.first + weight, self.tensor.dims[0])


def n_looks(file: GgufFile, tensor: Tensor) -> int:
    """Count the blocks that can be looked at; groups of weights where there are no blocks.

    Of a tensor that is cut off only what is there counts.
    """
    there = max(0, file.n_bytes - tensor.start) // tensor.kind.n_bytes
    return -(-min(tensor.n_blocks, there) // block_map.n_shown(tensor.kind))


def look(file: GgufFile, name: str, index: int, *, written_as: str = "") -> BlockLook:
    """Take a block of a tensor apart.

    Args:
        file: The file.
        name: Name of the tensor.
        index: Number of the block, 0 to ``n_looks`` − 1.
        written_as: A type to write the same weights in; empty takes the bytes of the file.

    Returns:
        The block. A type with larger blocks begins where one of its blocks would begin.

    Raises:
        KeyError: If the file has no such tensor, or there is no such type.
        IndexError: If the tensor has no such block, or it is cut off.
        ValueError: If the type of the tensor cannot be read, the tensor is too small for a block
            of the other type, or a number is not finite.
    """
    tensor = file.find(name)
    shown = block_map.n_shown(tensor.kind)
    start = index * shown
    if not written_as:
        there = max(0, file.n_bytes - tensor.start) // tensor.kind.n_bytes
        packed = file.packed(tensor, start, min(shown, min(tensor.n_blocks, there) - start))
        story = block_map.tell(packed, tensor.kind)
        numbers = gguf_types.to_numbers(packed, tensor.kind)
        first = start * tensor.kind.n_weights
        return BlockLook(tensor, index, first, story, numbers, False, _byte(tensor, first))

    kind = gguf_types.BY_NAME[written_as]
    n_weights = block_map.n_shown(kind) * kind.n_weights
    if tensor.n_weights < n_weights:
        raise ValueError(
            f"{name} has {tensor.n_weights:,} weights, and a block of {kind.name} takes "
            f"{n_weights:,}."
        )
    first = start * tensor.kind.n_weights // n_weights * n_weights
    first = min(first, tensor.n_weights - n_weights)
    numbers = _numbers(file, tensor, first, n_weights)
    if not np.isfinite(numbers).all():
        raise ValueError(f"A number of {name} is infinite or no number, and has no nearest level.")
    packed = gguf_types.to_bytes(numbers, kind).reshape(-1, kind.n_bytes)
    story = block_map.tell(packed, kind)
    return BlockLook(tensor, index, first, story, numbers, True, _byte(tensor, first))


def _byte(tensor: Tensor, weight: int) -> int:
    return tensor.start + weight // tensor.kind.n_weights * tensor.kind.n_bytes


def _numbers(file: GgufFile, tensor: Tensor, first: int, n_weights: int) -> NDArray[np.float32]:
    """Read some weights, whatever blocks they lie in."""
    kind: TensorType = tensor.kind
    first_block = first // kind.n_weights
    last_block = (first + n_weights - 1) // kind.n_weights
    packed = file.packed(tensor, first_block, last_block - first_block + 1)
    skipped = first - first_block * kind.n_weights
    return gguf_types.to_numbers(packed, kind)[skipped : skipped + n_weights]

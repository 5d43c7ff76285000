"""Three levels: every weight becomes −1, 0 or +1 times one scale."""

import numpy as np
from numpy.typing import NDArray

from core.quantization import uniform
from core.quantization.groups import Groups

PER_BYTE = 5
"""Three to the fifth is 243: five such weights fit in a byte of 256 patterns."""


def encode(groups: NDArray[np.float32]) -> Groups:
    """Round to −1, 0 and +1 times the mean magnitude (absmean).

    Networks trained with such weights from the start do well; one that was trained with floats
    and rounded afterwards does not.

    Args:
        groups: Weights that share a scale, shape (n_groups, group_size).

    Returns:
        The integers and scales.

    Source:
        Ma et al. 2024, "The era of 1-bit LLMs: all large language models are in 1.58 bits",
        section 2.

    Example:
        >>> stored = encode(np.array([[0.9, -0.1, -2.0, 1.0]], np.float32))
        >>> stored.codes.tolist(), stored.scales.tolist()
        ([[1, 0, -1, 1]], [1.0])
    """
    scales = np.abs(groups).mean(axis=1, dtype=np.float64).astype(np.float32)
    return Groups(uniform.round_to_grid(groups, scales, None, -1, 1), scales)


def packed_bits(n_weights: int) -> int:
    """Count the bits that ternary weights take, five to a byte.

    Example:
        >>> packed_bits(11)
        24
    """
    return -(-n_weights // PER_BYTE) * 8


def pack(codes: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Write five weights into each byte, as the digits of a number in base three.

    Args:
        codes: −1, 0 and +1, any shape; laid out flat.

    Returns:
        Bytes; the last is filled up with zeros.

    Example:
        >>> pack(np.array([1, 0, -1], np.int8)).tolist()  # 2 + 1·3 + 0·9 + 1·27 + 1·81
        [113]
    """
    digits = np.zeros(-(-codes.size // PER_BYTE) * PER_BYTE, np.uint8) + np.uint8(1)
    digits[: codes.size] = codes.ravel() + 1
    powers = 3 ** np.arange(PER_BYTE)
    return (digits.reshape(-1, PER_BYTE) @ powers).astype(np.uint8)


def unpack(packed: NDArray[np.uint8], n_weights: int) -> NDArray[np.int8]:
    """Read weights from bytes; the opposite of ``pack``.

    Example:
        >>> unpack(np.array([113], np.uint8), 3).tolist()
        [1, 0, -1]
    """
    digits = packed[:, None] // 3 ** np.arange(PER_BYTE) % 3
    return (digits.reshape(-1)[:n_weights] - 1).astype(np.int8)

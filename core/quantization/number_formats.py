"""How a computer writes a number: sign, exponent and fraction, in five formats.

A floating-point number is a ruler whose marks lie closer together near zero. The exponent says
which stretch of the ruler, the fraction which mark on it. Fewer fraction bits: fewer marks. Fewer
exponent bits: a shorter ruler.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class NumberFormat:
    """A floating-point format.

    Attributes:
        name: Short name, as in torch.
        title: Name for the reader.
        exponent_bits: Bits that choose the stretch of the ruler.
        fraction_bits: Bits that choose the mark on it.
        has_infinity: Whether the largest exponent is kept for infinity and "not a number". e4m3
            gives it up and uses it for ordinary numbers; what is too large becomes the largest.
    """

    name: str
    title: str
    exponent_bits: int
    fraction_bits: int
    has_infinity: bool = True

    @property
    def n_bits(self) -> int:
        """Bits of one number, the sign included."""
        return 1 + self.exponent_bits + self.fraction_bits

    @property
    def bias(self) -> int:
        """What is subtracted from the stored exponent, so that small numbers can be written."""
        return 2 ** (self.exponent_bits - 1) - 1

    @property
    def smallest_exponent(self) -> int:
        """Power of two of the lowest stretch; below it the marks are evenly spaced down to 0."""
        return 1 - self.bias

    @property
    def largest_code(self) -> int:
        """Bits of the largest finite number, without the sign."""
        if self.has_infinity:
            return ((2**self.exponent_bits - 1) << self.fraction_bits) - 1
        return 2 ** (self.n_bits - 1) - 2

    @property
    def largest(self) -> float:
        """Largest finite number."""
        return float(decode([self.largest_code], self)[0])

    @property
    def smallest(self) -> float:
        """Smallest number above 0."""
        return float(decode([1], self)[0])


FORMATS: dict[str, NumberFormat] = {
    one.name: one
    for one in (
        NumberFormat("float32", "fp32", 8, 23),
        NumberFormat("float16", "fp16", 5, 10),
        NumberFormat("bfloat16", "bf16", 8, 7),
        NumberFormat("float8_e4m3fn", "fp8 e4m3", 4, 3, has_infinity=False),
        NumberFormat("float8_e5m2", "fp8 e5m2", 5, 2),
    )
}
"""The formats of the lab by torch's name, widest first."""


@dataclass(frozen=True, eq=False)
class Dissection:
    """One number taken apart in one format."""

    format: NumberFormat
    code: int
    """All bits, read as one whole number."""

    sign: int
    """0 or 1."""

    exponent: int
    """The exponent bits as a whole number, before the bias is subtracted."""

    fraction: int
    """The fraction bits as a whole number."""

    wanted: float
    """The number one wanted to write."""

    stored: float
    """The number that was written."""

    gap: float
    """Distance to the next mark away from zero; not a number at the end of the ruler."""

    @property
    def bits(self) -> str:
        """The bits, sign first."""
        return format(self.code, f"0{self.format.n_bits}b")

    @property
    def kind(self) -> str:
        """One of "zero", "subnormal", "normal", "infinity", "not a number"."""
        if np.isnan(self.stored):
            return "not a number"
        if np.isinf(self.stored):
            return "infinity"
        if self.stored == 0:
            return "zero"
        return "subnormal" if self.exponent == 0 else "normal"

    @property
    def error(self) -> float:
        """Stored minus wanted."""
        return self.stored - self.wanted


def encode(values: ArrayLike, into: NumberFormat) -> NDArray[np.uint32]:
    """Write numbers in a format: each takes the nearest mark, a tie the even one.

    Args:
        values: Any numbers, shape (...).
        into: The format.

    Returns:
        The bits of each, read as a whole number, same shape.

    Source: IEEE 754-2019, 4.3.1; for the 8-bit formats Micikevicius et al. 2022, FP8 Formats for
    Deep Learning, section 3. Like torch, e4m3 writes what is too large as its largest number.

    Example:
        >>> encode([1.0, -2.0, 15.234], FORMATS["float8_e4m3fn"]).tolist()
        [56, 192, 87]
    """
    numbers = np.asarray(values, dtype=np.float64)
    size = np.abs(np.nan_to_num(numbers, nan=0.0, posinf=np.inf, neginf=-np.inf))
    finite = np.where(np.isinf(size), 0.0, size)

    # frexp gives a fraction in [1/2, 1), so the exponent of the leading bit is one less.
    leading = np.where(finite > 0, np.frexp(finite)[1] - 1, into.smallest_exponent)
    exponent = np.maximum(leading, into.smallest_exponent)
    marks = np.rint(np.ldexp(finite, into.fraction_bits - exponent)).astype(np.int64)

    # The leading bit of a normal number is not stored: adding it to the exponent instead raises
    # that by one, which is what sets normal numbers apart, and carries when rounding reaches 2.
    code = ((exponent - into.smallest_exponent).astype(np.int64) << into.fraction_bits) + marks
    too_large = (code > into.largest_code) | np.isinf(size)
    code = np.where(too_large, into.largest_code + int(into.has_infinity), code)
    code = np.where(np.isnan(numbers), 2 ** (into.n_bits - 1) - 1, code)
    sign = np.signbit(numbers).astype(np.int64) << (into.n_bits - 1)
    return (sign | code).astype(np.uint32)


def decode(codes: ArrayLike, written_in: NumberFormat) -> NDArray[np.float64]:
    """Read numbers from their bits: (−1)^sign · 2^(exponent − bias) · (1 + fraction).

    Args:
        codes: The bits of each number, read as a whole number, shape (...).
        written_in: The format.

    Returns:
        The numbers, same shape; float64 holds every number of every format here.

    Raises:
        ValueError: If a code has more bits than the format.

    Example:
        >>> decode([56, 192, 87], FORMATS["float8_e4m3fn"]).tolist()
        [1.0, -2.0, 15.0]
    """
    code = np.asarray(codes, dtype=np.int64)
    if code.size and (code.min() < 0 or code.max() >> written_in.n_bits):
        raise ValueError(f"A {written_in.title} number has {written_in.n_bits} bits.")
    sign = code >> (written_in.n_bits - 1)
    body = code & (2 ** (written_in.n_bits - 1) - 1)
    exponent = body >> written_in.fraction_bits
    fraction = body & (2**written_in.fraction_bits - 1)

    is_normal = exponent > 0
    marks = fraction + (is_normal.astype(np.int64) << written_in.fraction_bits)
    power = np.maximum(exponent, 1) - written_in.bias - written_in.fraction_bits
    size = np.ldexp(marks.astype(np.float64), power)
    beyond = body - written_in.largest_code
    if written_in.has_infinity:
        size = np.where(beyond == 1, np.inf, size)
        beyond = beyond - 1
    size = np.where(beyond > 0, np.nan, size)
    return np.where(sign == 1, -size, size)


def round_to(values: ArrayLike, into: NumberFormat) -> NDArray[np.float64]:
    """Write numbers in a format and read them back, same shape.

    Example:
        >>> round_to([15.234, 0.1], FORMATS["bfloat16"]).tolist()
        [15.25, 0.10009765625]
    """
    return decode(encode(values, into), into)


def take_apart(value: float, into: NumberFormat) -> Dissection:
    """Write one number and name its parts.

    Args:
        value: The number.
        into: The format.

    Returns:
        Its bits, what they mean and what was lost.

    Example:
        >>> parts = take_apart(15.234, FORMATS["float16"])
        >>> parts.bits, parts.exponent - parts.format.bias, parts.stored
        ('0100101110011110', 3, 15.234375)
    """
    code = int(encode([value], into)[0])
    body = code & (2 ** (into.n_bits - 1) - 1)
    is_last = body >= into.largest_code
    here, after = decode([body, body if is_last else body + 1], into)
    return Dissection(
        format=into,
        code=code,
        sign=code >> (into.n_bits - 1),
        exponent=body >> into.fraction_bits,
        fraction=body & (2**into.fraction_bits - 1),
        wanted=float(value),
        stored=float(decode([code], into)[0]),
        gap=float("nan") if is_last else float(after - here),
    )

"""Stored integers and how they become numbers again: the shape every scheme shares."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class NumberStory:
    """How one stored integer becomes a number: scale × (level − zero) + minimum."""

    code: int
    """The integer in storage."""

    level: float
    """What the integer stands for before scaling: itself, or its entry in the code book."""

    scale: float
    zero: float
    """The level that stands for 0; 0 where the scheme has none."""

    minimum: float
    """What is added after scaling; 0 where the scheme has none."""

    value: float
    """The number that comes out."""

    scale_story: "NumberStory | None" = None
    """How the scale itself was stored, where it is quantized too."""

    minimum_story: "NumberStory | None" = None
    """How the minimum itself was stored, where it is quantized too (there it is subtracted)."""

    @property
    def arithmetic(self) -> str:
        """The sum a person can check, such as ``0.0125 × (11 − 8) = 0.0375``.

        Example:
            >>> NumberStory(11, 11.0, 0.0125, 8.0, 0.0, 0.0375).arithmetic
            '0.0125 × (11 − 8) = 0.0375'
        """
        level = _short(self.level)
        if self.zero:
            level = f"({level} − {_short(self.zero)})"
        elif self.level < 0:
            level = f"({level})"
        text = f"{_short(self.scale)} × {level}"
        if self.minimum:
            sign = "−" if self.minimum < 0 else "+"
            text += f" {sign} {_short(abs(self.minimum))}"
        return f"{text} = {_short(self.value)}"


@dataclass(frozen=True, eq=False)
class Groups:
    """Integers in groups that share a scale. Number = scale × (level − zero) + minimum."""

    codes: NDArray[np.integer]
    """The integers in storage, shape (n_groups, group_size)."""

    scales: NDArray[np.float32]
    """One scale per group, shape (n_groups,)."""

    zeros: NDArray[np.float32] | None = None
    """The level that stands for 0, shape (n_groups,), or (1,) if all groups share it."""

    mins: NDArray[np.float32] | None = None
    """Added after scaling, shape (n_groups,), or (1,) if all groups share it."""

    codebook: NDArray[np.float32] | None = None
    """The level of each integer, shape (n_codes,); None when a level is the integer itself."""

    scale_groups: "Groups | None" = None
    """The scales as they are stored, where they are quantized too (double quantization)."""

    min_groups: "Groups | None" = None
    """The minimums as they are stored, where they are quantized too; they are subtracted."""

    @property
    def group_size(self) -> int:
        """Numbers that share one scale."""
        return self.codes.shape[1]

    def decode(self) -> NDArray[np.float32]:
        """Turn the integers back into numbers, shape (n_groups, group_size).

        Example:
            >>> stored = Groups(np.array([[0, 2]]), np.array([0.5], np.float32))
            >>> stored.decode().tolist()
            [[0.0, 1.0]]
        """
        if self.codebook is None:
            numbers = self.codes.astype(np.float32)
        else:
            numbers = self.codebook[self.codes]
        # A damaged file may hold an infinite scale; infinity is then the honest answer.
        with np.errstate(invalid="ignore", over="ignore"):
            if self.zeros is not None:
                numbers -= self.zeros[:, None]
            numbers *= self.scales[:, None]
            if self.mins is not None:
                numbers += self.mins[:, None]
        return numbers

    def explain(self, index: int) -> NumberStory:
        """Tell how one number is made.

        Args:
            index: Its place when the groups are laid out one after the other.
        """
        group, place = divmod(index, self.group_size)
        code = int(self.codes[group, place])
        level = np.float32(code) if self.codebook is None else self.codebook[code]
        zero = _of_group(self.zeros, group)
        minimum = _of_group(self.mins, group)
        with np.errstate(invalid="ignore", over="ignore"):
            value = self.scales[group] * (level - zero)
            if self.mins is not None:
                value = value + minimum
        return NumberStory(
            code=code,
            level=float(level),
            scale=float(self.scales[group]),
            zero=float(zero),
            minimum=float(minimum),
            value=float(value),
            scale_story=self.scale_groups.explain(group) if self.scale_groups else None,
            minimum_story=self.min_groups.explain(group) if self.min_groups else None,
        )


def _of_group(values: NDArray[np.float32] | None, group: int) -> np.float32:
    if values is None:
        return np.float32(0)
    return values[group if len(values) > 1 else 0]


def _short(number: float) -> str:
    text = f"{number:.4g}"
    return text.replace("-", "−")

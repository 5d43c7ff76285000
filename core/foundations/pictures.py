"""Small grey pictures made from formulas, to be rebuilt from a few layers."""

import numpy as np

from core.foundations.momentum_rules import Array

PICTURES = ("Face", "Stripes", "Checkerboard", "Disc", "Hills", "Noise")


def draw(name: str, *, size: int = 64, seed: int = 0) -> Array:
    """Make a picture.

    Args:
        name: One of ``PICTURES``.
        size: Rows and columns.
        seed: For the noise.

    Returns:
        Grey values from 0 (black) to 1 (white) in 255 equal steps, shape (size, size).

    Raises:
        ValueError: If there is no picture of that name.

    Example:
        >>> draw("Checkerboard", size=4).tolist()[0]
        [0.0, 0.0, 1.0, 1.0]
    """
    if name not in PICTURES:
        raise ValueError(f"no picture is called {name!r}; there are {', '.join(PICTURES)}")
    return np.round(255 * _shade(name, size, seed)) / 255


def _shade(name: str, size: int, seed: int) -> Array:
    rows, columns = np.mgrid[0:size, 0:size]
    if name == "Checkerboard":
        cell = max(size // 8, 2)
        return ((rows // cell + columns // cell) % 2).astype(np.float64)
    if name == "Noise":
        return np.random.Generator(np.random.PCG64(seed)).random((size, size))

    x, y = 2 * columns / (size - 1) - 1, 1 - 2 * rows / (size - 1)
    if name == "Stripes":
        return 0.5 + 0.5 * np.sign(np.sin(9 * x))
    if name == "Disc":
        return (x * x + y * y < 0.6).astype(np.float64)
    if name == "Hills":
        hills = np.sin(3 * x) * np.cos(2 * y) + 0.7 * np.sin(2 * x * y + 1) + 0.4 * y
        return (hills - hills.min()) / np.ptp(hills)
    return _face(x, y)


def _face(x: Array, y: Array) -> Array:
    """Draw a smiling face before a sky that gets lighter towards the ground."""
    picture = 0.35 - 0.25 * y
    picture = np.where(x**2 + y**2 < 0.72, 0.8 - 0.2 * x, picture)
    for side in (-1, 1):
        picture = np.where((x - 0.3 * side) ** 2 + 2 * (y - 0.25) ** 2 < 0.018, 0.05, picture)
    ring = np.abs(np.hypot(x, 1.2 * (y - 0.05)) - 0.5) < 0.06
    return np.where(ring & (y < -0.12), 0.1, picture)

"""The shapes of the points: each made from a number of points, noise and a source of chance.

Noise nudges points before they are judged, or moves them, as in TensorFlow Playground.
"""

import numpy as np

from core.networks.activations import Array

RADIUS = 5.0
"""How far the made points reach from the middle."""

_XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
_HILLS = (
    (-4.0, 2.5, 1.0),
    (0.0, 2.5, -1.0),
    (4.0, 2.5, 1.0),
    (-4.0, -2.5, -1.0),
    (0.0, -2.5, 1.0),
    (4.0, -2.5, -1.0),
)
"""Centre x, centre y and sign of each hill of the multi-Gaussian regression."""


def xor(n_points: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """The four rows, as they are."""
    return _XOR.copy(), np.array([0.0, 1.0, 1.0, 0.0])


def noisy_xor(n_points: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Four corners with a corridor between them; one where the signs differ."""
    points = rng.uniform(-RADIUS, RADIUS, (n_points, 2))
    points += 0.3 * np.sign(points)  # a corridor along the axes
    nudged = points + noise * rng.uniform(-RADIUS, RADIUS, (n_points, 2))
    return points, (nudged[:, 0] * nudged[:, 1] < 0).astype(np.float64)


def circle(n_points: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """A disc inside a ring."""
    inside = np.arange(n_points) % 2 == 0
    radius = np.where(inside, rng.uniform(0, 0.5, n_points), rng.uniform(0.7, 1, n_points))
    angle = rng.uniform(0, 2 * np.pi, n_points)
    points = RADIUS * radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    nudged = points + noise * rng.uniform(-RADIUS, RADIUS, (n_points, 2))
    return points, (np.hypot(*nudged.T) < RADIUS / 2).astype(np.float64)


def gaussians(n_points: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """A cloud around (2, 2) and one around (−2, −2)."""
    targets = (np.arange(n_points) % 2 == 0).astype(np.float64)
    spread = np.sqrt(0.5 + 7 * noise)
    points = np.where(targets > 0, 2.0, -2.0)[:, None] + spread * rng.standard_normal((n_points, 2))
    return points, targets


def moons(n_points: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Two half circles that reach into each other."""
    targets = (np.arange(n_points) % 2 == 0).astype(np.float64)
    angle = rng.uniform(0, np.pi, n_points)
    x = np.where(targets > 0, np.cos(angle) - 0.5, 0.5 - np.cos(angle))
    y = np.where(targets > 0, np.sin(angle) - 0.25, 0.25 - np.sin(angle))
    points = 0.65 * RADIUS * np.stack([x, y], axis=1)
    return points + noise * 0.5 * RADIUS * rng.standard_normal((n_points, 2)), targets


def spiral(n_points: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Two arms, each one and three quarters of a turn."""
    targets = (np.arange(n_points) % 2 == 0).astype(np.float64)
    along = (np.arange(n_points) // 2) / max((n_points + 1) // 2, 1)
    angle = 1.75 * 2 * np.pi * along + np.pi * targets
    points = RADIUS * along[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return points + 2 * noise * rng.uniform(-1, 1, (n_points, 2)), targets


def plane(n_points: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """A height that grows along the diagonal, from −1 to 1."""
    points = rng.uniform(-RADIUS, RADIUS, (n_points, 2))
    nudged = points + noise * rng.uniform(-RADIUS, RADIUS, (n_points, 2))
    return points, np.clip(nudged.sum(axis=1) / (2 * RADIUS), -1, 1)


def multi_gaussian(n_points: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """The height of the nearest of six hills and hollows, 0 beyond all."""
    points = rng.uniform(-RADIUS, RADIUS, (n_points, 2))
    nudged = points + noise * rng.uniform(-RADIUS, RADIUS, (n_points, 2))
    x, y, sign = np.array(_HILLS).T
    distance = np.hypot(nudged[:, :1] - x, nudged[:, 1:] - y)
    heights = sign * np.clip(1 - distance / 2, 0, 1)
    return points, heights[np.arange(n_points), np.abs(heights).argmax(axis=1)]

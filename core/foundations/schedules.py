"""Learning-rate schedules: what the learning rate is multiplied by at each step."""

import numpy as np
from numpy.typing import NDArray

SCHEDULES = ("constant", "step", "cosine", "warm_up")


def factors(
    name: str = "constant",
    n_steps: int = 200,
    *,
    drop: float = 0.5,
    drop_every: int = 50,
    warm_up_steps: int = 20,
) -> NDArray[np.float64]:
    """Work out the factor of every step.

    Args:
        name: ``constant``; ``step``, times ``drop`` every ``drop_every`` steps; ``cosine``, half
            a cosine wave from 1 towards 0; ``warm_up``, a line up to 1, then the cosine.
        n_steps: How many steps, at least 1.
        drop: What ``step`` multiplies by, above 0 and at most 1.
        drop_every: Steps between two drops, at least 1.
        warm_up_steps: Steps until ``warm_up`` reaches 1, at least 1.

    Returns:
        Factors between 0 and 1, shape (n_steps,).

    Raises:
        ValueError: If the name is unknown or a number is outside its range.

    Source:
        Loshchilov and Hutter (2017), SGDR, equation 5, for the cosine.

    Example:
        >>> factors("step", 4, drop=0.5, drop_every=2).tolist()
        [1.0, 1.0, 0.5, 0.5]
        >>> factors("cosine", 2).tolist()
        [1.0, 0.5]
    """
    if name not in SCHEDULES:
        raise ValueError(f"no schedule is called {name!r}; there are {', '.join(SCHEDULES)}")
    if min(n_steps, drop_every, warm_up_steps) < 1:
        raise ValueError("n_steps, drop_every and warm_up_steps must be at least 1")
    if not 0 < drop <= 1:
        raise ValueError(f"drop must be above 0 and at most 1, got {drop}")

    steps = np.arange(n_steps)
    if name == "constant":
        return np.ones(n_steps)
    if name == "step":
        return drop ** (steps // drop_every)
    if name == "cosine":
        return _half_wave(steps / n_steps)

    rising = (steps + 1) / warm_up_steps
    length = max(n_steps - warm_up_steps, 1)
    falling = _half_wave(np.clip((steps - warm_up_steps) / length, 0, 1))
    return np.where(steps < warm_up_steps, rising, falling)


def _half_wave(progress: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fall from 1 at progress 0 to 0 at progress 1, gently at both ends."""
    return (1 + np.cos(np.pi * progress)) / 2

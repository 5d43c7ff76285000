"""Update rules that use the slope as it is: plain descent, momentum, Nesterov; and Newton's.

Every rule is a small frozen record of settings with one method, ``update``. It gets the terms of
the step before and returns the terms of this one, by name; ``step`` is the one that is added to
the position. All rules but Newton's treat every coordinate on its own, so the same arithmetic
serves one coordinate as a plain number and ten thousand points as an array of shape (n, dim).

``formulas`` holds the same rule as text, one line per term. It is typeset for the reader, and
the tests evaluate it against the code, so the two cannot drift apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Amount = float | Array
"""One coordinate, or any number of them at once."""

Terms = dict[str, Amount]
"""The named quantities of one step, such as gradient, momentum and step."""


@dataclass(frozen=True)
class GradientDescent:
    """Go against the slope, by the learning rate times the slope."""

    learning_rate: float = 0.05

    title: ClassVar[str] = "Gradient descent"
    memory: ClassVar[tuple[str, ...]] = ()
    formulas: ClassVar[Mapping[str, str]] = {"step": "-rate * gradient"}

    def update(
        self,
        before: Terms,
        gradient: Amount,
        position: Amount,
        hessian: Array,
        rate: Amount,
        t: int,
    ) -> Terms:
        """Return this step's terms."""
        return {"step": -rate * gradient}


@dataclass(frozen=True)
class Momentum:
    """Keep a velocity: each slope pushes it, friction takes a part of it away (Polyak, 1964)."""

    learning_rate: float = 0.02
    momentum: float = 0.9
    """Share of the velocity that survives a step."""

    title: ClassVar[str] = "Momentum"
    memory: ClassVar[tuple[str, ...]] = ("velocity",)
    formulas: ClassVar[Mapping[str, str]] = {
        "velocity": "momentum * velocity_before + gradient",
        "step": "-rate * velocity",
    }

    def update(
        self,
        before: Terms,
        gradient: Amount,
        position: Amount,
        hessian: Array,
        rate: Amount,
        t: int,
    ) -> Terms:
        """Return this step's terms."""
        velocity = self.momentum * before["velocity"] + gradient
        return {"velocity": velocity, "step": -rate * velocity}


@dataclass(frozen=True)
class Nesterov:
    """Momentum that looks ahead: the new slope counts once more (Nesterov, 1983).

    This is the form of Sutskever et al. (2013), section 2, in the variables torch uses: the
    position kept is the one looked ahead to.
    """

    learning_rate: float = 0.02
    momentum: float = 0.9

    title: ClassVar[str] = "Nesterov"
    memory: ClassVar[tuple[str, ...]] = ("velocity",)
    formulas: ClassVar[Mapping[str, str]] = {
        "velocity": "momentum * velocity_before + gradient",
        "look_ahead": "gradient + momentum * velocity",
        "step": "-rate * look_ahead",
    }

    def update(
        self,
        before: Terms,
        gradient: Amount,
        position: Amount,
        hessian: Array,
        rate: Amount,
        t: int,
    ) -> Terms:
        """Return this step's terms."""
        velocity = self.momentum * before["velocity"] + gradient
        look_ahead = gradient + self.momentum * velocity
        return {"velocity": velocity, "look_ahead": look_ahead, "step": -rate * look_ahead}


@dataclass(frozen=True)
class Newton:
    """Divide the slope by the curvature, so that one step reaches the bottom of a bowl.

    ``damping`` is added to every curvature (Levenberg, 1944), which shortens the steps where the
    ground is nearly flat. Where the curvature points downward, Newton's method climbs: it looks
    for any point without slope, saddles included.
    """

    learning_rate: float = 1.0
    damping: float = 0.001

    title: ClassVar[str] = "Newton, damped"
    memory: ClassVar[tuple[str, ...]] = ()
    # One line only: the matrix inverse has no place in a formula per coordinate.
    formulas: ClassVar[Mapping[str, str]] = {"step": "-rate * newton"}

    def update(
        self,
        before: Terms,
        gradient: Amount,
        position: Amount,
        hessian: Array,
        rate: Amount,
        t: int,
    ) -> Terms:
        """Return this step's terms; ``newton`` is (H + damping · I)⁻¹ · gradient."""
        newton = _solve(hessian, self.damping, gradient)
        return {"newton": newton, "step": -rate * newton}


def _solve(hessian: Array, damping: float, gradient: Array) -> Array:
    """Solve (H + damping · I) · v = gradient for one or two coordinates, by Cramer's rule."""
    xx = hessian[..., 0, 0] + damping
    if gradient.shape[-1] == 1:
        return gradient / xx[..., None]

    yy = hessian[..., 1, 1] + damping
    xy = hessian[..., 0, 1]
    determinant = xx * yy - xy * xy
    answer = np.empty(gradient.shape)
    answer[..., 0] = (yy * gradient[..., 0] - xy * gradient[..., 1]) / determinant
    answer[..., 1] = (xx * gradient[..., 1] - xy * gradient[..., 0]) / determinant
    return answer

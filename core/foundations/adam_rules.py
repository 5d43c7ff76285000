"""Adam and its relatives: momentum for the direction, squared slopes for the size.

Both memories start at zero and are therefore too small at first. Dividing by 1 − β^t repairs
that exactly for a constant slope (Kingma and Ba, 2015, section 3).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.foundations.momentum_rules import Amount, Array, Terms

_MEMORIES = {
    "momentum": "beta1 * momentum_before + (1 - beta1) * gradient",
    "square": "beta2 * square_before + (1 - beta2) * gradient^2",
}
_FAIR = {
    "momentum_fair": "momentum / (1 - beta1^t)",
    "square_fair": "square / (1 - beta2^t)",
}


@dataclass(frozen=True)
class Adam:
    """Momentum, divided by the root of the squared slopes (Kingma and Ba, 2015)."""

    learning_rate: float = 0.05
    beta1: float = 0.9
    """Share of the momentum that survives a step."""
    beta2: float = 0.999
    """Share of the squared-slope memory that survives a step."""
    eps: float = 1e-8

    title: ClassVar[str] = "Adam"
    memory: ClassVar[tuple[str, ...]] = ("momentum", "square")
    formulas: ClassVar[Mapping[str, str]] = {
        **_MEMORIES,
        **_FAIR,
        "step": "-rate * momentum_fair / (sqrt(square_fair) + eps)",
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
        momentum = self.beta1 * before["momentum"] + (1 - self.beta1) * gradient
        square = self.beta2 * before["square"] + (1 - self.beta2) * gradient * gradient

        # Both memories started at zero; early on this makes up for it.
        momentum_fair = momentum / (1 - self.beta1**t)
        square_fair = square / (1 - self.beta2**t)

        step = -rate * momentum_fair / (square_fair**0.5 + self.eps)
        return {
            "momentum": momentum,
            "square": square,
            "momentum_fair": momentum_fair,
            "square_fair": square_fair,
            "step": step,
        }


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam that also shrinks the position itself a little (Loshchilov and Hutter, 2019)."""

    weight_decay: float = 0.01
    """Pull towards zero per unit of learning rate."""

    title: ClassVar[str] = "AdamW"
    formulas: ClassVar[Mapping[str, str]] = {
        **_MEMORIES,
        **_FAIR,
        "shrink": "-rate * weight_decay * position",
        "step": "shrink - rate * momentum_fair / (sqrt(square_fair) + eps)",
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
        """Return this step's terms: Adam's, and the shrinking apart from them."""
        terms = super().update(before, gradient, position, hessian, rate, t)
        shrink = -rate * self.weight_decay * position
        return {**terms, "shrink": shrink, "step": shrink + terms["step"]}


@dataclass(frozen=True)
class Nadam(Adam):
    """Adam that looks ahead as Nesterov does (Dozat, 2016).

    The share of momentum grows slowly from β₁/2 to β₁ over the first few hundred steps, so the
    correction is a running product instead of a power.
    """

    momentum_decay: float = 0.004
    """How fast the share of momentum grows."""

    title: ClassVar[str] = "Nadam"
    formulas: ClassVar[Mapping[str, str]] = {
        **_MEMORIES,
        "share": "beta1 * (1 - 0.96^(t * momentum_decay) / 2)",
        "share_next": "beta1 * (1 - 0.96^((t + 1) * momentum_decay) / 2)",
        "product": "product_before * share",
        "look_ahead": (
            "share_next * momentum / (1 - product * share_next)"
            " + (1 - share) * gradient / (1 - product)"
        ),
        "square_fair": "square / (1 - beta2^t)",
        "step": "-rate * look_ahead / (sqrt(square_fair) + eps)",
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
        momentum = self.beta1 * before["momentum"] + (1 - self.beta1) * gradient
        square = self.beta2 * before["square"] + (1 - self.beta2) * gradient * gradient

        share = self.beta1 * (1 - 0.5 * 0.96 ** (t * self.momentum_decay))
        share_next = self.beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * self.momentum_decay))
        product = share if t == 1 else before["product"] * share  # starts at 1, not at 0

        look_ahead = (share_next / (1 - product * share_next)) * momentum
        look_ahead = look_ahead + ((1 - share) / (1 - product)) * gradient
        square_fair = square / (1 - self.beta2**t)
        return {
            "momentum": momentum,
            "square": square,
            "share": share,
            "share_next": share_next,
            "product": product,
            "look_ahead": look_ahead,
            "square_fair": square_fair,
            "step": -rate * look_ahead / (square_fair**0.5 + self.eps),
        }


@dataclass(frozen=True)
class RAdam(Adam):
    """Adam that waits until its memory of squares can be trusted (Liu et al., 2020).

    ``certainty`` says how many squared slopes the memory is worth. Up to 5 the square is not
    used at all (``waiting`` is 1); above, ``rectify`` grows from 0 to 1.
    """

    title: ClassVar[str] = "RAdam"
    formulas: ClassVar[Mapping[str, str]] = {
        **_MEMORIES,
        "momentum_fair": "momentum / (1 - beta1^t)",
        "certainty_limit": "2 / (1 - beta2) - 1",
        "certainty": "certainty_limit - 2 * t * beta2^t / (1 - beta2^t)",
        "scaled": (
            "momentum_fair * (waiting + rectify * sqrt(1 - beta2^t) / (sqrt(square) + eps))"
        ),
        "step": "-rate * scaled",
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
        """Return this step's terms; in the first few steps ``scaled`` is the plain momentum."""
        momentum = self.beta1 * before["momentum"] + (1 - self.beta1) * gradient
        square = self.beta2 * before["square"] + (1 - self.beta2) * gradient * gradient
        momentum_fair = momentum / (1 - self.beta1**t)

        limit = 2 / (1 - self.beta2) - 1
        # NumPy's power, as in the formula on screen: Python's may differ in the last bit, and the
        # subtractions below make four digits of it.
        fading = float(np.power(self.beta2, t))
        shortfall = 1 - fading
        certainty = limit - 2 * t * fading / shortfall

        if certainty > 5:
            rectify = math.sqrt(
                ((certainty - 4) * (certainty - 2) * limit)
                / ((limit - 4) * (limit - 2) * certainty)
            )
            scaled = (rectify * math.sqrt(shortfall)) * momentum_fair / (square**0.5 + self.eps)
        else:
            rectify, scaled = 0.0, momentum_fair
        return {
            "momentum": momentum,
            "square": square,
            "momentum_fair": momentum_fair,
            "certainty_limit": limit,
            "certainty": certainty,
            "rectify": rectify,
            "waiting": float(certainty <= 5),
            "scaled": scaled,
            "step": -rate * scaled,
        }

"""Update rules that give every coordinate its own learning rate, from the slopes it has seen.

All keep a memory of squared slopes and divide by its root: a coordinate with steep slopes takes
small steps, a flat one large steps. They differ in how the memory forgets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from core.foundations.momentum_rules import Amount, Array, Terms


@dataclass(frozen=True)
class AdaGrad:
    """Remember every squared slope for ever, so steps can only shrink (Duchi et al., 2011)."""

    learning_rate: float = 0.5
    eps: float = 1e-10
    """Keeps the division defined where there has been no slope yet."""

    title: ClassVar[str] = "AdaGrad"
    memory: ClassVar[tuple[str, ...]] = ("square_sum",)
    formulas: ClassVar[Mapping[str, str]] = {
        "square_sum": "square_sum_before + gradient^2",
        "step": "-rate * gradient / (sqrt(square_sum) + eps)",
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
        square_sum = before["square_sum"] + gradient * gradient
        step = -rate * gradient / (square_sum**0.5 + self.eps)
        return {"square_sum": square_sum, "step": step}


@dataclass(frozen=True)
class RMSProp:
    """Let old squared slopes fade, so that steps can grow again (Hinton's lecture 6e, 2012)."""

    learning_rate: float = 0.02
    decay: float = 0.99
    """Share of the memory that survives a step."""
    eps: float = 1e-8

    title: ClassVar[str] = "RMSProp"
    memory: ClassVar[tuple[str, ...]] = ("square",)
    formulas: ClassVar[Mapping[str, str]] = {
        "square": "decay * square_before + (1 - decay) * gradient^2",
        "step": "-rate * gradient / (sqrt(square) + eps)",
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
        square = self.decay * before["square"] + (1 - self.decay) * gradient * gradient
        step = -rate * gradient / (square**0.5 + self.eps)
        return {"square": square, "step": step}


@dataclass(frozen=True)
class Adadelta:
    """Scale each step by the size of recent steps, so no rate has to be chosen (Zeiler, 2012).

    It begins with steps of about √eps, which is why it starts so slowly.
    """

    learning_rate: float = 1.0
    decay: float = 0.9
    eps: float = 1e-6

    title: ClassVar[str] = "Adadelta"
    memory: ClassVar[tuple[str, ...]] = ("square", "step_square")
    formulas: ClassVar[Mapping[str, str]] = {
        "square": "decay * square_before + (1 - decay) * gradient^2",
        "scaled": "gradient * sqrt(step_square_before + eps) / sqrt(square + eps)",
        "step_square": "decay * step_square_before + (1 - decay) * scaled^2",
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
        """Return this step's terms."""
        square = self.decay * before["square"] + (1 - self.decay) * gradient * gradient

        # The memory of steps is read before this step enters it.
        scaled = gradient * ((before["step_square"] + self.eps) / (square + self.eps)) ** 0.5
        step_square = self.decay * before["step_square"] + (1 - self.decay) * scaled * scaled
        return {
            "square": square,
            "scaled": scaled,
            "step_square": step_square,
            "step": -rate * scaled,
        }

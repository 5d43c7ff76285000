"""All update rules under one roof, and their formulas with the numbers of one step in them."""

import functools
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import ClassVar, Protocol

import numpy as np

from core.foundations import (
    adam_rules,
    adaptive_rules,
    expressions,
    formulas,
    momentum_rules,
    notation,
)
from core.foundations.momentum_rules import Amount, Array, Terms


class Optimizer(Protocol):
    """What a descent asks of an update rule; see ``momentum_rules`` for the smallest ones."""

    learning_rate: float
    title: ClassVar[str]
    memory: ClassVar[tuple[str, ...]]
    """Terms that the next step reads; all start at zero."""
    formulas: ClassVar[Mapping[str, str]]
    """One formula per term, in the order in which they are computed."""

    def update(
        self,
        before: Terms,
        gradient: Amount,
        position: Amount,
        hessian: Array,
        rate: Amount,
        t: int,
    ) -> Terms:
        """Return this step's terms, ``step`` among them.

        Args:
            before: The terms of the step before; in the first step the memory, all zero.
            gradient: Slope along one coordinate, or along many at once, shape (..., dim).
            position: Where the descent stands, like ``gradient``.
            hessian: Curvature, shape (..., dim, dim); only Newton's method reads it.
            rate: Learning rate of this step, a number or an array that broadcasts.
            t: Number of this step, from 1.
        """


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "gradient_descent": momentum_rules.GradientDescent,
    "momentum": momentum_rules.Momentum,
    "nesterov": momentum_rules.Nesterov,
    "adagrad": adaptive_rules.AdaGrad,
    "rmsprop": adaptive_rules.RMSProp,
    "adadelta": adaptive_rules.Adadelta,
    "adam": adam_rules.Adam,
    "adamw": adam_rules.AdamW,
    "nadam": adam_rules.Nadam,
    "radam": adam_rules.RAdam,
    "newton": momentum_rules.Newton,
}

SYMBOLS = {
    "gradient": "g",
    "position": r"\theta",
    "rate": r"\eta",
    "step": r"\Delta\theta",
    "velocity": "v",
    "look_ahead": r"\tilde g",
    "newton": r"(H + \lambda I)^{-1} g",
    "momentum": "m",
    "square": "s",
    "square_sum": "s",
    "step_square": "d",
    "scaled": "u",
    "momentum_fair": r"\hat m",
    "square_fair": r"\hat s",
    "beta1": r"\beta_1",
    "beta2": r"\beta_2",
    "decay": r"\rho",
    "damping": r"\lambda",
    "eps": r"\varepsilon",
    "weight_decay": r"\omega",
    "momentum_decay": r"\psi",
    "shrink": r"\theta_{\text{shrink}}",
    "share": r"\mu",
    "share_next": r"\mu_{t+1}",
    "product": r"\Pi\mu",
    "certainty": r"\rho_t",
    "certainty_limit": r"\rho_\infty",
    "rectify": "r",
    "waiting": "w",
    "t": "t",
}


@dataclass(frozen=True)
class FormulaLine:
    """One line of an update rule."""

    term: str
    """Name of the quantity this line computes."""

    symbolic: str
    """LaTeX with symbols."""

    worked: str
    """LaTeX with this step's numbers, and the result."""

    value: float
    """What the right-hand side gives."""


def make(name: str, **settings: float) -> Optimizer:
    """Make an optimiser by name.

    Args:
        name: A key of ``OPTIMIZERS``.
        **settings: Fields of the rule, such as ``learning_rate=0.1``; the rest keep their default.

    Returns:
        The optimiser.

    Raises:
        ValueError: If the name or a setting is unknown, or a setting is not a finite number of
            at least 0, a memory share (momentum, decay, beta1, beta2) is 1 or more, or eps is 0.

    Example:
        >>> make("momentum", learning_rate=0.1)
        Momentum(learning_rate=0.1, momentum=0.9)
    """
    if name not in OPTIMIZERS:
        raise ValueError(f"no optimiser is called {name!r}; there are {', '.join(OPTIMIZERS)}")
    known = [field.name for field in fields(OPTIMIZERS[name])]
    for setting, value in settings.items():
        if setting not in known:
            raise ValueError(f"{name} has no setting {setting!r}; it has {', '.join(known)}")
        if not (np.isfinite(value) and value >= 0):
            raise ValueError(f"{setting} must be a number of at least 0, got {value}")
        if setting in {"momentum", "decay", "beta1", "beta2"} and value >= 1:
            raise ValueError(f"{setting} must be below 1, got {value}")
        if setting == "eps" and value == 0:
            raise ValueError("eps must be above 0: it keeps the division defined")
    return OPTIMIZERS[name](**settings)


def start_terms(optimizer: Optimizer, position: Amount) -> Terms:
    """Give the memory before the first step: all zero.

    Example:
        >>> start_terms(make("momentum"), 3.0)
        {'velocity': 0.0}
    """
    return dict.fromkeys(optimizer.memory, 0.0 * position)


def formula_values(
    optimizer: Optimizer, before: Mapping[str, float], terms: Mapping[str, float], *, t: int = 1
) -> dict[str, float]:
    """Gather every number that the rule's formulas mention, for one coordinate.

    Args:
        optimizer: The rule; its settings are included by name.
        before: Terms of the step before; they appear as ``momentum_before`` and so on.
        terms: Terms of this step, with gradient, position and rate.
        t: Number of this step, from 1.

    Returns:
        Name to number.

    Example:
        >>> values = formula_values(make("momentum"), {"velocity": 2.0}, {"velocity": 3.0})
        >>> values["velocity_before"], values["velocity"], values["momentum"]
        (2.0, 3.0, 0.9)
    """
    values = {"product_before": 1.0, "t": float(t)}
    values |= asdict(optimizer)
    values |= {f"{name}_before": value for name, value in before.items()}
    return {name: float(value) for name, value in (values | dict(terms)).items()}


def worked_formulas(optimizer: Optimizer, values: Mapping[str, float]) -> list[FormulaLine]:
    r"""Write the update rule twice: with its symbols, and with this step's numbers.

    Args:
        optimizer: The rule.
        values: Every number it mentions, from ``formula_values``.

    Returns:
        One line per term, in the order of computation.

    Example:
        >>> line, = worked_formulas(make("gradient_descent"), {"rate": 0.5, "gradient": 3.0})
        >>> line.symbolic, line.worked
        ('\\Delta\\theta = -\\eta \\, g', '\\Delta\\theta = -0.5 \\cdot 3 = -1.5')
    """
    numbers = {name: notation.number(value) for name, value in values.items()}
    lines = []
    for term, tree in trees(type(optimizer)).items():
        value = float(formulas.evaluate(tree, values))
        left = SYMBOLS.get(term, term)
        symbols = {name: _symbol(name, optimizer) for name in formulas.variables_of(tree)}
        worked = notation.latex(tree, symbols=numbers)
        lines.append(
            FormulaLine(
                term=term,
                symbolic=f"{left} = {notation.latex(tree, symbols=symbols)}",
                worked=f"{left} = {worked} = {notation.number(value)}",
                value=value,
            )
        )
    return lines


@functools.lru_cache(maxsize=32)
def trees(rule: type[Optimizer]) -> dict[str, formulas.Expression]:
    """Read the formulas of a rule, once; one tree per term, in the order of computation.

    Example:
        >>> list(trees(momentum_rules.Momentum))
        ['velocity', 'step']
    """
    names = [*SYMBOLS, *[f"{name}_before" for name in SYMBOLS]]
    return {
        term: expressions.parse(text, variables=tuple(names), constant_powers=False)
        for term, text in rule.formulas.items()
    }


def _symbol(name: str, optimizer: Optimizer) -> str:
    """Look up a symbol; ``momentum`` is a setting of some rules and a term of others."""
    if name == "momentum" and name not in optimizer.formulas:
        return r"\beta"
    base = name.removesuffix("_before")
    return SYMBOLS[base] + ("_{t-1}" if base != name else "")

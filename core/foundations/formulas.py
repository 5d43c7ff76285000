"""Formulas as trees: numbers, variables, and the operations that join them."""

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FUNCTIONS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "abs": np.abs,
    "sign": np.sign,
}
CONSTANTS = {"pi": math.pi, "e": math.e}

_OPERATIONS: dict[str, Callable[..., NDArray[np.float64]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
    "negate": np.negative,
    **FUNCTIONS,
}


class FormulaError(ValueError):
    """The typed formula cannot be used; the message says why, in one sentence."""


@dataclass(frozen=True)
class Number:
    """A constant; ``label`` is how it was written when that is a name, such as pi."""

    value: float
    label: str = ""


@dataclass(frozen=True)
class Variable:
    """A letter that gets its value later."""

    name: str


@dataclass(frozen=True)
class Operation:
    """An operator or function with the expressions it works on."""

    name: str
    """One of + - * / ^, negate, or a name in FUNCTIONS."""

    inputs: tuple["Expression", ...]

    @functools.cached_property
    def _hash(self) -> int:
        return hash((self.name, self.inputs))

    def __hash__(self) -> int:
        # Kept, because a deep formula is looked up again for each of its derivatives.
        return self._hash


Expression = Number | Variable | Operation


def variables_of(expression: Expression) -> set[str]:
    """Name the variables that appear in an expression.

    Example:
        >>> from core.foundations import expressions
        >>> sorted(variables_of(expressions.parse("y + x*y")))
        ['x', 'y']
    """
    return {part.name for part in unroll(expression) if isinstance(part, Variable)}


def unroll(*expressions: Expression) -> list[Expression]:
    """List every distinct part, inputs always before what uses them.

    A part that appears twice is listed once: this is the order in which values are filled in,
    and, backwards, the order of back-propagation.

    Example:
        >>> from core.foundations import expressions
        >>> len(unroll(expressions.parse("x*x + x*x")))  # x, x*x, and the sum
        3
    """
    order: list[Expression] = []
    seen_objects: set[int] = set()
    seen_parts: set[Expression] = set()

    def visit(part: Expression) -> None:
        if id(part) in seen_objects:
            return
        seen_objects.add(id(part))
        if isinstance(part, Operation):
            for operand in part.inputs:
                visit(operand)
        if part not in seen_parts:
            seen_parts.add(part)
            order.append(part)

    for expression in expressions:
        visit(expression)
    return order


def compile_formulas(
    *expressions: Expression,
) -> Callable[..., tuple[NDArray[np.float64], ...]]:
    """Turn expressions into one function of named variables, shared parts computed once.

    Args:
        *expressions: What to compute.

    Returns:
        A function: give it ``x=…, y=…`` (numbers or arrays), get a tuple with one array per
        expression. Values outside a function's domain come back as NaN or infinity.

    Example:
        >>> from core.foundations import expressions
        >>> run = compile_formulas(expressions.parse("x^2"), expressions.parse("x^3"))
        >>> [float(value) for value in run(x=2.0)]
        [4.0, 8.0]
    """
    parts = unroll(*expressions)
    slot = {part: place for place, part in enumerate(parts)}
    program = []
    for part in parts:
        if isinstance(part, Operation):
            program.append((_OPERATIONS[part.name], tuple(slot[i] for i in part.inputs)))
        else:
            program.append((part, None))
    wanted = [slot[expression] for expression in expressions]

    def run(**values: ArrayLike) -> tuple[NDArray[np.float64], ...]:
        known: list[NDArray[np.float64]] = []
        for action, inputs in program:
            if inputs is not None:
                known.append(action(*[known[i] for i in inputs]))
            elif isinstance(action, Number):
                known.append(np.float64(action.value))
            else:
                known.append(np.asarray(values[action.name], dtype=np.float64))
        return tuple(known[i] for i in wanted)

    return run


def evaluate(expression: Expression, values: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
    """Compute an expression once.

    Args:
        expression: The formula.
        values: A number or an array for each variable.

    Returns:
        The value; NaN or infinity outside the formula's domain.

    Raises:
        ValueError: If a variable has no value.

    Example:
        >>> from core.foundations import expressions
        >>> float(evaluate(expressions.parse("2x + y"), {"x": 3, "y": 1}))
        7.0
    """
    missing = variables_of(expression) - set(values)
    if missing:
        raise ValueError(f"no value for {', '.join(sorted(missing))}")
    with np.errstate(all="ignore"):
        return np.asarray(compile_formulas(expression)(**values)[0])

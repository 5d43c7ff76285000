"""Formulas that a person types: read with a fixed grammar, never handed to Python.

A formula becomes a small tree of numbers, variables, operations and function calls. Everything
outside the grammar is refused with a sentence, so the text can come from a stranger.

    sum      = product  { ("+" | "-") product }
    product  = signed   { ("*" | "/" | nothing) signed }
    signed   = "-" signed | power
    power    = atom [ "^" signed ]
    atom     = number | variable | function "(" sum ")" | "(" sum ")"
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAX_CHARACTERS = 200
MAX_PARTS = 80
MAX_NESTING = 20
MAX_POWER = 20
MAX_NUMBER = 1e9

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

# Signs that people paste from books, and Python's own spelling of a power.
_SPELLINGS = {"**": "^", "−": "-", "×": "*", "·": "*", "²": "^2", "³": "^3", "π": "pi"}
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<sign>[-+*/^()]))"
)


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


Expression = Number | Variable | Operation


def parse(
    text: str, *, variables: tuple[str, ...] = ("x", "y"), constant_powers: bool = True
) -> Expression:
    """Read a formula such as ``x^2 + 3 sin(y)``.

    Args:
        text: What was typed, at most 200 characters.
        variables: The letters that may appear.
        constant_powers: Refuse exponents that contain a variable, or lie outside -20..20.

    Returns:
        The formula as a tree, exactly as typed: nothing is simplified yet.

    Raises:
        FormulaError: If the text is empty, too long, too deeply nested, or not in the grammar.

    Example:
        >>> parse("x*2")
        Operation(name='*', inputs=(Variable(name='x'), Number(value=2.0, label='')))
    """
    if len(text) > MAX_CHARACTERS:
        raise FormulaError(
            f"The formula has {len(text):,} characters; at most {MAX_CHARACTERS} are read."
        )
    if not text.strip():
        raise FormulaError("The formula is empty: try x^2 + y^2.")

    for spelling, plain in _SPELLINGS.items():
        text = text.replace(spelling, plain)

    reader = _Reader(_tokens(text), variables, constant_powers)
    tree = reader.sum()
    reader.expect_end()
    return tree


def variables_of(expression: Expression) -> set[str]:
    """Name the variables that appear in an expression.

    Example:
        >>> sorted(variables_of(parse("y + x*y")))
        ['x', 'y']
    """
    return {part.name for part in unroll(expression) if isinstance(part, Variable)}


def unroll(*expressions: Expression) -> list[Expression]:
    """List every distinct part, inputs always before what uses them.

    A part that appears twice is listed once: this is the order in which values are filled in,
    and, backwards, the order of back-propagation.

    Example:
        >>> len(unroll(parse("x*x + x*x")))  # x, x*x, and the sum
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
        >>> square, cube = compile_formulas(parse("x^2"), parse("x^3"))(x=2.0)
        >>> float(square), float(cube)
        (4.0, 8.0)
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
        >>> float(evaluate(parse("2x + y"), {"x": 3, "y": 1}))
        7.0
    """
    missing = variables_of(expression) - set(values)
    if missing:
        raise ValueError(f"no value for {', '.join(sorted(missing))}")
    with np.errstate(all="ignore"):
        return np.asarray(compile_formulas(expression)(**values)[0])


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Cut text into (kind, text) pieces, ending with an ("end", "") piece."""
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise FormulaError(f"The sign {text[place:].strip()[0]!r} is not part of a formula.")
        yield match.lastgroup or "", match[match.lastgroup or 0]
        place = match.end()
    yield "end", ""


class _Reader:
    """Reads tokens from left to right, one method per line of the grammar."""

    def __init__(
        self, tokens: Iterator[tuple[str, str]], variables: tuple[str, ...], constant_powers: bool
    ) -> None:
        self.tokens = list(tokens)
        self.place = 0
        self.nesting = 0
        self.parts = 0
        self.variables = variables
        self.constant_powers = constant_powers

    @property
    def next_kind(self) -> str:
        return self.tokens[self.place][0]

    @property
    def next_text(self) -> str:
        return self.tokens[self.place][1]

    def take(self) -> str:
        text = self.next_text
        self.place += 1
        return text

    def node(self, part: Expression) -> Expression:
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise FormulaError(f"The formula has more than {MAX_PARTS} parts; use a shorter one.")
        return part

    def expect_end(self) -> None:
        if self.next_kind != "end":
            raise FormulaError(f"The formula ends too late: {self.next_text!r} is left over.")

    def sum(self) -> Expression:
        tree = self.product()
        while self.next_text in {"+", "-"}:
            sign = self.take()
            tree = self.node(Operation(sign, (tree, self.product())))
        return tree

    def product(self) -> Expression:
        tree = self.signed()
        while self.next_text in {"*", "/", "("} or self.next_kind == "name":
            # "2x" and "3(x + 1)" mean a product though no sign is written.
            sign = self.take() if self.next_text in {"*", "/"} else "*"
            tree = self.node(Operation(sign, (tree, self.signed())))
        return tree

    def signed(self) -> Expression:
        # Every cycle of the grammar passes here, so this is where nesting is counted.
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise FormulaError(f"The formula is nested more than {MAX_NESTING} levels deep.")
        if self.next_text == "-":
            self.take()
            tree = self.node(Operation("negate", (self.signed(),)))
        else:
            tree = self.power()
        self.nesting -= 1
        return tree

    def power(self) -> Expression:
        base = self.atom()
        if self.next_text != "^":
            return base
        self.take()
        exponent = self.signed()
        if self.constant_powers:
            exponent = Number(_fixed_power(exponent))
        return self.node(Operation("^", (base, exponent)))

    def atom(self) -> Expression:
        kind, text = self.tokens[self.place]
        if kind == "end":
            raise FormulaError("The formula ends too early: something is missing at the end.")
        self.take()
        if kind == "number":
            return self.node(_number(text))
        if kind == "name":
            return self.named(text)
        if text == "(":
            inner = self.sum()
            self.close()
            return inner
        raise FormulaError(f"A number, a letter or a bracket should stand before {text!r}.")

    def named(self, name: str) -> Expression:
        if name in FUNCTIONS:
            if self.next_text != "(":
                raise FormulaError(f"Write {name} with brackets: {name}(x).")
            self.take()
            inner = self.sum()
            self.close()
            return self.node(Operation(name, (inner,)))
        if name in self.variables:
            return self.node(Variable(name))
        if name in CONSTANTS:
            return self.node(Number(CONSTANTS[name], name))
        known = ", ".join([*self.variables, *CONSTANTS, *FUNCTIONS])
        raise FormulaError(f"The name {name[:30]!r} is not known; use {known}.")

    def close(self) -> None:
        if self.next_text != ")":
            raise FormulaError("A closing bracket is missing.")
        self.take()


def _number(text: str) -> Number:
    """Read one number, refusing those that only serve to overflow."""
    value = float(text)
    if value > MAX_NUMBER:
        raise FormulaError(
            f"The number {text[:20]} is too large; at most {MAX_NUMBER:.0e} is read."
        )
    return Number(value)


def _fixed_power(exponent: Expression) -> float:
    """Work out an exponent, which must be an ordinary number."""
    if variables_of(exponent):
        raise FormulaError("The exponent must be a number, as in x^3; for e^x write exp(x).")
    value = float(evaluate(exponent, {}))
    if not abs(value) <= MAX_POWER:
        raise FormulaError(f"The exponent {value:.3g} is outside -{MAX_POWER} to {MAX_POWER}.")
    return value

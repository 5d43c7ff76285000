"""Formulas that a person types: read with a fixed grammar, never handed to Python.

A formula becomes a small tree of numbers, variables, operations and function calls. Everything
outside the grammar is refused with a sentence, so the text can come from a stranger.

    sum      = product  { ("+" | "-") product }
    product  = signed   { ("*" | "/" | nothing) signed }
    signed   = "-" signed | power
    power    = atom [ "^" signed ]
    atom     = number | variable | function "(" sum ")" | "(" sum ")"
"""

import re
from collections.abc import Iterator

from core.foundations import formulas
from core.foundations.formulas import Expression, FormulaError, Number, Operation, Variable

MAX_CHARACTERS = 200
MAX_PARTS = 80
MAX_NESTING = 20
MAX_POWER = 20
MAX_NUMBER = 1e9

# Signs that people paste from books, and Python's own spelling of a power.
_SPELLINGS = {"**": "^", "−": "-", "×": "*", "·": "*", "²": "^2", "³": "^3", "π": "pi"}
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<sign>[-+*/^()]))"
)


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
        if name in formulas.FUNCTIONS:
            if self.next_text != "(":
                raise FormulaError(f"Write {name} with brackets: {name}(x).")
            self.take()
            inner = self.sum()
            self.close()
            return self.node(Operation(name, (inner,)))
        if name in self.variables:
            return self.node(Variable(name))
        if name in formulas.CONSTANTS:
            return self.node(Number(formulas.CONSTANTS[name], name))
        known = ", ".join([*self.variables, *formulas.CONSTANTS, *formulas.FUNCTIONS])
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
    if formulas.variables_of(exponent):
        raise FormulaError("The exponent must be a number, as in x^3; for e^x write exp(x).")
    value = float(formulas.evaluate(exponent, {}))
    if not abs(value) <= MAX_POWER:
        raise FormulaError(f"The exponent {value:.3g} is outside -{MAX_POWER} to {MAX_POWER}.")
    return value

"""Formulas tidied up: what does nothing is dropped, numbers are joined, like factors meet."""

import math

from core.foundations import formulas, notation
from core.foundations.formulas import Expression, Number, Operation

ZERO, ONE, TWO = Number(0.0), Number(1.0), Number(2.0)


def simplify(expression: Expression) -> Expression:
    """Drop what does nothing: ``x + 0``, ``1 * x``, ``2 * 3``.

    Leaves out everything that needs an idea, such as ``sin(x)^2 + cos(x)^2 = 1``.

    Raises:
        FormulaError: If a part is the same undefined number everywhere, such as 1/0.

    Example:
        >>> from core.foundations import expressions
        >>> simplify(expressions.parse("0*y + x*x"))
        Operation(name='^', inputs=(Variable(name='x'), Number(value=2.0, label='')))
    """
    tidy: dict[Expression, Expression] = {}
    for part in formulas.unroll(expression):
        if isinstance(part, Operation):
            tidy[part] = build(part.name, *[tidy[operand] for operand in part.inputs])
        else:
            tidy[part] = part
    return tidy[expression]


def add(left: Expression, right: Expression) -> Expression:
    """Add, tidily.

    Example:
        >>> add(formulas.Variable("x"), ZERO)
        Variable(name='x')
    """
    return build("+", left, right)


def multiply(left: Expression, right: Expression) -> Expression:
    """Multiply, tidily.

    Example:
        >>> multiply(Number(2.0), Number(3.0))
        Number(value=6.0, label='')
    """
    return build("*", left, right)


def power(base: Expression, exponent: float) -> Expression:
    """Raise to a fixed power, tidily.

    Example:
        >>> power(formulas.Variable("x"), 1.0)
        Variable(name='x')
    """
    return build("^", base, Number(exponent))


def build(name: str, *inputs: Expression) -> Expression:
    """Make an operation, or something simpler that means the same.

    Args:
        name: The operation.
        *inputs: What it works on, tidy already.

    Returns:
        A tidy expression.

    Raises:
        FormulaError: If it has no value anywhere, such as 1/0.

    Example:
        >>> build("-", formulas.Variable("x"), formulas.Variable("x"))
        Number(value=0.0, label='')
    """
    if all(isinstance(operand, Number) for operand in inputs):
        return _fold(name, inputs)
    if name == "+":
        return _build_sum(*inputs)
    if name == "-":
        return _build_difference(*inputs)
    if name == "*":
        return _build_product(*inputs)
    if name == "/":
        return _build_quotient(*inputs)
    if name == "^":
        return _build_power(*inputs)
    if name == "negate" and _is(inputs[0], "negate"):
        return inputs[0].inputs[0]
    if name == "negate" and _is(inputs[0], "-"):
        return build("-", inputs[0].inputs[1], inputs[0].inputs[0])
    if name == "negate":
        number, rest = _number_and_rest(inputs[0])
        if number != 1.0 and not isinstance(rest, Number):
            return build("*", Number(-number), rest)
    return Operation(name, inputs)


def _fold(name: str, numbers: tuple[Expression, ...]) -> Expression:
    """Compute an operation on plain numbers; pi and sqrt(2) stay symbols."""
    value = float(formulas.evaluate(Operation(name, numbers), {}))
    if not math.isfinite(value):
        raise formulas.FormulaError(
            f"The formula has no value: {notation.plain(Operation(name, numbers))}."
        )
    is_arithmetic = name not in formulas.FUNCTIONS and not any(n.label for n in numbers)
    if is_arithmetic or value.is_integer():
        return Number(value + 0.0)  # adding 0 turns -0 into 0
    return Operation(name, numbers)


def _build_sum(left: Expression, right: Expression) -> Expression:
    if left == ZERO:
        return right
    if right == ZERO:
        return left
    if _is(right, "negate"):
        return build("-", left, right.inputs[0])
    if _is(left, "negate"):
        return build("-", right, left.inputs[0])
    if _number_and_rest(right)[0] < 0:
        return build("-", left, _flipped(right))
    if left == right:
        return build("*", TWO, left)
    return Operation("+", (left, right))


def _build_difference(left: Expression, right: Expression) -> Expression:
    if right == ZERO:
        return left
    if left == right:
        return ZERO
    if left == ZERO:
        return build("negate", right)
    if _is(right, "negate"):
        return build("+", left, right.inputs[0])
    if _number_and_rest(right)[0] < 0:
        return build("+", left, _flipped(right))
    return Operation("-", (left, right))


def _flipped(part: Expression) -> Expression:
    """Take the minus sign off a part whose leading number is negative."""
    number, rest = _number_and_rest(part)
    return build("*", Number(-number), rest)


def _build_product(left: Expression, right: Expression) -> Expression:
    if ZERO in (left, right):
        return ZERO
    if _is_plain_number(right):
        left, right = right, left
    if left == ONE:
        return right
    if left == Number(-1.0) and not _is(right, "*"):
        return build("negate", right)

    # Signs and numbers move to the front, so that 2 * (3 * x) becomes 6 * x.
    if _is(left, "negate"):
        return build("negate", build("*", left.inputs[0], right))
    if _is(right, "negate"):
        return build("negate", build("*", left, right.inputs[0]))
    if _is(right, "*"):
        return build("*", build("*", left, right.inputs[0]), right.inputs[1])
    if _is(left, "*") and _is_plain_number(left.inputs[0]) and not _is_plain_number(right):
        return _front(left.inputs[0], build("*", left.inputs[1], right))
    if _is(right, "/"):
        return build("/", build("*", left, right.inputs[0]), right.inputs[1])
    if _is(left, "/"):
        return build("/", build("*", left.inputs[0], right), left.inputs[1])

    left_base, left_power = _base_and_power(left)
    right_base, right_power = _base_and_power(right)
    if left_base == right_base and min(left_power, right_power) >= 1:
        return power(left_base, left_power + right_power)
    return Operation("*", (left, right))


def _build_quotient(top: Expression, bottom: Expression) -> Expression:
    if bottom == ZERO:
        raise formulas.FormulaError("The formula divides by zero.")
    if top == ZERO:
        return ZERO
    if bottom == ONE:
        return top
    if _is(top, "negate"):
        return build("negate", build("/", top.inputs[0], bottom))
    if _is(top, "/"):
        return build("/", top.inputs[0], build("*", bottom, top.inputs[1]))

    # A number below the line moves above it: 2 * x / (2 * y) becomes x / y.
    top_number, top_rest = _number_and_rest(top)
    bottom_number, bottom_rest = _number_and_rest(bottom)
    if bottom_number not in (0.0, 1.0) and (top_number / bottom_number).is_integer():
        return build("/", build("*", Number(top_number / bottom_number), top_rest), bottom_rest)
    return Operation("/", (top, bottom))


def _build_power(base: Expression, exponent: Expression) -> Expression:
    if exponent == ONE:
        return base
    if exponent == ZERO:
        return ONE
    if _is(base, "^") and min(_whole(base.inputs[1]), _whole(exponent)) > 0:
        return power(base.inputs[0], _whole(base.inputs[1]) * _whole(exponent))
    return Operation("^", (base, exponent))


def _is(part: Expression, name: str) -> bool:
    return isinstance(part, Operation) and part.name == name


def _is_plain_number(part: Expression) -> bool:
    """Tell 2 from pi: pi keeps its place in a product, like a variable."""
    return isinstance(part, Number) and not part.label


def _front(factor: Number, rest: Expression) -> Expression:
    """Write a number before a product whose own number is already in front."""
    number, others = _number_and_rest(rest)
    if number != 1.0:
        return build("*", Number(factor.value * number), others)
    return Operation("*", (factor, rest))


def _number_and_rest(part: Expression) -> tuple[float, Expression]:
    """Read ``6 * x`` as 6 and ``x``; anything else as 1 and itself."""
    if _is(part, "*") and _is_plain_number(part.inputs[0]):
        return part.inputs[0].value, part.inputs[1]
    if _is_plain_number(part):
        return part.value, ONE
    return 1.0, part


def _whole(exponent: Expression) -> float:
    """Read a whole-number exponent; 0 when it is anything else."""
    is_whole = isinstance(exponent, Number) and exponent.value.is_integer()
    return exponent.value if is_whole else 0.0


def _base_and_power(part: Expression) -> tuple[Expression, float]:
    """Read ``x`` as ``x^1``, so that like factors can be joined."""
    if isinstance(part, Operation) and part.name == "^" and isinstance(part.inputs[1], Number):
        return part.inputs[0], part.inputs[1].value
    return part, 1.0

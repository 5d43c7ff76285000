"""Derivatives of formulas by the rules one learns at school, and the tidying up afterwards."""

import math

from core.foundations import expressions, notation
from core.foundations.expressions import Expression, Number, Operation, Variable

ZERO, ONE, TWO = Number(0.0), Number(1.0), Number(2.0)


def differentiate(expression: Expression, variable: str) -> Expression:
    """Find the derivative with respect to one variable.

    One rule per operation; the chain rule is the line that multiplies an outer derivative by the
    derivative of what is inside. ``abs`` has slope ``sign``, and ``sign`` slope 0, also at the
    corner, where mathematics gives none.

    Args:
        expression: The formula, a tree.
        variable: The name to differentiate by.

    Returns:
        The derivative, tidied up.

    Raises:
        ValueError: If the formula raises something to a power that is not a number.

    Example:
        >>> from core.foundations import notation
        >>> notation.plain(differentiate(expressions.parse("x^3 + 2x*y"), "x"))
        '3 * x^2 + 2 * y'
    """
    slope: dict[Expression, Expression] = {}

    # Inputs come before what uses them, so each slope is ready when it is asked for.
    for part in expressions.unroll(expression):
        if isinstance(part, Operation):
            slope[part] = _operation_slope(part, [slope[operand] for operand in part.inputs])
        else:
            slope[part] = ONE if part == Variable(variable) else ZERO
    return slope[expression]


def gradient(
    expression: Expression, variables: tuple[str, ...] = ("x", "y")
) -> tuple[Expression, ...]:
    """Collect the derivative by each variable: the gradient as formulas.

    Example:
        >>> gradient(expressions.parse("2x"), ("x", "y"))
        (Number(value=2.0, label=''), Number(value=0.0, label=''))
    """
    return tuple(differentiate(expression, variable) for variable in variables)


def hessian(
    expression: Expression, variables: tuple[str, ...] = ("x", "y")
) -> tuple[tuple[Expression, ...], ...]:
    """Collect the second derivatives: the Hessian as formulas, row by row.

    Example:
        >>> hessian(expressions.parse("x^2"), ("x",))
        ((Number(value=2.0, label=''),),)
    """
    return tuple(gradient(slope, variables) for slope in gradient(expression, variables))


def simplify(expression: Expression) -> Expression:
    """Drop what does nothing: ``x + 0``, ``1 * x``, ``2 * 3``.

    Leaves out everything that needs an idea, such as ``sin(x)^2 + cos(x)^2 = 1``.

    Raises:
        FormulaError: If a part is the same undefined number everywhere, such as 1/0.

    Example:
        >>> simplify(expressions.parse("0*y + x*x"))
        Operation(name='^', inputs=(Variable(name='x'), Number(value=2.0, label='')))
    """
    tidy: dict[Expression, Expression] = {}
    for part in expressions.unroll(expression):
        if isinstance(part, Operation):
            tidy[part] = _build(part.name, *[tidy[operand] for operand in part.inputs])
        else:
            tidy[part] = part
    return tidy[expression]


def _operation_slope(part: Operation, slopes: list[Expression]) -> Expression:
    """Apply the rule of one operation to the slopes of its inputs."""
    if part.name in {"+", "-", "negate"}:
        return _build(part.name, *slopes)

    if part.name == "*":
        (left, right), (left_slope, right_slope) = part.inputs, slopes
        return add(multiply(left_slope, right), multiply(left, right_slope))

    if part.name == "/":
        (top, bottom), (top_slope, bottom_slope) = part.inputs, slopes
        if bottom_slope == ZERO:
            return _build("/", top_slope, bottom)
        change = _build("-", multiply(top_slope, bottom), multiply(top, bottom_slope))
        return _build("/", change, power(bottom, 2.0))

    if part.name == "^":
        base, exponent = part.inputs
        if not isinstance(exponent, Number):
            raise ValueError("only powers with a number as exponent can be differentiated")
        outer = multiply(exponent, power(base, exponent.value - 1))
        return multiply(outer, slopes[0])

    # The chain rule: slope outside, times slope inside.
    return multiply(_function_slope(part.name, part.inputs[0]), slopes[0])


def _function_slope(name: str, inside: Expression) -> Expression:
    """Look up the derivative of a function, at ``inside``."""
    if name == "sin":
        return Operation("cos", (inside,))
    if name == "cos":
        return _build("negate", Operation("sin", (inside,)))
    if name == "tan":
        return add(ONE, power(Operation("tan", (inside,)), 2.0))
    if name == "exp":
        return Operation("exp", (inside,))
    if name == "log":
        return _build("/", ONE, inside)
    if name == "sqrt":
        return _build("/", ONE, multiply(TWO, Operation("sqrt", (inside,))))
    if name == "tanh":
        return _build("-", ONE, power(Operation("tanh", (inside,)), 2.0))
    if name == "abs":
        return Operation("sign", (inside,))
    if name == "sign":
        return ZERO
    raise ValueError(f"no derivative is known for {name!r}")


def add(left: Expression, right: Expression) -> Expression:
    """Add, tidily.

    Example:
        >>> add(Variable("x"), ZERO)
        Variable(name='x')
    """
    return _build("+", left, right)


def multiply(left: Expression, right: Expression) -> Expression:
    """Multiply, tidily.

    Example:
        >>> multiply(Number(2.0), Number(3.0))
        Number(value=6.0, label='')
    """
    return _build("*", left, right)


def power(base: Expression, exponent: float) -> Expression:
    """Raise to a fixed power, tidily.

    Example:
        >>> power(Variable("x"), 1.0)
        Variable(name='x')
    """
    return _build("^", base, Number(exponent))


def _build(name: str, *inputs: Expression) -> Expression:
    """Make an operation, or something simpler that means the same."""
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
        return _build("-", inputs[0].inputs[1], inputs[0].inputs[0])
    if name == "negate":
        number, rest = _number_and_rest(inputs[0])
        if number != 1.0 and not isinstance(rest, Number):
            return _build("*", Number(-number), rest)
    return Operation(name, inputs)


def _fold(name: str, numbers: tuple[Expression, ...]) -> Expression:
    """Compute an operation on plain numbers; pi and sqrt(2) stay symbols."""
    value = float(expressions.evaluate(Operation(name, numbers), {}))
    if not math.isfinite(value):
        raise expressions.FormulaError(
            f"The formula has no value: {notation.plain(Operation(name, numbers))}."
        )
    is_arithmetic = name not in expressions.FUNCTIONS and not any(n.label for n in numbers)
    if is_arithmetic or value.is_integer():
        return Number(value + 0.0)  # adding 0 turns -0 into 0
    return Operation(name, numbers)


def _build_sum(left: Expression, right: Expression) -> Expression:
    if left == ZERO:
        return right
    if right == ZERO:
        return left
    if _is(right, "negate"):
        return _build("-", left, right.inputs[0])
    if _is(left, "negate"):
        return _build("-", right, left.inputs[0])
    if _number_and_rest(right)[0] < 0:
        return _build("-", left, _flipped(right))
    if left == right:
        return _build("*", TWO, left)
    return Operation("+", (left, right))


def _build_difference(left: Expression, right: Expression) -> Expression:
    if right == ZERO:
        return left
    if left == right:
        return ZERO
    if left == ZERO:
        return _build("negate", right)
    if _is(right, "negate"):
        return _build("+", left, right.inputs[0])
    if _number_and_rest(right)[0] < 0:
        return _build("+", left, _flipped(right))
    return Operation("-", (left, right))


def _flipped(part: Expression) -> Expression:
    """Take the minus sign off a part whose leading number is negative."""
    number, rest = _number_and_rest(part)
    return _build("*", Number(-number), rest)


def _build_product(left: Expression, right: Expression) -> Expression:
    if ZERO in (left, right):
        return ZERO
    if isinstance(right, Number):
        left, right = right, left
    if left == ONE:
        return right
    if left == Number(-1.0) and not _is(right, "*"):
        return _build("negate", right)

    # Signs and numbers move to the front, so that 2 * (3 * x) becomes 6 * x.
    if _is(left, "negate"):
        return _build("negate", _build("*", left.inputs[0], right))
    if _is(right, "negate"):
        return _build("negate", _build("*", left, right.inputs[0]))
    if _is(right, "*"):
        return _build("*", _build("*", left, right.inputs[0]), right.inputs[1])
    if _is(left, "*") and isinstance(left.inputs[0], Number) and not isinstance(right, Number):
        return _front(left.inputs[0], _build("*", left.inputs[1], right))
    if _is(right, "/"):
        return _build("/", _build("*", left, right.inputs[0]), right.inputs[1])
    if _is(left, "/"):
        return _build("/", _build("*", left.inputs[0], right), left.inputs[1])

    left_base, left_power = _base_and_power(left)
    right_base, right_power = _base_and_power(right)
    if left_base == right_base and min(left_power, right_power) >= 1:
        return power(left_base, left_power + right_power)
    return Operation("*", (left, right))


def _build_quotient(top: Expression, bottom: Expression) -> Expression:
    if bottom == ZERO:
        raise expressions.FormulaError("The formula divides by zero.")
    if top == ZERO:
        return ZERO
    if bottom == ONE:
        return top
    if _is(top, "negate"):
        return _build("negate", _build("/", top.inputs[0], bottom))
    if _is(top, "/"):
        return _build("/", top.inputs[0], _build("*", bottom, top.inputs[1]))

    # A number below the line moves above it: 2 * x / (2 * y) becomes x / y.
    top_number, top_rest = _number_and_rest(top)
    bottom_number, bottom_rest = _number_and_rest(bottom)
    if bottom_number not in (0.0, 1.0) and (top_number / bottom_number).is_integer():
        return _build("/", _build("*", Number(top_number / bottom_number), top_rest), bottom_rest)
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


def _front(factor: Number, rest: Expression) -> Expression:
    """Write a number before a product whose own number is already in front."""
    number, others = _number_and_rest(rest)
    if number != 1.0 and factor.label == "":
        return _build("*", Number(factor.value * number), others)
    return Operation("*", (factor, rest))


def _number_and_rest(part: Expression) -> tuple[float, Expression]:
    """Read ``6 * x`` as 6 and ``x``; anything else as 1 and itself."""
    if _is(part, "*") and isinstance(part.inputs[0], Number) and not part.inputs[0].label:
        return part.inputs[0].value, part.inputs[1]
    if isinstance(part, Number) and not part.label:
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

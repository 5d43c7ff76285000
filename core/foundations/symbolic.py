"""Derivatives of formulas, by the rules one learns at school."""

from core.foundations import formulas, tidying
from core.foundations.formulas import Expression, Number, Operation, Variable
from core.foundations.tidying import ONE, TWO, ZERO


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
        >>> from core.foundations import expressions, notation
        >>> notation.plain(differentiate(expressions.parse("x^3 + 2x*y"), "x"))
        '3 * x^2 + 2 * y'
    """
    slope: dict[Expression, Expression] = {}

    # Inputs come before what uses them, so each slope is ready when it is asked for.
    for part in formulas.unroll(expression):
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
        >>> from core.foundations import expressions
        >>> gradient(expressions.parse("2x"), ("x", "y"))
        (Number(value=2.0, label=''), Number(value=0.0, label=''))
    """
    return tuple(differentiate(expression, variable) for variable in variables)


def hessian(
    expression: Expression, variables: tuple[str, ...] = ("x", "y")
) -> tuple[tuple[Expression, ...], ...]:
    """Collect the second derivatives: the Hessian as formulas, row by row.

    Example:
        >>> from core.foundations import expressions
        >>> hessian(expressions.parse("x^2"), ("x",))
        ((Number(value=2.0, label=''),),)
    """
    return tuple(gradient(slope, variables) for slope in gradient(expression, variables))


def _operation_slope(part: Operation, slopes: list[Expression]) -> Expression:
    """Apply the rule of one operation to the slopes of its inputs."""
    if part.name in {"+", "-", "negate"}:
        return tidying.build(part.name, *slopes)

    if part.name == "*":
        (left, right), (left_slope, right_slope) = part.inputs, slopes
        return tidying.add(tidying.multiply(left_slope, right), tidying.multiply(left, right_slope))

    if part.name == "/":
        (top, bottom), (top_slope, bottom_slope) = part.inputs, slopes
        if bottom_slope == ZERO:
            return tidying.build("/", top_slope, bottom)
        change = tidying.build(
            "-", tidying.multiply(top_slope, bottom), tidying.multiply(top, bottom_slope)
        )
        return tidying.build("/", change, tidying.power(bottom, 2.0))

    if part.name == "^":
        base, exponent = part.inputs
        if not isinstance(exponent, Number):
            raise ValueError("only powers with a number as exponent can be differentiated")
        outer = tidying.multiply(exponent, tidying.power(base, exponent.value - 1))
        return tidying.multiply(outer, slopes[0])

    # The chain rule: slope outside, times slope inside.
    return tidying.multiply(_function_slope(part.name, part.inputs[0]), slopes[0])


def _function_slope(name: str, inside: Expression) -> Expression:
    """Look up the derivative of a function, at ``inside``."""
    if name == "sin":
        return Operation("cos", (inside,))
    if name == "cos":
        return tidying.build("negate", Operation("sin", (inside,)))
    if name == "tan":
        return tidying.add(ONE, tidying.power(Operation("tan", (inside,)), 2.0))
    if name == "exp":
        return Operation("exp", (inside,))
    if name == "log":
        return tidying.build("/", ONE, inside)
    if name == "sqrt":
        return tidying.build("/", ONE, tidying.multiply(TWO, Operation("sqrt", (inside,))))
    if name == "tanh":
        return tidying.build("-", ONE, tidying.power(Operation("tanh", (inside,)), 2.0))
    if name == "abs":
        return Operation("sign", (inside,))
    if name == "sign":
        return ZERO
    raise ValueError(f"no derivative is known for {name!r}")

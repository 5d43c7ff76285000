"""Formulas as people read them: plain text that can be typed again, and LaTeX."""

from collections.abc import Mapping

from core.foundations.formulas import CONSTANTS, Expression, Number, Operation, Variable

_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2, "negate": 2, "^": 4}
_GREEK = {"pi": r"\pi", "e": "e"}
_LATEX_FUNCTIONS = {name: rf"\{name}" for name in ("sin", "cos", "tan", "exp", "tanh", "log")} | {
    "sign": r"\operatorname{sign}"
}


def plain(expression: Expression) -> str:
    """Write an expression on one line, so that reading it back gives the same formula.

    Example:
        >>> from core.foundations import expressions
        >>> plain(expressions.parse("(x+1)(x-1)"))
        '(x + 1) * (x - 1)'
    """
    if isinstance(expression, Number):
        return expression.label or _digits(expression.value)
    if isinstance(expression, Variable):
        return expression.name

    parts = [plain(operand) for operand in expression.inputs]
    if expression.name == "negate":
        return "-" + _guard(parts[0], expression.inputs[0], weaker_than=3)
    if expression.name not in _STRENGTH:
        return f"{expression.name}({parts[0]})"

    left, right = _guarded_pair(expression, parts)
    gap = "" if expression.name == "^" else " "
    return f"{left}{gap}{expression.name}{gap}{right}"


def latex(expression: Expression, *, symbols: Mapping[str, str] | None = None) -> str:
    r"""Typeset an expression.

    Args:
        expression: The formula.
        symbols: How to show a variable: a LaTeX symbol, or a number for "with this step's
            numbers in it". Variables that are not named keep their own letter.

    Returns:
        LaTeX for a mathematics block.

    Example:
        >>> from core.foundations import expressions
        >>> latex(expressions.parse("x^2 / (y+1)"))
        '\\frac{x^{2}}{y + 1}'
        >>> latex(expressions.parse("x*y"), symbols={"x": "-3", "y": "2"})
        '-3 \\cdot 2'
    """
    symbols = symbols or {}
    if isinstance(expression, Number):
        return _GREEK.get(expression.label) or _latex_number(expression.value)
    if isinstance(expression, Variable):
        return symbols.get(expression.name, expression.name)

    parts = [latex(operand, symbols=symbols) for operand in expression.inputs]
    if expression.name == "/":
        return rf"\frac{{{parts[0]}}}{{{parts[1]}}}"
    if expression.name == "sqrt":
        return rf"\sqrt{{{parts[0]}}}"
    if expression.name == "abs":
        return rf"\left|{parts[0]}\right|"
    if expression.name in _LATEX_FUNCTIONS:
        return rf"{_LATEX_FUNCTIONS[expression.name]}\left({parts[0]}\right)"
    if expression.name == "negate":
        return "-" + _guard(parts[0], expression.inputs[0], weaker_than=2, large=True)
    return _latex_pair(expression, parts)


def number(value: float) -> str:
    r"""Write a number for a formula: four significant digits, LaTeX powers of ten.

    Example:
        >>> number(0.25), number(-12345.678), number(1.5e-9)
        ('0.25', '-12350', '1.5 \\cdot 10^{-9}')
    """
    if value != value:
        return r"\text{NaN}"
    if value in (float("inf"), float("-inf")):
        return r"\infty" if value > 0 else r"-\infty"
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        shown = f"{float(f'{value:.4g}'):.10f}"
        return shown.rstrip("0").rstrip(".")
    mantissa, exponent = f"{value:.3e}".split("e")
    return rf"{mantissa.rstrip('0').rstrip('.')} \cdot 10^{{{int(exponent)}}}"


def _latex_pair(expression: Operation, parts: list[str]) -> str:
    """Typeset a sum, difference, product or power."""
    if expression.name == "^":
        base = expression.inputs[0]
        is_plain = isinstance(base, Number | Variable) and not _needs_sign_guard(parts[0])
        left = parts[0] if is_plain else rf"\left({parts[0]}\right)"
        return f"{left}^{{{parts[1]}}}"

    # A fraction has its own line to hold it together, so it needs no brackets.
    left, right = _guarded_pair(expression, parts, large=True)
    if expression.name != "*":
        return f"{left} {expression.name} {right}"
    # A dot where two numbers would run together; otherwise letters stand side by side.
    runs_together = right[:1].isdigit() or right[:1] == "(" or right.startswith(r"\left(-")
    number_pair = left[-1:].isdigit() and right[:1].isdigit()
    dotted = runs_together or number_pair or left.endswith(r"\right)")
    return rf"{left} \cdot {right}" if dotted else rf"{left} \, {right}"


def _guarded_pair(
    expression: Operation, parts: list[str], *, large: bool = False
) -> tuple[str, str]:
    """Put brackets round the two sides of an operator where they are needed."""
    own = _STRENGTH[expression.name]
    # Right of - and /, and left of ^, even an equally strong operator needs brackets.
    # Plain text keeps those of a * (b * c) too, so that reading it back gives the same tree.
    left_floor = own + (expression.name == "^")
    right_floor = own + (expression.name in {"-", "/"} or (expression.name == "*" and not large))
    left = _guard(parts[0], expression.inputs[0], weaker_than=left_floor, large=large)
    right = _guard(parts[1], expression.inputs[1], weaker_than=right_floor, large=large)
    if not large and right.startswith("-"):
        right = f"({right})"
    elif large and _needs_sign_guard(right):
        right = rf"\left({right}\right)"
    return left, right


def _guard(text: str, part: Expression, *, weaker_than: int, large: bool = False) -> str:
    """Bracket a part that binds more weakly than its surroundings."""
    strength = _STRENGTH.get(part.name, 5) if isinstance(part, Operation) else 5
    if isinstance(part, Number) and part.value < 0:
        strength = _STRENGTH["negate"]
    if large and isinstance(part, Operation) and part.name == "/":
        strength = 5
    if strength >= weaker_than:
        return text
    return rf"\left({text}\right)" if large else f"({text})"


def _needs_sign_guard(text: str) -> bool:
    return text.startswith("-")


def _digits(value: float) -> str:
    """Write a constant so that it reads back as the same number."""
    for name, constant in CONSTANTS.items():
        if value == constant:
            return name
    return f"{int(value)}" if value == int(value) and abs(value) < 1e15 else repr(value)


def _latex_number(value: float) -> str:
    """Write a constant with at most six digits."""
    for name, constant in CONSTANTS.items():
        if value == constant:
            return _GREEK[name]
    text = f"{value:.6g}"
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"

"""Programs that reproduce the calculus lab's numbers on their own, with NumPy alone."""

from core.foundations import chain_rule, expressions, formulas, notation, symbolic, tidying

_IMPORTS = """\
# numpy's float64 has about 16 digits, as the lab has.
from numpy import abs, cos, exp, log, pi, e, sign, sin, sqrt, tan, tanh, float64
"""

_SLOPE = '''\
"""The slope of {formula} at x = {at!r}: the rule, and what finite differences make of it."""

{imports}

def f(x):
    return {height} + 0.0 * x


def slope(x):
    return {slope} + 0.0 * x


x = float64({at!r})
print("exact slope", repr(float(slope(x))))
print("h  forward error  central error")
for h in {widths!r}:
    forward = (f(x + h) - f(x)) / h
    central = (f(x + h) - f(x - h)) / (2 * h)
    print(h, float(abs(forward - slope(x))), float(abs(central - slope(x))))
'''

_DIRECTIONS = '''\
"""How steep {formula} is in every direction from ({x!r}, {y!r})."""

{imports}

def f(x, y):
    return {height} + 0.0 * x


x, y = float64({x!r}), float64({y!r})
gradient = ({slope_x} + 0.0 * x, {slope_y} + 0.0 * x)
print("gradient", float(gradient[0]), float(gradient[1]))
print("steepest slope", float(sqrt(gradient[0] ** 2 + gradient[1] ** 2)))
print("degrees  gradient times direction  measured")
for degrees in range(0, 360, 45):
    direction = cos(degrees * pi / 180), sin(degrees * pi / 180)
    slope = gradient[0] * direction[0] + gradient[1] * direction[1]
    h = 1e-5
    ahead = f(x + h * direction[0], y + h * direction[1])
    behind = f(x - h * direction[0], y - h * direction[1])
    print(degrees, float(slope), float((ahead - behind) / (2 * h)))
'''

_CHAIN = '''\
"""Back-propagation through {formula}, written out by hand."""

{imports}
# Forwards: every line uses only what is above it.
{forward}

# Backwards: the output reacts to itself one to one; every node hands its slope to its inputs.
{backward}

print("output", float({output}))
{prints}
'''


def slope_script(formula: str, at: float) -> str:
    """Write the program behind the tangent and the table of errors.

    Args:
        formula: A formula in x.
        at: Where the slope is measured.

    Returns:
        A whole Python program; the formula enters it only after it has been read as a formula.

    Raises:
        FormulaError: If the formula is outside the grammar.
    """
    tree = tidying.simplify(expressions.parse(formula, variables=("x",)))
    return _SLOPE.format(
        imports=_IMPORTS,
        formula=notation.plain(tree),
        at=float(at),
        height=_python(tree),
        slope=_python(symbolic.differentiate(tree, "x")),
        widths=[float(f"1e-{power}") for power in range(1, 17)],
    )


def directions_script(formula: str, point: tuple[float, float]) -> str:
    """Write the program behind the dial of slopes.

    Args:
        formula: A formula in x and y.
        point: Where one stands.

    Returns:
        A whole Python program.

    Raises:
        FormulaError: If the formula is outside the grammar.
    """
    tree = tidying.simplify(expressions.parse(formula))
    slope_x, slope_y = symbolic.gradient(tree, ("x", "y"))
    return _DIRECTIONS.format(
        imports=_IMPORTS,
        formula=notation.plain(tree),
        x=float(point[0]),
        y=float(point[1]),
        height=_python(tree),
        slope_x=_python(slope_x),
        slope_y=_python(slope_y),
    )


def chain_script(formula: str, graph: chain_rule.Graph) -> str:
    """Write the forward and the backward pass of a graph as straight lines of Python.

    Args:
        formula: What was typed; it stands in the title.
        graph: The graph built from it.

    Returns:
        A whole Python program that prints the output and the slope of every variable.
    """
    code = [_variable(node) for node in graph.nodes]
    forward = [
        f"{code[node.index]} = {_assigned(node)}"
        for node in graph.nodes
        if node.operation != "constant"
    ]
    receivers = [node for node in graph.nodes if node.operation != "constant"]
    backward = [f"slope_{code[node.index]} = 0.0" for node in receivers]
    if graph.output.operation != "constant":
        backward.append(f"slope_{code[-1]} = 1.0")
    for node in reversed(graph.nodes):
        for receiver, local in zip(node.inputs, node.local_texts, strict=True):
            if graph.nodes[receiver].operation != "constant":
                backward.append(
                    f"slope_{code[receiver]} += slope_{code[node.index]} * ({_power(local)})"
                )
    prints = [
        f'print("slope of {node.name}", float(slope_{node.name}))'
        for node in graph.nodes
        if node.operation == "input"
    ]
    return _CHAIN.format(
        imports=_IMPORTS,
        formula=notation.plain(expressions.parse(formula, variables=tuple(graph.gradient))),
        forward="\n".join(forward),
        backward="\n".join(backward),
        output=code[-1],
        prints="\n".join(prints),
    )


def _variable(node: chain_rule.Node) -> str:
    return _power(node.name) if node.operation == "constant" else node.name


def _assigned(node: chain_rule.Node) -> str:
    """Write the right side of one line of the forward pass."""
    return f"float64({node.value!r})" if node.operation == "input" else _power(node.text)


def _python(tree: formulas.Expression) -> str:
    return _power(notation.plain(tree))


def _power(text: str) -> str:
    """Spell a power as Python does.

    Example:
        >>> _power("x^2")
        'x**2'
    """
    return text.replace("^", "**")

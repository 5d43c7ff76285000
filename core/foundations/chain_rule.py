"""The chain rule on a small graph: values fill in forwards, slopes backwards.

Every part of a formula is a node. Forwards, each node computes its value from its inputs.
Backwards, each node hands its own slope to its inputs, times how strongly it reacts to each of
them. A node used twice receives twice, and the two are added. That is back-propagation.
"""

from dataclasses import dataclass

import numpy as np

from core.foundations import expressions, formulas, notation, symbolic
from core.foundations.formulas import Expression, Number, Operation, Variable

MAX_NODES = 40


@dataclass(frozen=True)
class Node:
    """One part of the formula."""

    index: int
    """Place in the order of computation, from 0."""

    name: str
    """x for a variable, otherwise a, b, c, … in the order of computation."""

    operation: str
    """What it does: ``input``, ``constant``, + - * / ^, negate, or a function's name."""

    inputs: tuple[int, ...]
    """The nodes it works on."""

    text: str
    """The operation written with the names of its inputs, such as ``a * b``."""

    value: float
    """Result of the forward pass."""

    local_slopes: tuple[float, ...]
    """How strongly the value reacts to each input: ∂node/∂input."""

    local_formulas: tuple[str, ...]
    """The same as LaTeX, in the inputs' names."""

    local_texts: tuple[str, ...]
    """The same on one line, as it can be typed."""

    slope: float
    """Result of the backward pass: ∂output/∂node."""


@dataclass(frozen=True)
class BackwardStep:
    """One arrow of the backward pass: a node hands slope to one of its inputs."""

    node: int
    """Who hands on."""

    receiver: int
    """Who receives."""

    upstream: float
    """∂output/∂node, complete by now."""

    local: float
    """∂node/∂receiver."""

    contribution: float
    """upstream · local."""

    total: float
    """What the receiver has collected so far, this contribution included."""


@dataclass(frozen=True)
class Graph:
    """A formula with all its values and slopes."""

    nodes: tuple[Node, ...]
    """Inputs before what uses them; the last is the output."""

    steps: tuple[BackwardStep, ...]
    """The backward pass, in order."""

    gradient: dict[str, float]
    """∂output/∂variable."""

    measured: dict[str, float]
    """The same by central differences, from the formula alone."""

    @property
    def output(self) -> Node:
        """The node that holds the formula's value."""
        return self.nodes[-1]


def build(formula: str, values: dict[str, float]) -> Graph:
    """Run a formula forwards and backwards.

    Args:
        formula: What was typed; its variables are the keys of ``values``.
        values: A number for each variable.

    Returns:
        The graph with every intermediate value, slope and step.

    Raises:
        FormulaError: If the formula is outside the grammar or has more than 40 nodes.
        ValueError: If a value on the way is not finite.

    Example:
        >>> graph = build("(x + y) * y", {"x": 2.0, "y": 3.0})
        >>> graph.output.value, graph.gradient
        (15.0, {'x': 3.0, 'y': 8.0})
        >>> [step.contribution for step in graph.steps]
        [3.0, 5.0, 3.0, 3.0]
    """
    tree = expressions.parse(formula, variables=tuple(values))
    parts = formulas.unroll(tree)
    if len(parts) > MAX_NODES:
        raise formulas.FormulaError(
            f"The formula has {len(parts)} nodes; at most {MAX_NODES} are drawn."
        )
    place = {part: index for index, part in enumerate(parts)}
    names = _names(parts)

    # Forwards: inputs come first, so their values are known.
    known: list[float] = []
    for part in parts:
        known.append(_forward(part, [known[place[i]] for i in _inputs(part)], values))
        if not np.isfinite(known[-1]):
            raise ValueError(f"{notation.plain(part)} has no value here")

    rules = [_local_formulas(part) for part in parts]
    locals_ = [_local_slopes(part, rules[i], known, place) for i, part in enumerate(parts)]
    inputs = [tuple(place[operand] for operand in _inputs(part)) for part in parts]
    slopes, steps = walk_back(inputs, locals_)

    nodes = tuple(
        Node(
            index=i,
            name=names[i],
            operation=_kind(part),
            inputs=inputs[i],
            text=_text(part, [names[j] for j in inputs[i]]),
            value=known[i],
            local_slopes=tuple(locals_[i]),
            local_formulas=tuple(
                notation.latex(formula, symbols=_symbols(inputs[i], names)) for formula in rules[i]
            ),
            local_texts=tuple(
                notation.plain(_renamed(formula, _symbols(inputs[i], names)))
                for formula in rules[i]
            ),
            slope=slopes[i],
        )
        for i, part in enumerate(parts)
    )
    gradient = dict.fromkeys(values, 0.0)
    gradient |= {node.name: node.slope for node in nodes if node.operation == "input"}
    return Graph(nodes, steps, gradient, _measure(tree, values))


def walk_back(
    inputs: list[tuple[int, ...]], locals_: list[list[float]]
) -> tuple[list[float], tuple[BackwardStep, ...]]:
    """Hand slopes from the output to the inputs, last node first."""
    slopes = [0.0] * len(inputs)
    slopes[-1] = 1.0  # the output reacts to itself one to one
    steps = []

    # Going backwards, everyone who uses a node has been visited before the node itself.
    for node in reversed(range(len(inputs))):
        for receiver, local in zip(inputs[node], locals_[node], strict=True):
            contribution = slopes[node] * local
            slopes[receiver] += contribution
            steps.append(
                BackwardStep(node, receiver, slopes[node], local, contribution, slopes[receiver])
            )
    return slopes, tuple(steps)


def _forward(part: Expression, inputs: list[float], values: dict[str, float]) -> float:
    """Compute one node from its inputs."""
    if isinstance(part, Number):
        return part.value
    if isinstance(part, Variable):
        return float(values[part.name])
    letters = tuple(Variable(_letter(i)) for i in range(len(inputs)))
    known = {_letter(i): value for i, value in enumerate(inputs)}
    return float(formulas.evaluate(Operation(part.name, letters), known))


def _local_formulas(part: Expression) -> list[Expression]:
    """Differentiate one operation by each of its inputs, named in0 and in1."""
    if not isinstance(part, Operation):
        return []
    letters: list[Expression] = [Variable(_letter(i)) for i in range(len(part.inputs))]
    if part.name == "^":
        letters[1] = part.inputs[1]  # the exponent is a fixed number: nothing flows to it
    alone = Operation(part.name, tuple(letters))
    return [symbolic.differentiate(alone, _letter(i)) for i in range(len(part.inputs))]


def _local_slopes(
    part: Expression, rules: list[Expression], known: list[float], place: dict[Expression, int]
) -> list[float]:
    """Put the forward values into the local formulas."""
    values = {_letter(i): known[place[operand]] for i, operand in enumerate(_inputs(part))}
    return [float(formulas.evaluate(rule, values)) for rule in rules]


def _measure(tree: Expression, values: dict[str, float]) -> dict[str, float]:
    """Wiggle each variable and see how the output moves."""
    measured = {}
    for name, value in values.items():
        h = 6e-6 * max(1.0, abs(value))
        ahead = formulas.evaluate(tree, values | {name: value + h})
        behind = formulas.evaluate(tree, values | {name: value - h})
        measured[name] = float((ahead - behind) / (2 * h))
    return measured


def _inputs(part: Expression) -> tuple[Expression, ...]:
    return part.inputs if isinstance(part, Operation) else ()


def _kind(part: Expression) -> str:
    if isinstance(part, Operation):
        return part.name
    return "constant" if isinstance(part, Number) else "input"


def _names(parts: list[Expression]) -> list[str]:
    """Name operations a, b, c, …, leaving out letters that are variables already."""
    taken = {part.name for part in parts if isinstance(part, Variable)}
    letters = [letter for letter in "abcdfghijklmnopqrstuvwxyz" if letter not in taken]
    letters += [f"{letter}2" for letter in letters]
    free = iter(letters)
    names = []
    for part in parts:
        if isinstance(part, Operation):
            names.append(next(free))
        else:
            names.append(notation.plain(part))
    return names


def _text(part: Expression, names: list[str]) -> str:
    """Write one operation with the names of its inputs."""
    if not isinstance(part, Operation):
        return notation.plain(part)
    return notation.plain(Operation(part.name, tuple(Variable(name) for name in names)))


def _symbols(inputs: tuple[int, ...], names: list[str]) -> dict[str, str]:
    return {_letter(i): names[index] for i, index in enumerate(inputs)}


def _renamed(expression: Expression, names: dict[str, str]) -> Expression:
    """Put the names of the nodes into a local formula."""
    if isinstance(expression, Variable):
        return Variable(names[expression.name])
    if isinstance(expression, Operation):
        return Operation(
            expression.name, tuple(_renamed(part, names) for part in expression.inputs)
        )
    return expression


def _letter(place: int) -> str:
    return f"in{place}"

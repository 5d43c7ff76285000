r"""The formulas of a walk with its numbers in them, typeset.

A line reads left to right: the name, the formula, the numbers, the result.
"""

from core.foundations import notation, optimizers
from core.networks import mlp
from core.networks.trace import Neuron, Walk
from core.networks.updates import Update

_SQUASHED = {
    "sigmoid": r"\frac{{1}}{{1 + e^{{-({z})}}}}",
    "tanh": r"\tanh({z})",
    "relu": r"\max(0, {z})",
    "leaky_relu": r"\max({z}, 0.01 \cdot ({z}))",
    "gelu": r"\operatorname{{GELU}}({z})",
    "linear": "{z}",
}
_SLOPES = {
    "sigmoid": r"{a} \cdot (1 - {a})",
    "tanh": r"1 - {a}^2",
    "relu": r"[{z} > 0]",
    "leaky_relu": r"[{z} > 0] + 0.01 \, [{z} \le 0]",
    "gelu": r"\operatorname{{GELU}}'({z})",
    "linear": "1",
}


def symbol(name: str) -> str:
    r"""Typeset the name of an input or a neuron.

    Example:
        >>> symbol("h1.2"), symbol("h2"), symbol("x²"), symbol("out")
        ('h_{1.2}', 'h_{2}', 'x^2', '\\text{out}')
    """
    if name == "out":
        return r"\text{out}"
    if name.startswith("h"):
        return f"h_{{{name[1:]}}}"
    if name.startswith("sin"):
        return rf"\sin {name[-1]}"
    return name.replace("²", "^2").replace("·", r"\,")


def forward_lines(neuron: Neuron) -> list[str]:
    r"""Write what a neuron computes: its sum, then its output.

    Example:
        >>> from core.networks import trace
        >>> from core.networks.architecture import Network, Training
        >>> network = Network(features=("x",), hidden=(), activations=(), output="linear")
        >>> seen = trace.walk(network, [2.0, 1.0], (3.0, 0.0), 6.0, Training("squared_error"))
        >>> forward_lines(seen.layers[0][0])[0]
        'z_{\\text{out}} = 3 \\cdot 2 + 1 = 7'
    """
    name, z = symbol(neuron.name), notation.number(neuron.total)
    products = _sum([(term.value, term.weight) for term in neuron.inputs])
    total = f"{products} + {_guard(neuron.bias)}"
    squashed = _SQUASHED[neuron.activation].format(z=z)
    same = neuron.activation == "linear"
    output = "" if same else f" = {notation.number(neuron.output)}"
    return [f"z_{{{name}}} = {total} = {z}", f"a_{{{name}}} = {squashed}{output}"]


def loss_lines(walk: Walk) -> dict[str, str]:
    r"""Write both losses of the example.

    Example:
        >>> from core.networks import trace
        >>> from core.networks.architecture import Network, Training
        >>> network = Network(features=("x",), hidden=(), activations=(), output="linear")
        >>> seen = trace.walk(network, [2.0, 1.0], (3.0, 0.0), 6.0, Training("squared_error"))
        >>> loss_lines(seen)["squared_error"]
        'L = \\tfrac{1}{2} (p - t)^2 = \\tfrac{1}{2} (7 - 6)^2 = 0.5'
    """
    p, t = notation.number(walk.prediction), notation.number(walk.target)
    squared = notation.number(walk.losses["squared_error"])
    lines = {
        "squared_error": rf"L = \tfrac{{1}}{{2}} (p - t)^2 = \tfrac{{1}}{{2}} "
        rf"({p} - {_guard(walk.target)})^2 = {squared}"
    }
    entropy = walk.losses["cross_entropy"]
    if entropy == entropy:  # not NaN
        formula = r"L = -t \ln p - (1 - t) \ln(1 - p)"
        worked = rf"-{t} \ln {p} - (1 - {t}) \ln(1 - {p})"
        if walk.target in (0.0, 1.0):
            worked = rf"-\ln {p}" if walk.target else rf"-\ln(1 - {p})"
        lines["cross_entropy"] = f"{formula} = {worked} = {notation.number(entropy)}"
    return lines


def backward_lines(walk: Walk, neuron: Neuron) -> list[str]:
    r"""Spell the chain rule out for one neuron: error, slope, δ.

    Args:
        walk: The walk.
        neuron: One of its neurons.

    Returns:
        One line each. The output neuron with cross-entropy needs one only: the slope of the
        sigmoid cancels, and δ = p − t.

    Example:
        >>> from core.networks import trace
        >>> from core.networks.architecture import Network, Training
        >>> network = Network(features=("x",), hidden=(), activations=(), output="linear")
        >>> seen = trace.walk(network, [2.0, 1.0], (3.0, 0.0), 6.0, Training("squared_error"))
        >>> backward_lines(seen, seen.layers[0][0])[-1]
        '\\delta_{\\text{out}} = \\text{error} \\cdot \\text{slope} = 1 \\cdot 1 = 1'
    """
    name, delta = symbol(neuron.name), notation.number(neuron.delta)
    p, t = notation.number(walk.prediction), _guard(walk.target)
    if not neuron.pulls and walk.training.loss == "cross_entropy":
        return [
            rf"\delta_{{{name}}} = \frac{{p - t}}{{p (1 - p)}} \cdot p (1 - p)"
            rf" = p - t = {p} - {t} = {delta}"
        ]

    if neuron.pulls:
        weights = _sum([(pull.weight, pull.delta) for pull in neuron.pulls])
        said = rf"\sum w \, \delta = {weights} = {notation.number(neuron.error)}"
    else:
        said = rf"p - t = {p} - {t} = {notation.number(neuron.error)}"
    slope = notation.number(neuron.slope)
    formula = _SLOPES[neuron.activation].format(
        z=notation.number(neuron.total), a=_guard(neuron.output)
    )
    slope_line = formula if formula == slope else f"{formula} = {slope}"
    error = notation.number(neuron.error)
    return [
        rf"\text{{error}} = \frac{{\partial L}}{{\partial a}} = {said}",
        rf"\text{{slope}} = \frac{{\partial a}}{{\partial z}} = {slope_line}",
        rf"\delta_{{{name}}} = \text{{error}} \cdot \text{{slope}}"
        rf" = {error} \cdot {_guard(neuron.slope)} = {delta}",
    ]


def gradient_lines(neuron: Neuron) -> list[str]:
    r"""Write the gradient of each weight into a neuron, and of its bias.

    Example:
        >>> from core.networks import trace
        >>> from core.networks.architecture import Network, Training
        >>> network = Network(features=("x",), hidden=(), activations=(), output="linear")
        >>> seen = trace.walk(network, [2.0, 1.0], (3.0, 0.0), 6.0, Training("squared_error"))
        >>> gradient_lines(seen.layers[0][0])[1]
        '\\frac{\\partial L}{\\partial b} = \\delta_{\\text{out}} = 1'
    """
    name, delta = symbol(neuron.name), notation.number(neuron.delta)
    lines = [
        rf"\frac{{\partial L}}{{\partial w_{{{symbol(term.source)} \to {name}}}}}"
        rf" = \delta_{{{name}}} \cdot {_input_symbol(term.source)}"
        rf" = {delta} \cdot {_guard(term.value)} = {notation.number(term.gradient)}"
        for term in neuron.inputs
    ]
    return [*lines, rf"\frac{{\partial L}}{{\partial b}} = \delta_{{{name}}} = {delta}"]


def update_line(update: Update) -> str:
    r"""Write old weight − learning rate × gradient = new weight.

    Example:
        >>> update_line(Update("x → out", 0, 2.0, 3.0, 0.0, 0.1, -0.3, 1.7))
        'w \\leftarrow 2 - 0.1 \\cdot 3 = 1.7'
    """
    old, new = notation.number(update.old), notation.number(update.new)
    if abs(update.step + update.rate * update.gradient) <= 1e-12 * max(1, abs(update.step)):
        rate, gradient = notation.number(update.rate), _guard(update.gradient)
        return rf"w \leftarrow {old} - {rate} \cdot {gradient} = {new}"
    return rf"w \leftarrow {old} + {_guard(update.step)} = {new}"


def rule_lines(walk: Walk, index: int) -> list[optimizers.FormulaLine]:
    """Write the chosen optimiser's rule with the numbers of one weight's first step.

    Args:
        walk: The walk.
        index: Place of the weight in the vector.
    """
    training, update = walk.training, walk.updates[index]
    rule = optimizers.make(
        training.optimizer, learning_rate=training.learning_rate, **dict(training.settings)
    )
    before = optimizers.start_terms(rule, 0.0)
    rate = float(mlp.learning_rates(training)[0])
    terms = rule.update(before, update.gradient, update.old, None, rate, 1)
    given = {"gradient": update.gradient, "position": update.old, "rate": rate}
    values = optimizers.formula_values(rule, before, terms | given, t=1)
    return optimizers.worked_formulas(rule, values)


def flag_sentence(neuron: Neuron) -> str:
    """Say what a flag means, with the neuron's numbers; empty without a flag."""
    if neuron.flag == "saturated":
        return (
            f"{neuron.name} is saturated: its sum is {neuron.total:.3g}, so its slope is only "
            f"{neuron.slope:.3g}, and almost nothing of its error comes through."
        )
    if neuron.flag == "silent":
        return (
            f"{neuron.name} is silent here: its sum is {neuron.total:.3g}, below 0, so its slope "
            "is 0 and this example teaches its weights nothing."
        )
    if neuron.flag == "dead":
        return (
            f"{neuron.name} is dead: its sum is not above 0 for any example, so no example "
            "can ever move its weights."
        )
    return ""


def _sum(pairs: list[tuple[float, float]]) -> str:
    """Write a sum of products."""
    products = [
        rf"{_guard(first) if at else notation.number(first)} \cdot {_guard(second)}"
        for at, (first, second) in enumerate(pairs)
    ]
    return " + ".join(products)


def _guard(value: float) -> str:
    """Put a negative number into brackets."""
    text = notation.number(value)
    return f"({text})" if text.startswith("-") else text


def _input_symbol(source: str) -> str:
    return f"a_{{{symbol(source)}}}" if source.startswith("h") else symbol(source)

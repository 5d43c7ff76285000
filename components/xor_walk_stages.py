"""The walk through one example as stages in words: what lights up, and the arithmetic behind it.

A line is a pair: ``say`` explains, ``sum`` is arithmetic with the numbers of this example, ``flag``
warns of a saturated or silent neuron.
"""

import math
from collections.abc import Mapping
from typing import Any

from core.networks import worked
from core.networks.activations import ACTIVATIONS, LEAK
from core.networks.datasets import Dataset
from core.networks.trace import Neuron, Term, Walk

Line = tuple[str, str]

_SLOPES = {
    "sigmoid": "a · (1 − a)",
    "tanh": "1 − a²",
    "relu": "1 if z > 0, else 0",
    "leaky_relu": f"1 if z > 0, else {LEAK:g}",
    "gelu": "slope of the curve at z",
    "linear": "1",
}


def number(value: float, digits: int = 4) -> str:
    """Write a number as on screen.

    Example:
        >>> number(-0.123456), number(2.0), number(1.5e-9)
        ('−0.1235', '2', '1.5e−9')
    """
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    text = f"{value:.{digits}g}"
    if "e" in text:
        mantissa, power = text.split("e")
        text = f"{mantissa}e{int(power)}"
    return text.replace("-", "−")


def _bracketed(value: float) -> str:
    return f"({number(value)})" if value < 0 else number(value)


def _times(one: float, other: float) -> str:
    return f"{_bracketed(one)} · {_bracketed(other)}"


def pack(walk: Walk, dataset: Dataset) -> dict[str, Any]:
    """Pack a walk for the browser.

    Args:
        walk: The walk.
        dataset: Where the example is from; gives the window of the pictures.

    Returns:
        A mapping that JSON can hold: the network, its weights and every result in plain numbers,
        and ``stages``: phase, title, lines, indices of the weights that light up (``lit``), and
        the neurons (``active``) as [layer, index], the inputs being layer 0.
    """
    updated = [update.new for update in walk.updates]
    return {
        "widths": list(walk.network.widths),
        "features": list(walk.network.features),
        "activations": list(walk.network.layer_activations),
        "names": _names(walk),
        "window": [list(side) for side in dataset.window],
        "weights": walk.weights.tolist(),
        "gradient": walk.gradient.tolist(),
        "updated": [value if math.isfinite(value) else None for value in updated],
        "outputs": [
            [value for _, value in walk.inputs],
            *[[neuron.output for neuron in layer] for layer in walk.layers],
        ],
        "deltas": [[neuron.delta for neuron in layer] for layer in walk.layers],
        "flags": [[neuron.flag for neuron in layer] for layer in walk.layers],
        "stages": stages(walk),
    }


def _names(walk: Walk) -> list[list[str]]:
    hidden = [[neuron.name for neuron in layer] for layer in walk.layers]
    return [[label for label, _ in walk.inputs], *hidden]


def stages(walk: Walk) -> list[dict[str, Any]]:
    """Take a walk apart into stages: forward, loss, backward, update.

    Args:
        walk: The walk.

    Returns:
        Two stages per neuron, one for the inputs, one for the loss, one update per neuron.
    """
    neurons = [
        (depth, place, neuron)
        for depth, layer in enumerate(walk.layers, start=1)
        for place, neuron in enumerate(layer)
    ]
    backwards = sorted(neurons, key=lambda found: (-found[0], found[1]))
    return [
        _stage("forward", "The example arrives", _arrival(walk),
               active=[[0, place] for place in range(len(walk.inputs))]),
        *[_stage("forward", f"Forward: {neuron.name}", _forward(neuron), neuron, at=[depth, place])
          for depth, place, neuron in neurons],
        _stage("loss", "Loss: how wrong is that?", _loss(walk), active=[[len(walk.layers), 0]]),
        *[_stage("backward", f"Backward: {neuron.name}", _backward(walk, neuron), neuron,
                 at=[depth, place])
          for depth, place, neuron in backwards],
        *[_stage("update", f"Update: what {neuron.name} listens to", _update(walk, neuron), neuron,
                 at=[depth, place])
          for depth, place, neuron in backwards],
    ]  # fmt: skip


def _stage(
    phase: str,
    title: str,
    lines: list[Line],
    neuron: Neuron | None = None,
    *,
    at: list[int] | None = None,
    active: list[list[int]] | None = None,
) -> Mapping[str, Any]:
    lit = [] if neuron is None else [term.index for term in neuron.inputs] + [neuron.bias_index]
    return {
        "phase": phase,
        "title": title,
        "lines": [list(line) for line in lines],
        "lit": lit,
        "active": active if active is not None else [at],
    }


def _arrival(walk: Walk) -> list[Line]:
    x, y = walk.point
    given = ", ".join(f"{label} = {number(value)}" for label, value in walk.inputs)
    return [
        ("say", "The point whose answer the network is to find:"),
        ("sum", f"x = {number(x)}, y = {number(y)}, right answer t = {number(walk.target)}"),
        ("say", "What the network is given of it:"),
        ("sum", given),
    ]


def _forward(neuron: Neuron) -> list[Line]:
    products = " + ".join(_times(term.value, term.weight) for term in neuron.inputs)
    added = " + ".join(_bracketed(term.product) for term in neuron.inputs)
    title = ACTIVATIONS[neuron.activation].title
    lines = [
        ("say", "Multiply what arrives by its weight, add it all up, and the bias:"),
        ("sum", f"z = {products} + {_bracketed(neuron.bias)}"),
        ("sum", f"z = {added} + {_bracketed(neuron.bias)} = {number(neuron.total)}"),
    ]
    if neuron.activation == "linear":
        lines.append(("say", f"Linear: the sum goes on as it is, a = {number(neuron.output)}."))
    else:
        lines += [
            ("say", f"Bend the sum with {title}:"),
            ("sum", f"a = {title}({number(neuron.total)}) = {number(neuron.output)}"),
        ]
    return lines + _flag(neuron)


def _flag(neuron: Neuron) -> list[Line]:
    if not neuron.flag:
        return []
    return [("flag", worked.flag_sentence(neuron))]


def _loss(walk: Walk) -> list[Line]:
    p, t = walk.prediction, walk.target
    used = walk.training.loss
    note = {name: "  ← trained on" if name == used else "" for name in walk.losses}
    squared, entropy = walk.losses["squared_error"], walk.losses["cross_entropy"]
    lines = [
        ("say", f"It says p = {number(p)}; right is t = {number(t)}."),
        ("say", f"Squared error, (p − t)² / 2:{note['squared_error']}"),
        ("sum", f"({number(p)} − {_bracketed(t)})² / 2 = {number(squared)}"),
    ]
    if math.isnan(entropy):
        return [*lines, ("say", "Binary cross-entropy needs two classes: it has no value here.")]
    chance = p if t > 0.5 else 1 - p
    return [
        *lines,
        ("say", f"Binary cross-entropy, −t ln p − (1 − t) ln(1 − p):{note['cross_entropy']}"),
        ("sum", f"−ln({number(chance)}) = {number(entropy)} nats"),
        ("say", "It is minus the logarithm of the chance that was given to the right answer: being "
                "sure and wrong costs without limit."),
    ]  # fmt: skip


def _backward(walk: Walk, neuron: Neuron) -> list[Line]:
    lines = _output_delta(walk, neuron) if not neuron.pulls else _hidden_delta(neuron)
    return [
        *lines,
        *_flag(neuron),
        ("say", "Gradient of each weight = δ × what arrived; of the bias = δ:"),
        *[("sum", f"{term.source}: {_gradient(neuron, term)}") for term in neuron.inputs],
        ("sum", f"bias: {number(neuron.delta)}"),
    ]


def _gradient(neuron: Neuron, term: Term) -> str:
    return f"{_times(neuron.delta, term.value)} = {number(term.gradient)}"


def _output_delta(walk: Walk, neuron: Neuron) -> list[Line]:
    p, t = walk.prediction, walk.target
    if walk.training.loss == "cross_entropy":
        slope = f"p(1 − p) = {number(neuron.slope)}"
        return [
            ("say", "How fast does the loss L grow with the sum z? Chain rule: ∂L/∂z = ∂L/∂p × "
                    "∂p/∂z, error × slope."),
            ("sum", f"error (p − t) / (p(1 − p)), slope {slope}: they cancel"),
            ("sum", f"δ = p − t = {number(p)} − {_bracketed(t)} = {number(neuron.delta)}"),
        ]  # fmt: skip
    return [
        ("say", "How fast does the loss L grow with the sum z? Chain rule: ∂L/∂z = ∂L/∂p × ∂p/∂z, "
                "error × slope."),
        ("sum", f"error = p − t = {number(p)} − {_bracketed(t)} = {number(neuron.error)}"),
        ("sum", f"slope, {_SLOPES[neuron.activation]}: {number(neuron.slope)}"),
        ("sum", f"δ = {_times(neuron.error, neuron.slope)} = {number(neuron.delta)}"),
    ]  # fmt: skip


def _hidden_delta(neuron: Neuron) -> list[Line]:
    pulls = " + ".join(_times(pull.weight, pull.delta) for pull in neuron.pulls)
    targets = ", ".join(pull.target for pull in neuron.pulls)
    return [
        ("say", f"Its error is what comes back over its links, weight × δ of {targets}:"),
        ("sum", f"error = {pulls} = {number(neuron.error)}"),
        ("say", "δ = error × slope of the bend at this sum:"),
        ("sum", f"slope, {_SLOPES[neuron.activation]}: {number(neuron.slope)}"),
        ("sum", f"δ = {_times(neuron.error, neuron.slope)} = {number(neuron.delta)}"),
    ]


def _update(walk: Walk, neuron: Neuron) -> list[Line]:
    plain = walk.training.optimizer == "gradient_descent"
    wanted = [term.index for term in neuron.inputs] + [neuron.bias_index]
    lines: list[Line] = [
        ("say", "New weight = old weight − learning rate × gradient:" if plain else
                "New weight = old weight + the first step of the chosen optimiser:"),
    ]  # fmt: skip
    for index in wanted:
        update = walk.updates[index]
        change = (
            f"− {number(update.rate)} · {_bracketed(update.gradient)}"
            if plain
            else f"+ {_bracketed(update.step)}"
        )
        lines.append(
            ("sum", f"{update.name}: {number(update.old)} {change} = {number(update.new)}")
        )
    if any(walk.updates[index].penalty for index in wanted):
        lines.append(("say", "The gradients contain the pull of L1 and L2."))
    return lines

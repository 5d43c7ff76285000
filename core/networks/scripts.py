"""The training as a program to take home: plain NumPy, and the losses that were on screen."""

import numpy as np

from core.foundations import optimizers
from core.foundations import scripts as foundation_scripts
from core.networks import mlp
from core.networks.activations import LEAK
from core.networks.plan import Setup
from core.networks.recording import Recording

N_PRINTED = 12
"""How many losses the program prints."""

_VALUES = {
    "sigmoid": "0.5 * (1 + np.tanh(0.5 * z))",
    "tanh": "np.tanh(z)",
    "relu": "np.maximum(z, 0)",
    "leaky_relu": f"np.where(z > 0, z, {LEAK} * z)",
    "gelu": "0.5 * z * (1 + np.tanh(ROOT * z * (1 + 0.044715 * z * z)))",
    "linear": "z",
}
_SLOPES = {
    "sigmoid": "a * (1 - a)",
    "tanh": "1 - a * a",
    "relu": "(z > 0) * 1.0",
    "leaky_relu": f"np.where(z > 0, 1.0, {LEAK})",
    "gelu": (
        "0.5 * (1 + np.tanh(ROOT * z * (1 + 0.044715 * z * z))) + 0.5 * z"
        " * (1 - np.tanh(ROOT * z * (1 + 0.044715 * z * z)) ** 2)"
        " * ROOT * (1 + 3 * 0.044715 * z * z)"
    ),
    "linear": "np.ones_like(z)",
}
FEATURE_CODE = {
    "x": "x",
    "y": "y",
    "x2": "x * x",
    "y2": "y * y",
    "xy": "x * y",
    "sin_x": "{np}.sin(x)",
    "sin_y": "{np}.sin(y)",
}
_LOSSES = {
    "squared_error": "0.5 * (a - target) ** 2",
    "cross_entropy": "np.maximum(z, 0) - z * target + np.log1p(np.exp(-abs(z)))",
}
_FACTORS = {
    "step": "0.5 ** (epoch // {drop_every})",
    "cosine": "(1 + np.cos(np.pi * epoch / {n_epochs})) / 2",
    "warm_up": (
        "(epoch + 1) / {warm_up} if epoch < {warm_up} else"
        " (1 + np.cos(np.pi * min((epoch - {warm_up}) / {falling}, 1))) / 2"
    ),
}
_SCALES = {
    "zeros": "0 * {draw}",
    "constant": "0 * {draw} + 0.5",
    "small": "0.01 * {draw}",
    "normal": "{draw}",
    "xavier": "{draw} * np.sqrt(2 / (n_in + n_out))",
    "he": "{draw} * np.sqrt(2 / n_in)",
}

_PROGRAM = '''\
"""A neural network from scratch, trained as the lab showed it.

pip install "numpy"
"""

import numpy as np
from numpy import sqrt  # noqa: F401

# x, y and the answer of every training example
DATA = np.array([
{data}
], dtype=float)
WIDTHS = {widths}
N_STEPS, BATCH_SIZE, SEED = {n_steps}, {batch_size}, {seed}
PRINTED = {printed}
{constants}

def features(x, y):
    return np.stack([{features}], axis=1)


# 1. How a neuron bends its sum z into its output a, and the slope da/dz.
VALUES = {{
{values}
}}
SLOPES = {{
{slopes}
}}
BENDS = {bends}

# 2. The start weights: per layer a matrix and biases.
{start}


# 3. Forward: multiply, add, bend.
def forward(inputs, masks):
    totals, outputs = [], [inputs]
    for depth, (matrix, bias) in enumerate(weights):
        totals.append(outputs[-1] @ matrix + bias)
        outputs.append(VALUES[BENDS[depth]](totals[-1]))
        if masks and depth < len(masks):
            outputs[-1] = outputs[-1] * masks[depth]
    return totals, outputs


def loss(inputs, target):
    totals, outputs = forward(inputs, None)
    z, a = totals[-1][:, 0], outputs[-1][:, 0]
    return ({loss}).mean()


# 4. Backward: the error at the output, carried back through every layer.
def backward(inputs, target, masks):
    totals, outputs = forward(inputs, masks)
    error = (outputs[-1] - target[:, None]) / len(target)
    gradients = []
    for depth in reversed(range(len(weights))):
        z, a = totals[depth], outputs[depth + 1]
        if masks and depth < len(masks):
            error, a = error * masks[depth], VALUES[BENDS[depth]](z)
        {delta}
        gradients.insert(0, [outputs[depth].T @ delta, delta.sum(axis=0)])
        error = delta @ weights[depth][0].T
    return gradients


# 5. The update rule.
{rule}

def rate(epoch):
    return {rate}


# 6. Training.
inputs, targets = features(DATA[:, 0], DATA[:, 1]), DATA[:, 2]
rng = np.random.default_rng([SEED, 1])
memory = [[{{}} for part in layer] for layer in weights]
step = epoch = 0
print(f"step 0: loss {{loss(inputs, targets):.6g}}")
while step < N_STEPS:
    order = rng.permutation(len(targets)) if BATCH_SIZE < len(targets) else np.arange(len(targets))
    for at in range(0, len(targets), BATCH_SIZE):
        rows = order[at : at + BATCH_SIZE]
        masks = {masks}
        gradients = backward(inputs[rows], targets[rows], masks)
        step += 1
        for depth, layer in enumerate(weights):
            for i, part in enumerate(layer):
                gradient = gradients[depth][i]{penalty}
                memory[depth][i] = rule(memory[depth][i], gradient, part, rate(epoch), step)
                layer[i] = part + memory[depth][i]["step"]
        if step in PRINTED:
            print(f"step {{step}}: loss {{loss(inputs, targets):.6g}}")
        if step == N_STEPS:
            break
    epoch += 1

_, outputs = forward(inputs, None)
for (x, y, target), prediction in list(zip(DATA, outputs[-1][:, 0]))[:8]:
    print(f"({{x:g}}, {{y:g}}): {{prediction:.4f}}, should be {{target:g}}")
'''


def numpy_script(recording: Recording) -> str:
    """Write the program that trains the network again and prints its losses.

    Args:
        recording: The training, as it was shown.

    Returns:
        A whole Python program that needs NumPy only.
    """
    setup, dataset = recording.setup, recording.dataset
    network, training = setup.network, setup.training
    used = dict.fromkeys(network.layer_activations)
    dropout = training.dropout
    return _PROGRAM.format(
        data=data_lines(recording),
        widths=list(network.widths),
        n_steps=int(recording.steps[-1]),
        batch_size=min(training.batch_size or dataset.n_train, dataset.n_train),
        seed=training.seed,
        printed=printed_steps(recording),
        constants="ROOT = np.sqrt(2 / np.pi)\n" if "gelu" in used else "",
        features=feature_code(setup, "np"),
        values="\n".join(f'    "{name}": lambda z: {_VALUES[name]},' for name in used),
        slopes="\n".join(f'    "{name}": lambda z, a: {_SLOPES[name]},' for name in used),
        bends=list(network.layer_activations),
        start=_start(setup),
        loss=_LOSSES[training.loss],
        delta=_delta(training.loss),
        rule=_rule(setup),
        rate=_rate(setup),
        masks=(
            f"[(rng.random((len(rows), width)) < {1 - dropout!r}) / {1 - dropout!r}"
            " for width in WIDTHS[1:-1]]"
            if dropout
            else "None"
        ),
        penalty=_penalty(training.l1, training.l2),
    )


def printed_steps(recording: Recording) -> list[int]:
    """Choose the recorded steps whose losses the program prints, besides the start.

    Example:
        >>> from core.networks import recording
        >>> from core.networks.architecture import Training
        >>> printed_steps(recording.record(Setup(training=Training(n_epochs=3))))
        [1, 2, 3]
    """
    chosen = np.unique(np.linspace(0, recording.n_frames - 1, N_PRINTED + 1).round().astype(int))
    return [int(step) for step in recording.steps[chosen] if step > 0]


def data_lines(recording: Recording) -> str:
    """Write the training examples, three to a line."""
    dataset = recording.dataset
    rows = [
        f"[{x:g}, {y:g}, {target:g}],"
        for (x, y), target in zip(dataset.train_points, dataset.train_targets, strict=True)
    ]
    lines = [" ".join(rows[at : at + 4]) for at in range(0, len(rows), 4)]
    return "\n".join(f"    {line}" for line in lines)


def feature_code(setup: Setup, library: str) -> str:
    """Write the features as code of NumPy (``np``) or torch.

    Example:
        >>> feature_code(Setup(), "np")
        'x, y'
    """
    return ", ".join(FEATURE_CODE[name].format(np=library) for name in setup.network.features)


def _start(setup: Setup) -> str:
    if setup.weights:
        parts = ",\n".join(
            f"    [np.array({matrix.tolist()}), np.array({bias.tolist()})]"
            for matrix, bias in mlp.layers(setup.network, np.array(setup.weights))
        )
        return f"weights = [\n{parts},\n]"
    scale = _SCALES[setup.start].format(draw="drawn[at : at + n_in * n_out].reshape(n_in, n_out)")
    return f"""\
sizes = list(zip(WIDTHS, WIDTHS[1:]))
drawn = np.random.default_rng({setup.start_seed}).standard_normal(
    sum((n_in + 1) * n_out for n_in, n_out in sizes)
)
weights, at = [], 0
for n_in, n_out in sizes:
    matrix = {scale}
    weights.append([matrix, np.zeros(n_out)])
    at += (n_in + 1) * n_out"""


def _delta(loss: str) -> str:
    if loss == "squared_error":
        return "delta = error * SLOPES[BENDS[depth]](z, a)"
    return (
        "# With cross-entropy, the slope of the sigmoid at the output cancels.\n"
        "        is_output = depth == len(weights) - 1\n"
        "        delta = error if is_output else error * SLOPES[BENDS[depth]](z, a)"
    )


def _rule(setup: Setup) -> str:
    training = setup.training
    rule = optimizers.make(
        training.optimizer, learning_rate=training.learning_rate, **dict(training.settings)
    )
    return foundation_scripts.rule_code(training.optimizer, rule, called="rule").lstrip()


def _rate(setup: Setup) -> str:
    rate, n_epochs = setup.training.learning_rate, setup.training.n_epochs
    if setup.training.schedule == "constant":
        return repr(rate)
    warm_up = max(n_epochs // 10, 1)
    factor = _FACTORS[setup.training.schedule].format(
        n_epochs=n_epochs,
        drop_every=max(n_epochs // 4, 1),
        warm_up=warm_up,
        falling=max(n_epochs - warm_up, 1),
    )
    return f"{rate!r} * ({factor})"


def _penalty(l1: float, l2: float) -> str:
    """Write what the penalties add; biases have one axis and are spared."""
    if not (l1 or l2):
        return ""
    return f" + (part.ndim == 2) * ({l1!r} * np.sign(part) + {l2!r} * part)"

"""A trained network as PyTorch code: the same numbers, in the library that everybody uses."""

from core.foundations import optimizers
from core.networks import mlp, scripts
from core.networks.activations import LEAK
from core.networks.plan import Setup
from core.networks.recording import Recording

_MODULES = {
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "relu": "nn.ReLU()",
    "leaky_relu": f"nn.LeakyReLU({LEAK})",
    "gelu": 'nn.GELU(approximate="tanh")',
}
_OPTIMIZERS = {
    "gradient_descent": ("SGD", ""),
    "momentum": ("SGD", ", momentum={momentum}"),
    "nesterov": ("SGD", ", momentum={momentum}, nesterov=True"),
    "adagrad": ("Adagrad", ", eps={eps}"),
    "rmsprop": ("RMSprop", ", alpha={decay}, eps={eps}"),
    "adadelta": ("Adadelta", ", rho={decay}, eps={eps}"),
    "adam": ("Adam", ", betas=({beta1}, {beta2}), eps={eps}"),
    "adamw": ("AdamW", ", betas=({beta1}, {beta2}), eps={eps}, weight_decay={weight_decay}"),
    "nadam": (
        "NAdam",
        ", betas=({beta1}, {beta2}), eps={eps}, momentum_decay={momentum_decay}",
    ),
    "radam": ("RAdam", ", betas=({beta1}, {beta2}), eps={eps}"),
}

_PROGRAM = '''\
"""The network of the lab in PyTorch, with the weights it had there.

pip install "torch"
"""

import torch
from torch import nn

torch.set_default_dtype(torch.float64)  # as the lab computes

# x, y and the answer of every training example
DATA = torch.tensor([
{data}
], dtype=torch.float64)


def features(x, y):
    return torch.stack([{features}], dim=1)


model = nn.Sequential(
{modules}
)
# Per layer a matrix, one row per input, and biases. nn.Linear keeps one row per neuron: hence .T
WEIGHTS = [
{weights}
]
linear = [module for module in model if isinstance(module, nn.Linear)]
with torch.no_grad():
    for module, (matrix, bias) in zip(linear, WEIGHTS):
        module.weight.copy_(torch.tensor(matrix).T)
        module.bias.copy_(torch.tensor(bias))

inputs, targets = features(DATA[:, 0], DATA[:, 1]), DATA[:, 2]
{loss}

model.eval()
print(f"step {step}: loss {{loss(model(inputs)[:, 0], targets).item():.6g}}")

# A hundred more steps on all examples, with the optimiser of the lab.
optimizer = torch.optim.{optimizer}(model.parameters(), lr={rate}{settings})
model.train()
for _ in range(100):
    optimizer.zero_grad()
    cost = loss(model(inputs)[:, 0], targets){penalty}
    cost.backward()
    optimizer.step()
model.eval()
print(f"a hundred steps later: loss {{loss(model(inputs)[:, 0], targets).item():.6g}}")
'''


def torch_script(recording: Recording, frame: int = -1) -> str:
    """Write the network at one moment as PyTorch code.

    Args:
        recording: The training.
        frame: The moment whose weights it gets; −1 is the end.

    Returns:
        A whole Python program: it prints the loss of that moment, then trains a little further.
    """
    setup = recording.setup
    training = setup.training
    rule = optimizers.make(
        training.optimizer, learning_rate=training.learning_rate, **dict(training.settings)
    )
    optimizer, settings = _OPTIMIZERS[training.optimizer]
    return _PROGRAM.format(
        data=scripts.data_lines(recording),
        features=scripts.feature_code(setup, "torch"),
        modules="\n".join(f"    {module}," for module in _modules(setup)),
        weights="\n".join(
            f"    ({matrix.tolist()}, {bias.tolist()}),"
            for matrix, bias in mlp.layers(setup.network, recording.weights[frame])
        ),
        loss=_loss(setup),
        step=int(recording.steps[frame]),
        optimizer=optimizer,
        rate=repr(training.learning_rate),
        settings=settings.format(**vars(rule)),
        penalty=_penalty(training.l1, training.l2),
    )


def _modules(setup: Setup) -> list[str]:
    """List the modules; with cross-entropy the loss itself holds the sigmoid of the output."""
    network, training = setup.network, setup.training
    found = []
    widths = network.widths
    for depth, activation in enumerate(network.layer_activations):
        found.append(f"nn.Linear({widths[depth]}, {widths[depth + 1]})")
        is_output = depth == len(network.hidden)
        if activation != "linear" and not (is_output and training.loss == "cross_entropy"):
            found.append(_MODULES[activation])
        if training.dropout and not is_output:
            found.append(f"nn.Dropout({training.dropout!r})")
    return found


def _loss(setup: Setup) -> str:
    if setup.training.loss == "cross_entropy":
        return "loss = nn.BCEWithLogitsLoss()  # the model gives the sum before the sigmoid"
    return (
        "def loss(predictions, targets):\n    return 0.5 * ((predictions - targets) ** 2).mean()\n"
    )


def _penalty(l1: float, l2: float) -> str:
    parts = []
    if l1:
        parts.append(f"{l1!r} * sum(module.weight.abs().sum() for module in linear)")
    if l2:
        parts.append(f"{l2!r} / 2 * sum((module.weight**2).sum() for module in linear)")
    return "".join(f" + {part}" for part in parts)

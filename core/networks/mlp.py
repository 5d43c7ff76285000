"""A neural network from scratch: start weights, forward, loss, backward, training.

NumPy alone, and made to be read from top to bottom. ``architecture`` says how the vector of
weights is laid out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.foundations import optimizers, schedules
from core.networks.activations import ACTIVATIONS, Array
from core.networks.architecture import Network, Training, layers, weight_mask

INITS = {
    "zeros": "Zeros",
    "constant": "All 0.5",
    "small": "Small, N(0, 0.01²)",
    "xavier": "Xavier",
    "he": "He",
    "normal": "N(0, 1)",
}


@dataclass(frozen=True, eq=False)
class Pass:
    """Everything a forward pass computed."""

    totals: list[Array]
    """Per layer, each neuron's sum z before it is bent, shape (n_examples, width)."""

    outputs: list[Array]
    """The inputs, then each layer's outputs, shape (n_examples, width)."""

    masks: list[Array] | None = None
    """Per hidden layer, what dropout multiplied each output by; None without dropout."""

    @property
    def predictions(self) -> Array:
        """What the output neuron says, shape (n_examples,)."""
        return self.outputs[-1][..., 0]


@dataclass(frozen=True, eq=False)
class Step:
    """One update of training."""

    step: int
    """How many updates were made; 0 is the start."""

    epoch: float
    """How many times every example was seen."""

    weights: Array
    """After the update, shape (n_parameters,)."""

    gradient: Array
    """What the update followed, penalties included, shape (n_parameters,); zeros at the start."""

    loss: float
    """Loss of the step's examples before the update, penalties left out; NaN at the start."""


def init(network: Network, kind: str = "xavier", *, seed: int = 0) -> Array:
    """Choose start weights.

    Args:
        network: Its layers.
        kind: A key of INITS. ``normal`` draws every weight from N(0, 1), ``small`` from
            N(0, 0.01²), ``xavier`` from N(0, 2 / (n_in + n_out)), ``he`` from N(0, 2 / n_in);
            ``constant`` sets every weight to 0.5. Biases always start at 0.
        seed: Same seed, same weights.

    Returns:
        Weights, shape (n_parameters,).

    Raises:
        ValueError: If no start is called ``kind``.

    Source:
        Glorot and Bengio (2010), equation 12 with a normal draw; He et al. (2015), equation 10.

    Example:
        >>> init(Network(hidden=(1,), activations=("tanh",)), "constant").tolist()
        [0.5, 0.5, 0.0, 0.5, 0.0]
    """
    if kind not in INITS:
        raise ValueError(f"no start is called {kind!r}; there are {', '.join(INITS)}")
    draws = np.random.default_rng(seed).standard_normal(network.n_parameters)
    for matrix, bias in layers(network, draws):
        n_in, n_out = matrix.shape
        scales = {
            "normal": 1.0,
            "small": 0.01,
            "xavier": np.sqrt(2 / (n_in + n_out)),
            "he": np.sqrt(2 / n_in),
        }
        matrix *= scales.get(kind, 0.0)
        matrix += 0.5 if kind == "constant" else 0.0
        bias[:] = 0.0
    return draws


def forward(
    network: Network, weights: Array, inputs: Array, *, masks: list[Array] | None = None
) -> Pass:
    """Send examples through the network: multiply, add, bend, layer after layer.

    Args:
        network: Its layers.
        weights: Shape (n_parameters,); or (..., n_parameters) for many networks at once, then
            everything that is returned has the same axes in front.
        inputs: Shape (n_examples, n_features), from ``featurize``; or with the same axes in front.
        masks: Per hidden layer, factors for its outputs (dropout), shape (n_examples, width).

    Returns:
        Every sum and every output.

    Example:
        >>> network = Network(hidden=(), activations=(), output="linear")
        >>> forward(network, np.array([1.0, 2.0, 3.0]), np.array([[10.0, 20.0]])).predictions
        array([53.])
    """
    totals, outputs = [], [inputs]
    for depth, (matrix, bias) in enumerate(layers(network, weights)):
        totals.append(outputs[-1] @ matrix + bias[..., None, :])
        bent = ACTIVATIONS[network.layer_activations[depth]].value(totals[-1])
        if masks is not None and depth < len(masks):
            bent = bent * masks[depth]
        outputs.append(bent)
    return Pass(totals=totals, outputs=outputs, masks=masks)


def losses(network: Network, seen: Pass, targets: Array, loss: str = "cross_entropy") -> Array:
    """Say how wrong each prediction is.

    Args:
        network: Its layers.
        seen: The forward pass.
        targets: What should have come out, shape (n_examples,).
        loss: ``squared_error`` is (p − t)² / 2. ``cross_entropy`` is −t ln p − (1 − t) ln(1 − p),
            in nats, computed from the sum z so that no logarithm of 0 can occur.

    Returns:
        One loss per example, shape (..., n_examples).

    Raises:
        ValueError: If cross-entropy is asked of an output that is no sigmoid.

    Example:
        >>> network = Network(hidden=(), activations=())
        >>> seen = forward(network, np.zeros(3), np.zeros((1, 2)))
        >>> losses(network, seen, np.array([1.0])).round(4), losses(
        ...     network, seen, np.array([1.0]), "squared_error")
        (array([0.6931]), array([0.125]))
    """
    if loss == "squared_error":
        return 0.5 * (seen.predictions - targets) ** 2
    if network.output != "sigmoid":
        raise ValueError("cross-entropy needs an output between 0 and 1: a sigmoid")
    z = seen.totals[-1][..., 0]
    return np.maximum(z, 0) - z * targets + np.log1p(np.exp(-np.abs(z)))


def backward(
    network: Network, weights: Array, seen: Pass, targets: Array, loss: str = "cross_entropy"
) -> Array:
    """Work out how the mean loss changes with every weight and bias, from the output backwards.

    Args:
        network: Its layers.
        weights: Shape (..., n_parameters).
        seen: The forward pass with these weights.
        targets: Shape (n_examples,), or with the same axes in front.
        loss: A key of LOSSES.

    Returns:
        The gradient, shape (..., n_parameters).

    Source:
        Rumelhart, Hinton and Williams (1986), equations 4 to 7.

    Example:
        >>> network = Network(hidden=(), activations=(), output="linear")
        >>> seen = forward(network, np.zeros(3), np.array([[2.0, 3.0]]))
        >>> backward(network, np.zeros(3), seen, np.array([1.0]), "squared_error").tolist()
        [-2.0, -3.0, -1.0]
    """
    gradient = np.empty_like(weights)
    gradients = layers(network, gradient)
    parts = layers(network, weights)

    error = (seen.predictions - targets)[..., None] / targets.shape[-1]
    for depth in reversed(range(len(parts))):
        bend = ACTIVATIONS[network.layer_activations[depth]]
        z, a = seen.totals[depth], seen.outputs[depth + 1]
        if seen.masks is not None and depth < len(seen.masks):
            error = error * seen.masks[depth]
            a = bend.value(z)  # the slope is that of the output before it was silenced
        is_output = depth == len(parts) - 1
        # The slope of the sigmoid and the 1 / p(1 − p) of cross-entropy cancel exactly.
        delta = error if is_output and loss == "cross_entropy" else error * bend.slope(z, a)

        matrix_gradient, bias_gradient = gradients[depth]
        matrix_gradient[:] = np.swapaxes(seen.outputs[depth], -1, -2) @ delta
        bias_gradient[:] = delta.sum(axis=-2)
        error = delta @ np.swapaxes(parts[depth][0], -1, -2)
    return gradient


def train(
    network: Network, weights: Array, inputs: Array, targets: Array, training: Training
) -> Iterator[Step]:
    """Train, one update at a time.

    Args:
        network: Its layers.
        weights: Start weights, shape (n_parameters,).
        inputs: Shape (n_examples, n_features).
        targets: Shape (n_examples,).
        training: How.

    Yields:
        The start, then the state after each update. The same arguments give the same training.

    Raises:
        ValueError: If there are no examples.

    Example:
        >>> network = Network(hidden=(), activations=(), output="linear")
        >>> training = Training("squared_error", learning_rate=0.1, n_epochs=1)
        >>> inputs, targets = np.array([[2.0, 3.0]]), np.array([1.0])
        >>> *_, last = train(network, np.zeros(3), inputs, targets, training)
        >>> last.weights.round(3).tolist()
        [0.2, 0.3, 0.1]
    """
    n_examples = len(targets)
    if n_examples == 0:
        raise ValueError("there are no examples to learn from")
    batch_size = min(training.batch_size or n_examples, n_examples)
    rng = np.random.default_rng([training.seed, 1])
    rule = optimizers.make(
        training.optimizer, learning_rate=training.learning_rate, **dict(training.settings)
    )
    penalized = weight_mask(network)

    weights = np.array(weights, dtype=np.float64)
    terms = optimizers.start_terms(rule, weights)
    yield Step(0, 0.0, weights, np.zeros_like(weights), float("nan"))
    step = 0
    for epoch, rate in enumerate(learning_rates(training)):
        order = rng.permutation(n_examples) if batch_size < n_examples else np.arange(n_examples)
        for at in range(0, n_examples, batch_size):
            rows = order[at : at + batch_size]
            masks = _masks(network, len(rows), training.dropout, rng) if training.dropout else None
            seen = forward(network, weights, inputs[rows], masks=masks)
            loss = float(losses(network, seen, targets[rows], training.loss).mean())
            gradient = backward(network, weights, seen, targets[rows], training.loss)
            if training.l1 or training.l2:
                gradient += penalized * (training.l1 * np.sign(weights) + training.l2 * weights)

            step += 1
            terms = rule.update(terms, gradient, weights, None, rate, step)
            weights = weights + terms["step"]
            seen_share = min((at + batch_size) / n_examples, 1.0)
            yield Step(step, epoch + seen_share, weights, gradient, loss)


def learning_rates(training: Training) -> Array:
    """Work out the learning rate of every epoch, shape (n_epochs,).

    Example:
        >>> learning_rates(Training(learning_rate=2.0, schedule="cosine", n_epochs=2)).tolist()
        [2.0, 1.0]
    """
    return training.learning_rate * schedules.factors(
        training.schedule,
        training.n_epochs,
        drop_every=max(training.n_epochs // 4, 1),
        warm_up_steps=max(training.n_epochs // 10, 1),
    )


def _masks(network: Network, n_rows: int, dropout: float, rng: np.random.Generator) -> list[Array]:
    """Silence neurons at random; the rest speak louder, so that the mean sum stays the same."""
    keep = 1 - dropout
    return [(rng.random((n_rows, width)) < keep) / keep for width in network.hidden]

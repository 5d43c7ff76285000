"""The seed lottery: a thousand copies of one small network, each from its own start, at once.

XOR has four rows, so a layer's sums need no matrix: they are b, b + w_y, b + w_x, b + w_x + w_y.
Everything is an array with the seeds along its last axis, which is what makes it fast.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.networks import mlp
from core.networks.activations import ACTIVATIONS, Array, sigmoid
from core.networks.architecture import Network, Training
from core.networks.datasets import DataSettings
from core.networks.plan import Setup

VALUES: dict[str, tuple] = {
    "hidden": (1, 2, 3, 4, 6, 8),
    "activation": ("sigmoid", "tanh", "relu", "leaky_relu", "gelu", "linear"),
    "loss": ("cross_entropy", "squared_error"),
    "start": ("normal", "xavier", "he", "small", "constant", "zeros"),
}
"""What each setting is compared over."""

MOST_SEEDS = 2000
MOST_STEPS = 20_000
MOST_WORK = 40_000_000
"""Seeds times neurons times steps that a room can wait for: a few seconds of one core."""

LOOK_EVERY = 50
"""Steps between two looks at who has solved it."""

REPORT_EVERY = 250

_TARGETS = np.array([0.0, 1.0, 1.0, 0.0])[:, None]


@dataclass(frozen=True)
class Lottery:
    """One small network for XOR, and how often to try it."""

    hidden: int = 2
    """Neurons of the one hidden layer, 1 to 16."""

    activation: str = "sigmoid"
    loss: str = "cross_entropy"
    start: str = "normal"
    n_seeds: int = 1000
    n_steps: int = 5000
    """Each on all four rows."""

    learning_rate: float = 1.0


@dataclass(frozen=True, eq=False)
class Odds:
    """What became of the seeds, 0 to S − 1; P weights."""

    lottery: Lottery
    n_steps: int
    """How many steps were made so far."""

    starts: Array
    """Shape (S, P)."""

    ends: Array
    """Shape (S, P)."""

    predictions: Array
    """Of the rows 00, 01, 10, 11, shape (S, 4)."""

    losses: Array
    """Mean over the four rows, shape (S,)."""

    solved_at: NDArray[np.int64]
    """First look since which all four rows were right; −1 for a seed that is not there. (S,)."""

    @property
    def solved(self) -> NDArray[np.bool_]:
        """Which seeds have all four rows right, shape (S,)."""
        return ((self.predictions > 0.5) == (_TARGETS[:, 0] > 0.5)).all(axis=1)

    @property
    def share(self) -> float:
        """Share of the seeds that solved XOR."""
        return float(self.solved.mean())

    @property
    def standard_error(self) -> float:
        """How far chance alone moves the share: √(p (1 − p) / S)."""
        return float(np.sqrt(self.share * (1 - self.share) / len(self.losses)))

    @property
    def failed(self) -> list[int]:
        """Seeds that did not solve it."""
        return np.flatnonzero(~self.solved).tolist()


def draw(lottery: Lottery) -> Odds:
    """Train every seed to the end.

    Args:
        lottery: The network and how often to try it.

    Returns:
        What became of each seed.

    Raises:
        ValueError: If a setting is outside its range.

    Example:
        >>> draw(Lottery(start="zeros", n_seeds=5, n_steps=100)).share
        0.0
    """
    *_, last = draw_in_steps(lottery)
    return last


def draw_in_steps(lottery: Lottery) -> Iterator[Odds]:
    """Train every seed, and report every REPORT_EVERY steps.

    Args:
        lottery: The network and how often to try it.

    Yields:
        What has become of each seed so far; the last one is final.

    Raises:
        ValueError: If a setting is outside its range.
    """
    check(lottery)
    network = network_of(lottery)
    starts = np.stack(
        [mlp.init(network, lottery.start, seed=seed) for seed in range(lottery.n_seeds)]
    )
    weights = starts.T.copy()
    solved_at = np.full(lottery.n_seeds, -1)
    with np.errstate(all="ignore"):
        for step in range(1, lottery.n_steps + 1):
            weights -= lottery.learning_rate * _gradient(weights, lottery)
            is_last = step == lottery.n_steps
            if step % LOOK_EVERY and not is_last:
                continue
            z = _forward(weights, lottery)[2]
            right = ((z > 0) == (_TARGETS > 0.5)).all(axis=0)
            solved_at = np.where(right, np.where(solved_at < 0, step, solved_at), -1)
            if step % REPORT_EVERY == 0 or is_last:
                yield Odds(
                    lottery=lottery,
                    n_steps=step,
                    starts=starts,
                    ends=weights.T.copy(),
                    predictions=sigmoid(z).T,
                    losses=_losses(z, lottery.loss),
                    solved_at=solved_at,
                )


def seeds_in_time(hidden: int, n_steps: int) -> int:
    """Count the seeds that MOST_WORK allows, 1,000 at the most.

    Example:
        >>> seeds_in_time(2, 5_000), seeds_in_time(16, 20_000)
        (1000, 125)
    """
    return min(1_000, MOST_WORK // (hidden * n_steps))


def variants(lottery: Lottery, by: str) -> list[tuple[object, Lottery]]:
    """Give the lottery once for every value of one setting.

    Args:
        lottery: All other settings.
        by: A key of VALUES.

    Returns:
        Pairs of the value and the lottery.

    Raises:
        ValueError: If there is no such setting.

    Example:
        >>> [value for value, _ in variants(Lottery(), "loss")]
        ['cross_entropy', 'squared_error']
    """
    if by not in VALUES:
        raise ValueError(f"cannot compare by {by!r}; there are {', '.join(VALUES)}")
    found = [(value, replace(lottery, **{by: value})) for value in VALUES[by]]
    return [
        (value, replace(one, n_seeds=min(one.n_seeds, seeds_in_time(one.hidden, one.n_steps))))
        for value, one in found
    ]


def compare(lottery: Lottery, by: str) -> Iterator[tuple[object, Odds]]:
    """Draw the lottery once for every value of one setting; arguments as of ``variants``.

    Yields:
        The value and the odds.
    """
    for value, variant in variants(lottery, by):
        yield value, draw(variant)


def network_of(lottery: Lottery) -> Network:
    """Give the network whose odds these are."""
    return Network(hidden=(lottery.hidden,), activations=(lottery.activation,))


def setup_of(lottery: Lottery, seed: int) -> Setup:
    """Give the training of one seed, so that it can be watched step by step.

    Example:
        >>> setup_of(Lottery(), 7).start_seed
        7
    """
    return Setup(
        data=DataSettings("xor"),
        network=network_of(lottery),
        training=Training(
            loss=lottery.loss, learning_rate=lottery.learning_rate, n_epochs=lottery.n_steps
        ),
        start=lottery.start,
        start_seed=seed,
    )


def check(lottery: Lottery) -> None:
    """Refuse what would never end or cannot be drawn.

    Raises:
        ValueError: If a setting is outside its range.
    """
    setup_of(lottery, 0)  # the network and its training check themselves
    if not 1 <= lottery.n_seeds <= MOST_SEEDS:
        raise ValueError(f"n_seeds must be from 1 to {MOST_SEEDS}, got {lottery.n_seeds}")
    if not 1 <= lottery.n_steps <= MOST_STEPS:
        raise ValueError(f"n_steps must be from 1 to {MOST_STEPS}, got {lottery.n_steps}")
    if not 0 <= lottery.learning_rate <= 100:
        raise ValueError(f"learning_rate must be from 0 to 100, got {lottery.learning_rate}")


def _forward(weights: Array, lottery: Lottery) -> tuple[Array, Array, Array]:
    """Sums and outputs of the hidden layer, shape (4, H, S), and the output's sum, (4, S)."""
    to_x, to_y, bias, out = weights[:-1].reshape(4, lottery.hidden, -1)
    z = np.empty((4, *bias.shape))
    z[0] = bias
    np.add(bias, to_y, out=z[1])
    np.add(bias, to_x, out=z[2])
    np.add(z[1], to_x, out=z[3])
    a = ACTIVATIONS[lottery.activation].value(z)
    return z, a, (a * out).sum(axis=1) + weights[-1]


def _gradient(weights: Array, lottery: Lottery) -> Array:
    """Back-propagate the four rows, for all seeds at once; shape (P, S)."""
    z, a, total = _forward(weights, lottery)
    prediction = sigmoid(total)
    delta = (prediction - _TARGETS) / 4
    if lottery.loss == "squared_error":
        delta *= prediction * (1 - prediction)

    gradient = np.empty_like(weights)
    of_x, of_y, of_bias, of_out = gradient[:-1].reshape(4, lottery.hidden, -1)
    gradient[-1] = delta.sum(axis=0)
    np.sum(a * delta[:, None], axis=0, out=of_out)

    out = weights[:-1].reshape(4, lottery.hidden, -1)[3]
    hidden_delta = delta[:, None] * out
    hidden_delta *= ACTIVATIONS[lottery.activation].slope(z, a)
    np.sum(hidden_delta, axis=0, out=of_bias)
    np.add(hidden_delta[2], hidden_delta[3], out=of_x)
    np.add(hidden_delta[1], hidden_delta[3], out=of_y)
    return gradient


def _losses(z: Array, loss: str) -> Array:
    if loss == "squared_error":
        return (0.5 * (sigmoid(z) - _TARGETS) ** 2).mean(axis=0)
    return (np.maximum(z, 0) - z * _TARGETS + np.log1p(np.exp(-np.abs(z)))).mean(axis=0)

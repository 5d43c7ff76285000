"""Everything that decides a training, and what makes it stop."""

from dataclasses import dataclass, field

import numpy as np

from core.networks import mlp
from core.networks.activations import Array
from core.networks.architecture import Network, Training
from core.networks.datasets import Dataset, DataSettings

LARGEST_WEIGHT = 1e6
"""A weight beyond this has exploded; nothing on the way back would be worth drawing."""

MOST_STEPS = 40_000
"""A training longer than this is cut off, and the outcome says so."""

MOST_WORK = 250_000_000
"""So much may a training cost, in neurons times examples: about three seconds of one core. Wide
networks on many examples are cut off before MOST_STEPS, so that one of them cannot hold up a room.
"""

_LAYER_WORK = 2_500
"""What a step costs per layer before the first neuron is computed, in the same unit."""


@dataclass(frozen=True)
class Setup:
    """Everything that decides a training."""

    data: DataSettings = field(default_factory=DataSettings)
    network: Network = field(default_factory=Network)
    training: Training = field(default_factory=Training)
    start: str = "xavier"
    """A key of mlp.INITS."""

    start_seed: int = 0

    weights: tuple[float, ...] = ()
    """If not empty, exactly these are the start: edited by hand, or imported."""

    stop_loss: float | None = None
    """Stop when the training loss is below."""

    stop_accuracy: float | None = None
    """Stop when this share of the training examples is right; for two classes only."""


@dataclass(frozen=True)
class Outcome:
    """How a training ended."""

    kind: str
    """``finished``, ``loss_reached``, ``accuracy_reached``, ``exploded`` or ``too_long``."""

    step: int
    epoch: float
    sentence: str


def start_weights(setup: Setup) -> Array:
    """Give the weights that a training starts from, shape (n_parameters,).

    Raises:
        ValueError: If own weights have the wrong number, or one is not finite or beyond
            LARGEST_WEIGHT.

    Example:
        >>> start_weights(Setup(start="zeros")).any()
        np.False_
    """
    if not setup.weights:
        return mlp.init(setup.network, setup.start, seed=setup.start_seed)
    weights = np.array(setup.weights, dtype=np.float64)
    if len(weights) != setup.network.n_parameters:
        raise ValueError(
            f"the network has {setup.network.n_parameters} weights, {len(weights)} were given"
        )
    if not (np.abs(weights) <= LARGEST_WEIGHT).all():
        raise ValueError(f"a weight is no finite number within ±{LARGEST_WEIGHT:g}")
    return weights


def check(setup: Setup, dataset: Dataset) -> None:
    """Say what cannot be trained.

    Raises:
        ValueError: If the output or the loss does not fit the data, or a stop condition is
            outside its range.
    """
    if dataset.task == "regression" and setup.training.loss == "cross_entropy":
        raise ValueError("cross-entropy compares classes; for numbers choose squared error")
    if setup.training.loss == "cross_entropy" and setup.network.output != "sigmoid":
        raise ValueError("cross-entropy needs an output between 0 and 1: a sigmoid")
    if setup.stop_loss is not None and not setup.stop_loss >= 0:
        raise ValueError(f"the loss to stop at must be at least 0, got {setup.stop_loss}")


def planned_steps(setup: Setup, dataset: Dataset) -> int:
    """Count the updates of the whole training, ``most_steps`` at the most."""
    return min(
        setup.training.n_epochs * steps_per_epoch(setup, dataset), most_steps(setup, dataset)
    )


def most_steps(setup: Setup, dataset: Dataset) -> int:
    """Count the updates that fit into MOST_WORK, MOST_STEPS at the most.

    Example:
        >>> from core.networks import datasets
        >>> wide = Network(hidden=(16,) * 6, activations=("relu",) * 6)
        >>> points = DataSettings("spiral", n_points=500)
        >>> most_steps(Setup(network=wide, data=points), datasets.make(points))
        3787
    """
    hidden = setup.network.hidden
    n_at_once = min(setup.training.batch_size or dataset.n_train, dataset.n_train)
    work = (sum(hidden) + 1) * n_at_once + _LAYER_WORK * (len(hidden) + 1)
    return min(MOST_STEPS, MOST_WORK // work)


def steps_per_epoch(setup: Setup, dataset: Dataset) -> int:
    """Count the updates until every training example was seen once.

    Example:
        >>> from core.networks import datasets
        >>> steps_per_epoch(Setup(training=Training(batch_size=3)), datasets.make(DataSettings()))
        2
    """
    batch_size = min(setup.training.batch_size or dataset.n_train, dataset.n_train)
    return -(-dataset.n_train // batch_size)


def stop(
    setup: Setup, dataset: Dataset, inputs: Array, step: mlp.Step, n_planned: int
) -> Outcome | None:
    """Judge a step: did a weight explode, was a goal reached, is it too long?

    Args:
        setup: The training.
        dataset: Its examples.
        inputs: The training examples as the network is given them, shape (n_train, n_features).
        step: What was just done.
        n_planned: From ``planned_steps``.

    Returns:
        Why to stop, or None to go on.
    """
    if not np.abs(step.weights).max() <= LARGEST_WEIGHT:  # so that NaN is caught too
        return _exploded(setup, step)
    goal = _goal(setup, dataset, inputs, step)
    if goal is not None or step.step < n_planned or step.epoch >= setup.training.n_epochs:
        return goal
    sentence = (
        f"Stopped after {n_planned:,} updates, in epoch {step.epoch:.0f} of "
        f"{setup.training.n_epochs:,}. Fewer neurons, fewer points or larger batches get further."
    )
    return Outcome("too_long", step.step, step.epoch, sentence)


def _goal(setup: Setup, dataset: Dataset, inputs: Array, step: mlp.Step) -> Outcome | None:
    """Look at the end of each epoch whether a stop condition is met."""
    wants_goal = setup.stop_loss is not None or setup.stop_accuracy is not None
    if not wants_goal or step.epoch != int(step.epoch):
        return None
    seen = mlp.forward(setup.network, step.weights, inputs)
    loss = mlp.losses(setup.network, seen, dataset.train_targets, setup.training.loss).mean()
    if setup.stop_loss is not None and loss < setup.stop_loss:
        sentence = f"The training loss, {loss:.3g}, is below {setup.stop_loss:.3g}."
        return Outcome("loss_reached", step.step, step.epoch, sentence)
    if setup.stop_accuracy is None or dataset.task != "classification":
        return None
    right = ((seen.predictions > 0.5) == (dataset.train_targets > 0.5)).mean()
    if right >= setup.stop_accuracy:
        goal = setup.stop_accuracy
        sentence = f"{right:.1%} of the training examples are right; {goal:.0%} was the goal."
        return Outcome("accuracy_reached", step.step, step.epoch, sentence)
    return None


def _exploded(setup: Setup, step: mlp.Step) -> Outcome:
    """Say when and why: how long the gradient was, and how far the rate made it jump."""
    length = float(np.linalg.norm(step.gradient))
    if step.step == 0:
        sentence = f"A start weight is beyond ±{LARGEST_WEIGHT:g}."
    elif np.isfinite(length):
        sentence = (
            f"Exploded in step {step.step}: the gradient was {length:.3g} long, and with a "
            f"learning rate of {setup.training.learning_rate:g} a weight was thrown beyond "
            f"±{LARGEST_WEIGHT:g}. Each step overshoots further than the one before: "
            "take a smaller learning rate."
        )
    else:
        sentence = (
            f"Exploded in step {step.step}: the loss was {step.loss:.3g} and its gradient is no "
            "number any more. Take a smaller learning rate, or smaller start weights."
        )
    return Outcome("exploded", step.step, step.epoch, sentence)


def finished(setup: Setup, last: mlp.Step) -> Outcome:
    """Say that a training reached its last epoch."""
    sentence = f"All {setup.training.n_epochs:,} epochs are done: {last.step:,} updates."
    return Outcome("finished", last.step, last.epoch, sentence)

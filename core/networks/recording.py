"""A whole training, recorded: about two hundred moments to scrub through, and why it ended."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.networks import datasets, measures, mlp
from core.networks.activations import Array
from core.networks.architecture import Network, Training, featurize
from core.networks.datasets import Dataset, DataSettings

N_FRAMES = 201
"""The start and two hundred moments after it."""

MOST_STEPS = 40_000
"""A training longer than this is cut off, and the outcome says so."""

LARGEST_WEIGHT = 1e6
"""A weight beyond this has exploded; nothing on the way back would be worth drawing."""

MOST_WEIGHT_BYTES = 1_350_000
"""What the frames of the widest networks may take once packed; they are thinned to fit."""


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


@dataclass(frozen=True, eq=False)
class Recording:
    """A training that was run; F frames, P weights, L layers."""

    setup: Setup
    dataset: Dataset
    outcome: Outcome

    steps: NDArray[np.int64]
    """Number of updates before each frame, shape (F,); the first is 0."""

    epochs: Array
    """How often every example was seen, shape (F,)."""

    rates: Array
    """Learning rate of the update that led to each frame, shape (F,)."""

    weights: Array
    """Shape (F, P)."""

    train_losses: Array
    """Mean loss of all training examples, penalties left out, shape (F,)."""

    test_losses: Array
    """The same of the test examples; NaN without any."""

    train_accuracies: Array
    """Share that is right; for regression R², the share of the variance explained. Shape (F,)."""

    test_accuracies: Array
    confusion: NDArray[np.int64]
    """Training examples by actual and predicted class, shape (F, 2, 2); zeros for regression."""

    test_confusion: NDArray[np.int64]
    gradient_norms: Array
    """Length of the training loss's gradient, layer by layer, shape (F, L)."""

    @property
    def n_frames(self) -> int:
        """How many moments were kept."""
        return len(self.steps)


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


def record(
    setup: Setup,
    *,
    n_frames: int = N_FRAMES,
    first_step: int = 0,
    last_step: int | None = None,
) -> Recording:
    """Train, and keep some moments, many at the start and fewer later.

    Args:
        setup: Everything that decides the training.
        n_frames: How many moments at the most, at least 2; wide networks keep fewer, so that the
            parcel for the browser stays small.
        first_step: Look only at moments from this step on.
        last_step: And up to this one; None is the end. A window shorter than ``n_frames`` keeps
            every step.

    Returns:
        The recording. The training always runs to its end, whatever window was asked for; without
        one, the last frame is that end.

    Raises:
        DataError: If the points cannot be used.
        ValueError: If the start weights or a setting are outside their range, or the training
            ended before ``first_step``.

    Example:
        >>> recording = record(Setup(training=Training(n_epochs=3)))
        >>> recording.steps.tolist(), recording.outcome.kind
        ([0, 1, 2, 3], 'finished')
    """
    dataset = datasets.make(setup.data)
    check(setup, dataset)
    planned = planned_steps(setup, dataset)
    end = planned if last_step is None else min(last_step, planned)
    wanted = frame_steps(max(end - first_step, 0), _most_frames(setup, n_frames))

    with np.errstate(all="ignore"):
        kept, last, outcome = _run(setup, dataset, {first_step + step for step in wanted})
        if first_step <= last.step <= end and (not kept or kept[-1].step < last.step):
            kept.append(last)
        if not kept:
            raise ValueError(f"the training ended at step {last.step}, before step {first_step}")
        weights = np.array([step.weights for step in kept])
        measured = measures.measure(setup.network, weights, dataset, setup.training.loss)

    epochs = np.array([step.epoch for step in kept])
    return Recording(
        setup=setup,
        dataset=dataset,
        outcome=outcome,
        steps=np.array([step.step for step in kept]),
        epochs=epochs,
        rates=_rates(setup, epochs),
        weights=weights,
        **measured,
    )


def _run(
    setup: Setup, dataset: Dataset, wanted: set[int]
) -> tuple[list[mlp.Step], mlp.Step, Outcome]:
    """Train to the end; return the wanted steps, the last that can be drawn, and the outcome."""
    inputs = featurize(dataset.train_points, setup.network.features)
    start, targets = start_weights(setup), dataset.train_targets
    kept = []
    for step in mlp.train(setup.network, start, inputs, targets, setup.training):
        outcome = _stop(setup, dataset, inputs, step)
        if outcome is not None and outcome.kind == "exploded":
            return kept, last, outcome
        last = step
        if step.step in wanted:
            kept.append(step)
        if outcome is not None:
            return kept, last, outcome
    return kept, last, _finished(setup, last)


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
    """Count the updates of the whole training, MOST_STEPS at the most."""
    return min(setup.training.n_epochs * steps_per_epoch(setup, dataset), MOST_STEPS)


def steps_per_epoch(setup: Setup, dataset: Dataset) -> int:
    """Count the updates until every training example was seen once.

    Example:
        >>> steps_per_epoch(Setup(training=Training(batch_size=3)), datasets.make(DataSettings()))
        2
    """
    batch_size = min(setup.training.batch_size or dataset.n_train, dataset.n_train)
    return -(-dataset.n_train // batch_size)


def frame_steps(n_steps: int, n_frames: int) -> list[int]:
    """Choose which steps to keep: the first ones all, then wider and wider apart.

    Example:
        >>> frame_steps(100, 11)
        [0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100]
    """
    if n_steps < n_frames:
        return list(range(n_steps + 1))
    along = np.linspace(0, 1, n_frames)
    return np.unique(np.round(n_steps * along**2).astype(int)).tolist()


def _most_frames(setup: Setup, n_frames: int) -> int:
    """Keep fewer frames of a network so wide that its parcel would grow too large."""
    fits = MOST_WEIGHT_BYTES * 3 // 4 // (4 * setup.network.n_parameters)
    return max(2, min(n_frames, fits))


def _stop(setup: Setup, dataset: Dataset, inputs: Array, step: mlp.Step) -> Outcome | None:
    """Judge a step: did a weight explode, was a goal reached, is it too long?"""
    if not np.abs(step.weights).max() <= LARGEST_WEIGHT:  # so that NaN is caught too
        return _exploded(setup, step)
    wants_goal = setup.stop_loss is not None or setup.stop_accuracy is not None
    if wants_goal and step.epoch == int(step.epoch):
        if outcome := _goal(setup, dataset, inputs, step):
            return outcome
    if step.step >= MOST_STEPS:
        sentence = (
            f"Stopped after {MOST_STEPS:,} updates, in epoch {step.epoch:.3g} of "
            f"{setup.training.n_epochs:,}. Choose larger batches or fewer epochs to see the end."
        )
        planned = setup.training.n_epochs
        return (
            Outcome("too_long", step.step, step.epoch, sentence) if step.epoch < planned else None
        )
    return None


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


def _finished(setup: Setup, last: mlp.Step) -> Outcome:
    sentence = f"All {setup.training.n_epochs:,} epochs are done: {last.step:,} updates."
    return Outcome("finished", last.step, last.epoch, sentence)


def _rates(setup: Setup, epochs: Array) -> Array:
    """Learning rate of the update that ended at each moment."""
    rates = mlp.learning_rates(setup.training)
    return rates[np.clip(np.ceil(epochs - 1e-9).astype(int) - 1, 0, len(rates) - 1)]

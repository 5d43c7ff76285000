"""A whole training, recorded: about two hundred moments to scrub through, and why it ended."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.networks import datasets, measures, mlp, plan
from core.networks.activations import Array
from core.networks.architecture import featurize
from core.networks.datasets import Dataset
from core.networks.plan import Outcome, Setup, start_weights

N_FRAMES = 201
"""The start and two hundred moments after it."""

MOST_WEIGHT_BYTES = 1_350_000
"""What the frames of the widest networks may take once packed; they are thinned to fit."""


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
        >>> from core.networks.architecture import Training
        >>> recording = record(Setup(training=Training(n_epochs=3)))
        >>> recording.steps.tolist(), recording.outcome.kind
        ([0, 1, 2, 3], 'finished')
    """
    dataset = datasets.make(setup.data)
    plan.check(setup, dataset)
    planned = plan.planned_steps(setup, dataset)
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
    n_planned = plan.planned_steps(setup, dataset)
    start, targets = start_weights(setup), dataset.train_targets
    kept, last = [], None
    for step in mlp.train(setup.network, start, inputs, targets, setup.training):
        outcome = plan.stop(setup, dataset, inputs, step, n_planned)
        if outcome is not None and outcome.kind == "exploded":
            return kept, last, outcome  # the start never explodes: it was checked
        last = step
        if step.step in wanted:
            kept.append(step)
        if outcome is not None:
            return kept, last, outcome
    return kept, last, plan.finished(setup, last)


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


def _rates(setup: Setup, epochs: Array) -> Array:
    """Learning rate of the update that ended at each moment."""
    rates = mlp.learning_rates(setup.training)
    return rates[np.clip(np.ceil(epochs - 1e-9).astype(int) - 1, 0, len(rates) - 1)]

"""What can be measured where a training ended: errors, pulls, and the state of its neurons."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.networks import gradient_check, mlp
from core.networks.activations import ACTIVATIONS, Array
from core.networks.architecture import Network, featurize
from core.networks.datasets import Dataset
from core.networks.gradient_check import NUDGE
from core.networks.trace import FLAT

SAME = 0.02
"""Neurons whose outputs differ by less, for every example, count as one."""

MOST_CURVED = 120
"""Networks with more weights are not asked for their curvature."""

_STEEPEST = {"sigmoid": 0.25, "tanh": 1.0}


@dataclass(frozen=True, eq=False)
class Findings:
    """What was measured at the end of a training; n examples, H hidden neurons in a layer."""

    loss: float
    right: NDArray[np.bool_]
    """Shape (n,)."""

    fit: float
    """Share that is right, or of the variance that is explained."""

    gradient: float
    """Length of the gradient of the mean loss."""

    pull: float
    """Mean length of the gradients of single examples."""

    curvature: float
    """Lowest curvature of the mean loss in any direction; below 0 there is a way down. NaN for
    more than MOST_CURVED weights, and where a ReLU is just at 0."""

    n_neurons: int
    """Of the layer that is worst off, like the following."""

    n_different: int
    """Neurons left when those that do the same count once."""

    n_dead: int
    """ReLU neurons that are off for every example."""

    flat_share: float
    """Share of the (wrong example, neuron) pairs where the neuron is saturated."""

    slope: float
    """Mean slope of the neurons for the wrong examples, over the steepest there is."""

    n_merged: int
    """Wrong examples whose last hidden outputs are those of an example with the other answer."""


def measure(network: Network, end: Array, dataset: Dataset, loss: str) -> Findings:
    """Measure what the diagnosis reads.

    Args:
        network: Its layers.
        end: Shape (n_parameters,).
        dataset: Its training examples are used.
        loss: A key of LOSSES.

    Returns:
        The numbers.

    Example:
        >>> from core.networks import datasets
        >>> data = datasets.make(datasets.DataSettings("xor"))
        >>> measure(Network(), np.zeros(9), data, "cross_entropy").n_different
        1
    """
    inputs = featurize(dataset.train_points, network.features)
    targets = dataset.train_targets
    seen = mlp.forward(network, end, inputs)
    right = np.abs(seen.predictions - targets) < (0.5 if dataset.task == "classification" else 0.1)
    spread = max(float(((targets - targets.mean()) ** 2).sum()), 1e-12)
    explained = 1 - float(((seen.predictions - targets) ** 2).sum()) / spread

    # One network per example, all with the same weights: their gradients stay apart.
    copies = np.broadcast_to(end, (len(targets), len(end)))
    apart = mlp.forward(network, copies, inputs[:, None, :])
    pulls = mlp.backward(network, copies.copy(), apart, targets[:, None], loss)
    worst = min(
        (_layer(network, seen, depth, right) for depth in range(len(network.hidden))),
        key=lambda layer: (
            (layer["n_different"] - layer["n_dead"]) / layer["n_neurons"],
            layer["slope"],
        ),
        default={"n_neurons": 0, "n_different": 0, "n_dead": 0, "flat_share": 0.0, "slope": 1.0},
    )
    return Findings(
        loss=float(mlp.losses(network, seen, targets, loss).mean()),
        right=right,
        fit=float(right.mean()) if dataset.task == "classification" else explained,
        gradient=float(np.linalg.norm(pulls.mean(axis=0))),
        pull=float(np.linalg.norm(pulls, axis=1).mean()),
        curvature=_lowest_curvature(network, end, inputs, targets, loss),
        n_merged=_n_merged(seen.outputs[-2], targets, right),
        **worst,
    )


def _layer(
    network: Network, seen: mlp.Pass, depth: int, right: NDArray[np.bool_]
) -> dict[str, float]:
    activation = network.activations[depth]
    z, a = seen.totals[depth], seen.outputs[depth + 1]
    wrong = z[~right] if (~right).any() else z
    slopes = ACTIVATIONS[activation].slope(
        wrong, ACTIVATIONS[activation].value(wrong)
    ) / _STEEPEST.get(activation, 1.0)
    squashes = activation in _STEEPEST
    return {
        "n_neurons": z.shape[1],
        "n_different": _n_different(a),
        "n_dead": int((z <= 0).all(axis=0).sum()) if activation == "relu" else 0,
        "flat_share": float((slopes < FLAT).mean()) if squashes else 0.0,
        "slope": float(slopes.mean()),
    }


def _lowest_curvature(
    network: Network, end: Array, inputs: Array, targets: Array, loss: str
) -> float:
    """Move each weight a little, see how the gradient turns, and find the lowest curvature."""
    if len(end) > MOST_CURVED:
        return float("nan")
    nudges = NUDGE * np.eye(len(end))
    up = mlp.forward(network, end + nudges, inputs)
    down = mlp.forward(network, end - nudges, inputs)
    if gradient_check.crosses_a_kink(network, up, down).any():
        return float("nan")  # where a ReLU switches, the gradient jumps
    turned = mlp.backward(network, end + nudges, up, targets, loss)
    turned -= mlp.backward(network, end - nudges, down, targets, loss)
    hessian = turned / (2 * NUDGE)
    if not np.isfinite(hessian).all():
        return float("nan")
    return float(np.linalg.eigvalsh((hessian + hessian.T) / 2)[0])


def _n_merged(hidden: Array, targets: Array, right: NDArray[np.bool_]) -> int:
    """Count wrong examples that the hidden layers no longer tell from one of another answer."""
    other = np.abs(targets[~right, None] - targets) > 0.5
    near = np.abs(hidden[~right, None] - hidden).max(axis=-1) < SAME
    return int((other & near).any(axis=1).sum())


def _n_different(outputs: Array) -> int:
    """Count neurons, those once that say the same of every example."""
    kept: list[Array] = []
    for column in outputs.T:
        if all(np.abs(column - other).max() > SAME for other in kept):
            kept.append(column)
    return len(kept)

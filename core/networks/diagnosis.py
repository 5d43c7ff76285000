"""Why a training failed, told from what can be measured where it ended."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from core.networks import datasets, findings
from core.networks.activations import Array
from core.networks.architecture import Network, Training
from core.networks.datasets import Dataset
from core.networks.findings import Findings
from core.networks.seed_odds import Odds, setup_of

GOOD_SHARE = 0.95
"""So many must be right to call it solved; with ten examples or fewer, all."""

GOOD_FIT = 0.9
"""Share of the variance that a solved regression explains."""

PATIENCE = 1000
"""Steps that a training is granted before a flat place counts as its end."""

TITLES = {
    "solved": "Solved",
    "exploded": "Exploded",
    "straight": "Only straight lines",
    "too_small": "One neuron is too few",
    "symmetry": "Symmetry",
    "dead": "Dead ReLU",
    "saturation": "Saturation",
    "still_learning": "Not done yet",
    "plateau": "Local plateau",
}

_MONOTONE = {"sigmoid", "tanh", "relu", "leaky_relu", "linear"}
_STRAIGHT_FEATURES = {"x", "y"}


@dataclass(frozen=True)
class Evidence:
    """One measured number."""

    label: str
    value: float
    text: str
    """What the number means here."""


@dataclass(frozen=True)
class Diagnosis:
    """Why a training ended where it did."""

    kind: str
    """A key of TITLES."""

    sentence: str
    evidence: tuple[Evidence, ...]
    n_right: int
    n_examples: int
    wrong_rows: tuple[int, ...]
    """Training examples that are wrong, by their place among them."""

    @property
    def title(self) -> str:
        """The kind, for a person."""
        return TITLES[self.kind]


def diagnose(
    network: Network,
    end: Array,
    dataset: Dataset,
    training: Training,
    *,
    n_steps: int,
    exploded: bool = False,
) -> Diagnosis:
    """Say why a training failed.

    Args:
        network: Its layers.
        end: The weights where it ended, shape (n_parameters,).
        dataset: What it was trained on.
        training: How.
        n_steps: How many updates were made; tells a plateau from a training cut short.
        exploded: Whether it was stopped because a weight grew beyond all bounds.

    Returns:
        The first of these causes that the measurements show: it exploded, it can only draw
        straight lines, a layer of one neuron, neurons that all do the same, dead ReLUs,
        ground that still leads down, saturation where the errors are, pulls that cancel.

    Example:
        >>> data = datasets.make(datasets.DataSettings("xor"))
        >>> diagnose(Network(), np.zeros(9), data, Training(), n_steps=100).kind
        'symmetry'
    """
    with np.errstate(all="ignore"):
        found = findings.measure(network, end, dataset, training.loss)
    kind = _kind(network, dataset, training, found, n_steps, exploded=exploded)
    return Diagnosis(
        kind=kind,
        sentence=_sentence(kind, network, training, found, n_steps),
        evidence=_evidence(found),
        n_right=int(found.right.sum()),
        n_examples=len(found.right),
        wrong_rows=tuple(np.flatnonzero(~found.right).tolist()),
    )


def of_seed(odds: Odds, seed: int) -> Diagnosis:
    """Say why one seed of the lottery failed."""
    setup = setup_of(odds.lottery, seed)
    exploded = not (np.abs(odds.ends[seed]) < 1e6).all()
    return diagnose(
        setup.network,
        np.nan_to_num(odds.ends[seed]),
        datasets.make(setup.data),
        setup.training,
        n_steps=odds.n_steps,
        exploded=exploded,
    )


def tally(odds: Odds) -> dict[str, int]:
    """Count the causes among the seeds that failed, most frequent first."""
    return dict(Counter(of_seed(odds, seed).kind for seed in odds.failed).most_common())


def _kind(
    network: Network,
    dataset: Dataset,
    training: Training,
    found: Findings,
    n_steps: int,
    *,
    exploded: bool,
) -> str:
    if exploded or not np.isfinite(found.loss):
        return "exploded"
    needed = GOOD_FIT
    if dataset.task == "classification":
        needed = 1.0 if len(found.right) <= 10 else GOOD_SHARE
    if found.fit >= needed:
        return "solved"

    plain = set(network.features) <= _STRAIGHT_FEATURES
    if plain and set(network.activations) <= {"linear"}:
        return "straight"
    if plain and network.hidden[:1] == (1,) and network.activations[0] in _MONOTONE:
        return "too_small"
    if "relu" in network.activations and _is_dead(found):
        return "dead"
    if found.n_neurons > 1 and found.n_different <= max(1, found.n_neurons // 2):
        return "symmetry"
    if _falls(training, found, n_steps) or _leaves(training, found, n_steps):
        return "still_learning"
    if found.flat_share >= 0.5:
        return "saturation"
    return "plateau"


def _falls(training: Training, found: Findings, n_steps: int) -> bool:
    """Ask whether as many steps again at this slope would take a tenth off the loss."""
    far = training.learning_rate * max(n_steps, PATIENCE)
    return far * found.gradient**2 > 0.1 * found.loss


def _leaves(training: Training, found: Findings, n_steps: int) -> bool:
    """Ask whether this is a saddle that as many steps again would lead away from."""
    far = training.learning_rate * max(n_steps, PATIENCE)
    return far * -found.curvature > 2  # what is off the ridge grows e² times


def _is_dead(found: Findings) -> bool:
    """Half of a layer is dead, or no neuron of it hears the examples that are wrong."""
    return 2 * found.n_dead >= found.n_neurons or found.slope == 0


def _sentence(
    kind: str, network: Network, training: Training, found: Findings, n_steps: int
) -> str:
    """Say the cause with its numbers."""
    n_examples, n_wrong = len(found.right), int((~found.right).sum())
    if kind == "solved":
        return f"{n_examples - n_wrong} of {n_examples} examples are right; loss {found.loss:.3g}."
    if kind == "exploded":
        return (
            f"A weight grew beyond all bounds. With a learning rate of {training.learning_rate:g} "
            "each step overshot further than the one before."
        )
    if kind == "straight":
        return (
            "Without a bend between them, all layers together are one straight line: "
            f"{n_wrong} of {n_examples} examples stay on the wrong side."
        )
    if kind == "too_small":
        return (
            "The first hidden layer has one neuron, so all that follows sees the plane along one "
            f"direction only: one border, and {n_wrong} of {n_examples} examples on the wrong side."
        )
    if kind == "symmetry":
        as_good = "one" if found.n_different == 1 else f"{found.n_different}"
        return (
            f"{found.n_neurons} neurons of a layer are only as good as {as_good}: what they say "
            f"differs by less than {findings.SAME:g} for every example. Equal neurons get equal "
            "gradients, so nothing drives them apart."
        )
    if kind == "dead":
        return _dead_sentence(found, n_wrong)
    if kind == "saturation":
        return _saturation_sentence(found, n_wrong)
    if kind == "still_learning" and not _falls(training, found, n_steps):
        return (
            f"It is flat here, the slope is {found.gradient:.2g}, but in one direction the ground "
            f"curves down, by {found.curvature:.2g}: a saddle. Training leaves it slowly; "
            "train longer."
        )
    if kind == "still_learning":
        return (
            f"The slope is still {found.gradient:.2g} after {n_steps:,} steps: it leads further "
            "down. Train longer, or with a higher learning rate."
        )
    return (
        f"Nothing is broken, yet each example pulls with {found.pull:.2g} and together they pull "
        f"with {found.gradient:.2g}: what one asks for, another forbids. A flat place "
        f"with loss {found.loss:.3g}; another start would miss it."
    )


def _saturation_sentence(found: Findings, n_wrong: int) -> str:
    merged = ""
    if found.n_merged == n_wrong:
        merged = (
            "They reach the output with the same hidden values as an example of the other class, "
            "so no output weight can part them: "
        )
    whole = found.flat_share == 1
    who = "every neuron" if whole else f"{found.flat_share:.0%} of the neurons"
    return (
        f"For the {_examples(n_wrong)}, {who} of a layer {'is' if whole else 'are'} saturated: "
        f"the slope is {found.slope:.2g} of the steepest, and the error does not get "
        f"through. {merged}{'p' if merged else 'P'}ulls of {found.pull:.2g} per example cancel to "
        f"{found.gradient:.2g}."
    )


def _dead_sentence(found: Findings, n_wrong: int) -> str:
    if 2 * found.n_dead >= found.n_neurons:
        left = found.n_neurons - found.n_dead
        return (
            f"{found.n_dead} of {found.n_neurons} ReLU neurons of a layer are off for every "
            f"example: their slope is 0, so they never move again. {left or 'None'} "
            f"{'is' if left == 1 else 'are'} left to do the work."
        )
    return (
        f"For the {_examples(n_wrong)} every ReLU neuron of a layer is off. The network says the "
        "same of all such points, and with a slope of 0 no weight in front of that layer can "
        "learn from them."
    )


def _examples(n_wrong: int) -> str:
    return "one wrong example" if n_wrong == 1 else f"{n_wrong} wrong examples"


def _evidence(found: Findings) -> tuple[Evidence, ...]:
    together = found.gradient / found.pull if found.pull > 0 else 0.0
    items = (
        Evidence("Examples right", float(found.right.sum()), f"of {len(found.right)}"),
        Evidence("Loss", found.loss, "mean over the training examples"),
        Evidence("Pull of one example", found.pull, "mean length of the gradient of one example"),
        Evidence("Pull of all", found.gradient, "length of their mean: what moves the weights"),
        Evidence("Left after cancelling", together, "pull of all over pull of one; 1 is all agree"),
        Evidence(
            "Lowest curvature",
            found.curvature,
            "of the loss, in any direction; well below 0 there is a way down",
        ),
        Evidence("Different neurons", float(found.n_different), f"of {found.n_neurons} in a layer"),
        Evidence("Dead neurons", float(found.n_dead), "ReLUs that are off for every example"),
        Evidence(
            "Saturated", found.flat_share, "share of neurons with hardly a slope where it is wrong"
        ),
        Evidence("Slope where it is wrong", found.slope, "mean, over the steepest possible"),
        Evidence(
            "Merged examples",
            float(found.n_merged),
            "wrong ones with the hidden outputs of an example of the other class",
        ),
    )
    return tuple(item for item in items if item.value == item.value)  # NaN was not measured

"""The guided experiments of the neural network lab; answers are read off trainings that ran."""

import math
from dataclasses import replace

import numpy as np

from components import cached, xor_state
from components.experiments import Experiment, Revelation
from core.networks.architecture import Network, Training
from core.networks.datasets import DataSettings
from core.networks.plan import Setup
from core.networks.recording import Recording
from core.networks.seed_odds import Lottery

_XOR = Setup(start="normal", training=Training(n_epochs=5_000))
_SPIRAL = Setup(
    data=DataSettings("spiral", n_points=120, noise=0.2, test_share=0.5),
    network=Network(("x", "y", "sin_x", "sin_y"), (12, 12), ("tanh", "tanh")),
    training=Training(optimizer="adam", learning_rate=0.02, n_epochs=800),
)
_CIRCLE = DataSettings("circle", n_points=200)


def _settings(setup: Setup) -> dict[str, object]:
    wanted = {"show": "train", "own_weights": ()}
    return xor_state.widget_values(setup) | {
        xor_state.key(name): value for name, value in wanted.items()
    }


def _right(trained: Recording) -> int:
    return round(float(trained.train_accuracies[-1]) * trained.dataset.n_train)


def _zeros(trained: Recording) -> Revelation:
    norms = trained.gradient_norms
    return Revelation(
        0 if trained.train_losses[-1] > 0.5 else 1,
        f"The loss stays at {trained.train_losses[-1]:.4g}, ln 2: a coin toss. Both hidden neurons "
        "say the same of every example, and all output weights are 0, so no error comes "
        f"back: the gradient of the hidden layer is {norms[0, 0]:.2g} at the start and "
        f"{norms[-1, 0]:.2g} at the end.",
    )


def _one_unit(trained: Recording) -> Revelation:
    right = _right(trained)
    return Revelation(
        {2: 0, 3: 1, 4: 2}.get(right, 0),
        f"{right} of 4 after {trained.outcome.step:,} steps. One bent neuron is still one straight "
        "line through the plane, and no straight line leaves two opposite corners on one side.",
    )


def _sigmoid_or_relu(trained: Recording) -> Revelation:
    training = trained.setup.training
    shares = [
        cached.seed_odds(
            Lottery(activation=name, n_steps=training.n_epochs, loss=training.loss)
        ).share
        for name in ("sigmoid", "relu")
    ]
    return Revelation(
        0 if shares[0] > shares[1] else 1,
        f"Of 1,000 seeds each, {shares[0]:.1%} solve XOR with two sigmoid neurons and "
        f"{shares[1]:.1%} with two ReLUs. A ReLU that is off for every example never comes back; "
        "with only two of them, one loss is too many. The seed lottery shows which.",
    )


def _too_fast(trained: Recording) -> Revelation:
    kind = trained.outcome.kind
    slow = cached.network_training(
        replace(trained.setup, training=replace(trained.setup.training, learning_rate=0.1))
    )
    return Revelation(
        2 if kind == "exploded" else 0 if trained.train_losses[-1] < 0.01 else 1,
        f"{trained.outcome.sentence} With a rate of 0.1 the same start ends at a loss of "
        f"{slow.train_losses[-1]:.2g}.",
    )


def _solved_at(trained: Recording) -> float:
    """First kept step since which every training example is right; infinite if there is none."""
    wrong = np.flatnonzero(trained.train_accuracies < 1)
    first = wrong[-1] + 1 if len(wrong) else 0
    return float(trained.steps[first]) if first < trained.n_frames else math.inf


def _two_losses(trained: Recording) -> Revelation:
    other = cached.network_training(
        replace(trained.setup, training=replace(trained.setup.training, loss="squared_error"))
    )
    entropy, squared = _solved_at(trained), _solved_at(other)
    start = trained.gradient_norms[0].sum() / max(other.gradient_norms[0].sum(), 1e-300)
    return Revelation(
        0 if entropy < squared else 1 if squared < entropy else 2,
        f"Cross-entropy has all four right from step {_step(entropy)} on, squared error from "
        f"{_step(squared)} on. Squared error multiplies each error by the slope of the output, at "
        f"most ¼; cross-entropy cancels it. At the start its gradient is {start:.1f} times as "
        "long.",
    )


def _step(step: float) -> str:
    return f"{step:,.0f}" if math.isfinite(step) else "never"


def _straight_depth(trained: Recording) -> Revelation:
    accuracy = float(trained.train_accuracies[-1])
    bends = tuple("tanh" for _ in trained.setup.network.hidden)
    bent = cached.network_training(
        replace(trained.setup, network=replace(trained.setup.network, activations=bends))
    )
    return Revelation(
        0 if accuracy > 0.9 else 1,
        f"{accuracy:.0%} right. A sum of sums is a sum: three linear layers are one. The same "
        f"network with tanh gets {bent.train_accuracies[-1]:.0%}.",
    )


def _overfitting(trained: Recording) -> Revelation:
    train, test = float(trained.train_losses[-1]), float(trained.test_losses[-1])
    lowest = int(np.nanargmin(trained.test_losses))
    return Revelation(
        1 if test > train else 0,
        f"Training loss {train:.2g}, test loss {test:.2g}. The test loss was lowest, "
        f"{trained.test_losses[lowest]:.2g}, at step {trained.steps[lowest]:,}; from there on the "
        "network learned these points by heart, noise and all.",
    )


def _dropout(trained: Recording) -> Revelation:
    without = cached.network_training(
        replace(trained.setup, training=replace(trained.setup.training, dropout=0.0))
    )
    ends = [float(run.test_losses[-1]) for run in (trained, without)]
    trains = [float(run.train_losses[-1]) for run in (trained, without)]
    return Revelation(
        0 if ends[0] < ends[1] else 1,
        f"Test loss {ends[0]:.2g} with dropout, {ends[1]:.2g} without; training loss "
        f"{trains[0]:.2g} and {trains[1]:.2g}. A neuron that may be silenced at any moment cannot "
        "rely on one partner to correct it.",
    )


def _right_inputs(trained: Recording) -> Revelation:
    accuracy = float(trained.train_accuracies[-1])
    return Revelation(
        0 if accuracy > 0.95 else 1,
        f"{accuracy:.0%} right with {trained.setup.network.n_parameters} weights. On x² and y² the "
        "circle is a straight line. A hidden layer is what finds such inputs by itself.",
    )


def _twins(trained: Recording) -> Revelation:
    columns = trained.weights[-1][: 2 * 4].reshape(2, 4)
    different = len(np.unique(columns.round(6), axis=1).T)
    return Revelation(
        0 if different == 1 else 1,
        f"{different} of 4. All started equal, so all got the same gradient in every one of "
        f"{trained.outcome.step:,} steps: they are one neuron, and {_right(trained)} of 4 rows is "
        "all that one neuron can do. Random starts break the symmetry.",
    )


EXPERIMENTS = (
    Experiment(
        title="Why zeros never learn",
        task="XOR, two hidden neurons, and every weight starts at 0.",
        settings=_settings(replace(_XOR, start="zeros")),
        question="Where is the loss after 5,000 steps?",
        choices=("where it started", "near 0"),
        reveal=_zeros,
    ),
    Experiment(
        title="One hidden neuron",
        task="XOR again, from a good random start, but with a single hidden neuron.",
        settings=_settings(replace(_XOR, network=Network(hidden=(1,)), start_seed=2)),
        question="How many of the four rows will it get right?",
        choices=("2", "3", "4"),
        reveal=_one_unit,
    ),
    Experiment(
        title="All the same",
        task="Four hidden neurons, more than enough. Every weight starts at 0.5.",
        settings=_settings(
            replace(_XOR, start="constant", network=Network(hidden=(4,), activations=("sigmoid",)))
        ),
        question="How many different hidden neurons are there in the end?",
        choices=("one", "more than one"),
        reveal=_twins,
    ),
    Experiment(
        title="Sigmoid against ReLU",
        task="Two ReLUs instead of two sigmoids. Large networks prefer ReLU.",
        settings=_settings(replace(_XOR, network=Network(activations=("relu",)))),
        question="With which do more seeds solve XOR?",
        choices=("sigmoid", "ReLU"),
        reveal=_sigmoid_or_relu,
    ),
    Experiment(
        title="Too fast",
        task="A plane to be fitted with squared error, four ReLUs, and a learning rate of 1.",
        settings=_settings(
            Setup(
                data=DataSettings("plane", n_points=100),
                network=Network(hidden=(4,), activations=("relu",), output="linear"),
                training=Training("squared_error", learning_rate=1.0, n_epochs=200),
                start="he",
            )
        ),
        question="What happens?",
        choices=("it learns faster", "it swings to and fro", "it explodes"),
        reveal=_too_fast,
    ),
    Experiment(
        title="Two losses, one seed",
        task="The same start weights, once with cross-entropy and once with squared error.",
        settings=_settings(replace(_XOR, start_seed=1)),
        question="Which has all four rows right first?",
        choices=("cross-entropy", "squared error", "both at once"),
        reveal=_two_losses,
    ),
    Experiment(
        title="Depth without a bend",
        task="Three hidden layers for the circle, but all of them linear.",
        settings=_settings(
            Setup(
                data=_CIRCLE,
                network=Network(hidden=(4, 4, 4), activations=("linear",) * 3),
                training=Training(learning_rate=0.1, n_epochs=500),
            )
        ),
        question="Will it find the circle?",
        choices=("yes, it is deep enough", "no"),
        reveal=_straight_depth,
    ),
    Experiment(
        title="The right inputs",
        task="The circle once more, with no hidden layer at all, but with x² and y² as inputs.",
        settings=_settings(
            Setup(
                data=_CIRCLE,
                network=Network(("x2", "y2"), (), ()),
                training=Training(learning_rate=0.1, n_epochs=500),
            )
        ),
        question="Will it find the circle?",
        choices=("yes", "no"),
        reveal=_right_inputs,
    ),
    Experiment(
        title="By heart",
        task="A noisy spiral, a large network, and half of the points kept for testing.",
        settings=_settings(_SPIRAL),
        question="Which loss is higher in the end?",
        choices=("training", "test"),
        reveal=_overfitting,
    ),
    Experiment(
        title="Dropout",
        task="The same spiral, with a tenth of the neurons silenced at random in every step.",
        settings=_settings(replace(_SPIRAL, training=replace(_SPIRAL.training, dropout=0.1))),
        question="What does that do to the test loss?",
        choices=("lower", "higher"),
        reveal=_dropout,
    ),
)

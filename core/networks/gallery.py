"""Settings worth seeing, the best and the worst; each with one sentence that a run bears out."""

from dataclasses import dataclass

from core.networks.architecture import Network, Training
from core.networks.datasets import DataSettings
from core.networks.plan import Setup


@dataclass(frozen=True)
class Entry:
    """One setting of the gallery."""

    name: str
    title: str
    sentence: str
    good: bool
    """Whether it is one to copy, or one to learn from."""

    setup: Setup


def _network(
    *hidden: int,
    bend: str = "tanh",
    features: tuple[str, ...] = ("x", "y"),
    output: str = "sigmoid",
) -> Network:
    return Network(features, hidden, (bend,) * len(hidden), output)


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "four_tanh",
        "Four tanh neurons",
        "Two would be enough for XOR, but with four almost every start finds the way.",
        True,
        Setup(
            network=_network(4),
            training=Training(learning_rate=1.0, n_epochs=300),
            start="normal",
        ),
    ),
    Entry(
        "one_gelu",
        "XOR with one neuron",
        "GELU falls before it rises, so a single neuron can say yes in the middle and no on both "
        "sides.",
        True,
        Setup(
            network=_network(1, bend="gelu"),
            training=Training(learning_rate=1.0, n_epochs=1000),
            start="normal",
            start_seed=1,
        ),
    ),
    Entry(
        "product_input",
        "The right input",
        "Given x·y, XOR needs no hidden layer at all: choosing features is half the work.",
        True,
        Setup(
            data=DataSettings("noisy_xor", test_share=0.3),
            network=_network(features=("xy",)),
            training=Training(learning_rate=0.1, n_epochs=200),
        ),
    ),
    Entry(
        "three_lines",
        "A ring closed by three lines",
        "Each hidden neuron draws one line; three of them are enough to fence in the disc.",
        True,
        Setup(
            data=DataSettings("circle", test_share=0.3),
            network=_network(3),
            training=Training(optimizer="adam", learning_rate=0.05, n_epochs=300),
        ),
    ),
    Entry(
        "spiral",
        "The spiral, learned",
        "Two layers of 16 and Adam: the first draws lines, the second bends them into arms.",
        True,
        Setup(
            data=DataSettings("spiral", n_points=300, test_share=0.2),
            network=_network(16, 16),
            training=Training(optimizer="adam", learning_rate=0.01, batch_size=16, n_epochs=300),
        ),
    ),
    Entry(
        "hills",
        "Six hills from sums of bends",
        "A number as the answer: a linear output and squared error fit hills and hollows.",
        True,
        Setup(
            data=DataSettings("multi_gaussian", n_points=300, test_share=0.2),
            network=_network(12, 8, output="linear"),
            training=Training(
                "squared_error", "adam", learning_rate=0.02, batch_size=32, n_epochs=250
            ),
        ),
    ),
    Entry(
        "no_hidden",
        "No hidden layer",
        "One straight line cannot part the corners of XOR, however long you train.",
        False,
        Setup(
            network=_network(),
            training=Training(learning_rate=1.0, n_epochs=300),
            start="normal",
        ),
    ),
    Entry(
        "all_zeros",
        "All weights zero",
        "No weight between the layers ever moves: the gradient is zero on both sides of the hidden "
        "neurons.",
        False,
        Setup(
            network=_network(4),
            training=Training(learning_rate=1.0, n_epochs=300),
            start="zeros",
        ),
    ),
    Entry(
        "deep_linear",
        "Six layers without a bend",
        "Six linear layers multiply to one: still a single straight line.",
        False,
        Setup(
            data=DataSettings("circle", test_share=0.3),
            network=_network(8, 8, 8, 8, 8, 8, bend="linear"),
            training=Training(learning_rate=0.03, n_epochs=200),
        ),
    ),
    Entry(
        "deep_sigmoid",
        "Six layers of sigmoids",
        "Each layer hands on at most a quarter of the error; the first one hears next to nothing.",
        False,
        Setup(
            data=DataSettings("circle", test_share=0.3),
            network=_network(8, 8, 8, 8, 8, 8, bend="sigmoid"),
            training=Training(learning_rate=0.3, n_epochs=200),
        ),
    ),
    Entry(
        "too_fast",
        "Learning rate too high",
        "Every step overshoots further than the one before, until the weights explode.",
        False,
        Setup(
            data=DataSettings("plane", test_share=0.3),
            network=_network(4, bend="relu", output="linear"),
            training=Training("squared_error", learning_rate=1.0, n_epochs=200),
            start="he",
        ),
    ),
    Entry(
        "dead_relu",
        "Two dead ReLUs",
        "Two neurons, both thrown to where they are off for every example: nothing moves again.",
        False,
        Setup(
            network=_network(2, bend="relu"),
            training=Training(learning_rate=1.0, n_epochs=300),
            start="normal",
            start_seed=2,
        ),
    ),
    Entry(
        "overfit",
        "A spiral learned by heart",
        "Few, noisy points and many weights: the training loss falls, the test loss rises.",
        False,
        Setup(
            data=DataSettings("spiral", n_points=100, noise=0.5, test_share=0.5),
            network=_network(16, 16),
            training=Training(optimizer="adam", learning_rate=0.02, n_epochs=600),
        ),
    ),
)

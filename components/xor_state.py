"""Which widget holds which setting of the neural network lab, and how a training is put there."""

from collections.abc import Callable

import streamlit as st

from components import xor_weights
from core.networks import datasets, plan

WITHOUT_SETTINGS = ("xor", datasets.OWN)
"""Data sets that are not made from a number of points, noise and a seed."""


def key(name: str) -> str:
    """Return the widget key of a setting: the lab's address and a name."""
    return f"xor_trainer_{name}"


def next_seed(name: str) -> Callable[[], None]:
    """Return a callback that adds one to a seed.

    Args:
        name: ``"seed"`` of the start weights or ``"data_seed"``.
    """

    def draw_again() -> None:
        st.session_state[key(name)] = (int(st.session_state.get(key(name), 0)) + 1) % 2**31
        if name == "seed":
            xor_weights.forget()

    return draw_again


def widget_values(setup: plan.Setup) -> dict[str, object]:
    """Turn a training into what the controls must show for it.

    Args:
        setup: Any training; weights set by hand are left out.

    Returns:
        Widget key to value.
    """
    data, network, training = setup.data, setup.network, setup.training
    values: dict[str, object] = {"data": data.name}
    if data.name not in WITHOUT_SETTINGS:
        values |= {
            "points": data.n_points,
            "noise": float(data.noise),
            "test_share": float(data.test_share),
            "data_seed": data.seed,
        }
    values |= {"features": list(network.features), "layers": len(network.hidden)}
    for place, (width, bend) in enumerate(
        zip(network.hidden, network.activations, strict=True), start=1
    ):
        values |= {f"neurons_{place}": width, f"activation_{place}": bend}
    is_classification = network.output == "sigmoid"
    if is_classification:
        values |= {"loss": training.loss, "stop_accuracy": float(setup.stop_accuracy or 0.0)}
    values |= {
        "optimizer": training.optimizer,
        "rate": float(training.learning_rate),
        "schedule": training.schedule,
        "epochs": training.n_epochs,
        "batch": training.batch_size or 0,
        "l1": float(training.l1),
        "l2": float(training.l2),
        "dropout": float(training.dropout),
        "start": setup.start,
        "seed": setup.start_seed,
        "stop_loss": float(setup.stop_loss or 0.0),
    }
    return {key(name): value for name, value in values.items()} | {
        key(name): value for name, value in training.settings
    }


def apply(setup: plan.Setup) -> None:
    """Set every control to a training and open the Train view.

    Args:
        setup: The training to show.
    """
    for name, value in widget_values(setup).items():
        st.session_state[name] = value
    xor_weights.forget()
    st.session_state[key("show")] = "train"

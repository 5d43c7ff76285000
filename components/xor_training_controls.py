"""How the network of the neural network lab is trained: loss, rule, penalties, start, stop."""

import streamlit as st

from components import controls, xor_weights
from components.xor_state import key
from core.foundations import optimizers, schedules
from core.networks import architecture, datasets, mlp
from core.networks.architecture import Network, Training

FIRST_START = "normal"
FIRST_EPOCHS = 5_000
MOST_EPOCHS = 20_000

_SCHEDULES = {
    "constant": "Constant",
    "step": "Steps down",
    "cosine": "Cosine",
    "warm_up": "Warm-up",
}
_RULE_SETTINGS = {
    "momentum": ("Momentum β", 0.0, 0.99, 0.9, 0.01, "Share of the velocity that survives a step."),
    "decay": ("Memory ρ", 0.0, 0.999, 0.9, 0.001, "Share of the squares that survives a step."),
    "beta1": ("Memory β₁", 0.0, 0.99, 0.9, 0.01, "Share of the slopes that survives a step."),
    "beta2": ("Memory β₂", 0.9, 0.9999, 0.999, 0.0001, "The same for the squared slopes."),
    "weight_decay": ("Weight decay ω", 0.0, 0.5, 0.01, 0.01, "AdamW's pull towards zero."),
}


def training_controls(dataset: datasets.Dataset) -> Training:
    """Show loss, optimiser, rate, length and penalties, and gather them.

    Args:
        dataset: What is learned from; numbers leave no choice of loss.
    """
    st.markdown("**Training**")
    loss = "squared_error"
    if dataset.task == "classification":
        loss = st.selectbox(
            "Loss",
            list(architecture.LOSSES),
            format_func=architecture.LOSSES.__getitem__,
            key=key("loss"),
            bind="query-params",
            help="What counts as wrong, and how much. Training makes this number small.",
        )
    optimizer = st.selectbox(
        "Optimiser",
        architecture.RULES,
        format_func=lambda name: optimizers.OPTIMIZERS[name].title,
        key=key("optimizer"),
        bind="query-params",
        help="The rule that turns a gradient into a step; see the gradient-descent lab.",
    )
    rate = controls.number(
        "Learning rate",
        0.0,
        1e6,
        1.0,
        step=0.1,
        key=key("rate"),
        help="How far each step goes along the gradient.",
    )
    schedule = st.selectbox(
        "Schedule",
        schedules.SCHEDULES,
        format_func=_SCHEDULES.__getitem__,
        key=key("schedule"),
        bind="query-params",
        help="How the learning rate changes over the training.",
    )
    n_epochs = controls.whole_number(
        "Epochs",
        1,
        MOST_EPOCHS,
        FIRST_EPOCHS,
        key=key("epochs"),
        help="How many times every training example is seen.",
    )
    batch_size = controls.whole_number(
        "Batch size",
        0,
        datasets.MOST_POINTS,
        0,
        key=key("batch"),
        help="Examples that each step looks at. 0: all of them, so that one epoch is one step.",
    )
    l1, l2, dropout = _penalty_controls()
    settings = _rule_controls(optimizer)
    return Training(
        loss=loss,
        optimizer=optimizer,
        settings=settings,
        learning_rate=rate,
        schedule=schedule,
        n_epochs=n_epochs,
        batch_size=batch_size or None,
        l1=l1,
        l2=l2,
        dropout=dropout,
    )


def _penalty_controls() -> tuple[float, float, float]:
    left, right = st.columns(2)
    with left:
        l1 = controls.number(
            "L1", 0.0, 10.0, 0.0, step=0.001, key=key("l1"),
            help="Pulls every weight towards zero with the same force; many end exactly there.",
        )  # fmt: skip
    with right:
        l2 = controls.number(
            "L2", 0.0, 10.0, 0.0, step=0.001, key=key("l2"),
            help="Pulls every weight towards zero in proportion to its size.",
        )  # fmt: skip
    dropout = controls.number_slider(
        "Dropout",
        0.0,
        0.9,
        0.0,
        step=0.05,
        key=key("dropout"),
        help="Share of the hidden neurons that are silenced at random in every training step.",
    )
    return l1, l2, dropout


def _rule_controls(optimizer: str) -> tuple[tuple[str, float], ...]:
    known = optimizers.OPTIMIZERS[optimizer].__dataclass_fields__
    settings = []
    for name, (label, low, high, default, step, what) in _RULE_SETTINGS.items():
        if name in known:
            value = controls.number_slider(
                label, low, high, default, step=step, key=key(name), help=what, format="%g"
            )
            settings.append((name, value))
    return tuple(settings)


def start_controls(network: Network) -> tuple[str, int, tuple[float, ...]]:
    """Show where the weights start.

    Args:
        network: The network on screen.

    Returns:
        How they are drawn, the seed, and the weights set by hand, if any.
    """
    st.markdown("**Start weights**")
    start = st.selectbox(
        "Drawn from",
        [FIRST_START, *[name for name in mlp.INITS if name != FIRST_START]],
        format_func=mlp.INITS.__getitem__,
        key=key("start"),
        bind="query-params",
        help="Where the weights stand before the first step.",
    )
    seed = controls.whole_number(
        "Seed of the weights",
        0,
        2**31 - 1,
        0,
        key=key("seed"),
        help="Same seed, same start weights. Another seed may succeed where this one fails.",
    )
    return start, seed, xor_weights.own_weights(network, (start, seed))


def stop_controls(task: str) -> tuple[float | None, float | None]:
    """Show when to stop early.

    Args:
        task: ``classification`` or ``regression``.

    Returns:
        The loss and the share right to stop at; None for never.
    """
    st.markdown("**Stop early**")
    loss = controls.number(
        "When the loss is below",
        0.0,
        10.0,
        0.0,
        step=0.01,
        key=key("stop_loss"),
        help="Training loss at which to stop. 0: never.",
    )
    accuracy = 0.0
    if task == "classification":
        accuracy = controls.number_slider(
            "When the share right reaches",
            0.0,
            1.0,
            0.0,
            step=0.01,
            key=key("stop_accuracy"),
            help="Training accuracy at which to stop. 0: never.",
        )
    return loss or None, accuracy or None

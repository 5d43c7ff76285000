"""The settings of the neural network lab, in the sidebar: data, inputs, layers, training, start."""

from collections.abc import Callable

import streamlit as st

from components import controls, xor_data, xor_weights
from core.foundations import optimizers, schedules
from core.networks import activations, architecture, datasets, mlp, plan
from core.networks.architecture import Network, Training

FIRST_DATA = "xor"
FIRST_WIDTH = 2
FIRST_ACTIVATION = "sigmoid"
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


def key(name: str) -> str:
    """Return the widget key of a setting: the lab's address and a name."""
    return f"xor_trainer_{name}"


def hidden_groups() -> tuple[str, ...]:
    """Which groups of settings a teacher has taken off the page, from the address bar."""
    return tuple(st.session_state.get(key("hide"), ()) or ())


def setup_controls() -> plan.Setup:
    """Show the settings and gather them.

    Returns:
        Everything that decides a training. Ends the run with a sentence if the data are unusable.
    """
    data = _data_controls()
    dataset = xor_data.guard(data)
    network = _network_controls(dataset.task)
    training = _training_controls(dataset)
    start, start_seed = _start_controls()
    weights = xor_weights.own_weights(network)
    stop_loss, stop_accuracy = _stop_controls(dataset.task)
    return plan.Setup(
        data=data,
        network=network,
        training=training,
        start=start,
        start_seed=start_seed,
        weights=weights,
        stop_loss=stop_loss,
        stop_accuracy=stop_accuracy,
    )


def _forget_weights() -> None:
    """Weights that were set by hand give way to newly drawn ones."""
    xor_weights.forget()


def next_seed(name: str) -> Callable[[], None]:
    """Return a callback that adds one to a seed.

    Args:
        name: ``"seed"`` of the start weights or ``"data_seed"``.
    """

    def draw_again() -> None:
        st.session_state[key(name)] = (int(st.session_state.get(key(name), 0)) + 1) % 2**31
        if name == "seed":
            _forget_weights()

    return draw_again


def _data_controls() -> datasets.DataSettings:
    st.markdown("**Data**")
    titles = {name: kind.title for name, kind in datasets.DATASETS.items()} | {
        datasets.OWN: "Your own: draw, paste, upload"
    }
    name = st.selectbox(
        "Data set",
        list(titles),
        format_func=titles.__getitem__,
        key=key("data"),
        bind="query-params",
        help="What the network learns from: points of the plane, each with its right answer.",
    )
    if name == FIRST_DATA:
        return datasets.DataSettings(name=name)
    if name == datasets.OWN:
        return datasets.DataSettings(
            name=name, own=xor_data.own_rows(), test_share=_test_share(), seed=_data_seed()
        )
    return datasets.DataSettings(
        name=name,
        n_points=controls.whole_number(
            "Points", 10, datasets.MOST_POINTS, 200, key=key("points"), help="How many there are."
        ),
        noise=controls.number_slider(
            "Noise",
            0.0,
            datasets.MOST_NOISE,
            0.0,
            step=0.05,
            key=key("noise"),
            help="How far the points are shaken out of their true places.",
        ),
        test_share=_test_share(),
        seed=_data_seed(),
    )


def _test_share() -> float:
    return controls.number_slider(
        "Share of test data",
        0.0,
        0.9,
        0.0,
        step=0.05,
        key=key("test_share"),
        help="These points are kept from training. They show whether the network has understood "
        "or only remembered.",
    )


def _data_seed() -> int:
    seed = controls.whole_number(
        "Seed of the points",
        0,
        2**31 - 1,
        0,
        key=key("data_seed"),
        help="Same seed, same points.",
    )
    st.button("New points", icon=":material/refresh:", key=key("new_points"),
              on_click=next_seed("data_seed"))  # fmt: skip
    return seed


def _network_controls(task: str) -> Network:
    st.markdown("**Network**")
    features = st.pills(
        "Inputs",
        list(architecture.FEATURES),
        default=["x", "y"],
        selection_mode="multi",
        format_func=lambda name: architecture.FEATURES[name][0],
        key=key("features"),
        wrap=True,
        bind="query-params",
        help="What the network is told of each point.",
    )
    n_layers = controls.whole_number(
        "Hidden layers",
        0,
        architecture.MOST_LAYERS,
        1,
        key=key("layers"),
        help="Layers between the inputs and the output.",
    )
    layers = [_layer_controls(place) for place in range(1, n_layers + 1)]
    if not features:
        st.info("Choose at least one input.", icon=":material/input:")
    return Network(
        features=tuple(features) or ("x",),
        hidden=tuple(width for width, _ in layers),
        activations=tuple(bend for _, bend in layers),
        output="sigmoid" if task == "classification" else "linear",
    )


def _layer_controls(place: int) -> tuple[int, str]:
    """Show neurons and activation of one hidden layer, side by side."""
    left, right = st.columns([2, 3])
    with left:
        width = controls.whole_number(
            f"Neurons {place}",
            1,
            architecture.MOST_NEURONS,
            FIRST_WIDTH,
            key=key(f"neurons_{place}"),
            help=f"How many neurons hidden layer {place} has.",
        )
    bend = right.selectbox(
        f"Activation {place}",
        list(activations.ACTIVATIONS),
        format_func=lambda name: activations.ACTIVATIONS[name].title,
        key=key(f"activation_{place}"),
        bind="query-params",
        help="How each neuron of this layer bends its sum.",
    )
    return width, bend


def _training_controls(dataset: datasets.Dataset) -> Training:
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


def _start_controls() -> tuple[str, int]:
    st.markdown("**Start weights**")
    start = st.selectbox(
        "Drawn from",
        [FIRST_START, *[name for name in mlp.INITS if name != FIRST_START]],
        format_func=mlp.INITS.__getitem__,
        key=key("start"),
        bind="query-params",
        on_change=_forget_weights,
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
    return start, seed


FIRST_START = "normal"


def _stop_controls(task: str) -> tuple[float | None, float | None]:
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


def widget_values(setup: plan.Setup) -> dict[str, object]:
    """Turn a training into what the controls must show for it.

    Args:
        setup: Any training; weights set by hand are left out.

    Returns:
        Widget key to value.
    """
    data, network, training = setup.data, setup.network, setup.training
    values: dict[str, object] = {"data": data.name}
    if data.name not in (FIRST_DATA, datasets.OWN):
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
    _forget_weights()
    st.session_state[key("show")] = "train"

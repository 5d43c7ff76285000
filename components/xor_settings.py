"""The settings of the neural network lab, in the sidebar: data, inputs, layers, training, start."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import controls, xor_data, xor_state
from components import xor_training_controls as training
from core.networks import activations, architecture, datasets, plan
from core.networks.architecture import Network

FIRST_WIDTH = 2

_GROUPS = {
    "data": "Data",
    "network": "Network",
    "training": "Training",
    "start": "Start weights",
    "stop": "Stop early",
}


def setup_controls(*, told_in: DeltaGenerator) -> plan.Setup:
    """Show the settings and gather them.

    Args:
        told_in: Where to say that the data cannot be used.

    Returns:
        Everything that decides a training. Ends the run with a sentence if the data are unusable.
    """
    groups, lesson = st.container(), st.container()
    with lesson:
        left_out = _lesson_controls()
    with groups:
        with _group("data", left_out):
            data = _data_controls()
        dataset = xor_data.guard(data, told_in=told_in)
        with _group("network", left_out):
            network = _network_controls(dataset.task)
        with _group("training", left_out):
            how = training.training_controls(dataset)
        with _group("start", left_out):
            start, start_seed, weights = training.start_controls(network)
        with _group("stop", left_out):
            stop_loss, stop_accuracy = training.stop_controls(dataset.task)
    return plan.Setup(
        data=data,
        network=network,
        training=how,
        start=start,
        start_seed=start_seed,
        weights=weights,
        stop_loss=stop_loss,
        stop_accuracy=stop_accuracy,
    )


def _lesson_controls() -> tuple[str, ...]:
    """Let a teacher take groups of settings off the page; the link keeps what they were set to."""
    with st.expander("For a lesson", icon=":material/school:"):
        left_out = st.pills(
            "Leave out",
            list(_GROUPS),
            selection_mode="multi",
            format_func=_GROUPS.__getitem__,
            key=xor_state.key("hide"),
            wrap=True,
            bind="query-params",
            help="These settings disappear from this page and from the link that you copy, but "
            "keep their values.",
        )
    return tuple(left_out or ())


@contextmanager
def _group(name: str, left_out: tuple[str, ...]) -> Iterator[None]:
    """Show a group of settings, or work it out and take it off the page again."""
    place = st.empty()
    with place.container():
        yield
    if name in left_out:
        place.empty()


def _data_controls() -> datasets.DataSettings:
    st.markdown("**Data**")
    titles = {name: kind.title for name, kind in datasets.DATASETS.items()} | {
        datasets.OWN: "Your own: draw, paste, upload"
    }
    name = st.selectbox(
        "Data set",
        list(titles),
        format_func=titles.__getitem__,
        key=xor_state.key("data"),
        bind="query-params",
        help="What the network learns from: points of the plane, each with its right answer.",
    )
    if name == "xor":
        return datasets.DataSettings(name=name)
    if name == datasets.OWN:
        return datasets.DataSettings(
            name=name, own=xor_data.own_rows(), test_share=_test_share(), seed=_data_seed()
        )
    return datasets.DataSettings(
        name=name,
        n_points=controls.whole_number(
            "Points",
            10,
            datasets.MOST_POINTS,
            200,
            key=xor_state.key("points"),
            help="How many there are.",
        ),
        noise=controls.number_slider(
            "Noise",
            0.0,
            datasets.MOST_NOISE,
            0.0,
            step=0.05,
            key=xor_state.key("noise"),
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
        key=xor_state.key("test_share"),
        help="These points are kept from training. They show whether the network has understood "
        "or only remembered.",
    )


def _data_seed() -> int:
    seed = controls.whole_number(
        "Seed of the points",
        0,
        2**31 - 1,
        0,
        key=xor_state.key("data_seed"),
        help="Same seed, same points.",
    )
    st.button("New points", icon=":material/refresh:", key=xor_state.key("new_points"),
              on_click=xor_state.next_seed("data_seed"))  # fmt: skip
    return seed


def _network_controls(task: str) -> Network:
    st.markdown("**Network**")
    features = st.pills(
        "Inputs",
        list(architecture.FEATURES),
        default=["x", "y"],
        selection_mode="multi",
        format_func=lambda name: architecture.FEATURES[name][0],
        key=xor_state.key("features"),
        wrap=True,
        bind="query-params",
        help="What the network is told of each point.",
    )
    n_layers = controls.whole_number(
        "Hidden layers",
        0,
        architecture.MOST_LAYERS,
        1,
        key=xor_state.key("layers"),
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
            key=xor_state.key(f"neurons_{place}"),
            help=f"How many neurons hidden layer {place} has.",
        )
    bend = right.selectbox(
        f"Activation {place}",
        list(activations.ACTIVATIONS),
        format_func=lambda name: activations.ACTIVATIONS[name].title,
        key=xor_state.key(f"activation_{place}"),
        bind="query-params",
        help="How each neuron of this layer bends its sum.",
    )
    return width, bend

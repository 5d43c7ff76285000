"""The Step by step view: one example, forward and backward, and every gradient checked."""

import pandas as pd
import streamlit as st

from components import cached, controls, network_walk, xor_state
from components.plain import plain
from components.xor_walk_stages import number
from core.networks import worked
from core.networks.recording import Recording
from core.networks.trace import Walk

_TABLES = {
    "losses": "Loss of every example",
    "checks": "Every gradient, checked",
    "updates": "Every weight, updated",
    "formulas": "Formulas of one neuron",
}


def show(trained: Recording) -> None:
    """Show the walk of one example at one moment of the training.

    Args:
        trained: The whole training.
    """
    example, moment = _choose(trained)
    try:
        walk = cached.network_walk(trained.setup, example, moment)
    except ValueError as problem:
        st.info(f"No walk from here: {plain(str(problem))}.", icon=":material/info:")
        return
    network_walk.network_walk(
        cached.packed_walk(trained.setup, example, moment),
        key=xor_state.key("walk"),
        token=f"{trained.setup!r} {example} {moment}",
    )
    table = controls.choice(
        "All numbers", list(_TABLES), key=xor_state.key("table"), format_func=_TABLES.__getitem__
    )
    {"losses": _losses, "checks": _checks, "updates": _updates, "formulas": _formulas}[table](
        trained, walk, moment
    )


def _choose(trained: Recording) -> tuple[int, int]:
    dataset = trained.dataset
    left, right = st.columns(2)
    last = len(dataset.points) - 1
    key = xor_state.key("example")
    if st.session_state.get(key, 0) > last:
        st.session_state[key] = 0
    with left:
        example = st.selectbox(
            "Example",
            range(last + 1),
            index=min(1, last),
            format_func=lambda at: (
                f"{at + 1}: x = {dataset.points[at, 0]:g}, y = {dataset.points[at, 1]:g} → "
                f"{dataset.targets[at]:g}"
            ),
            key=key,
            bind="query-params",
            help="One point of the data, and the answer it should get.",
        )
    moment_key = xor_state.key("moment")
    if st.session_state.get(moment_key, 0) > trained.outcome.step:
        st.session_state[moment_key] = trained.outcome.step
    with right:
        moment = controls.whole_number(
            "After how many steps of training",
            0,
            trained.outcome.step,
            0,
            key=moment_key,
            help=f"0: at the start weights. The training ended after {trained.outcome.step:,}.",
        )
    return int(example), moment


def _losses(trained: Recording, walk: Walk, moment: int) -> None:
    rows = cached.network_loss_table(trained.setup, moment)
    frame = pd.DataFrame(
        {
            "x": [row.x for row in rows],
            "y": [row.y for row in rows],
            "Right answer": [row.target for row in rows],
            "It says": [row.prediction for row in rows],
            "Squared error (p − t)² / 2": [row.squared_error for row in rows],
            "Cross-entropy (nats)": [row.cross_entropy for row in rows],
            "For": ["testing" if test else "training" for test in trained.dataset.is_test],
        }
    )
    _table(frame)
    means = frame[["Squared error (p − t)² / 2", "Cross-entropy (nats)"]].mean()
    told = f"Mean squared error {means.iloc[0]:.3g}"
    if means.notna().all():
        told += f", mean cross-entropy {means.iloc[1]:.3g} nats"
    st.caption(f"{told}. The loss of a network is the mean over its training examples.")


def _checks(trained: Recording, walk: Walk, moment: int) -> None:
    frame = pd.DataFrame(
        {
            "Weight": [check.name for check in walk.checks],
            "Value w": [check.value for check in walk.checks],
            "Loss at w + h": [check.loss_plus for check in walk.checks],
            "Loss at w − h": [check.loss_minus for check in walk.checks],
            "h": [check.nudge for check in walk.checks],
            "Difference / 2h": [check.difference for check in walk.checks],
            "Back-propagation": [check.gradient for check in walk.checks],
            "Gap": [abs(check.gradient - check.difference) for check in walk.checks],
        }
    )
    _table(frame, digits=9)
    agree = sum(check.agrees for check in walk.checks)
    kinks = sum(check.at_kink and not check.agrees for check in walk.checks)
    told = f"{agree} of {len(walk.checks)} gradients agree with moving the weight a little. "
    if kinks:
        told += f"{kinks} stand at a kink of ReLU, where there is no single slope. "
    st.caption(
        f"{told}Largest gap: {number(float(frame['Gap'].max()), 2)}. Back-propagation got all of "
        "them from one pass backward; the differences took two passes forward for each weight."
    )


def _updates(trained: Recording, walk: Walk, moment: int) -> None:
    frame = pd.DataFrame(
        {
            "Weight": [update.name for update in walk.updates],
            "Old": [update.old for update in walk.updates],
            "Learning rate": [update.rate for update in walk.updates],
            "Gradient": [update.gradient for update in walk.updates],
            "Step": [update.step for update in walk.updates],
            "New": [update.new for update in walk.updates],
        }
    )
    _table(frame)
    st.caption(
        "One step on this one example. Training on all examples uses the mean of their gradients."
    )


def _formulas(trained: Recording, walk: Walk, moment: int) -> None:
    neurons = [neuron for layer in walk.layers for neuron in layer]
    key = xor_state.key("neuron")
    if (st.session_state.get(key) or 0) >= len(neurons):
        st.session_state[key] = 0
    place = st.selectbox(
        "Neuron",
        range(len(neurons)),
        format_func=lambda at: neurons[at].name,
        key=key,
        bind="query-params",
    )
    neuron = neurons[place]
    left, right = st.columns(2)
    with left:
        st.markdown("**Forward**")
        _typeset(worked.forward_lines(neuron))
        if not neuron.pulls:
            st.markdown("**Loss**")
            _typeset(list(worked.loss_lines(walk).values()))
        st.markdown("**Backward**")
        _typeset([*worked.backward_lines(walk, neuron), *worked.gradient_lines(neuron)])
    with right:
        most = max(neuron.inputs, key=lambda term: abs(term.gradient))
        st.markdown(f"**Update** of the weight from {most.source}")
        for line in worked.rule_lines(walk, most.index):
            _typeset([line.symbolic, line.worked])
        _typeset([worked.update_line(walk.updates[most.index])])


def _typeset(lines: list[str]) -> None:
    for line in lines:
        st.latex(line, width="content")


def _table(frame: pd.DataFrame, digits: int = 4) -> None:
    shown = frame.copy()
    for name in frame.select_dtypes("float"):
        shown[name] = [number(value, digits) for value in frame[name]]
    st.dataframe(
        shown, hide_index=True, height=min(35 * (len(shown) + 1) + 3, 320), width="stretch"
    )

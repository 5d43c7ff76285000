"""Neural network: train one from scratch, touch its weights, and walk through back-propagation."""

import streamlit as st

from components import experiments, layout, xor_exports, xor_lab, xor_settings, xor_train
from components.xor_experiments import EXPERIMENTS
from core.networks import mlp, scripts

IDEA_MD = """
A neuron multiplies each input by a weight, adds a bias, and bends the sum. Watch a few of them
learn what no straight line can do, click any weight to change it, and walk through every number.
"""

layout.lab_header("xor_trainer", idea=IDEA_MD)
view = xor_lab.chosen_view()
notices = st.container()
with st.sidebar:
    setup = xor_settings.setup_controls(told_in=notices)
trained = xor_train.run(setup)
xor_lab.show(view, trained)

experiments.try_this(EXPERIMENTS, trained, url_path="xor_trainer")
layout.aha(
    "A network learns by asking every weight which way it would make the loss smaller.",
    because=xor_train.because(trained),
)
layout.take_it_with_you(scripts.numpy_script(trained), url_path="xor_trainer")
xor_exports.export_and_import(setup)
layout.read_the_code(
    mlp.init, mlp.forward, mlp.losses, mlp.backward, mlp.train, url_path="xor_trainer"
)
layout.previous_and_next("xor_trainer")

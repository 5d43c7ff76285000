"""Gradient descent: eleven update rules race down a landscape, and say why they stopped."""

import streamlit as st

from components import experiments, gradient_descent_closer, layout
from components import gradient_descent_lab as lab
from components.gradient_descent_experiments import EXPERIMENTS
from core.foundations import descent, momentum_rules, verdict

IDEA_MD = """
Training is walking downhill in the fog: you feel the slope under your feet, and nothing else. Let
several rules walk from the same start, then step through them and read why each step was taken.
"""

layout.lab_header("gradient_descent", idea=IDEA_MD)
where, what = st.columns([2, 5], vertical_alignment="center")
with where:
    landscape = lab.landscape_controls()
with st.sidebar:
    racers = lab.racer_controls()
lab.guard_racers(racers)
surface = lab.guard_landscape(landscape)
with what:
    lab.landscape_note(surface)
with st.sidebar:
    setup = lab.setup_controls(landscape, surface, racers)

race = lab.run(setup)
lab.view(race)
gradient_descent_closer.look_closer(race)

experiments.try_this(EXPERIMENTS, race, url_path="gradient_descent")
layout.aha(
    "Learning is walking downhill, one small step against the slope at a time.",
    because=lab.because(race),
)
layout.take_it_with_you(lab.script(race), url_path="gradient_descent")

layout.read_the_code(
    momentum_rules.Momentum.update, descent.race, verdict.judge_path, url_path="gradient_descent"
)
layout.previous_and_next("gradient_descent")

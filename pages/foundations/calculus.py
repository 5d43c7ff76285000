"""Calculus: slopes by secants and by rules, steepest directions, and the chain rule on a graph."""

import streamlit as st

from components import calculus_lab, controls, experiments, layout
from components.calculus_experiments import EXPERIMENTS
from core.foundations import calculus, chain_rule

IDEA_MD = """
A slope says how much the output moves when you push an input a little. Training a network is
nothing but asking for that number, for every weight, again and again.
"""
TANGENT_MD = """
Let h shrink: the amber secant through two points turns into the blue tangent at one. Click the
curve to move the point.
"""
ERRORS_MD = """
Points: measured. Dashed: expected. On the right h is too wide for the curve. On the left f(x + h)
and f(x) agree in almost all of their 16 digits, and the difference is only what rounding left.
"""
CHAIN_MD = """
Every box is one small operation. Values (blue) flow to the right. Then slopes (vermilion) flow
back: each box hands its own slope to its inputs, times its local slope. This is back-propagation.
"""
PARTS = ("Tangent", "Step size", "Directions", "Chain rule")

layout.lab_header("calculus", idea=IDEA_MD)
part = controls.choice("Part", PARTS, key="calculus_part")

if part == "Tangent":
    result = calculus_lab.read_curve()
    calculus_lab.show_tangent(result)
    st.caption(TANGENT_MD)
    functions = (calculus.secants,)
elif part == "Step size":
    result = calculus_lab.read_curve()
    calculus_lab.show_errors(result, calculus_lab.read_width())
    st.caption(ERRORS_MD)
    functions = (calculus.difference_errors,)
elif part == "Directions":
    result = calculus_lab.read_directions()
    calculus_lab.show_directions(result)
    functions = (calculus.dial, calculus.slice_surface)
else:
    result = calculus_lab.read_chain()
    calculus_lab.show_chain(result)
    st.caption(CHAIN_MD)
    functions = (chain_rule.build, chain_rule.walk_back)

experiments.try_this(EXPERIMENTS, result, url_path="calculus")
layout.aha(
    "A gradient is one slope per input, and a walk backwards gives all of them at once.",
    because=calculus_lab.earned(result),
)
layout.take_it_with_you(calculus_lab.script(result), url_path="calculus")
layout.read_the_code(*functions, url_path="calculus")
layout.previous_and_next("calculus")

"""What the calculus lab shows, in pieces: tangent, step size, directions, chain rule."""

from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import streamlit as st

from components import cached, chain_view, controls, layout, secant_view
from components.charts import foundations_slopes as charts
from core.foundations import calculus, calculus_scripts, chain_rule, formulas, surfaces

REACH = 4.0
"""Curves are drawn from −REACH to REACH."""

SURFACE_REACH = 3.0
CURVES = ("x^2", "sin(x)", "exp(-x^2)", "abs(x)", "x^3 - 3x")
SURFACES = ("(x^2 + 10 y^2) / 2", "x^2 - y^2", "sin(x) cos(y)", "exp(-x^2 - y^2)")
NEURON = "(tanh(w*x + b) - y)^2"
CHAINS = (NEURON, "(x + y) * y", "exp(sin(x^2))", "w*x + b")
FORMULA_HELP = (
    "Numbers, + - * / ^, brackets, pi, e, and sin, cos, tan, exp, log, sqrt, tanh, abs, sign."
)


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve, the secants through one of its points, and the errors of finite differences."""

    formula: str
    piece: calculus.Slice
    lines: calculus.Secants
    errors: calculus.DifferenceErrors

    def error_at(self, width: float) -> tuple[float, float]:
        """Forward and central error at the tried h nearest to a width."""
        place = int(np.argmin(np.abs(np.log10(self.errors.widths) - np.log10(width))))
        return float(self.errors.forward[place]), float(self.errors.central[place])


@dataclass(frozen=True, eq=False)
class Directions:
    """A surface seen from one of its points."""

    formula: str
    surface: surfaces.Surface
    point: np.ndarray
    """Shape (2,)."""
    needle: calculus.Dial
    degrees: float
    """The direction the reader has chosen."""

    @property
    def chosen_slope(self) -> float:
        """Slope the chosen way."""
        angle = np.radians(self.degrees)
        return float(self.needle.gradient @ [np.cos(angle), np.sin(angle)])


@dataclass(frozen=True, eq=False)
class Chain:
    """A formula in w, x, b and y as a graph."""

    formula: str
    graph: chain_rule.Graph


def _refuse(error: ValueError, advice: str) -> NoReturn:
    sentence = str(error)
    layout.ask_again(f"{sentence[0].upper()}{sentence[1:].rstrip('.')}. {advice}")


def read_curve() -> Curve:
    """Ask for f(x) and x, and compute everything about the slope there."""
    text = controls.formula(
        "f(x)", "x^2", examples=CURVES, key="calculus_formula", help=FORMULA_HELP
    )
    with st.sidebar:
        at = controls.number_slider(
            "x",
            -REACH,
            REACH,
            1.0,
            step=0.01,
            key="calculus_x",
            help="Where the slope is measured.",
        )
    try:
        curve = surfaces.from_formula(text, window=((-REACH, REACH),))
        return Curve(
            formula=text,
            piece=calculus.slice_surface(curve, [at], axis=0, resolution=241),
            lines=calculus.secants(text, at, widths=np.logspace(0.5, -6, 40)),
            errors=calculus.difference_errors(text, at),
        )
    except formulas.FormulaError as error:
        _refuse(error, "Try x^2 or sin(x).")
    except ValueError as error:
        _refuse(error, "Move x, or choose another formula.")


def show_tangent(curve: Curve) -> None:
    """Draw the curve; the reader lets h shrink in the browser."""
    secant_view.secant_view(
        curve.piece, curve.lines, position_key="calculus_x", key="calculus_secant"
    )
    rule = calculus.derivative_formulas(curve.formula, variables=("x",))["∂f/∂x"]
    st.markdown(
        f"By the rules: $f'(x) = {rule}$, and at $x = {curve.lines.at:g}$ that is "
        f"**{curve.lines.tangent:.6g}**."
    )


def read_width() -> float:
    """Ask for the h that a reader would trust."""
    with st.sidebar:
        power = controls.number_slider(
            "Your h, as a power of ten",
            -16,
            0,
            -12,
            step=1,
            key="calculus_power",
            help="−12 means h = 0.000000000001.",
        )
    return 10.0**power


def show_errors(curve: Curve, width: float) -> None:
    """Show what is left of a slope when it is measured with one h, and with all."""
    forward, central = curve.error_at(width)
    row = st.container(horizontal=True)
    row.metric("Exact slope", f"{curve.errors.exact:.6g}")
    row.metric(f"Forward error at {width:.0e}", f"{forward:.2g}", help="(f(x + h) − f(x)) / h")
    row.metric(f"Central error at {width:.0e}", f"{central:.2g}", help="(f(x + h) − f(x − h)) / 2h")
    row.metric("Best h, forward", f"{curve.errors.best_forward:.0e}")
    row.metric("Best h, central", f"{curve.errors.best_central:.0e}")
    layout.draw(
        charts.error_against_width(curve.errors, chosen=width),
        alt="Error of forward and central differences against the width h, on log axes",
        key="calculus_errors",
    )


def read_directions() -> Directions:
    """Ask for f(x, y), a point and a direction, and measure the slopes round it."""
    text = controls.formula(
        "f(x, y)", SURFACES[0], examples=SURFACES, key="calculus_surface", help=FORMULA_HELP
    )
    with st.sidebar:
        point = [
            controls.number_slider(
                letter,
                -SURFACE_REACH,
                SURFACE_REACH,
                default,
                step=0.05,
                key=f"calculus_at_{letter}",
                help="Where you stand.",
            )
            for letter, default in (("x", 2.0), ("y", 1.0))
        ]
        degrees = controls.number_slider(
            "Your direction",
            0,
            360,
            45,
            step=5,
            key="calculus_degrees",
            help="Degrees, counter-clockwise from the x axis.",
            format="%d°",
        )
    try:
        surface = cached.typed_surface(text, SURFACE_REACH)
    except formulas.FormulaError as error:
        _refuse(error, "Try x^2 + y^2.")
    needle = calculus.dial(surface, point)
    if not np.isfinite(needle.gradient).all():
        _refuse(ValueError("the formula has no slope at this point"), "Move x or y.")
    return Directions(text, surface, np.array(point), needle, degrees)


def show_directions(seen: Directions) -> None:
    """Show the gradient as numbers, from above, as a dial, and as two cuts."""
    gradient = seen.needle.gradient
    row = st.container(horizontal=True)
    row.metric("Slope along x, ∂f/∂x", f"{gradient[0]:.4g}")
    row.metric("Slope along y, ∂f/∂y", f"{gradient[1]:.4g}")
    row.metric(
        "Steepest slope", f"{seen.needle.steepest_slope:.4g}", help="Length of the gradient."
    )
    steepest = np.degrees(seen.needle.steepest_angle) % 360
    row.metric("Steepest way up", f"{steepest:.0f}°" if seen.needle.steepest_slope else "none")
    row.metric("Slope your way", f"{seen.chosen_slope:.4g}", help="Gradient times your direction.")
    above, dial = st.columns([2, 3])
    with above:
        layout.draw(
            charts.from_above(
                surfaces.sample(seen.surface, resolution=61),
                seen.point,
                seen.needle,
                chosen_degrees=seen.degrees,
            ),
            alt="The surface from above with the steepest and your direction as arrows",
            key="calculus_above",
        )
    with dial:
        layout.draw(
            charts.dial_of_slopes(seen.needle, chosen_degrees=seen.degrees),
            alt="Slope against direction: a wave that is highest where the gradient points",
            key="calculus_dial",
        )
    st.caption(
        "Vermilion: the steepest way up. Amber: your way. Left: the surface, light is low, dark is "
        "high. Right: the slope in every direction, by gradient times direction (line) and "
        "measured (dots)."
    )
    st.markdown(
        "**Partial derivatives are slopes of slices.** Hold one coordinate, walk the other."
    )
    for column, axis in zip(st.columns(2), (0, 1), strict=True):
        with column:
            layout.draw(
                charts.cut(
                    calculus.slice_surface(seen.surface, seen.point, axis=axis), letter="xy"[axis]
                ),
                alt=f"The surface cut along {'xy'[axis]}, with its tangent",
                key=f"calculus_cut_{axis}",
            )


def read_chain() -> Chain:
    """Ask for a formula and its numbers, and run it forwards and backwards."""
    text = controls.formula(
        "Output",
        NEURON,
        examples=CHAINS,
        key="calculus_chain",
        help=f"In w, x, b, y. {FORMULA_HELP}",
    )
    with st.sidebar:
        values = {
            letter: controls.number_slider(
                letter,
                -5.0,
                5.0,
                default,
                step=0.1,
                key=f"calculus_chain_{letter}",
                help="A number that flows into the graph.",
            )
            for letter, default in (("w", 2.0), ("x", 0.5), ("b", -0.3), ("y", 1.0))
        }
    try:
        return Chain(text, chain_rule.build(text, values))
    except formulas.FormulaError as error:
        _refuse(error, "Try (w*x + b)^2.")
    except ValueError as error:
        _refuse(error, "Change a number or the formula.")


def show_chain(chain: Chain) -> None:
    """Draw the graph, and check its slopes against wiggling each input."""
    chain_view.chain_view(chain.graph, key="calculus_graph")
    used = [node.name for node in chain.graph.nodes if node.operation == "input"]
    st.table(
        {
            "Input": used,
            "Slope from the backward pass": [f"{chain.graph.gradient[name]:.9g}" for name in used],
            "Measured by wiggling it": [f"{chain.graph.measured[name]:.9g}" for name in used],
        }
    )


def script(result: Curve | Directions | Chain) -> str:
    """Write the program that reproduces the numbers on screen."""
    if isinstance(result, Curve):
        return calculus_scripts.slope_script(result.formula, result.lines.at)
    if isinstance(result, Directions):
        return calculus_scripts.directions_script(result.formula, tuple(result.point.tolist()))
    return calculus_scripts.chain_script(result.formula, result.graph)


def earned(result: Curve | Directions | Chain) -> str:
    """Say with a number on screen why a slope is all that learning needs."""
    if isinstance(result, Curve):
        gap = abs(result.lines.slopes[-1] - result.lines.tangent)
        return (
            f"At x = {result.lines.at:g} a secant of width {result.lines.widths[-1]:.0e} has the "
            f"tangent's slope {result.lines.tangent:.4g} to within {gap:.1g}."
        )
    if isinstance(result, Directions):
        return (
            f"Two numbers, {result.needle.gradient[0]:.4g} and {result.needle.gradient[1]:.4g}, "
            f"gave the slope in all {result.needle.angles.size} directions of the dial."
        )
    n_slopes = sum(node.operation == "input" for node in result.graph.nodes)
    return (
        f"One walk back over {len(result.graph.steps)} arrows gave {n_slopes} slopes at once. "
        "A network does the same walk over billions."
    )

"""Programs to take home run on their own and agree with the lab's numbers."""

import subprocess
import sys

import numpy as np
import pytest

from core.foundations import calculus, calculus_scripts, chain_rule, surfaces
from core.foundations.formulas import FormulaError


def output(script):
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return [line.split() for line in run.stdout.splitlines()]


@pytest.mark.parametrize(("formula", "at"), [("-x^2 sin(3x) + exp(-x)/3", 1.2), ("7", 0.5)])
def test_the_slope_script_prints_the_errors_of_the_lab(formula, at):
    lines = output(calculus_scripts.slope_script(formula, at))
    widths = [float(line[0]) for line in lines[2:]]
    errors = calculus.difference_errors(formula, at, widths=widths)
    assert float(lines[0][2]) == pytest.approx(errors.exact, rel=1e-12)
    assert [float(line[1]) for line in lines[2:]] == pytest.approx(list(errors.forward), abs=1e-2)
    assert [float(line[2]) for line in lines[2:8]] == pytest.approx(
        list(errors.central[:6]), rel=1e-3, abs=1e-9
    )


def test_the_directions_script_prints_the_dial_of_the_lab():
    formula, point = "x^2 y - sin(y)", (1.0, -0.5)
    lines = output(calculus_scripts.directions_script(formula, point))
    needle = calculus.dial(surfaces.from_formula(formula), point, n_angles=8)
    assert [float(word) for word in lines[0][1:]] == pytest.approx(list(needle.gradient))
    assert [float(line[1]) for line in lines[3:]] == pytest.approx(list(needle.slopes))


@pytest.mark.parametrize(
    "formula", ["(tanh(w*x + b) - y)^2", "(x + y) * y", "x", "exp(sin(x^2))", "3", "x/y - abs(w)"]
)
def test_the_chain_script_walks_back_to_the_same_slopes(formula):
    graph = chain_rule.build(formula, {"w": 2.0, "x": 0.5, "b": -0.3, "y": 1.5})
    lines = output(calculus_scripts.chain_script(formula, graph))
    assert float(lines[0][1]) == pytest.approx(graph.output.value)
    printed = {line[2]: float(line[3]) for line in lines[1:]}
    used = {node.name for node in graph.nodes if node.operation == "input"}
    assert set(printed) == used
    for name in used:
        assert printed[name] == pytest.approx(graph.gradient[name])


def test_local_slopes_are_written_in_the_names_of_the_nodes():
    graph = chain_rule.build("tanh(w*x)", {"w": 2.0, "x": 0.5})
    assert graph.output.local_texts == ("1 - tanh(a)^2",)
    assert graph.nodes[2].local_texts == ("x", "w")
    assert np.isfinite(graph.output.value)


@pytest.mark.parametrize("text", ["__import__('os')", "x;print(1)", "open(x)", "x**x"])
def test_nothing_but_a_formula_gets_into_a_script(text):
    with pytest.raises(FormulaError):
        calculus_scripts.slope_script(text, 1.0)

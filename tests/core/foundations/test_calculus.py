import math

import numpy as np
import pytest

from core.foundations import calculus, chain_rule, classic_surfaces, formulas, surfaces


def test_secants_turn_into_the_tangent():
    lines = calculus.secants("sin(x)", 1.0, widths=[1.0, 0.1, 1e-4, -1e-4])
    gaps = np.abs(lines.slopes - math.cos(1.0))
    assert lines.tangent == pytest.approx(math.cos(1.0), rel=1e-15)
    assert (np.diff(gaps[:3]) < 0).all()
    assert gaps[2] < 1e-4
    assert lines.slopes[0] == pytest.approx(math.sin(2.0) - math.sin(1.0))


def test_difference_errors_follow_theory_on_both_sides_of_the_best_width():
    errors = calculus.difference_errors("exp(x)", 1.0)
    large = (errors.widths <= 1e-2) & (errors.widths >= 1e-6)
    np.testing.assert_allclose(
        errors.forward[large], errors.forward_truncation[large], rtol=0.02, atol=1e-9
    )
    coarse = (errors.widths <= 1e-1) & (errors.widths >= 1e-3)
    np.testing.assert_allclose(
        errors.central[coarse], errors.central_truncation[coarse], rtol=0.02, atol=1e-12
    )
    tiny = errors.widths <= 1e-10
    assert (errors.forward[tiny] <= 4 * errors.rounding[tiny] + math.e).all()
    assert 1e-9 < errors.best_forward < 1e-6
    assert 1e-7 < errors.best_central < 1e-3
    assert errors.central.min() < errors.forward.min() / 10


def test_an_epsilon_of_1e_12_is_a_bad_choice():
    errors = calculus.difference_errors("x^3 + sin(5x)", 0.7, widths=[1e-5, 1e-12])
    assert errors.central[1] > 1000 * errors.central[0]


def test_a_slice_is_a_curve_with_the_partial_derivative_as_slope():
    surface = classic_surfaces.get("himmelblau")
    for axis in (0, 1):
        cut = calculus.slice_surface(surface, [1.0, 2.0], axis=axis, resolution=2001)
        numeric = np.gradient(cut.heights, cut.positions)
        place = np.abs(cut.positions - cut.at).argmin()
        assert numeric[place] == pytest.approx(cut.slope, rel=1e-3)
        assert cut.heights[place] == pytest.approx(cut.value, rel=1e-9)


def test_no_direction_is_steeper_than_the_gradient():
    needle = calculus.dial(classic_surfaces.get("rosenbrock"), [0.5, 1.0], n_angles=720)
    assert needle.slopes.max() <= needle.steepest_slope + 1e-9
    assert needle.angles[needle.slopes.argmax()] == pytest.approx(
        needle.steepest_angle % (2 * np.pi), abs=0.01
    )
    np.testing.assert_allclose(needle.measured, needle.slopes, atol=1e-5)


@pytest.mark.parametrize("name", sorted(set(classic_surfaces.SURFACES) - {"absolute"}))
def test_the_check_on_screen_passes_for_right_derivatives(name):
    surface = classic_surfaces.get(name)
    low, high = np.array(surface.window).T
    points = low + (high - low) * np.random.default_rng(0).random((20, surface.dim))
    assert calculus.check_derivatives(surface, points).worst.max() < 1e-6


def test_written_derivatives_and_checked_ones_share_their_names():
    surface = surfaces.from_formula("x^2 y + y^3")
    written = calculus.derivative_formulas("x^2 y + y^3")
    assert tuple(written) == calculus.check_derivatives(surface, [[1.0, 2.0]]).names
    assert written["∂²f/∂x∂y"] == r"2 \, x"
    assert surface.formula == r"x^{2} \, y + y^{3}"


def test_the_check_on_screen_catches_a_wrong_derivative():
    right = surfaces.bowl()
    wrong = surfaces.Surface(
        **{
            **{name: getattr(right, name) for name in right.__dataclass_fields__},
            "slopes": lambda x, y: (x, 9.9 * y),
        }
    )
    worst = calculus.check_derivatives(wrong, [[1.0, 1.0]]).worst
    assert worst[0] < 1e-8
    assert worst[1] == pytest.approx(0.1 / 9.9, rel=1e-3)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: calculus.secants("log(x)", -1.0), "no value"),
        (lambda: calculus.secants("sqrt(x)", 0.0), "no value or no slope"),
        (lambda: calculus.secants("x", 1.0, widths=[0.0]), "widths"),
        (lambda: calculus.secants("x*y", 1.0), "not known"),
        (lambda: calculus.difference_errors("1/0", 1.0), "no value"),
        (lambda: calculus.slice_surface(surfaces.bowl(), [0.0, 0.0], axis=2), "axis"),
        (lambda: calculus.slice_surface(surfaces.bowl(), [0.0], axis=0), "coordinates"),
        (lambda: calculus.dial(classic_surfaces.get("parabola"), [0.0]), "dial"),
        (lambda: calculus.dial(surfaces.bowl(), [np.nan, 0.0]), "finite"),
    ],
)
def test_impossible_questions_are_refused(call, reason):
    with pytest.raises(ValueError, match=reason):
        call()


FORMULAS = [
    "(x + y) * y",
    "sin(x*y) + x^2",
    "tanh(2x - 3y)^2 / (1 + x^2)",
    "x*x*x - x*x",
    "exp(-x) * log(2 + y^2) - sqrt(x + 3)",
    "-x",
    "3",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_backward_pass_equals_autograd(formula, autograd):
    at = {"x": 0.6, "y": -1.3}
    graph = chain_rule.build(formula, at)
    _, slope, _ = autograd(lambda x, y: _torch_value(formula, x, y) + 0 * x * y, list(at.values()))
    assert [graph.gradient["x"], graph.gradient["y"]] == pytest.approx(slope.tolist(), rel=1e-12)
    assert graph.measured["x"] == pytest.approx(graph.gradient["x"], rel=1e-7, abs=1e-8)
    assert graph.measured["y"] == pytest.approx(graph.gradient["y"], rel=1e-7, abs=1e-8)


def _torch_value(formula, x, y):
    import torch

    twins = {
        "(x + y) * y": lambda: (x + y) * y,
        "sin(x*y) + x^2": lambda: torch.sin(x * y) + x**2,
        "tanh(2x - 3y)^2 / (1 + x^2)": lambda: torch.tanh(2 * x - 3 * y) ** 2 / (1 + x**2),
        "x*x*x - x*x": lambda: x**3 - x**2,
        "exp(-x) * log(2 + y^2) - sqrt(x + 3)": lambda: (
            torch.exp(-x) * torch.log(2 + y**2) - torch.sqrt(x + 3)
        ),
        "-x": lambda: -x,
        "3": lambda: 3.0,
    }
    return twins[formula]()


@pytest.mark.parametrize("formula", FORMULAS)
def test_every_step_is_upstream_times_local_and_all_add_up(formula):
    graph = chain_rule.build(formula, {"x": 0.6, "y": -1.3})
    collected = [0.0] * len(graph.nodes)
    collected[-1] = 1.0
    for step in graph.steps:
        assert step.upstream == collected[step.node]
        assert step.contribution == step.upstream * step.local
        collected[step.receiver] += step.contribution
        assert step.total == collected[step.receiver]
    assert collected == [node.slope for node in graph.nodes]


def test_a_node_used_twice_receives_twice():
    graph = chain_rule.build("x*x", {"x": 3.0})
    assert [step.contribution for step in graph.steps] == [3.0, 3.0]
    assert graph.gradient == {"x": 6.0}


def test_nodes_are_named_and_written_with_their_inputs():
    graph = chain_rule.build("(x + 2) * a", {"x": 1.0, "a": 4.0})
    assert [node.text for node in graph.nodes] == ["x", "2", "x + 2", "a", "b * a"]
    assert graph.output.local_formulas == ("a", "b")
    assert graph.output.local_slopes == (4.0, 3.0)


def test_a_variable_that_does_not_matter_has_slope_zero():
    assert chain_rule.build("x^2", {"x": 1.0, "y": 5.0}).gradient == {"x": 2.0, "y": 0.0}


@pytest.mark.parametrize(
    ("formula", "reason"),
    [("1/(x - 1)", "no value"), ("log(x - 2)", "no value"), ("x + z", "not known")],
)
def test_graphs_without_value_are_refused(formula, reason):
    with pytest.raises(ValueError, match=reason):
        chain_rule.build(formula, {"x": 1.0})


def test_a_graph_too_large_to_draw_is_refused():
    text = "+".join(f"sin({i}x)" for i in range(16))
    with pytest.raises(formulas.FormulaError, match="nodes"):
        chain_rule.build(text, {"x": 1.0})

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.foundations import expressions, formulas, notation, symbolic, tidying

HOSTILE = [
    ("__import__('os')", "not part of a formula"),
    ("x.__class__", "not part of a formula"),
    ("x; y", "not part of a formula"),
    ("lambda", "not known"),
    ("eval(x)", "not known"),
    ("x**x**x**x", "exponent must be a number"),
    ("x^99", "outside"),
    ("x^(1/0)", "outside"),
    ("9^9^9^9", "outside"),
    ("1e300*x", "too large"),
    ("x" * 10_000, "10,000 characters"),
    ("(" * 60 + "x" + ")" * 60, "nested"),
    ("-" * 60 + "x", "nested"),
    ("+".join(["x"] * 90), "parts"),
    ("", "empty"),
    ("   ", "empty"),
    ("x +", "too early"),
    ("(x", "closing bracket"),
    ("x)", "too late"),
    ("x + * y", "before"),
    ("sin x", "brackets"),
    ("xy", "not known"),
    ("z", "not known"),
    ("x \N{SNOWMAN}", "not part of a formula"),
]


@pytest.mark.parametrize(("text", "reason"), HOSTILE)
def test_what_is_outside_the_grammar_is_refused_in_a_sentence(text, reason):
    with pytest.raises(formulas.FormulaError, match=reason) as refusal:
        expressions.parse(text)
    assert str(refusal.value).endswith((".", "x^2 + y^2."))


@pytest.mark.parametrize("text", ["1/0", "x/(2-2)", "log(0)", "sqrt(-1)", "0^-1"])
def test_a_formula_without_any_value_is_refused_when_tidied(text):
    with pytest.raises(formulas.FormulaError):
        tidying.simplify(expressions.parse(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 + 3*4", 14),
        ("(2 + 3)*4", 20),
        ("2*3^2", 18),
        ("-3^2", -9),
        ("2^-1", 0.5),
        ("2^3^2 / 1", 512),
        ("8 / 4 / 2", 1),
        ("8 - 4 - 2", 2),
        ("2x", 6),
        ("x(y + 1)", 15),
        ("1/2x", 1.5),
        ("x**2", 9),
        ("x² − 1", 8),
        ("3 x y", 36),
        ("sin(pi/2) + log(e)", 2),
        (".5 + 1e2", 100.5),
        ("abs(-x) + sign(-y)", 2),
    ],
)
def test_precedence_is_that_of_school(text, expected):
    tree = expressions.parse(text)
    assert formulas.evaluate(tree, {"x": 3, "y": 4}) == pytest.approx(expected, rel=1e-14)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="xy0123456789.+-*/^() esincotaglpqrh_,'\"", max_size=60))
def test_any_text_is_read_or_refused_quickly(text):
    began = time.process_time()
    try:
        tree = tidying.simplify(expressions.parse(text))
    except formulas.FormulaError:
        assert time.process_time() - began < 0.05
    else:
        assert formulas.variables_of(tree) <= {"x", "y"}


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=20_000))
def test_long_unicode_text_never_breaks_the_reader(text):
    began = time.process_time()
    try:
        expressions.parse(text)
    except formulas.FormulaError:
        assert time.process_time() - began < 0.05


def trees():
    """Random formulas over x and y that are finite and smooth where they are tested."""
    leaf = st.sampled_from(["x", "y", "0", "1", "2", "0.5", "3", "pi", "e"])
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from("+-*"), inner).map(
                lambda t: f"({t[0]}){t[1]}({t[2]})"
            ),
            st.tuples(st.sampled_from(["sin", "cos", "tanh"]), inner).map(
                lambda t: f"{t[0]}({t[1]})"
            ),
            inner.map(lambda a: f"-({a})"),
            st.tuples(inner, st.sampled_from([1, 2, 3])).map(lambda t: f"({t[0]})^{t[1]}"),
            st.tuples(inner, inner).map(lambda t: f"({t[0]})/(1.5 + ({t[1]})^2)"),
        ),
        max_leaves=6,
    )


@settings(max_examples=80, deadline=None)
@given(trees())
def test_tidying_and_printing_keep_the_value(text):
    at = {"x": np.array([0.3, -1.1]), "y": np.array([0.7, 0.4])}
    try:
        tree = expressions.parse(text)
        tidy = tidying.simplify(tree)
        again = expressions.parse(notation.plain(tidy))
    except formulas.FormulaError:
        return  # random formulas can be too long or nested too deeply
    wanted = formulas.evaluate(tree, at)
    tolerance = {"rtol": 1e-9, "atol": 1e-9 * (1 + np.abs(wanted).max())}
    np.testing.assert_allclose(formulas.evaluate(tidy, at) + 0 * at["x"], wanted, **tolerance)
    np.testing.assert_allclose(formulas.evaluate(again, at) + 0 * at["x"], wanted, **tolerance)


@settings(max_examples=60, deadline=None)
@given(trees(), st.sampled_from("xy"))
def test_symbolic_slopes_match_complex_step_slopes(text, letter):
    # f(x + ih) has the slope in its imaginary part, without any subtraction.
    at = {"x": np.complex128(0.37), "y": np.complex128(-0.81)}
    try:
        tree = tidying.simplify(expressions.parse(text))
        slope = symbolic.differentiate(tree, letter)
    except formulas.FormulaError:
        return  # random formulas can be too long or nested too deeply
    pushed = at | {letter: at[letter] + 1e-200j}
    measured = _complex_value(tree, pushed).imag / 1e-200
    exact = formulas.evaluate(slope, {name: value.real for name, value in at.items()})
    assert exact == pytest.approx(measured, rel=1e-9, abs=1e-9)


def _complex_value(part, values):
    """Evaluate a tree independently of the code under test, on complex numbers."""
    if isinstance(part, formulas.Number):
        return np.complex128(part.value)
    if isinstance(part, formulas.Variable):
        return values[part.name]
    inputs = [_complex_value(operand, values) for operand in part.inputs]
    table = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a / b,
        "^": lambda a, b: np.prod([a] * int(b.real)) if b.real > 0 else 1 / a ** -int(b.real),
        "negate": lambda a: -a,
        "sin": np.sin,
        "cos": np.cos,
        "tanh": np.tanh,
    }
    return table[part.name](*inputs)


@pytest.mark.parametrize(
    ("text", "slope"),
    [
        ("x^3", "3 * x^2"),
        ("sin(x)", "cos(x)"),
        ("exp(2x)", "2 * exp(2 * x)"),
        ("log(x)", "1 / x"),
        ("sqrt(x)", "1 / (2 * sqrt(x))"),
        ("x*y", "y"),
        ("y^2", "0"),
        ("abs(x)", "sign(x)"),
        ("tan(x)", "1 + tan(x)^2"),
        ("x/y", "1 / y"),
        ("cos(x)", "-sin(x)"),
    ],
)
def test_slopes_look_as_in_a_table_of_derivatives(text, slope):
    assert notation.plain(symbolic.differentiate(expressions.parse(text), "x")) == slope


def test_constants_in_products_are_tidied_to_an_end():
    tree = tidying.simplify(expressions.parse("-(y*pi / (1.5 + (y*pi)^2))"))
    slope = symbolic.differentiate(symbolic.differentiate(tree, "y"), "y")
    at, h = 0.4, 1e-4
    height = [float(formulas.evaluate(tree, {"y": at + k * h})) for k in (-1, 0, 1)]
    bend = (height[0] - 2 * height[1] + height[2]) / h**2
    assert float(formulas.evaluate(slope, {"y": at})) == pytest.approx(bend, rel=1e-5)


def test_the_hessian_is_laid_out_by_rows():
    rows = symbolic.hessian(expressions.parse("x^2 y + y^3"))
    shown = [[notation.plain(part) for part in row] for row in rows]
    assert shown == [["2 * y", "2 * x"], ["2 * x", "6 * y"]]


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("x/(y+1)", r"\frac{x}{y + 1}"),
        ("(x+1)^2", r"\left(x + 1\right)^{2}"),
        ("sqrt(x)", r"\sqrt{x}"),
        ("abs(x)", r"\left|x\right|"),
        ("x-(y-1)", r"x - \left(y - 1\right)"),
        ("2x", r"2 \, x"),
        ("-x^2", r"-x^{2}"),
        ("sin(pi*x)", r"\sin\left(\pi \, x\right)"),
        ("-(x+y)", r"-\left(x + y\right)"),
    ],
)
def test_latex_puts_brackets_where_they_are_needed(text, latex):
    assert notation.latex(expressions.parse(text)) == latex


def test_shared_parts_are_computed_once():
    tree = expressions.parse("sin(x) + sin(x)*sin(x)")
    assert [part.name for part in formulas.unroll(tree)] == ["x", "sin", "*", "+"]


def test_a_variable_without_a_value_is_named():
    with pytest.raises(ValueError, match="no value for y"):
        formulas.evaluate(expressions.parse("x + y"), {"x": 1})

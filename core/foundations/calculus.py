"""Slopes: secants that become tangents, the error of finite differences, and directions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.foundations import expressions, formulas, notation, symbolic, tidying
from core.foundations.momentum_rules import Array
from core.foundations.surfaces import Surface

EPSILON = float(np.finfo(np.float64).eps)
"""Relative spacing of float64 numbers, 2.2e-16."""


@dataclass(frozen=True, eq=False)
class Secants:
    """Lines through two points of a curve, the second ever closer to the first."""

    at: float
    """Where the tangent touches."""

    value: float
    """Height there."""

    widths: Array
    """Distance h to the second point, shape (n,)."""

    slopes: Array
    """Slope of each secant, (f(x + h) − f(x)) / h, shape (n,)."""

    tangent: float
    """The exact slope, by the rules of differentiation."""


@dataclass(frozen=True, eq=False)
class DifferenceErrors:
    """How wrong finite differences are, against the width h."""

    widths: Array
    """h, shape (n,)."""

    forward: Array
    """|(f(x + h) − f(x)) / h − exact|, shape (n,)."""

    central: Array
    """|(f(x + h) − f(x − h)) / 2h − exact|, shape (n,)."""

    exact: float
    """The slope by the rules of differentiation."""

    forward_truncation: Array
    """Theory: h |f″| / 2, from cutting the series short, shape (n,)."""

    central_truncation: Array
    """Theory: h² |f‴| / 6, shape (n,)."""

    rounding: Array
    """Theory: about ε |f| / h, because f itself is only known to ε |f|, shape (n,)."""

    best_forward: float
    """The h with the smallest forward error among those tried."""

    best_central: float
    """The same for central differences."""


@dataclass(frozen=True, eq=False)
class Slice:
    """A surface cut along one coordinate: a curve, and the tangent of that curve."""

    axis: int
    """Which coordinate varies."""

    positions: Array
    """Values of that coordinate, shape (n,)."""

    heights: Array
    """Height along the cut, shape (n,)."""

    at: float
    """Where the point is."""

    value: float
    """Height of the point."""

    slope: float
    """The partial derivative there."""


@dataclass(frozen=True, eq=False)
class Dial:
    """Slope in every direction round a point."""

    angles: Array
    """Directions in radians, counter-clockwise from x, shape (n,)."""

    slopes: Array
    """Directional derivative: gradient · direction, shape (n,)."""

    measured: Array
    """The same by central differences along the direction, shape (n,)."""

    gradient: Array
    """The exact gradient, shape (2,)."""

    steepest_angle: float
    """Direction of the gradient, where the slope is largest: its length."""

    steepest_slope: float
    """Length of the gradient."""


@dataclass(frozen=True, eq=False)
class DerivativeCheck:
    """Symbolic derivatives of a formula against finite differences, at many points."""

    names: tuple[str, ...]
    """What was checked: ∂f/∂x, …, ∂²f/∂x², …"""

    exact: Array
    """By the rules, shape (n_names, n_points); NaN where the formula has no value."""

    measured: Array
    """By central differences, shape (n_names, n_points)."""

    @property
    def worst(self) -> Array:
        """Largest disagreement per name, relative where the derivative is above 1."""
        gap = np.abs(self.exact - self.measured) / np.maximum(1, np.abs(self.exact))
        is_usable = np.isfinite(gap)
        return np.where(is_usable, gap, 0.0).max(axis=1, initial=0.0)


def secants(formula: str, at: float, *, widths: ArrayLike = (2.0, 1.0, 0.5, 0.1, 0.01)) -> Secants:
    """Draw lines through (x, f(x)) and (x + h, f(x + h)) for shrinking h.

    Args:
        formula: A formula in x.
        at: Where to touch the curve.
        widths: h, each finite and not 0, shape (n,).

    Returns:
        The slopes of the lines and of the tangent.

    Raises:
        FormulaError: If the formula is outside the grammar.
        ValueError: If the formula has no slope at ``at``, or a width is 0.

    Example:
        >>> lines = secants("x^2", 1.0, widths=[1.0, 0.5])
        >>> lines.slopes.tolist(), lines.tangent
        ([3.0, 2.5], 2.0)
    """
    tree = _parsed(formula)
    widths = _checked_widths(widths)
    value, tangent = _values_at(at, tree, symbolic.differentiate(tree, "x"))
    slopes = (formulas.evaluate(tree, {"x": at + widths}) - value) / widths
    return Secants(at=at, value=value, widths=widths, slopes=slopes, tangent=tangent)


def difference_errors(
    formula: str, at: float, *, widths: ArrayLike | None = None
) -> DifferenceErrors:
    """Measure the error of forward and central differences over many widths.

    Large h cuts the Taylor series too short; tiny h subtracts two almost equal numbers and
    keeps only their rounding. The best h lies between: about √ε for forward and ε^(1/3) for
    central differences, and 1e-12 is far off both.

    Args:
        formula: A formula in x.
        at: Where to measure.
        widths: h, shape (n,); 1 to 1e-16 in quarter decades when left out.

    Returns:
        Errors and what theory expects.

    Raises:
        FormulaError: If the formula is outside the grammar.
        ValueError: If the formula has no slope at ``at``, or a width is 0.

    Source:
        Press et al., Numerical Recipes, section 5.7.

    Example:
        >>> errors = difference_errors("x^2", 3.0, widths=[0.5])
        >>> errors.forward.tolist(), errors.central.tolist()  # (h, and exactly 0)
        ([0.5], [0.0])
    """
    tree = _parsed(formula)
    h = np.logspace(0, -16, 65) if widths is None else _checked_widths(widths)

    derivatives = [tree]
    for _ in range(3):
        derivatives.append(symbolic.differentiate(derivatives[-1], "x"))
    value, exact, second, third = _values_at(at, *derivatives)

    ahead = formulas.evaluate(tree, {"x": at + h})
    behind = formulas.evaluate(tree, {"x": at - h})
    forward = np.abs((ahead - value) / h - exact)
    central = np.abs((ahead - behind) / (2 * h) - exact)
    return DifferenceErrors(
        widths=h,
        forward=forward,
        central=central,
        exact=exact,
        forward_truncation=h * abs(second) / 2,
        central_truncation=h * h * abs(third) / 6,
        rounding=EPSILON * abs(value) / h,
        best_forward=_best(h, forward),
        best_central=_best(h, central),
    )


def slice_surface(surface: Surface, point: ArrayLike, *, axis: int, resolution: int = 101) -> Slice:
    """Cut a surface along one coordinate, the other held fixed.

    Args:
        surface: What to cut.
        point: A point of the cut, shape (dim,).
        axis: Which coordinate varies.
        resolution: Points along the cut.

    Returns:
        The curve, and the partial derivative as its slope.

    Raises:
        ValueError: If ``axis`` or the point does not fit the surface.

    Example:
        >>> from core.foundations import surfaces
        >>> slice_surface(surfaces.bowl(condition=10), [1.0, 0.5], axis=1).slope
        5.0
    """
    at = _checked_point(surface, point)
    if not 0 <= axis < surface.dim:
        raise ValueError(f"axis must be 0 to {surface.dim - 1}, got {axis}")
    positions = np.linspace(*surface.window[axis], resolution)
    points = np.tile(at, (resolution, 1))
    points[:, axis] = positions
    with np.errstate(all="ignore"):
        return Slice(
            axis=axis,
            positions=positions,
            heights=np.asarray(surface.value(points)),
            at=float(at[axis]),
            value=float(surface.value(at)),
            slope=float(surface.gradient(at)[axis]),
        )


def dial(surface: Surface, point: ArrayLike, *, n_angles: int = 72, width: float = 1e-5) -> Dial:
    """Measure the slope in every direction round a point.

    Args:
        surface: A surface over (x, y).
        point: Where to stand, shape (2,).
        n_angles: How many directions, at least 4.
        width: h of the central differences along each direction.

    Returns:
        Directional derivatives: a cosine whose top is the gradient's direction.

    Raises:
        ValueError: If the surface has one dimension or the point does not fit.

    Example:
        >>> from core.foundations import surfaces
        >>> needle = dial(surfaces.bowl(condition=1), [3.0, 4.0], n_angles=4)
        >>> needle.slopes.round(9).tolist(), needle.steepest_slope
        ([3.0, 4.0, -3.0, -4.0], 5.0)
    """
    if surface.dim != 2 or n_angles < 4:
        raise ValueError("a dial needs a surface over x and y, and at least 4 directions")
    at = _checked_point(surface, point)
    angles = np.linspace(0, 2 * np.pi, n_angles, endpoint=False)
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    with np.errstate(all="ignore"):
        gradient = surface.gradient(at)
        ahead, behind = (
            surface.value(at + width * directions),
            surface.value(at - width * directions),
        )
    return Dial(
        angles=angles,
        slopes=directions @ gradient,
        measured=(ahead - behind) / (2 * width),
        gradient=gradient,
        steepest_angle=float(np.arctan2(gradient[1], gradient[0])),
        steepest_slope=float(np.linalg.norm(gradient)),
    )


def derivative_formulas(formula: str, *, variables: tuple[str, ...] = ("x", "y")) -> dict[str, str]:
    r"""Write the gradient and the Hessian of a formula, under the names of ``check_derivatives``.

    Args:
        formula: What was typed.
        variables: Its letters, one or two.

    Returns:
        LaTeX by name: the slopes first, then the upper half of the symmetric Hessian.

    Raises:
        FormulaError: If the formula is outside the grammar.

    Example:
        >>> derivative_formulas("x^2", variables=("x",))
        {'∂f/∂x': '2 \\, x', '∂²f/∂x²': '2'}
    """
    tree = tidying.simplify(expressions.parse(formula, variables=variables))
    slopes = symbolic.gradient(tree, variables)
    written = {f"∂f/∂{name}": slope for name, slope in zip(variables, slopes, strict=True)}
    for i, first in enumerate(variables):
        for second in variables[i:]:
            below = f"∂{first}²" if first == second else f"∂{first}∂{second}"
            written[f"∂²f/{below}"] = symbolic.differentiate(slopes[i], second)
    return {name: notation.latex(part) for name, part in written.items()}


def check_derivatives(surface: Surface, points: ArrayLike) -> DerivativeCheck:
    """Compare a surface's exact slopes and curvatures with central differences.

    Args:
        surface: What to check.
        points: Where, shape (n_points, dim).

    Returns:
        Both sides of the comparison. Slopes use h = 6e-6 (the cube root of ε) of the height;
        curvatures use the same h on the exact slopes, so a wrong slope cannot hide.

    Example:
        >>> from core.foundations import surfaces
        >>> check = check_derivatives(surfaces.bowl(), [[1.0, 2.0]])
        >>> check.names, bool(check.worst.max() < 1e-8)
        (('∂f/∂x', '∂f/∂y', '∂²f/∂x²', '∂²f/∂x∂y', '∂²f/∂y²'), True)
    """
    points = np.asarray(points, dtype=np.float64).reshape(-1, surface.dim)
    h = EPSILON ** (1 / 3) * np.maximum(1, np.abs(points))
    letters, exact, measured = "xy"[: surface.dim], [], []
    names = [f"∂f/∂{letter}" for letter in letters]
    with np.errstate(all="ignore"):
        slopes, bends = surface.gradient(points), surface.hessian(points)
        for axis in range(surface.dim):
            push = np.zeros_like(points)
            push[:, axis] = h[:, axis]
            exact.append(slopes[:, axis])
            rise = surface.value(points + push) - surface.value(points - push)
            measured.append(rise / (2 * h[:, axis]))
        for first in range(surface.dim):
            push = np.zeros_like(points)
            push[:, first] = h[:, first]
            turn = surface.gradient(points + push) - surface.gradient(points - push)
            for second in range(first, surface.dim):
                same = first == second
                bottom = f"∂{letters[first]}²" if same else f"∂{letters[first]}∂{letters[second]}"
                names.append(f"∂²f/{bottom}")
                exact.append(bends[:, first, second])
                measured.append(turn[:, second] / (2 * h[:, first]))
    return DerivativeCheck(tuple(names), np.array(exact), np.array(measured))


def _parsed(formula: str) -> formulas.Expression:
    return tidying.simplify(expressions.parse(formula, variables=("x",)))


def _values_at(at: float, *trees: formulas.Expression) -> list[float]:
    """Evaluate formulas at one x, refusing a place where they have no value."""
    values = [float(formulas.evaluate(tree, {"x": at})) for tree in trees]
    if not np.isfinite(values[:2]).all():
        raise ValueError(f"the formula has no value or no slope at x = {at:g}")
    return values


def _checked_widths(widths: ArrayLike) -> NDArray[np.float64]:
    h = np.asarray(widths, dtype=np.float64)
    if h.ndim != 1 or not (np.isfinite(h) & (h != 0)).all():
        raise ValueError("widths must be a list of finite numbers other than 0")
    return h


def _checked_point(surface: Surface, point: ArrayLike) -> Array:
    at = np.asarray(point, dtype=np.float64)
    if at.shape != (surface.dim,) or not np.isfinite(at).all():
        raise ValueError(f"the point needs {surface.dim} finite coordinates, got {at.tolist()}")
    return at


def _best(widths: Array, errors: Array) -> float:
    usable = np.where(np.isfinite(errors), errors, np.inf)
    return float(widths[int(np.argmin(usable))])

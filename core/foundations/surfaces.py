"""Landscapes to walk down: a height f(x, y), its exact slope and its exact curvature."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.foundations import expressions, formulas, notation, symbolic, tidying

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Surface:
    """A function of one or two numbers, with everything a descent needs to know about it.

    The three functions take one argument per coordinate (numbers or arrays of one shape), so a
    formula reads as in a book. ``value``, ``gradient`` and ``hessian`` take whole points instead.
    """

    name: str
    """Short identifier, such as ``rosenbrock``."""

    title: str
    """What a person reads."""

    formula: str
    """LaTeX of the height."""

    idea: str
    """One sentence: what this landscape teaches."""

    window: tuple[tuple[float, float], ...]
    """Lowest and highest value to draw, one pair per coordinate."""

    start: tuple[float, ...]
    """A start from which something worth seeing happens."""

    height: Callable[..., Array]
    """f(x, y)."""

    slopes: Callable[..., tuple[Array, ...]]
    """(∂f/∂x, ∂f/∂y)."""

    curvatures: Callable[..., tuple[Array, ...]]
    """(∂²f/∂x², ∂²f/∂x∂y, ∂²f/∂y²); in one dimension only the first."""

    minima: tuple[tuple[float, ...], ...] = ()
    """Known local minima inside the window, one point each."""

    batch_slopes: Callable[[Array, NDArray[np.int64]], Array] | None = None
    """For a loss over data: the slope from some rows alone, (points, rows) -> like points."""

    n_rows: int = 0
    """For a loss over data: how many rows there are."""

    @property
    def dim(self) -> int:
        """Number of coordinates, 1 or 2."""
        return len(self.window)

    @property
    def diagonal(self) -> float:
        """Length of the window's diagonal: the yardstick for "near" and "far"."""
        return float(np.hypot.reduce([high - low for low, high in self.window]))

    def value(self, points: ArrayLike) -> Array:
        """Height at points of shape (..., dim); shape (...).

        Example:
            >>> float(bowl(condition=1).value([3.0, 4.0]))
            12.5
        """
        points = np.asarray(points, dtype=np.float64)
        return self.height(*[points[..., axis] for axis in range(self.dim)])

    def gradient(self, points: ArrayLike) -> Array:
        """Slope at points of shape (..., dim); the same shape.

        Example:
            >>> bowl(condition=10).gradient([1.0, 1.0]).tolist()
            [1.0, 10.0]
        """
        points = np.asarray(points, dtype=np.float64)
        slopes = np.empty(points.shape)
        for axis, slope in enumerate(self.slopes(*[points[..., i] for i in range(self.dim)])):
            slopes[..., axis] = slope
        return slopes

    def hessian(self, points: ArrayLike) -> Array:
        """Curvature at points of shape (..., dim); shape (..., dim, dim), symmetric.

        Example:
            >>> bowl(condition=10).hessian([0.0, 0.0]).tolist()
            [[1.0, 0.0], [0.0, 10.0]]
        """
        points = np.asarray(points, dtype=np.float64)
        parts = self.curvatures(*[points[..., axis] for axis in range(self.dim)])
        matrix = np.empty((*points.shape, self.dim))
        matrix[..., 0, 0] = parts[0]
        if self.dim == 2:
            matrix[..., 0, 1] = matrix[..., 1, 0] = parts[1]
            matrix[..., 1, 1] = parts[2]
        return matrix


@dataclass(frozen=True, eq=False)
class SurfaceGrid:
    """A surface sampled on a grid, for drawing."""

    axes: tuple[Array, ...]
    """The grid lines of each coordinate, shape (resolution,)."""

    heights: Array
    """Shape (resolution,) or (resolution, resolution): row = y, column = x. NaN outside."""


def bowl(*, condition: float = 10.0) -> Surface:
    """Make a quadratic bowl that is ``condition`` times steeper along y than along x.

    Args:
        condition: Ratio of the two curvatures λ, at least 1. They are 1 and ``condition``.

    Returns:
        The surface (x² + condition · y²) / 2.

    Raises:
        ValueError: If ``condition`` is below 1 or not finite.

    Example:
        >>> np.linalg.eigvalsh(bowl(condition=25).hessian([0.0, 0.0])).tolist()
        [1.0, 25.0]
    """
    if not (np.isfinite(condition) and condition >= 1):
        raise ValueError(f"condition must be at least 1, got {condition}")
    return Surface(
        name="bowl",
        title="Bowl",
        formula=rf"\tfrac{{1}}{{2}}\left(x^2 + {condition:g}\,y^2\right)",
        idea="The steepest direction sets the largest step; the flattest one sets the time.",
        window=((-3.0, 3.0), (-2.0, 2.0)),
        start=(-2.5, 1.2),
        height=lambda x, y: 0.5 * (x * x + condition * y * y),
        slopes=lambda x, y: (x, condition * y),
        curvatures=lambda x, y: (1.0, 0.0, condition),
        minima=((0.0, 0.0),),
    )


def from_formula(
    text: str,
    *,
    window: tuple[tuple[float, float], ...] = ((-3.0, 3.0), (-3.0, 3.0)),
    start: tuple[float, ...] | None = None,
) -> Surface:
    """Make a surface out of a typed formula; slopes come from the rules of differentiation.

    Args:
        text: A formula in x, or in x and y.
        window: Lowest and highest value per coordinate; one pair for a formula in x alone.
        start: Where descents begin; a point off the middle when left out.

    Returns:
        The surface. Its minima are searched numerically, polished by Newton's method.

    Raises:
        FormulaError: If the formula is outside the grammar, or has no value in the window.
        ValueError: If the window is empty or of the wrong dimension.

    Example:
        >>> surface = from_formula("(x - 1)^2 + y^2")
        >>> surface.minima
        ((1.0, 0.0),)
    """
    variables = ("x", "y")[: len(window)]
    if len(window) not in (1, 2) or not all(low < high for low, high in window):
        raise ValueError(f"the window must be one or two (low, high) pairs, got {window}")

    tree = tidying.simplify(expressions.parse(text, variables=variables))
    slopes = symbolic.gradient(tree, variables)
    rows = symbolic.hessian(tree, variables)
    upper = tuple(rows[i][j] for i in range(len(rows)) for j in range(i, len(rows)))

    compiled = [formulas.compile_formulas(*part) for part in ((tree,), slopes, upper)]
    height, slopes_at, curvatures_at = [_by_place(function, variables) for function in compiled]

    surface = Surface(
        name="formula",
        title="Your own",
        formula=notation.latex(tree),
        idea="Your formula, differentiated by the same rules you learned at school.",
        window=window,
        start=start or tuple(0.7 * low + 0.3 * high for low, high in window),
        height=lambda *at: height(*at)[0] + np.zeros(np.shape(at[0])),
        slopes=slopes_at,
        curvatures=curvatures_at,
    )
    if not np.isfinite(sample(surface, resolution=41).heights).any():
        raise formulas.FormulaError("The formula has no value anywhere in the window.")
    return replace(surface, minima=find_minima(surface))


def sample(surface: Surface, *, resolution: int = 81) -> SurfaceGrid:
    """Measure the heights on an even grid over the window.

    Args:
        surface: What to sample.
        resolution: Grid lines per coordinate, at least 2.

    Returns:
        The grid; heights that are not finite are NaN.

    Raises:
        ValueError: If ``resolution`` is below 2.

    Example:
        >>> sample(bowl(condition=1), resolution=3).heights[1].tolist()
        [4.5, 0.0, 4.5]
    """
    if resolution < 2:
        raise ValueError(f"resolution must be at least 2, got {resolution}")
    axes = tuple(np.linspace(low, high, resolution) for low, high in surface.window)
    points = np.stack(np.meshgrid(*axes), axis=-1)
    with np.errstate(all="ignore"):
        heights = np.asarray(surface.value(points), dtype=np.float64)
    return SurfaceGrid(axes=axes, heights=np.where(np.isfinite(heights), heights, np.nan))


def random_start(surface: Surface, *, seed: int) -> tuple[float, ...]:
    """Draw a start from the window at which the surface has a height.

    Raises:
        ValueError: If a hundred tries find no such point.

    Example:
        >>> random_start(bowl(), seed=1) == random_start(bowl(), seed=1)
        True
    """
    low, high = np.array(surface.window).T
    tries = np.random.default_rng(seed).uniform(low, high, size=(100, surface.dim))
    with np.errstate(all="ignore"):
        usable = np.isfinite(surface.value(tries))
    if not usable.any():
        raise ValueError(f"{surface.title} has hardly any height in its window")
    return tuple(tries[usable.argmax()].tolist())


def find_minima(surface: Surface, *, resolution: int = 41) -> tuple[tuple[float, ...], ...]:
    """Search the window for local minima: lowest grid points, polished by Newton's method.

    Leaves out minima narrower than a grid cell, and those where the surface has a corner.

    Args:
        surface: Where to search.
        resolution: Grid lines per coordinate.

    Returns:
        Points inside the window with zero slope and curvature upward in every direction.

    Example:
        >>> find_minima(bowl(condition=3))
        ((0.0, 0.0),)
    """
    grid = sample(surface, resolution=resolution)
    heights = np.pad(np.nan_to_num(grid.heights, nan=np.inf), 1, constant_values=np.inf)

    # A candidate is no higher than any neighbour; ties are sorted out by the polishing.
    shifts = np.stack(np.meshgrid(*[[-1, 0, 1]] * surface.dim), axis=-1).reshape(-1, surface.dim)
    inner = np.ones(grid.heights.shape, dtype=bool)
    for shift in shifts:
        cut = tuple(slice(1 + step, 1 + step + resolution) for step in shift)
        inner &= grid.heights <= heights[cut]
    points = np.stack(np.meshgrid(*grid.axes), axis=-1)[inner]

    # Flat ground makes every grid point a candidate; a few hundred are plenty.
    points = _polish(surface, points[:: max(1, len(points) // 400)])
    found: list[tuple[float, ...]] = []
    for point in points[np.argsort(surface.value(points), kind="stable")]:
        if all(np.linalg.norm(point - other) > 1e-4 * surface.diagonal for other in found):
            found.append(tuple(np.round(point, 12) + 0.0))
    return tuple(tuple(float(number) for number in point) for point in found)


def _polish(surface: Surface, points: Array) -> Array:
    """Take Newton steps and keep the points that end at a true minimum."""
    low, high = np.array(surface.window).T
    cell = (high - low) / 20
    with np.errstate(all="ignore"):
        for _ in range(30):
            hessians = surface.hessian(points) + 1e-300 * np.eye(surface.dim)
            usable = np.isfinite(hessians).all(axis=(-2, -1))
            points, hessians = points[usable], hessians[usable]
            step = np.linalg.pinv(hessians) @ surface.gradient(points)[..., None]
            points = points - np.clip(step[..., 0], -cell, cell)

        hessians, slopes = surface.hessian(points), surface.gradient(points)
        usable = np.isfinite(hessians).all(axis=(-2, -1)) & np.isfinite(slopes).all(axis=-1)
        points, hessians, slopes = points[usable], hessians[usable], slopes[usable]

        bends_up = np.linalg.eigvalsh(hessians).min(axis=-1) > 1e-8
        steepness = np.linalg.norm(slopes, axis=-1)
        is_flat = steepness < 1e-7 * (1 + np.abs(hessians).max(axis=(-2, -1)))
        is_inside = ((points >= low) & (points <= high)).all(axis=-1)
    return points[bends_up & is_flat & is_inside]


def _by_place(
    function: Callable[..., tuple[Array, ...]], variables: tuple[str, ...]
) -> Callable[..., tuple[Array, ...]]:
    """Let a compiled formula take x and y by position."""
    return lambda *at: function(**dict(zip(variables, at, strict=True)))

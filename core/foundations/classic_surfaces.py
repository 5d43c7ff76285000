"""The landscapes every optimiser is tried on, with slope and curvature worked out by hand."""

import functools
import math

import numpy as np

from core.foundations import surfaces
from core.foundations.surfaces import Array, Surface

TAU = 2 * math.pi


def parabola() -> Surface:
    """Make x²/2, the landscape on which everything can be done by hand."""
    return Surface(
        name="parabola",
        title="Parabola",
        formula=r"\tfrac{1}{2}x^2",
        idea="The slope is x itself: a learning rate of 1 lands in one step, 2 never lands.",
        window=((-3.0, 3.0),),
        start=(2.5,),
        height=lambda x: 0.5 * x * x,
        slopes=lambda x: (x,),
        curvatures=lambda x: (1.0,),
        minima=((0.0,),),
    )


def absolute() -> Surface:
    """Make |x|, whose slope never shrinks; slope 0 is taken at the corner."""
    return Surface(
        name="absolute",
        title="Corner |x|",
        formula=r"|x|",
        idea="The slope never gets smaller, so a fixed step jumps over the corner for ever.",
        window=((-3.0, 3.0),),
        start=(2.25,),
        height=lambda x: np.abs(x),
        slopes=lambda x: (np.sign(x),),
        curvatures=lambda x: (0.0,),
        minima=((0.0,),),
    )


def double_well() -> Surface:
    """Make (x² − 1)² + x/4: two valleys, one deeper."""
    # The two minima solve 4x³ − 4x + 1/4 = 0.
    left, _, right = np.sort(np.roots([4.0, 0.0, -4.0, 0.25]).real)
    return Surface(
        name="double_well",
        title="Two valleys",
        formula=r"\left(x^2 - 1\right)^2 + \tfrac{1}{4}x",
        idea="Downhill leads to the valley you start in, not to the deeper one.",
        window=((-2.0, 2.0),),
        start=(1.8,),
        height=lambda x: (x * x - 1) ** 2 + 0.25 * x,
        slopes=lambda x: (4 * x * (x * x - 1) + 0.25,),
        curvatures=lambda x: (12 * x * x - 4,),
        minima=((float(left),), (float(right),)),
    )


def ravine() -> Surface:
    """Make a long narrow valley that lies across both axes, curvatures 1 and 60."""
    # In the turned coordinates u = (x + y)/√2 and v = (y − x)/√2 it is (u² + 60 v²)/2.
    same, across = (1 + 60) / 2, (1 - 60) / 2
    return Surface(
        name="ravine",
        title="Ravine",
        formula=r"\tfrac{1}{4}(x + y)^2 + 15\,(x - y)^2",
        idea="Neither axis is the easy one: a rate per coordinate cannot straighten this path.",
        window=((-3.0, 3.0), (-3.0, 3.0)),
        start=(-2.4, -1.6),
        height=lambda x, y: 0.5 * (same * x * x + 2 * across * x * y + same * y * y),
        slopes=lambda x, y: (same * x + across * y, across * x + same * y),
        curvatures=lambda x, y: (same, across, same),
        minima=((0.0, 0.0),),
    )


def rosenbrock() -> Surface:
    """Make Rosenbrock's banana valley (Rosenbrock, 1960)."""

    def slopes(x: Array, y: Array) -> tuple[Array, ...]:
        miss = y - x * x
        return 2 * (x - 1) - 400 * x * miss, 200 * miss

    return Surface(
        name="rosenbrock",
        title="Rosenbrock's banana",
        formula=r"(1 - x)^2 + 100\left(y - x^2\right)^2",
        idea="Finding the valley is quick; walking along its bent floor is what takes the time.",
        window=((-2.0, 2.0), (-1.0, 3.0)),
        start=(-1.2, 1.0),
        height=lambda x, y: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
        slopes=slopes,
        curvatures=lambda x, y: (2 - 400 * y + 1200 * x * x, -400 * x, 200.0),
        minima=((1.0, 1.0),),
    )


def beale() -> Surface:
    """Make Beale's function: flat plains, steep corners (Beale, 1958)."""
    targets = (1.5, 2.25, 2.625)

    def height(x: Array, y: Array) -> Array:
        return sum((c - x + x * y**k) ** 2 for k, c in enumerate(targets, start=1))

    def slopes(x: Array, y: Array) -> tuple[Array, ...]:
        dx = dy = 0.0
        for k, c in enumerate(targets, start=1):
            miss = c - x + x * y**k
            dx = dx + 2 * miss * (y**k - 1)
            dy = dy + 2 * miss * k * x * y ** (k - 1)
        return dx, dy

    def curvatures(x: Array, y: Array) -> tuple[Array, ...]:
        xx = xy = yy = 0.0
        for k, c in enumerate(targets, start=1):
            miss, by_x, by_y = c - x + x * y**k, y**k - 1, k * x * y ** (k - 1)
            bend = k * (k - 1) * x * y ** max(k - 2, 0)
            xx = xx + 2 * by_x * by_x
            xy = xy + 2 * (by_x * by_y + miss * k * y ** (k - 1))
            yy = yy + 2 * (by_y * by_y + miss * bend)
        return xx, xy, yy

    return Surface(
        name="beale",
        title="Beale",
        formula=r"\sum_{k=1}^{3}\left(c_k - x + x y^k\right)^2,\quad c = (1.5,\ 2.25,\ 2.625)",
        idea="A plain with cliffs at its edges: one learning rate cannot suit both.",
        window=((-1.0, 4.5), (-2.0, 2.0)),
        start=(1.0, 1.5),
        height=height,
        slopes=slopes,
        curvatures=curvatures,
        minima=((3.0, 0.5),),
    )


def himmelblau() -> Surface:
    """Make Himmelblau's function: four minima, all of height 0 (Himmelblau, 1972)."""
    return Surface(
        name="himmelblau",
        title="Himmelblau",
        formula=r"\left(x^2 + y - 11\right)^2 + \left(x + y^2 - 7\right)^2",
        idea="Four equally good valleys: the start, and the optimiser, decide which one you get.",
        window=((-5.0, 5.0), (-5.0, 5.0)),
        start=(-0.5, -1.0),
        height=lambda x, y: (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2,
        slopes=lambda x, y: (
            4 * x * (x * x + y - 11) + 2 * (x + y * y - 7),
            2 * (x * x + y - 11) + 4 * y * (x + y * y - 7),
        ),
        curvatures=lambda x, y: (
            12 * x * x + 4 * y - 42,
            4 * (x + y),
            12 * y * y + 4 * x - 26,
        ),
        minima=(
            (3.0, 2.0),
            (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.283185991286169),
            (3.584428340330492, -1.848126526964404),
        ),
    )


def saddle() -> Surface:
    """Make the horse saddle (x² − y²)/2: a minimum along x, a maximum along y."""
    return Surface(
        name="saddle",
        title="Saddle",
        formula=r"\tfrac{1}{2}\left(x^2 - y^2\right)",
        idea="The slope is zero in the middle, and yet there is a way down.",
        window=((-2.0, 2.0), (-2.0, 2.0)),
        start=(-1.6, 1e-3),
        height=lambda x, y: 0.5 * (x * x - y * y),
        slopes=lambda x, y: (x, -y),
        curvatures=lambda x, y: (1.0, 0.0, -1.0),
    )


def monkey_saddle() -> Surface:
    """Make x³ − 3xy²: three ways down, and no curvature at all in the middle."""
    return Surface(
        name="monkey_saddle",
        title="Monkey saddle",
        formula=r"x^3 - 3 x y^2",
        idea="Two legs and a tail: in the middle slope and curvature are both zero.",
        window=((-1.5, 1.5), (-1.5, 1.5)),
        start=(1.2, 0.0),
        height=lambda x, y: x**3 - 3 * x * y * y,
        slopes=lambda x, y: (3 * (x * x - y * y), -6 * x * y),
        curvatures=lambda x, y: (6 * x, -6 * y, -6 * x),
    )


def rastrigin() -> Surface:
    """Make Rastrigin's egg box: a bowl with a dent every 1 (Rastrigin, 1974)."""
    return Surface(
        name="rastrigin",
        title="Rastrigin's egg box",
        formula=r"20 + x^2 + y^2 - 10\cos 2\pi x - 10\cos 2\pi y",
        idea="Hundreds of valleys, one of them best: noise and momentum can be a help here.",
        window=((-3.2, 3.2), (-3.2, 3.2)),
        start=(2.3, -1.7),
        height=lambda x, y: 20 + x * x + y * y - 10 * np.cos(TAU * x) - 10 * np.cos(TAU * y),
        slopes=lambda x, y: (
            2 * x + 10 * TAU * np.sin(TAU * x),
            2 * y + 10 * TAU * np.sin(TAU * y),
        ),
        curvatures=lambda x, y: (
            2 + 10 * TAU**2 * np.cos(TAU * x),
            0.0,
            2 + 10 * TAU**2 * np.cos(TAU * y),
        ),
        minima=_rastrigin_minima(),
    )


def styblinski_tang() -> Surface:
    """Make the Styblinski–Tang function: four valleys of different depth (1990)."""
    # The minima solve 2x³ − 16x + 5/2 = 0 in each coordinate; the middle root is a top.
    left, _, right = np.sort(np.roots([2.0, 0.0, -16.0, 2.5]).real).tolist()
    return Surface(
        name="styblinski_tang",
        title="Styblinski–Tang",
        formula=r"\tfrac{1}{2}\left(x^4 - 16x^2 + 5x + y^4 - 16y^2 + 5y\right)",
        idea="Four valleys, and only one of them is the deepest.",
        window=((-4.5, 4.5), (-4.5, 4.5)),
        start=(0.6, 0.4),
        height=lambda x, y: 0.5 * (x**4 - 16 * x * x + 5 * x + y**4 - 16 * y * y + 5 * y),
        slopes=lambda x, y: (2 * x**3 - 16 * x + 2.5, 2 * y**3 - 16 * y + 2.5),
        curvatures=lambda x, y: (6 * x * x - 16, 0.0, 6 * y * y - 16),
        minima=((left, left), (left, right), (right, left), (right, right)),
    )


def plateau() -> Surface:
    """Make a hole in a plain: 1 − e^(−2(x² + y²)), flat a short way from the middle."""

    def bump(x: Array, y: Array) -> Array:
        return np.exp(-2 * (x * x + y * y))

    return Surface(
        name="plateau",
        title="Plateau",
        formula=r"1 - e^{-2\left(x^2 + y^2\right)}",
        idea="Far from the hole the slope is almost nothing: small is not the same as arrived.",
        window=((-3.0, 3.0), (-3.0, 3.0)),
        start=(-2.0, 1.2),
        height=lambda x, y: 1 - bump(x, y),
        slopes=lambda x, y: (4 * x * bump(x, y), 4 * y * bump(x, y)),
        curvatures=lambda x, y: (
            (4 - 16 * x * x) * bump(x, y),
            -16 * x * y * bump(x, y),
            (4 - 16 * y * y) * bump(x, y),
        ),
        minima=((0.0, 0.0),),
    )


def cliff() -> Surface:
    """Make a gentle bowl with a step 4 high in it, at x = 1."""
    steep = 12.0

    def tilt(x: Array) -> Array:
        return np.tanh(steep * (x - 1))

    return Surface(
        name="cliff",
        title="Cliff",
        formula=r"\tfrac{1}{4}\left(x^2 + y^2\right) + 2\tanh\left(12\,(x - 1)\right)",
        idea="One huge slope can throw you far away: this is why training clips its gradients.",
        window=((-3.0, 3.0), (-2.0, 2.0)),
        start=(2.6, 1.2),
        height=lambda x, y: 0.25 * (x * x + y * y) + 2 * tilt(x),
        slopes=lambda x, y: (0.5 * x + 2 * steep * (1 - tilt(x) ** 2), 0.5 * y),
        curvatures=lambda x, y: (
            0.5 - 4 * steep**2 * tilt(x) * (1 - tilt(x) ** 2),
            0.0,
            0.5,
        ),
        minima=((_cliff_minimum(), 0.0),),
    )


SURFACES = (
    "parabola",
    "absolute",
    "double_well",
    "bowl",
    "ravine",
    "rosenbrock",
    "beale",
    "himmelblau",
    "saddle",
    "monkey_saddle",
    "rastrigin",
    "styblinski_tang",
    "plateau",
    "cliff",
)


@functools.lru_cache(maxsize=32)
def get(name: str) -> Surface:
    """Look a surface up by name.

    Raises:
        ValueError: If there is no surface of that name.

    Example:
        >>> get("rosenbrock").minima
        ((1.0, 1.0),)
    """
    if name not in SURFACES:
        raise ValueError(f"no surface is called {name!r}; there are {', '.join(SURFACES)}")
    return surfaces.bowl() if name == "bowl" else globals()[name]()


def _rastrigin_minima() -> tuple[tuple[float, float], ...]:
    """Find the dents near the whole numbers −3..3; the one at 0 is the deepest."""
    x = np.arange(-3.0, 4.0)
    for _ in range(20):  # Newton's method on the slope of one coordinate
        x -= (2 * x + 10 * TAU * np.sin(TAU * x)) / (2 + 10 * TAU**2 * np.cos(TAU * x))
    dents = sorted((x + 0.0).tolist(), key=abs)
    return tuple((a, b) for a in dents for b in dents)


def _cliff_minimum() -> float:
    """Find where the gentle bowl's slope balances the foot of the step, a hair left of 0."""
    x = 0.0
    for _ in range(20):
        t = math.tanh(12 * (x - 1))
        x -= (0.5 * x + 24 * (1 - t * t)) / (0.5 - 576 * t * (1 - t * t))
    return x

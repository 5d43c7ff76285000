"""The guided experiments of the calculus lab; every answer is read off the computed result."""

from typing import TYPE_CHECKING

import numpy as np

from components.experiments import Experiment, Revelation

if TYPE_CHECKING:
    from components.calculus_lab import Chain, Curve, Directions


def _curve(part: str, formula: str, at: float) -> dict:
    return {"calculus_part": part, "calculus_formula": formula, "calculus_x": at}


def _surface(formula: str, x: float, y: float, degrees: int) -> dict:
    return {
        "calculus_part": "Directions",
        "calculus_surface": formula,
        "calculus_at_x": x,
        "calculus_at_y": y,
        "calculus_degrees": degrees,
    }


def _chain(formula: str, **values: float) -> dict:
    numbers = {"w": 2.0, "x": 0.5, "b": -0.3, "y": 1.0} | values
    return {
        "calculus_part": "Chain rule",
        "calculus_chain": formula,
        **{f"calculus_chain_{name}": value for name, value in numbers.items()},
    }


def _corner(curve: "Curve") -> Revelation:
    slopes = curve.lines.slopes
    spread = float(np.ptp(slopes))
    behind = int(np.flatnonzero(curve.piece.positions < curve.lines.at - 1e-9)[-1])
    run = curve.lines.at - curve.piece.positions[behind]
    left = (curve.lines.value - curve.piece.heights[behind]) / run
    return Revelation(
        0 if spread < 1e-6 else 1,
        f"From h = {curve.lines.widths[0]:.3g} down to {curve.lines.widths[-1]:.0e} every secant "
        f"to the right has slope {slopes[-1]:.3g}; to the left, with a run of {run:.2g}, it is "
        f"{left:.3g}. No line fits both. The rules answer {curve.lines.tangent:g} by agreement: "
        "ReLU has the same corner, and frameworks pick a value for it too.",
    )


def _gap_shrinks(curve: "Curve") -> Revelation:
    wide, narrow = (int(np.argmin(np.abs(curve.lines.widths - h))) for h in (1.0, 0.1))
    gaps = np.abs(curve.lines.slopes[[wide, narrow]] - curve.lines.tangent)
    shrinks = gaps[0] / gaps[1] / (curve.lines.widths[wide] / curve.lines.widths[narrow])
    return Revelation(
        int(np.searchsorted((0.5, 2.0), shrinks)),
        f"With h = {curve.lines.widths[wide]:.3g} the secant is {gaps[0]:.3g} too steep, with "
        f"h = {curve.lines.widths[narrow]:.3g} it is {gaps[1]:.3g}. The gap shrinks with h: that "
        "is what makes the tangent its limit.",
    )


def _tiny_width(curve: "Curve") -> Revelation:
    tiny, small = curve.error_at(1e-12)[0], curve.error_at(1e-8)[0]
    return Revelation(
        int(np.searchsorted((0.5, 2.0), tiny / small)),
        f"At 1e-12 the forward difference is off by {tiny:.1e}, at 1e-8 only by {small:.1e}. "
        "Both heights carry 16 digits; at 1e-12 the first 12 cancel and four are left.",
    )


def _central_wins(curve: "Curve") -> Revelation:
    forward, central = (float(np.nanmin(e)) for e in (curve.errors.forward, curve.errors.central))
    digits = np.log10(max(forward, 1e-17) / max(central, 1e-17))
    return Revelation(
        int(np.searchsorted((0.5, 4.5), digits)),
        f"The best forward error is {forward:.1e} at h = {curve.errors.best_forward:.0e}, the best "
        f"central one {central:.1e} at h = {curve.errors.best_central:.0e}: {digits:.1f} digits "
        "more for one more evaluation. Looking both ways cancels the curvature.",
    )


def _downhill_misses(seen: "Directions") -> Revelation:
    down, home = -seen.needle.gradient, -seen.point
    cosine = down @ home / np.linalg.norm(down) / np.linalg.norm(home)
    angle = float(np.degrees(np.arccos(cosine)))
    return Revelation(
        int(np.searchsorted((5, 30), angle)),
        f"The steepest way down is {angle:.0f}° away from the straight way to the minimum at "
        f"(0, 0), because the slope along y ({seen.needle.gradient[1]:.3g}) drowns the one along x "
        f"({seen.needle.gradient[0]:.3g}). This is why gradient descent zigzags.",
    )


def _level_ways(seen: "Directions") -> Revelation:
    signs = np.sign(seen.needle.slopes)
    crossings = int(np.count_nonzero(signs != np.roll(signs, 1)))
    return Revelation(
        {0: 0, 2: 1}.get(crossings, 2),
        f"The wave crosses zero {crossings} times in a full turn: the two ways along the contour "
        f"line, at a right angle to the gradient. Your way, {seen.degrees}°, has slope "
        f"{seen.chosen_slope:.2g}.",
    )


def _two_paths(chain: "Chain") -> Revelation:
    gradient = chain.graph.gradient
    place = next(node.index for node in chain.graph.nodes if node.name == "y")
    parts = [s.contribution for s in chain.graph.steps if s.receiver == place]
    answers = {3.0: 0, 5.0: 1, 8.0: 2}
    return Revelation(
        answers[gradient["y"]],
        f"y reaches the output on {len(parts)} paths, which bring "
        f"{' and '.join(f'{part:g}' for part in parts)}. They are added: {gradient['y']:g}. "
        f"Wiggling y gives {chain.graph.measured['y']:.6g}.",
    )


def _saturated(chain: "Chain") -> Revelation:
    slope = abs(chain.graph.gradient["w"])
    squashed = next(node for node in chain.graph.nodes if node.operation == "tanh")
    return Revelation(
        int(np.searchsorted((1e-3, 0.1), slope)),
        f"The error is {chain.graph.output.value:.3g}, as large as it gets. But at "
        f"{squashed.value:.4f} tanh is flat: its local slope is {squashed.local_slopes[0]:.1e}, "
        f"and the slope of w is {slope:.1e}. Being badly wrong is not enough to learn: the slope "
        "must get through.",
    )


EXPERIMENTS = (
    Experiment(
        title="Shrink the run",
        task="The secant of x² at 1, once with h = 1 and once with h = 0.1.",
        settings=_curve("Tangent", "x^2", 1.0),
        question="With h ten times smaller, how much smaller is its gap to the tangent?",
        choices=("hardly", "about ten times", "about a hundred times"),
        reveal=_gap_shrinks,
    ),
    Experiment(
        title="A corner",
        task="The curve |x| at 0, where two straight lines meet.",
        settings=_curve("Tangent", "abs(x)", 0.0),
        question="What do the secants do as h shrinks?",
        choices=("they all have the same slope", "they turn into the tangent"),
        reveal=_corner,
    ),
    Experiment(
        title="As small as possible",
        task="The slope of sin(x) at 1, measured with two widths: 1e-8 and 1e-12.",
        settings=_curve("Step size", "sin(x)", 1.0) | {"calculus_power": -12},
        question="Is the forward difference at 1e-12 better than at 1e-8?",
        choices=("yes, much better", "about the same", "no, much worse"),
        reveal=_tiny_width,
    ),
    Experiment(
        title="Look both ways",
        task="Forward differences look ahead only, central ones ahead and back.",
        settings=_curve("Step size", "exp(-x^2)", 0.5) | {"calculus_power": -5},
        question="At their best h, how many more digits does the central difference get right?",
        choices=("none", "one to four", "five or more"),
        reveal=_central_wins,
    ),
    Experiment(
        title="Steepest is not straight",
        task="A bowl ten times steeper along y than along x. Its lowest point is at (0, 0).",
        settings=_surface("(x^2 + 10 y^2) / 2", 2.0, 1.0, 205),
        question="How far off the straight way home is the steepest way down?",
        choices=("under 5°", "5° to 30°", "more than 30°"),
        reveal=_downhill_misses,
    ),
    Experiment(
        title="Walk level",
        task="You stand on the flank of a hill and may walk in any direction.",
        settings=_surface("exp(-x^2 - y^2)", 0.8, -0.4, 65),
        question="In how many directions is the slope zero?",
        choices=("none", "two", "more than two"),
        reveal=_level_ways,
    ),
    Experiment(
        title="Two paths",
        task="(x + y) · y with x = 2 and y = 3: y is used twice.",
        settings=_chain("(x + y) * y", x=2.0, y=3.0),
        question="What is the slope of y?",
        choices=("3", "5", "8"),
        reveal=_two_paths,
    ),
    Experiment(
        title="Wrong and stuck",
        task="One neuron with a large weight answers +1 where −1 was wanted.",
        settings=_chain("(tanh(w*x + b) - y)^2", w=5.0, x=2.0, b=0.0, y=-1.0),
        question="The error is as large as it gets. How large is the slope of w?",
        choices=("under 0.001", "0.001 to 0.1", "over 0.1"),
        reveal=_saturated,
    ),
)

"""Programs a reader takes home: NumPy alone, and the heights that were on screen."""

from dataclasses import asdict

from core.foundations import (
    arena,
    data_losses,
    expressions,
    notation,
    optimizers,
    symbolic,
    tidying,
)
from core.foundations.formulas import Expression

TYPED = {
    "parabola": "x^2 / 2",
    "absolute": "abs(x)",
    "double_well": "(x^2 - 1)^2 + x/4",
    "ravine": "(x + y)^2 / 4 + 15 (x - y)^2",
    "rosenbrock": "(1 - x)^2 + 100 (y - x^2)^2",
    "beale": "(1.5 - x + x y)^2 + (2.25 - x + x y^2)^2 + (2.625 - x + x y^3)^2",
    "himmelblau": "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
    "saddle": "(x^2 - y^2) / 2",
    "monkey_saddle": "x^3 - 3 x y^2",
    "rastrigin": "20 + x^2 + y^2 - 10 cos(2 pi x) - 10 cos(2 pi y)",
    "styblinski_tang": "(x^4 - 16 x^2 + 5 x + y^4 - 16 y^2 + 5 y) / 2",
    "plateau": "1 - exp(-2 (x^2 + y^2))",
    "cliff": "(x^2 + y^2) / 4 + 2 tanh(12 (x - 1))",
}
"""The landscapes as a person would type them; a test holds them to the ones that are drawn."""

_RACE = '''\
"""A race down a landscape, as the lab showed it.

pip install "numpy"
"""

import numpy as np
from numpy import abs, cos, exp, log, pi, sign, sin, sqrt, tan, tanh  # noqa: F401, A004

START = np.array({start})
N_STEPS, NOISE, BATCH_SIZE, SEED = {n_steps}, {noise!r}, {batch_size!r}, {seed}


# 1. The landscape: its height, its slope, its curvature.
{landscape}

# 2. The update rules. Each gets the terms of the step before and returns those of this step.
{rules}

RULES = [{names}]


def factor(n):
    """What the learning rate is multiplied by in step n, from 0."""
    return {factor}


# 3. The walk. Every rule sees the same noise and the same rows.
pushes = NOISE * np.random.default_rng([SEED, 1]).standard_normal((N_STEPS, START.size))
batches = [None] * N_STEPS
if BATCH_SIZE:
    per_round = N_ROWS // BATCH_SIZE
    rounds = -(-N_STEPS // per_round)
    deck = np.random.default_rng([SEED, 0]).permuted(
        np.tile(np.arange(N_ROWS), (rounds, 1)), axis=1
    )
    batches = deck[:, : per_round * BATCH_SIZE].reshape(-1, BATCH_SIZE)

for title, rate, rule in RULES:
    position, terms = START.copy(), {{}}
    np.seterr(all="ignore")
    for n in range(N_STEPS):
        gradient = slope(position, batches[n]) + pushes[n]
        terms = rule(terms, gradient, position, rate * factor(n), n + 1)
        there = position + terms["step"]
        if not (abs(there) < 1e9).all():
            print(f"{{title}}: diverged at step {{n + 1}}")
            break
        position = there
    else:
        print(f"{{title}}: height {{height(position):.6g}} at {{position.round(6).tolist()}}")
'''

_FACTORS = {
    "constant": "1.0",
    "step": "0.5 ** (n // 50)",
    "cosine": "(1 + cos(pi * n / N_STEPS)) / 2",
    "warm_up": (
        "(n + 1) / 20 if n < 20 else (1 + cos(pi * min((n - 20) / max(N_STEPS - 20, 1), 1))) / 2"
    ),
}

_LINEAR = """\
X = np.array({x})
Y = np.array({y})
N_ROWS = X.size
{standardize}

def height(p):
    return ((p[0] * X + p[1] - Y) ** 2).mean() / 2


def slope(p, rows):
    x, y = (X, Y) if rows is None else (X[rows], Y[rows])
    miss = p[0] * x + p[1] - y
    return np.array([(miss * x).mean(), miss.mean()])


def curvature(p):
    return np.array([[(X * X).mean(), X.mean()], [X.mean(), 1.0]])
"""

_LOGISTIC = """\
X = np.array({x})
Y = np.array({y})
N_ROWS = X.size
X = (X - X.mean()) / X.std()


def height(p):
    z = p[0] * X + p[1]
    return (np.logaddexp(0, z) - Y * z).mean()


def slope(p, rows):
    x, y = (X, Y) if rows is None else (X[rows], Y[rows])
    miss = (1 + tanh((p[0] * x + p[1]) / 2)) / 2 - y
    return np.array([(miss * x).mean(), miss.mean()])


def curvature(p):
    prob = (1 + tanh((p[0] * X + p[1]) / 2)) / 2
    spread = prob * (1 - prob)
    mixed = (spread * X).mean()
    return np.array([[(spread * X * X).mean(), mixed], [mixed, spread.mean()]])
"""

_FORMULA = """\
def height(p):
    {unpack} = p
    return {height}


def slope(p, rows):
    {unpack} = p
    return np.array([{slopes}])


def curvature(p):
    {unpack} = p
    return np.array([{bends}])
"""

# What RAdam and Newton's method compute outside their formulas.
_BEFOREHAND = {
    "radam": [
        "certainty_limit = 2 / (1 - beta2) - 1",
        "certainty = certainty_limit - 2 * t * beta2**t / (1 - beta2**t)",
        "waiting = float(certainty <= 5)",
        "share = (certainty - 4) * (certainty - 2) * certainty_limit",
        "share /= (certainty_limit - 4) * (certainty_limit - 2) * certainty",
        "rectify = 0.0 if waiting else sqrt(share)",
    ],
    "newton": [
        "bent = curvature(position) + damping * np.eye(position.size)",
        "newton = np.linalg.solve(bent, gradient)",
    ],
}


def race_script(race: arena.Race) -> str:
    """Write the program that runs a race again and prints where each rule ended.

    Args:
        race: The race.

    Returns:
        A whole Python program. A typed formula enters it as it was read by the grammar, never as
        it was typed, so that no text can become code.
    """
    setup = race.setup
    rules = [rule_code(name, walk.optimizer) for name, walk in race.walks.items()]
    names = [
        f"({walk.optimizer.title!r}, {walk.optimizer.learning_rate!r}, {name})"
        for name, walk in race.walks.items()
    ]
    return _RACE.format(
        start=list(race.start),
        n_steps=setup.n_steps,
        noise=setup.noise,
        batch_size=setup.batch_size,
        seed=setup.seed,
        landscape=_landscape(setup.landscape),
        rules="\n\n".join(rules),
        names=", ".join(names),
        factor=_FACTORS[setup.schedule],
    )


def _landscape(landscape: arena.Landscape) -> str:
    if landscape.name.startswith("linear_regression"):
        raw = landscape.name.endswith("raw")
        scale = "X, Y = (X - X.mean()) / X.std(), (Y - Y.mean()) / Y.std()\n"
        return _LINEAR.format(
            x=data_losses.CAR_SPEEDS.tolist(),
            y=data_losses.CAR_STOPPING_FEET.tolist(),
            standardize="" if raw else scale,
        )
    if landscape.name == "logistic_regression":
        return _LOGISTIC.format(
            x=data_losses.LAUNCH_TEMPERATURES.tolist(), y=data_losses.SEAL_DAMAGED.tolist()
        )
    text = typed(landscape)
    variables = ("x",) if arena.build(landscape).dim == 1 else ("x", "y")
    tree = tidying.simplify(expressions.parse(text, variables=variables))
    rows = [
        "[" + ", ".join(python(bend) for bend in row) + "]"
        for row in symbolic.hessian(tree, variables)
    ]
    return _FORMULA.format(
        unpack=", ".join(variables) + ("," if len(variables) == 1 else ""),
        height=python(tree),
        slopes=", ".join(python(part) for part in symbolic.gradient(tree, variables)),
        bends=", ".join(rows),
    )


def typed(landscape: arena.Landscape) -> str:
    """Return a landscape as a formula that the grammar reads.

    Raises:
        KeyError: If it is made of data.

    Example:
        >>> typed(arena.Landscape("bowl", condition=4))
        '(x^2 + 4.0 y^2) / 2'
    """
    if landscape.name == arena.OWN_FORMULA:
        return landscape.formula
    if landscape.name == "bowl":
        return f"(x^2 + {float(landscape.condition)!r} y^2) / 2"
    return TYPED[landscape.name]


def python(tree: Expression) -> str:
    """Write an expression as Python.

    Example:
        >>> python(expressions.parse("x^2 - 1"))
        'x**2 - 1'
    """
    return notation.plain(tree).replace("^", "**")


def rule_code(name: str, optimizer: optimizers.Optimizer, *, called: str = "") -> str:
    """Write an update rule as a function, out of the formulas that the reader saw.

    Args:
        name: A key of ``optimizers.OPTIMIZERS``.
        optimizer: The rule with its settings.
        called: What to call the function; its name if empty.

    Returns:
        Python that needs ``sqrt``. The function gets the terms of the step before, an empty
        mapping at first, and returns those that the next step reads, and ``step``.
    """
    trees = optimizers.trees(type(optimizer))
    settings = {key: value for key, value in asdict(optimizer).items() if key != "learning_rate"}
    lines = [f"{key} = {value!r}" for key, value in settings.items()]
    for term in optimizer.memory:
        lines.append(f'{term}_before = before.get("{term}", 0.0)')
    if "product" in trees:
        lines.append('product_before = before.get("product", 1.0)')
    lines += _BEFOREHAND.get(name, [])
    lines += [f"{term} = {python(tree)}" for term, tree in trees.items()]
    kept = [*optimizer.memory, *[term for term in ("product",) if term in trees], "step"]
    lines.append("return {" + ", ".join(f'"{term}": {term}' for term in kept) + "}")
    body = "\n".join(f"    {line}" for line in lines)
    return f"\ndef {called or name}(before, gradient, position, rate, t):\n{body}\n"

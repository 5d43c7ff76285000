import subprocess
import sys

import numpy as np
import pytest

from core.foundations import arena, classic_surfaces, expressions, formulas, optimizers, scripts

RULES = tuple((name, (("learning_rate", 0.01),)) for name in optimizers.OPTIMIZERS)


def printed(setup):
    """Run the script of a race in a fresh process; title to line."""
    race = arena.run(setup)
    run = subprocess.run(
        [sys.executable, "-c", scripts.race_script(race)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return race, dict(line.split(": ") for line in run.stdout.splitlines())


@pytest.mark.parametrize(
    ("landscape", "more"),
    [
        (arena.Landscape("himmelblau"), {}),
        (arena.Landscape("bowl", condition=7), {"noise": 0.5, "seed": 3, "schedule": "warm_up"}),
        (arena.Landscape("double_well"), {"schedule": "step"}),
        (arena.Landscape("linear_regression"), {"batch_size": 4, "schedule": "cosine"}),
        (arena.Landscape("linear_regression_raw"), {"batch_size": 50}),
        (arena.Landscape("logistic_regression"), {"batch_size": 2, "seed": 9}),
        (arena.Landscape("formula", formula="sin(3x) + x^2/4 + y^2"), {}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_script_ends_where_the_race_ended(landscape, more):
    race, lines = printed(arena.Setup(landscape, RULES, n_steps=60, **more))
    assert len(lines) == len(RULES)
    for walk in race.walks.values():
        line = lines[walk.optimizer.title]
        if walk.diverged_at is None:
            height = float(line.split()[1])
            assert height == pytest.approx(walk.final_loss, rel=1e-5, abs=1e-12)
        else:
            assert line == f"diverged at step {walk.diverged_at}"


@pytest.mark.parametrize("name", scripts.TYPED)
def test_the_typed_formula_is_the_landscape_that_is_drawn(name):
    surface = classic_surfaces.get(name)
    low, high = np.array(surface.window).T
    points = np.random.default_rng(0).uniform(low, high, size=(50, surface.dim))
    tree = expressions.parse(scripts.TYPED[name])
    values = dict(zip("xy", points.T, strict=False))
    np.testing.assert_allclose(formulas.evaluate(tree, values), surface.value(points), rtol=1e-12)


def test_every_landscape_has_a_script():
    typed = {*scripts.TYPED, "bowl"}
    assert typed == set(classic_surfaces.SURFACES)

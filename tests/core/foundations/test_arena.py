import numpy as np
import pytest

from core.foundations import arena, formulas

PLAIN = (("gradient_descent", (("learning_rate", 0.01),)),)


def race(name="himmelblau", **more):
    return arena.run(arena.Setup(arena.Landscape(name), PLAIN, **more))


@pytest.mark.parametrize("name", [name for name in arena.NAMES if name != arena.OWN_FORMULA])
def test_every_landscape_has_a_title_and_can_be_raced_on(name):
    assert arena.title(name)
    assert race(name, n_steps=3).walks["gradient_descent"].n_done == 3


def test_titles_are_unique():
    assert len({arena.title(name) for name in arena.NAMES}) == len(arena.NAMES)


def test_the_same_setup_gives_the_same_race_and_another_seed_another():
    first, again, other = (race(noise=1.0, seed=seed) for seed in (1, 1, 2))
    paths = [one.walks["gradient_descent"].positions for one in (first, again, other)]
    assert np.array_equal(paths[0], paths[1])
    assert not np.array_equal(paths[0], paths[2])


def test_the_winner_is_the_lowest_that_did_not_diverge():
    rules = (
        ("gradient_descent", (("learning_rate", 100.0),)),
        ("momentum", (("learning_rate", 1e-9),)),
        ("adam", (("learning_rate", 0.1),)),
    )
    assert arena.run(arena.Setup(arena.Landscape("saddle"), rules)).winner == "adam"


def test_bad_setups_are_refused():
    with pytest.raises(ValueError, match="outside the window"):
        race(start=(99.0, 0.0))
    with pytest.raises(ValueError, match="no surface is called"):
        race("moon")
    with pytest.raises(formulas.FormulaError):
        arena.build(arena.Landscape("formula", formula="__import__('os')"))
    with pytest.raises(ValueError, match="not in this race"):
        arena.sweep(race(), "adam")


def test_a_landscape_without_a_bowl_has_no_curvatures_for_the_momentum_map():
    assert arena.curvatures(arena.build(arena.Landscape("saddle"))) is None
    assert arena.curvatures(arena.build(arena.Landscape("absolute"))) is None
    assert min(arena.curvatures(arena.build(arena.Landscape("himmelblau")))) > 0


def test_the_sweep_finds_the_cliff_and_the_basins_add_up():
    run = race("bowl")
    sweep = arena.sweep(run, "gradient_descent")
    beyond = sweep.learning_rates > 1.1 * sweep.cliff
    assert {sweep.outcomes[i] for i in np.flatnonzero(beyond)} == {"diverged"}
    chart = arena.basin_map(race(), "gradient_descent")
    assert chart.shares.sum() + chart.nowhere + chart.diverged == pytest.approx(1)


def test_the_momentum_map_agrees_with_the_walks_nearly_everywhere():
    chart = arena.momentum_map((1.0, 10.0))
    assert (chart.predicted_region == chart.measured_region).mean() > 0.97

import numpy as np
import pytest

from core.foundations import (
    classic_surfaces,
    data_losses,
    descent,
    optimizers,
    schedules,
    surfaces,
    swarms,
)


def plain(rate):
    return optimizers.make("gradient_descent", learning_rate=rate)


def test_a_race_runs_each_rule_as_if_it_were_alone():
    surface = classic_surfaces.get("himmelblau")
    racers = {name: optimizers.make(name, learning_rate=0.01) for name in optimizers.OPTIMIZERS}
    together = descent.race(surface, surface.start, racers, n_steps=60, noise=0.5, seed=4)
    for name, rule in racers.items():
        alone = descent.descend(surface, surface.start, rule, n_steps=60, noise=0.5, seed=4)
        np.testing.assert_array_equal(together[name].positions, alone.positions)


def test_a_racer_that_diverges_leaves_the_others_alone():
    surface = surfaces.bowl()
    racers = {"wild": plain(5.0), "calm": plain(0.1), "wilder": plain(1e9)}
    walks = descent.race(surface, surface.start, racers, n_steps=100)
    assert walks["wilder"].diverged_at < walks["wild"].diverged_at
    assert walks["calm"].diverged_at is None
    assert walks["calm"].n_done == 100
    calm_alone = descent.descend(surface, surface.start, plain(0.1), n_steps=100)
    np.testing.assert_array_equal(walks["calm"].positions, calm_alone.positions)


@pytest.mark.parametrize("name", classic_surfaces.SURFACES)
@pytest.mark.parametrize("rate", [0.0, 0.7, 1e9])
def test_whatever_the_learning_rate_every_number_stays_finite(name, rate):
    surface = classic_surfaces.get(name)
    racers = {key: optimizers.make(key, learning_rate=rate) for key in optimizers.OPTIMIZERS}
    for walk in descent.race(surface, surface.start, racers, n_steps=30).values():
        for numbers in (walk.positions, walk.losses, walk.gradients, walk.series("step")):
            assert np.isfinite(numbers).all()
        assert len(walk.positions) == walk.n_done + 1 == len(walk.losses)
        assert (
            walk.n_done == 30 if walk.diverged_at is None else walk.diverged_at == walk.n_done + 1
        )


def test_stepping_where_there_is_no_height_ends_the_walk():
    # At x = 0.2 the slope of log(x) − x is 4: half of it leads to −1.8, where log has no value.
    surface = surfaces.from_formula("log(x) - x + y^2", window=((0.05, 3.0), (-1.0, 1.0)))
    walk = descent.descend(surface, [0.2, 0.5], plain(0.5), n_steps=50)
    assert walk.diverged_at == 1
    assert walk.positions.tolist() == [[0.2, 0.5]]
    assert np.isfinite(walk.losses).all()


def test_a_start_without_height_is_refused():
    surface = surfaces.from_formula("log(x) + y^2")
    with pytest.raises(ValueError, match="no height"):
        descent.descend(surface, [-1.0, 0.0], plain(0.1))


def test_a_learning_rate_of_zero_goes_nowhere():
    walk = descent.descend(surfaces.bowl(), [1.0, 1.0], plain(0.0), n_steps=5)
    assert (walk.positions == [1.0, 1.0]).all()


def test_the_replayed_log_adds_up_to_the_path():
    surface = classic_surfaces.get("rosenbrock")
    for name in ("momentum", "adam", "nadam", "newton"):
        rule = optimizers.make(name, learning_rate=1e-3)
        walk = descent.descend(surface, surface.start, rule, n_steps=50, noise=1.0, seed=2)
        steps = walk.series("step")
        np.testing.assert_allclose(walk.positions[1:], walk.positions[:-1] + steps, rtol=1e-15)
        np.testing.assert_array_equal(walk.series("position"), walk.positions[:-1])
        np.testing.assert_array_equal(walk.series("gradient"), walk.gradients)


def test_noise_has_the_asked_size_and_the_seed_decides_it():
    surface = surfaces.bowl(condition=1)
    first = descent.descend(surface, [0.0, 0.0], plain(0.0), n_steps=4000, noise=0.5, seed=1)
    again = descent.descend(surface, [0.0, 0.0], plain(0.0), n_steps=4000, noise=0.5, seed=1)
    other = descent.descend(surface, [0.0, 0.0], plain(0.0), n_steps=4000, noise=0.5, seed=2)
    np.testing.assert_array_equal(first.gradients, again.gradients)
    assert (first.gradients != other.gradients).any()
    np.testing.assert_allclose(first.gradients.std(axis=0), 0.5, rtol=0.05)
    np.testing.assert_allclose(first.gradients.mean(axis=0), 0.0, atol=0.05)


def test_mini_batches_deal_out_all_rows_before_any_comes_again():
    surface = data_losses.logistic_regression()
    walk = descent.descend(surface, [1.0, 1.0], plain(0.0), n_steps=23, batch_size=1, seed=3)
    np.testing.assert_allclose(
        walk.gradients.mean(axis=0), surface.gradient([1.0, 1.0]), atol=1e-12
    )
    assert walk.gradients.std(axis=0).min() > 0.05


def test_all_rows_as_one_batch_is_plain_descent():
    surface = data_losses.linear_regression()
    full = descent.descend(surface, surface.start, plain(0.1), n_steps=30)
    batch = descent.descend(
        surface, surface.start, plain(0.1), n_steps=30, batch_size=surface.n_rows
    )
    np.testing.assert_allclose(full.positions, batch.positions, atol=1e-12)


def test_a_schedule_scales_the_rate_of_each_step():
    factors = schedules.factors("step", 4, drop=0.5, drop_every=2)
    walk = descent.descend(
        classic_surfaces.get("parabola"), [1.0], plain(0.4), n_steps=4, factors=factors
    )
    assert walk.rates.tolist() == [0.4, 0.4, 0.2, 0.2]
    np.testing.assert_allclose(walk.positions.ravel(), [1, 0.6, 0.36, 0.288, 0.2304])


def test_a_swarm_walks_as_its_members_would():
    surface = classic_surfaces.get("himmelblau")
    starts = np.array([[-4.0, -4.0], [0.0, 0.0], [4.0, 1.0]])
    for name in optimizers.OPTIMIZERS:
        rule = optimizers.make(name, learning_rate=0.01)
        crowd = swarms.swarm(surface, starts, rule, n_steps=40, keep_path=True)
        for i, start in enumerate(starts):
            alone = descent.descend(surface, start, rule, n_steps=40)
            np.testing.assert_allclose(crowd.path[:, i], alone.positions, rtol=1e-9, atol=1e-9)


def test_a_swarm_freezes_what_diverges():
    surface = surfaces.bowl(condition=1)
    crowd = swarms.swarm(
        surface, [[1.0, 1.0]] * 3, plain(0.1), n_steps=200, learning_rates=[0.1, 3.0, np.inf]
    )
    alone = descent.descend(surface, [1.0, 1.0], plain(3.0), n_steps=200)
    assert crowd.diverged_at.tolist() == [0, alone.diverged_at, 1]
    np.testing.assert_allclose(crowd.positions[1], alone.positions[-1])
    assert np.isfinite(crowd.positions).all()


@pytest.mark.parametrize(
    ("start", "settings", "reason"),
    [
        ([9.0, 9.0], {}, "outside the window"),
        ([np.nan, 0.0], {}, "outside the window"),
        ([1.0], {}, "2 coordinates"),
        ([1.0, 1.0], {"n_steps": 0}, "n_steps"),
        ([1.0, 1.0], {"n_steps": 10**6}, "n_steps"),
        ([1.0, 1.0], {"noise": -1.0}, "noise"),
        ([1.0, 1.0], {"noise": np.nan}, "noise"),
        ([1.0, 1.0], {"batch_size": 2}, "not made of data"),
        ([1.0, 1.0], {"factors": np.ones(3)}, "factors"),
    ],
)
def test_impossible_walks_are_refused(start, settings, reason):
    with pytest.raises(ValueError, match=reason):
        descent.descend(surfaces.bowl(), start, plain(0.1), **settings)


def test_impossible_crowds_are_refused():
    surface = data_losses.linear_regression()
    with pytest.raises(ValueError, match="batch_size"):
        descent.descend(surface, surface.start, plain(0.1), batch_size=51)
    with pytest.raises(ValueError, match="at least one"):
        descent.race(surface, surface.start, {})
    with pytest.raises(ValueError, match="shape"):
        swarms.swarm(surface, [1.0, 2.0], plain(0.1))
    with pytest.raises(ValueError, match="rates"):
        swarms.swarm(surface, [[1.0, 2.0]], plain(0.1), learning_rates=[0.1, 0.2])


@pytest.mark.parametrize("step", [0, 6])
def test_only_steps_that_were_taken_have_a_formula(step):
    walk = descent.descend(surfaces.bowl(), [1.0, 1.0], plain(0.1), n_steps=5)
    with pytest.raises(ValueError, match="step must be"):
        walk.formulas(step)

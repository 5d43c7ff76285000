import numpy as np
import pytest

from core.foundations import (
    basins,
    classic_surfaces,
    descent,
    optimizers,
    surfaces,
    sweeps,
    verdict,
)


def test_a_sweep_agrees_with_single_walks():
    surface = classic_surfaces.get("himmelblau")
    rates = np.geomspace(1e-4, 1.0, 9)
    for name in ("gradient_descent", "momentum", "adam"):
        sweep = sweeps.learning_rate_sweep(
            surface, surface.start, optimizers.make(name), learning_rates=rates, n_steps=150
        )
        for i, rate in enumerate(rates):
            rule = optimizers.make(name, learning_rate=rate)
            walk = descent.descend(surface, surface.start, rule, n_steps=150)
            result = verdict.judge(surface, walk)
            assert sweep.outcomes[i] == result.kind
            if result.kind != "diverged":
                assert sweep.final_losses[i] == pytest.approx(walk.final_loss, rel=1e-9)
            else:
                assert np.isnan(sweep.final_losses[i])


@pytest.mark.parametrize("condition", [1.0, 7.0, 60.0])
@pytest.mark.parametrize("name", ["gradient_descent", "momentum", "nesterov"])
def test_the_cliff_is_where_walks_begin_to_diverge(name, condition):
    surface = surfaces.bowl(condition=condition)
    rule = optimizers.make(name)
    cliff = sweeps.learning_rate_sweep(
        surface, [1.0, 1.0], rule, learning_rates=[0.01], n_steps=50
    ).cliff
    sweep = sweeps.learning_rate_sweep(
        surface, [1.0, 1.0], rule, learning_rates=[0.97 * cliff, 1.03 * cliff], n_steps=4000
    )
    assert sweep.outcomes[0] != "diverged"
    assert sweep.outcomes[1] == "diverged"


def test_theory_is_silent_where_it_has_nothing_to_say():
    saddle, bowl = classic_surfaces.get("saddle"), surfaces.bowl()
    plain, adam = optimizers.make("gradient_descent"), optimizers.make("adam")
    one = {"learning_rates": [0.1], "n_steps": 20}
    assert sweeps.learning_rate_sweep(saddle, [1.0, 0.1], plain, **one).cliff is None
    assert sweeps.learning_rate_sweep(bowl, [1.0, 0.1], adam, **one).cliff is None
    assert sweeps.learning_rate_sweep(bowl, [1.0, 0.1], plain, **one).cliff == pytest.approx(0.2)


def test_a_rate_that_leaves_the_formulas_domain_counts_as_diverged():
    surface = surfaces.from_formula("x - log(x) + y^2", window=((0.05, 3.0), (-1.0, 1.0)))
    rule = optimizers.make("gradient_descent")
    sweep = sweeps.learning_rate_sweep(
        surface, [2.5, 0.5], rule, learning_rates=[0.1, 10.0], n_steps=300
    )
    assert sweep.outcomes == ("minimum", "diverged")
    assert sweep.diverged_at.tolist() == [0, 1]
    assert sweep.final_losses[0] == pytest.approx(1.0)


def test_the_best_rate_is_the_one_with_the_lowest_end():
    sweep = sweeps.learning_rate_sweep(
        classic_surfaces.get("parabola"),
        [1.0],
        optimizers.make("gradient_descent"),
        learning_rates=[0.001, 1.0, 2.5],
        n_steps=400,
    )
    assert sweep.best == 1
    lost = sweeps.learning_rate_sweep(
        classic_surfaces.get("parabola"),
        [1.0],
        optimizers.make("gradient_descent"),
        learning_rates=[5.0],
        n_steps=400,
    )
    assert lost.best is None


@pytest.mark.parametrize("rates", [[-0.1], [np.nan], [[0.1]], 0.1])
def test_a_sweep_needs_a_list_of_rates(rates):
    with pytest.raises(ValueError, match="learning_rates"):
        sweeps.learning_rate_sweep(
            surfaces.bowl(), [1.0, 1.0], optimizers.make("adam"), learning_rates=rates
        )


def test_measured_momentum_regions_are_the_predicted_ones():
    chart = sweeps.momentum_map(
        [1.0, 10.0],
        learning_rates=np.linspace(0.011, 0.451, 31),
        momenta=np.linspace(0.0, 0.95, 21),
        n_steps=400,
    )
    agree = chart.predicted_region == chart.measured_region
    assert agree.mean() > 0.98
    assert set(chart.predicted_region.ravel()) == {0, 1, 2}
    clear = np.abs(chart.predicted_rate - 1) > 0.02
    np.testing.assert_allclose(
        chart.measured_rate[clear], chart.predicted_rate[clear], rtol=0.03, atol=0.01
    )


def test_polyaks_choice_is_the_fastest_of_the_map():
    rate, momentum = sweeps.momentum_map([1.0, 16.0], learning_rates=[0.1], momenta=[0.1]).best
    assert (rate, momentum) == (pytest.approx(0.16), pytest.approx(0.36))
    rates, momenta = rate * np.linspace(0.5, 1.5, 41), np.linspace(0.0, 0.9, 46)
    chart = sweeps.momentum_map([1.0, 16.0], learning_rates=rates, momenta=momenta)
    at_best = sweeps.momentum_map([1.0, 16.0], learning_rates=[rate], momenta=[momentum])
    assert at_best.predicted_rate[0, 0] <= chart.predicted_rate.min() + 1e-9


@pytest.mark.parametrize(
    ("curvatures", "settings"),
    [
        ([], {}),
        ([-1.0], {}),
        ([1.0], {"learning_rates": [0.0]}),
        ([1.0], {"momenta": [1.0]}),
        ([1.0], {"n_steps": 3}),
    ],
)
def test_impossible_maps_are_refused(curvatures, settings):
    with pytest.raises(ValueError, match="must be"):
        sweeps.momentum_map(curvatures, **{"learning_rates": [0.1], "momenta": [0.5]} | settings)


def test_each_start_of_a_basin_map_ends_where_its_walk_ends():
    surface = classic_surfaces.get("styblinski_tang")
    rule = optimizers.make("gradient_descent", learning_rate=0.02)
    chart = basins.basins(surface, rule, resolution=9, n_steps=200)
    for row, y in enumerate(chart.axes[1]):
        for column, x in enumerate(chart.axes[0]):
            end = descent.descend(surface, [x, y], rule, n_steps=200).positions[-1]
            gap = np.linalg.norm(np.array(surface.minima) - end, axis=1)
            label = chart.labels[row, column]
            if label >= 0:
                assert label == gap.argmin()
            else:
                assert gap.min() > 0.02 * surface.diagonal
    assert chart.shares.sum() + chart.nowhere + chart.diverged == pytest.approx(1.0)
    assert (chart.shares > 0.1).all()


def test_a_start_within_reach_of_two_minima_belongs_to_the_nearer():
    surface = classic_surfaces.get("himmelblau")
    still = optimizers.make("gradient_descent", learning_rate=0.0)
    chart = basins.basins(surface, still, resolution=12, n_steps=1, near=1.0)
    starts = np.stack(np.meshgrid(*chart.axes), axis=-1)
    gaps = np.linalg.norm(starts[:, :, None] - np.array(surface.minima), axis=-1)
    np.testing.assert_array_equal(chart.labels, gaps.argmin(axis=-1))


def test_too_large_a_rate_leaves_no_basin():
    rule = optimizers.make("gradient_descent", learning_rate=10.0)
    chart = basins.basins(surfaces.bowl(), rule, resolution=10, n_steps=200)
    assert chart.diverged == 1.0
    assert (chart.labels == basins.DIVERGED).all()


def test_impossible_basins_are_refused():
    rule = optimizers.make("adam")
    with pytest.raises(ValueError, match="no known minimum"):
        basins.basins(classic_surfaces.get("saddle"), rule)
    with pytest.raises(ValueError, match="resolution"):
        basins.basins(surfaces.bowl(), rule, resolution=1000)

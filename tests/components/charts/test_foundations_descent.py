import numpy as np
import pytest

from components.charts import foundations_descent, palette
from core.foundations import basins, classic_surfaces, optimizers, surfaces, sweeps


def fields(spec):
    """Every field name that some encoding of a specification reads."""
    if isinstance(spec, dict):
        found = {spec["field"]} if isinstance(spec.get("field"), str) else set()
        return found.union(*(fields(value) for value in spec.values()))
    if isinstance(spec, list):
        return set().union(*(fields(value) for value in spec))
    return set()


@pytest.fixture
def sweep():
    return sweeps.learning_rate_sweep(
        surfaces.bowl(condition=10),
        [1.0, 1.0],
        optimizers.make("gradient_descent"),
        learning_rates=[0.1, 0.19, 0.3],
    )


def test_the_sweep_draws_heights_outcomes_the_cliff_and_the_present_rate(sweep):
    drawing = foundations_descent.learning_rate_sweep(sweep, floor=0.0, present=0.15)
    assert drawing.frame["Outcome"].tolist() == ["minimum", "minimum", "diverged"]
    assert drawing.frame["Cliff"][0] == pytest.approx(0.2)
    assert drawing.frame["Present"][0] == 0.15
    assert drawing.frame["Lost rate"].isna().tolist() == [True, True, False]
    assert drawing.frame["Height"].isna().tolist() == [False, False, True]
    assert all(field in drawing.frame for field in fields(drawing.spec))


def test_a_rate_of_zero_has_no_place_on_a_log_axis(sweep):
    drawing = foundations_descent.learning_rate_sweep(sweep, floor=0.0, present=0.0)
    assert drawing.frame["Present"].isna().all()


def test_the_momentum_map_draws_what_is_asked_for_and_marks_the_best():
    chart = sweeps.momentum_map([1.0], learning_rates=[0.5, 1.5, 2.5], momenta=[0.0, 0.5])
    for source in ("theory", "measured"):
        drawing = foundations_descent.momentum_map(chart, source=source, present=(0.5, 0.5))
        region = drawing.frame["Region"].dropna().tolist()
        assert region[:3] == ["monotone", "oscillating", "divergent"]
        marks = drawing.frame.dropna(subset=["Mark"])
        assert marks["Mark"].tolist() == ["fastest in theory", "this race"]
        assert marks["Mark rate"].tolist() == pytest.approx([chart.best[0], 0.5])
        assert all(field in drawing.frame for field in fields(drawing.spec))
    with pytest.raises(ValueError, match="theory or measured"):
        foundations_descent.momentum_map(chart, source="guess", present=None)


def test_basins_colour_each_start_by_where_it_ends():
    surface = classic_surfaces.double_well()
    chart = basins.basins(surface, optimizers.make("gradient_descent"), resolution=4)
    drawing = foundations_descent.basins(chart, surface, (1.8,))
    cells = drawing.frame.dropna(subset=["Ends"])
    assert cells["Ends"].tolist() == ["minimum 1", "minimum 1", "minimum 2", "minimum 2"]
    assert len(set(cells["Hue"])) == 2
    assert drawing.frame["Mark"].dropna().tolist() == ["1", "2", "S"]
    assert all(field in drawing.frame for field in fields(drawing.spec))


def test_starts_that_diverge_or_end_nowhere_have_their_own_colours():
    surface = surfaces.bowl()
    for rate, ends, hue in (
        (100.0, "diverged", palette.NEGATIVE),
        (0.0, "no minimum", palette.BEFORE),
    ):
        rule = optimizers.make("gradient_descent", learning_rate=rate)
        chart = basins.basins(surface, rule, resolution=4)
        frame = foundations_descent.basins(chart, surface, (1.0, 1.0)).frame
        assert frame["Ends"][0] == ends
        assert frame["Hue"][0] == hue


def test_a_map_of_basins_stays_small():
    surface = classic_surfaces.himmelblau()
    chart = basins.basins(surface, optimizers.make("adam"), resolution=60, n_steps=5)
    frame = foundations_descent.basins(chart, surface, (0.0, 0.0)).frame
    assert len(frame) <= 5_000
    assert not any(frame.dtypes == np.float64)

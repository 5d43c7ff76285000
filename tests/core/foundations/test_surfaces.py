import math

import numpy as np
import pytest
import torch

from core.foundations import classic_surfaces, data_losses, formulas, surfaces

TAU = 2 * math.pi
TWINS = {
    "parabola": lambda x: x**2 / 2,
    "absolute": torch.abs,
    "double_well": lambda x: (x**2 - 1) ** 2 + x / 4,
    "bowl": lambda x, y: (x**2 + 10 * y**2) / 2,
    "ravine": lambda x, y: (x + y) ** 2 / 4 + 15 * (x - y) ** 2,
    "rosenbrock": lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
    "beale": lambda x, y: (
        (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2
    ),
    "himmelblau": lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
    "saddle": lambda x, y: (x**2 - y**2) / 2,
    "monkey_saddle": lambda x, y: x**3 - 3 * x * y**2,
    "rastrigin": lambda x, y: 20 + x**2 + y**2 - 10 * torch.cos(TAU * x) - 10 * torch.cos(TAU * y),
    "styblinski_tang": lambda x, y: (x**4 - 16 * x**2 + 5 * x + y**4 - 16 * y**2 + 5 * y) / 2,
    "plateau": lambda x, y: 1 - torch.exp(-2 * (x**2 + y**2)),
    "cliff": lambda x, y: (x**2 + y**2) / 4 + 2 * torch.tanh(12 * (x - 1)),
}


def every_surface():
    return [classic_surfaces.get(name) for name in classic_surfaces.SURFACES] + [
        data_losses.linear_regression(),
        data_losses.linear_regression(standardize=False),
        data_losses.logistic_regression(),
    ]


def random_points(surface, n, seed=0):
    low, high = np.array(surface.window).T
    return low + (high - low) * np.random.default_rng(seed).random((n, surface.dim))


@pytest.mark.parametrize("name", classic_surfaces.SURFACES)
def test_slope_and_curvature_equal_autograd(name, autograd):
    surface = classic_surfaces.get(name)
    for point in random_points(surface, 12):
        value, slope, bend = autograd(TWINS[name], point)
        scale = 1 + np.abs(bend).max()
        assert surface.value(point) == pytest.approx(value, rel=1e-12, abs=1e-12)
        np.testing.assert_allclose(surface.gradient(point), slope, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(surface.hessian(point), bend, rtol=1e-9, atol=1e-9 * scale)


@pytest.mark.parametrize("surface", every_surface(), ids=lambda s: s.name)
def test_known_minima_are_minima(surface):
    for minimum in surface.minima:
        ring = np.array(minimum) + 1e-3 * random_points(surface, 30, seed=1) / surface.diagonal
        assert (surface.value(ring) > surface.value(minimum) - 1e-12).all()
        assert np.linalg.norm(surface.gradient(minimum)) < 1e-9
        assert all(
            low <= place <= high for place, (low, high) in zip(minimum, surface.window, strict=True)
        )


@pytest.mark.parametrize("surface", every_surface(), ids=lambda s: s.name)
def test_every_surface_is_complete(surface):
    low, high = np.array(surface.window).T
    assert ((low <= surface.start) & (surface.start <= high)).all()
    assert surface.idea.endswith(".")
    points = random_points(surface, 6).reshape(2, 3, surface.dim)
    assert surface.value(points).shape == (2, 3)
    assert surface.gradient(points).shape == (2, 3, surface.dim)
    assert surface.hessian(points).shape == (2, 3, surface.dim, surface.dim)
    np.testing.assert_allclose(surface.value(points[1, 2]), surface.value(points)[1, 2])


@pytest.mark.parametrize("name", ["himmelblau", "rastrigin", "styblinski_tang", "beale"])
def test_searching_finds_the_minima_that_theory_knows(name):
    surface = classic_surfaces.get(name)
    found = np.array(surfaces.find_minima(surface))
    assert len(found) == len(surface.minima)
    for minimum in surface.minima:
        assert np.linalg.norm(found - minimum, axis=1).min() < 1e-8


def test_a_typed_surface_equals_the_one_by_hand():
    typed = surfaces.from_formula("(1 - x)^2 + 100 (y - x^2)^2", window=((-2, 2), (-1, 3)))
    by_hand = classic_surfaces.get("rosenbrock")
    points = random_points(by_hand, 50)
    for method in ("value", "gradient", "hessian"):
        np.testing.assert_allclose(
            getattr(typed, method)(points), getattr(by_hand, method)(points), rtol=1e-10, atol=1e-9
        )
    assert typed.minima == ((1.0, 1.0),)


def test_a_typed_constant_or_one_letter_surface_still_has_shapes():
    flat = surfaces.from_formula("3")
    assert flat.value(np.zeros((4, 2))).tolist() == [3.0] * 4
    curve = surfaces.from_formula("x^4", window=((-1, 1),))
    assert curve.dim == 1
    assert curve.gradient([[0.5]]).tolist() == [[0.5]]


@pytest.mark.parametrize("text", ["log(-1 - x^2)", "sqrt(-2 - abs(y))"])
def test_a_formula_without_value_in_the_window_is_refused(text):
    with pytest.raises(formulas.FormulaError, match="no value"):
        surfaces.from_formula(text)


@pytest.mark.parametrize("window", [((1.0, 1.0), (0.0, 1.0)), (), ((0, 1),) * 3])
def test_an_empty_window_is_refused(window):
    with pytest.raises(ValueError, match="window"):
        surfaces.from_formula("x", window=window)


@pytest.mark.parametrize("condition", [0.5, float("nan"), float("inf")])
def test_a_bowl_needs_a_condition_of_at_least_one(condition):
    with pytest.raises(ValueError, match="condition"):
        surfaces.bowl(condition=condition)


def test_random_starts_differ_and_lie_where_there_is_a_height():
    surface = surfaces.from_formula("log(x) + y^2")
    starts = np.array([surfaces.random_start(surface, seed=seed) for seed in range(20)])
    assert np.isfinite(surface.value(starts)).all()
    assert len(np.unique(starts, axis=0)) == 20
    nowhere = surfaces.replace(surface, height=lambda x, y: np.nan * x)
    with pytest.raises(ValueError, match="hardly any height"):
        surfaces.random_start(nowhere, seed=0)


def test_unknown_surfaces_and_grids_are_refused():
    with pytest.raises(ValueError, match="no surface"):
        classic_surfaces.get("everest")
    with pytest.raises(ValueError, match="resolution"):
        surfaces.sample(surfaces.bowl(), resolution=1)


def test_the_regression_line_is_the_published_one():
    weight, bias = data_losses.linear_regression(standardize=False).minima[0]
    assert (weight, bias) == (pytest.approx(3.9324, abs=5e-5), pytest.approx(-17.5791, abs=5e-5))


def test_the_seal_model_is_the_published_one():
    weight, bias = data_losses.logistic_regression().minima[0]
    spread = data_losses.LAUNCH_TEMPERATURES.std()
    per_degree = weight / spread
    intercept = bias - per_degree * data_losses.LAUNCH_TEMPERATURES.mean()
    assert per_degree == pytest.approx(-0.2322, abs=1e-4)
    assert intercept == pytest.approx(15.0429, abs=1e-3)


@pytest.mark.parametrize(
    "surface",
    [data_losses.linear_regression(), data_losses.logistic_regression()],
    ids=lambda s: s.name,
)
def test_all_rows_together_give_the_true_slope(surface, autograd):
    points = random_points(surface, 5)
    rows = np.arange(surface.n_rows)
    exact = surface.gradient(points)
    np.testing.assert_allclose(surface.batch_slopes(points, rows), exact, atol=1e-12)
    single = [surface.batch_slopes(points, rows[i : i + 1]) for i in rows]
    np.testing.assert_allclose(np.mean(single, axis=0), exact, atol=1e-12)


def test_the_logistic_loss_equals_torch(autograd):
    surface = data_losses.logistic_regression()
    temperatures = data_losses.LAUNCH_TEMPERATURES
    x = torch.tensor((temperatures - temperatures.mean()) / temperatures.std())
    y = torch.tensor(data_losses.SEAL_DAMAGED)

    def twin(w, b):
        return torch.nn.functional.binary_cross_entropy_with_logits(w * x + b, y)

    for point in random_points(surface, 5):
        value, slope, bend = autograd(twin, point)
        assert surface.value(point) == pytest.approx(value, rel=1e-12)
        np.testing.assert_allclose(surface.gradient(point), slope, atol=1e-11)
        np.testing.assert_allclose(surface.hessian(point), bend, atol=1e-11)

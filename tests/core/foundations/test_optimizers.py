import numpy as np
import pytest
import torch

from core.foundations import classic_surfaces, descent, optimizers, schedules, surfaces

TORCH = {
    "gradient_descent": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "adagrad": (torch.optim.Adagrad, {}),
    "rmsprop": (torch.optim.RMSprop, {}),
    "adadelta": (torch.optim.Adadelta, {}),
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {}),
    "nadam": (torch.optim.NAdam, {}),
    "radam": (torch.optim.RAdam, {}),
}
PLACES = {"bowl": 0.02, "rosenbrock": 2e-4, "himmelblau": 2e-3}


@pytest.fixture
def double_precision():
    # NAdam keeps its running product in torch's default type.
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("double_precision")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", TORCH)
def test_every_step_equals_torch(name, place):
    surface, rate = classic_surfaces.get(place), PLACES[place]
    rate *= {"adadelta": 500, "adagrad": 20}.get(name, 1)
    walk = descent.descend(
        surface, surface.start, optimizers.make(name, learning_rate=rate), n_steps=1000
    )

    rule, settings = TORCH[name]
    point = torch.tensor(surface.start, dtype=torch.float64, requires_grad=True)
    twin, path = rule([point], lr=rate, foreach=False, **settings), [list(surface.start)]
    for _ in range(1000):
        point.grad = torch.from_numpy(surface.gradient(point.detach().numpy()))
        twin.step()
        path.append(point.tolist())

    assert walk.n_done == 1000
    assert np.abs(walk.positions - walk.positions[0]).max() > 0.1
    np.testing.assert_allclose(walk.positions, path, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_the_printed_formula_computes_what_the_code_computes(name):
    surface = classic_surfaces.get("rosenbrock")
    rule = optimizers.make(name, learning_rate=1e-3)
    walk = descent.descend(surface, surface.start, rule, n_steps=40, noise=0.1)
    for step in (1, 2, 7, 40):
        for axis in (0, 1):
            terms = walk.log[step - 1][axis]
            for line in walk.formulas(step, axis=axis):
                assert line.value == pytest.approx(terms[line.term], rel=1e-12, abs=1e-300)
            assert walk.positions[step, axis] == pytest.approx(
                walk.positions[step - 1, axis] + terms["step"], rel=1e-15
            )


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_every_symbol_of_a_formula_is_typeset(name):
    surface = surfaces.bowl()
    walk = descent.descend(surface, surface.start, optimizers.make(name), n_steps=3)
    for line in walk.formulas(3):
        assert "_before" not in line.symbolic
        assert not set(line.worked.split()) & {"gradient", "rate", "momentum", "beta1"}


def test_a_worked_formula_reads_as_by_hand():
    walk = descent.descend(
        classic_surfaces.get("parabola"),
        [2.0],
        optimizers.make("momentum", learning_rate=0.5, momentum=0.5),
        n_steps=2,
    )
    velocity, step = walk.formulas(2)
    assert velocity.symbolic == r"v = \beta \, v_{t-1} + g"
    assert velocity.worked == r"v = 0.5 \cdot 2 + 1 = 2"
    assert step.worked == r"\Delta\theta = -0.5 \cdot 2 = -1"


def test_newton_reaches_the_bottom_of_a_bowl_in_one_step():
    walk = descent.descend(
        surfaces.bowl(condition=100), [-2.0, 1.5], optimizers.make("newton", damping=0.0), n_steps=1
    )
    np.testing.assert_allclose(walk.positions[-1], [0, 0], atol=1e-15)


def test_newton_solves_the_full_system():
    surface = classic_surfaces.get("ravine")
    rule = optimizers.make("newton", damping=0.5, learning_rate=0.3)
    walk = descent.descend(surface, surface.start, rule, n_steps=1)
    damped = surface.hessian(surface.start) + 0.5 * np.eye(2)
    expected = -0.3 * np.linalg.solve(damped, surface.gradient(surface.start))
    np.testing.assert_allclose(walk.positions[1] - walk.positions[0], expected, rtol=1e-12)


def test_adam_begins_with_steps_of_the_learning_rate():
    walk = descent.descend(
        surfaces.bowl(condition=50), [-2.0, 1.0], optimizers.make("adam", learning_rate=0.1)
    )
    np.testing.assert_allclose(walk.positions[1] - walk.positions[0], [0.1, -0.1], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "settings", "reason"),
    [
        ("sgd9000", {}, "no optimiser"),
        ("adam", {"nesterov": 1.0}, "no setting"),
        ("adam", {"learning_rate": -0.1}, "at least 0"),
        ("adam", {"learning_rate": float("nan")}, "at least 0"),
        ("momentum", {"momentum": 1.0}, "below 1"),
        ("adam", {"beta2": 1.0}, "below 1"),
        ("rmsprop", {"eps": 0.0}, "above 0"),
    ],
)
def test_settings_out_of_range_are_refused(name, settings, reason):
    with pytest.raises(ValueError, match=reason):
        optimizers.make(name, **settings)


def _torch_factors(make_scheduler, n_steps):
    parameter = torch.zeros(1, requires_grad=True)
    rule = torch.optim.SGD([parameter], lr=1.0)
    scheduler = make_scheduler(rule)
    rates = []
    for _ in range(n_steps):
        rates.append(rule.param_groups[0]["lr"])
        rule.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(
    ("name", "settings", "twin"),
    [
        ("constant", {}, lambda rule: torch.optim.lr_scheduler.ConstantLR(rule, 1.0)),
        (
            "step",
            {"drop": 0.3, "drop_every": 7},
            lambda rule: torch.optim.lr_scheduler.StepLR(rule, 7, 0.3),
        ),
        ("cosine", {}, lambda rule: torch.optim.lr_scheduler.CosineAnnealingLR(rule, 40)),
        (
            "warm_up",
            {"warm_up_steps": 8},
            lambda rule: torch.optim.lr_scheduler.SequentialLR(
                rule,
                [
                    torch.optim.lr_scheduler.LinearLR(rule, 1 / 8, 1.0, 7),
                    torch.optim.lr_scheduler.CosineAnnealingLR(rule, 32),
                ],
                [8],
            ),
        ),
    ],
)
def test_schedules_equal_torch(name, settings, twin):
    expected = _torch_factors(twin, 40)
    np.testing.assert_allclose(schedules.factors(name, 40, **settings), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "settings", "reason"),
    [
        ("sometimes", {}, "no schedule"),
        ("step", {"drop_every": 0}, "at least 1"),
        ("step", {"drop": 0.0}, "drop"),
        ("warm_up", {"warm_up_steps": 0}, "at least 1"),
    ],
)
def test_schedules_out_of_range_are_refused(name, settings, reason):
    with pytest.raises(ValueError, match=reason):
        schedules.factors(name, 10, **settings)

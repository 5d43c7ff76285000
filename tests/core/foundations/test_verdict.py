import dataclasses

import numpy as np
import pytest

from core.foundations import classic_surfaces, data_losses, descent, optimizers, surfaces, verdict


def judged(name, start=None, rule="gradient_descent", *, n_steps=400, surface=None, **settings):
    surface = surface or classic_surfaces.get(name)
    noise = settings.pop("noise", 0.0)
    walk = descent.descend(
        surface,
        surface.start if start is None else start,
        optimizers.make(rule, **settings),
        n_steps=n_steps,
        noise=noise,
    )
    return verdict.judge(surface, walk)


CASES = [
    ("minimum", "parabola", None, {"learning_rate": 0.1}),
    ("minimum", "bowl", None, {"learning_rate": 0.1}),
    ("minimum", "himmelblau", [3.5, 2.5], {"learning_rate": 0.01}),
    ("minimum", "rosenbrock", None, {"rule": "newton"}),
    ("saddle", "saddle", [1.0, 0.0], {"learning_rate": 0.1}),
    ("saddle", "saddle", [0.0, 0.0], {"learning_rate": 0.1}),
    ("saddle", "saddle", [1.5, 1.0], {"rule": "newton"}),
    ("saddle", "monkey_saddle", [0.0, 0.0], {"learning_rate": 0.1}),
    ("saddle", "monkey_saddle", [1.2, 0.0], {"n_steps": 5000, "learning_rate": 0.05}),
    ("maximum", "himmelblau", [-0.27, -0.92], {"rule": "newton"}),
    ("plateau", "plateau", [-2.5, 2.0], {"learning_rate": 0.05}),
    ("plateau", "plateau", [2.9, 2.9], {"learning_rate": 0.5}),
    ("oscillating", "absolute", None, {"learning_rate": 0.3}),
    ("oscillating", "parabola", None, {"learning_rate": 2.0}),
    ("oscillating", "rastrigin", None, {"learning_rate": 0.03}),
    ("diverged", "parabola", None, {"learning_rate": 2.1}),
    ("diverged", "bowl", None, {"learning_rate": 1e9}),
    ("diverged", "rosenbrock", None, {"learning_rate": 0.1}),
    ("still moving", "rosenbrock", None, {"learning_rate": 1e-3}),
    ("still moving", "bowl", None, {"learning_rate": 1e-3}),
    ("still moving", "beale", None, {"learning_rate": 1e-4}),
    ("stalled", "bowl", None, {"learning_rate": 0.0}),
]


@pytest.mark.parametrize(("kind", "name", "start", "settings"), CASES)
def test_the_verdict_names_what_happened(kind, name, start, settings):
    result = judged(name, start, **settings)
    assert result.kind == kind, result.reason
    assert result.reason.endswith(".")


@pytest.mark.parametrize("rule", ["gradient_descent", "momentum", "adam", "adagrad", "rmsprop"])
@pytest.mark.parametrize("name", ["saddle", "monkey_saddle"])
def test_a_surface_without_minimum_never_gets_the_verdict_minimum(name, rule):
    surface = classic_surfaces.get(name)
    for start in ([1.0, 0.0], [0.5, 0.0], [0.0, 0.0], [1.0, 1e-8], [-1.0, 0.3]):
        for n_steps in (3, 50, 1000):
            for rate in (1e-4, 0.01, 0.3):
                result = judged(name, start, rule, n_steps=n_steps, learning_rate=rate)
                assert result.kind != "minimum", (start, n_steps, rate)
    assert not surface.minima


def test_the_numbers_behind_a_verdict_are_those_of_the_last_point():
    surface = classic_surfaces.get("himmelblau")
    rule = optimizers.make("gradient_descent", learning_rate=0.01)
    walk = descent.descend(surface, [-3.0, -3.0], rule)
    result = verdict.judge(surface, walk)
    end = walk.positions[-1]
    assert result.gradient_norm == pytest.approx(np.linalg.norm(surface.gradient(end)))
    np.testing.assert_allclose(result.eigenvalues, np.linalg.eigvalsh(surface.hessian(end)))
    nearest = np.linalg.norm(np.array(surface.minima) - end, axis=1).argmin()
    assert result.minimum_index == nearest == 2
    assert "minimum 3" in result.reason


def test_the_step_that_diverged_is_named():
    result = judged("bowl", learning_rate=1e9)
    assert result.reason == "It diverged at step 1."


def test_a_corner_counts_as_a_minimum_when_the_walk_lands_on_it():
    assert judged("absolute", [1.5], learning_rate=0.5).kind == "minimum"


def test_noise_keeps_a_walk_from_settling():
    result = judged("bowl", noise=5.0, learning_rate=0.1)
    assert result.kind == "oscillating"


def test_mini_batches_hover_about_the_minimum_of_a_real_loss():
    surface = data_losses.linear_regression()
    rule = optimizers.make("gradient_descent", learning_rate=0.3)
    settled = descent.descend(surface, surface.start, rule, n_steps=500)
    hovering = descent.descend(surface, surface.start, rule, n_steps=500, batch_size=1)
    assert verdict.judge(surface, settled).kind == "minimum"
    assert verdict.judge(surface, hovering).kind == "oscillating"


def test_a_minimum_that_is_not_listed_is_still_a_minimum():
    listed = surfaces.from_formula("(x - 1)^2 + y^2")
    unlisted = dataclasses.replace(listed, minima=())
    for surface, index in ((listed, 0), (unlisted, None)):
        result = judged("", [0.0, 1.0], surface=surface, learning_rate=0.1)
        assert (result.kind, result.minimum_index) == ("minimum", index)

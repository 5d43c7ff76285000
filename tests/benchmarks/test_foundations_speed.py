"""Part 1 must feel immediate: its limits in milliseconds, and torch.optim as the peer."""

import json
import time

import numpy as np
import pytest
import torch

from core.foundations import (
    basins,
    classic_surfaces,
    descent,
    optimizers,
    payload,
    sweeps,
    verdict,
)

pytestmark = pytest.mark.bench

RULES = [name for name in optimizers.OPTIMIZERS if name != "newton"]
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


def best_ms(work, repeats=7):
    """Fastest of several runs, in processor time: others on the machine do not count."""
    times = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        times.append(1000 * (time.process_time() - began))
    return min(times)


def race_with_verdicts(n_steps=1000):
    surface = classic_surfaces.get("rosenbrock")
    racers = {name: optimizers.make(name, learning_rate=1e-4) for name in RULES}
    walks = descent.race(surface, surface.start, racers, n_steps=n_steps)
    scale = verdict.yardstick(surface)
    verdicts = {name: verdict.judge(surface, walk, scale=scale) for name, walk in walks.items()}
    return surface, walks, verdicts


def test_a_thousand_steps_of_ten_rules_with_verdicts_take_under_100_ms():
    taken = best_ms(race_with_verdicts)
    print(f"race of 10 x 1,000 steps with verdicts: {taken:.0f} ms")
    assert taken < 100


def test_the_race_is_many_times_faster_than_torch_optim():
    surface = classic_surfaces.get("rosenbrock")

    def with_torch():
        for rule, settings in TORCH.values():
            point = torch.tensor(surface.start, dtype=torch.float64, requires_grad=True)
            twin = rule([point], lr=1e-4, **settings)
            for _ in range(100):
                point.grad = torch.from_numpy(surface.gradient(point.detach().numpy()))
                twin.step()

    ratio = best_ms(with_torch, 3) / best_ms(lambda: race_with_verdicts(100), 3)
    print(f"torch.optim takes {ratio:.1f} times as long")
    assert ratio > 3


@pytest.mark.parametrize("name", ["gradient_descent", "adam"])
def test_a_sweep_of_200_rates_takes_under_a_second(name):
    surface = classic_surfaces.get("rosenbrock")
    taken = best_ms(
        lambda: sweeps.learning_rate_sweep(
            surface,
            surface.start,
            optimizers.make(name),
            learning_rates=np.geomspace(1e-6, 1, 200),
            n_steps=500,
        ),
        3,
    )
    print(f"sweep of 200 rates x 500 steps, {name}: {taken:.0f} ms")
    assert taken < 1000


@pytest.mark.parametrize("name", ["gradient_descent", "nadam"])
def test_a_basin_map_of_100_by_100_takes_under_a_second(name):
    surface = classic_surfaces.get("himmelblau")
    rule = optimizers.make(name, learning_rate=0.01)
    taken = best_ms(lambda: basins.basins(surface, rule, resolution=100, n_steps=300), 3)
    print(f"basins 100 x 100, 300 steps, {name}: {taken:.0f} ms")
    assert taken < 1000


def test_packing_a_ten_way_race_is_small_and_quick():
    surface, walks, verdicts = race_with_verdicts(500)

    def pack_afresh():
        for walk in walks.values():
            walk.__dict__.pop("log", None)  # the replay is kept on the walk once made
        return payload.pack(surface, walks, verdicts)

    size = len(json.dumps(pack_afresh()))
    taken = best_ms(pack_afresh)
    print(f"payload {size / 1000:.0f} kB in {taken:.0f} ms")
    assert size < 300_000
    assert taken < 120

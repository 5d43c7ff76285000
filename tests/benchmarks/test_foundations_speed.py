"""Part 1 must feel immediate: its limits in milliseconds, and torch.optim as the peer."""

import json

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


def race_with_verdicts(n_steps=1000):
    surface = classic_surfaces.get("rosenbrock")
    racers = {name: optimizers.make(name, learning_rate=1e-4) for name in RULES}
    walks = descent.race(surface, surface.start, racers, n_steps=n_steps)
    scale = verdict.yardstick(surface)
    verdicts = {name: verdict.judge(surface, walk, scale=scale) for name, walk in walks.items()}
    return surface, walks, verdicts


def test_a_thousand_steps_of_ten_rules_with_verdicts(against):
    against(race_with_verdicts, label="race of 10 x 1,000 steps with verdicts (aim: 100 ms)")


def test_a_race_of_ten_rules_against_torch_optim(against):
    surface = classic_surfaces.get("rosenbrock")

    def with_torch():
        for rule, settings in TORCH.values():
            point = torch.tensor(surface.start, dtype=torch.float64, requires_grad=True)
            twin = rule([point], lr=1e-4, **settings)
            for _ in range(100):
                point.grad = torch.from_numpy(surface.gradient(point.detach().numpy()))
                twin.step()

    against(
        lambda: race_with_verdicts(100), with_torch, label="race of 10 x 100 steps, torch.optim"
    )


@pytest.mark.parametrize("name", ["gradient_descent", "adam"])
def test_a_sweep_of_200_rates(against, name):
    surface = classic_surfaces.get("rosenbrock")
    rates = np.geomspace(1e-6, 1, 200)

    def sweep():
        sweeps.learning_rate_sweep(
            surface, surface.start, optimizers.make(name), learning_rates=rates, n_steps=500
        )

    against(sweep, label=f"sweep of 200 rates x 500 steps, {name} (aim: 1,000 ms)")


@pytest.mark.parametrize("name", ["gradient_descent", "nadam"])
def test_a_basin_map_of_100_by_100(against, name):
    surface = classic_surfaces.get("himmelblau")
    rule = optimizers.make(name, learning_rate=0.01)

    def map_basins():
        basins.basins(surface, rule, resolution=100, n_steps=300)

    against(map_basins, label=f"basins 100 x 100, 300 steps, {name} (aim: 1,000 ms)")


def test_packing_a_ten_way_race(against):
    surface, walks, verdicts = race_with_verdicts(500)

    def pack_afresh():
        for walk in walks.values():
            walk.__dict__.pop("log", None)  # the replay is kept on the walk once made
        return payload.pack(surface, walks, verdicts)

    size_kb = len(json.dumps(pack_afresh())) / 1000
    against(pack_afresh, label=f"payload of a ten-way race of 500 steps, {size_kb:.0f} kB")

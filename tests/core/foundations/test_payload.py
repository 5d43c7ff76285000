import json

import numpy as np

from core.foundations import classic_surfaces, descent, optimizers, payload, surfaces, verdict


def parcel(surface, rate=1e-3, n_steps=500):
    racers = {name: optimizers.make(name, learning_rate=rate) for name in optimizers.OPTIMIZERS}
    del racers["newton"]
    walks = descent.race(surface, surface.start, racers, n_steps=n_steps)
    verdicts = {name: verdict.judge(surface, walk) for name, walk in walks.items()}
    return walks, payload.pack(surface, walks, verdicts)


def test_ten_walks_of_500_steps_weigh_less_than_300_kb():
    walks, packed = parcel(classic_surfaces.get("rosenbrock"))
    assert len(walks) == 10
    assert all(walk.n_done == 500 for walk in walks.values())
    assert len(json.dumps(packed)) < 300_000


def test_what_is_unpacked_is_what_was_packed():
    walks, packed = parcel(classic_surfaces.get("himmelblau"), n_steps=40)
    for racer in packed["racers"]:
        walk = walks[racer["name"]]
        positions = payload.unpack(racer["positions"]).reshape(racer["shape"])
        np.testing.assert_allclose(positions, walk.positions, rtol=1e-6)
        np.testing.assert_allclose(payload.unpack(racer["losses"]), walk.losses, rtol=1e-6)
        for term, text in racer["terms"].items():
            series = payload.unpack(text).reshape(-1, 2)
            np.testing.assert_allclose(series, walk.series(term), rtol=1e-6, atol=1e-30)
    adam = next(racer for racer in packed["racers"] if racer["name"] == "adam")
    assert set(adam["terms"]) == {"momentum", "square"}


def test_a_race_of_the_diverged_can_still_be_packed_and_drawn():
    walks, packed = parcel(surfaces.bowl(), rate=1e9, n_steps=20)
    text = json.dumps(packed, allow_nan=False)
    assert "It diverged at step 1." in text
    for racer in packed["racers"]:
        assert np.isfinite(payload.unpack(racer["losses"])).all()
    assert walks["gradient_descent"].n_done == 0


def test_numbers_too_large_for_float32_stay_drawable():
    assert np.isfinite(payload.unpack(payload.encode([1e300, -1e300]))).all()


def test_a_grid_keeps_its_gaps():
    surface = surfaces.from_formula("log(x) + y^2")
    packed = payload.pack_grid(surfaces.sample(surface, resolution=9))
    heights = payload.unpack(packed["heights"]).reshape(packed["shape"])
    assert np.isnan(heights[:, :5]).all()
    assert np.isfinite(heights[:, 5:]).all()
    assert packed["axes"] == [[-3.0, 3.0], [-3.0, 3.0]]

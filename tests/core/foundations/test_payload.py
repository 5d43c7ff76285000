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
        heights = payload.unpack(racer["heights"])
        np.testing.assert_allclose(heights, walk.losses - packed["floor"], rtol=1e-6)


def evaluate(tree, values):
    """Work out a packed tree, as the browser does."""
    if isinstance(tree, float):
        return tree
    if isinstance(tree, str):
        return values[tree]
    one, *two = [evaluate(part, values) for part in tree[1:]]
    return {
        "+": lambda: one + two[0],
        "-": lambda: one - two[0],
        "*": lambda: one * two[0],
        "/": lambda: one / two[0],
        "^": lambda: one ** two[0],
        "negate": lambda: -one,
        "sqrt": lambda: one**0.5,
    }[tree[0]]()


def test_every_step_can_be_worked_out_again_from_the_packed_rule():
    surface = classic_surfaces.get("himmelblau")
    racers = {name: optimizers.make(name) for name in optimizers.OPTIMIZERS}
    walks = descent.race(surface, surface.start, racers, n_steps=30)
    verdicts = {name: verdict.judge(surface, walk) for name, walk in walks.items()}
    for racer in payload.pack(surface, walks, verdicts)["racers"]:
        walk, rule = walks[racer["name"]], racer["rule"]
        slopes = payload.unpack(racer["gradients"]).reshape(-1, 2)
        given = {term: payload.unpack(text).reshape(-1, 2) for term, text in racer["given"].items()}
        before = {f"{term}_before": 0.0 for term in rule["memory"]} | {"product_before": 1.0}
        for n in range(walk.n_done):
            values = {**rule["settings"], **before, "t": n + 1.0, "gradient": slopes[n, 0]}
            values |= {"position": walk.positions[n, 0], "rate": walk.rates[n]}
            values |= {term: series[n, 0] for term, series in given.items()}
            for term, tree in rule["lines"]:
                values[term] = evaluate(tree, values)
                before[f"{term}_before"] = values[term]
                expected = walk.log[n][0][term]
                np.testing.assert_allclose(values[term], expected, rtol=2e-4, atol=1e-6)


def test_only_what_no_formula_computes_travels_as_given():
    _, packed = parcel(classic_surfaces.get("himmelblau"), n_steps=5)
    given = {racer["name"]: set(racer["given"]) for racer in packed["racers"]}
    assert given.pop("radam") == {"rectify", "waiting"}
    assert not any(given.values())


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

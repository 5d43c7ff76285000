import numpy as np
import pytest

from core.networks import diagnosis, mlp, recording, seed_odds
from core.networks.seed_odds import Lottery

# Share of 1,000 seeds, weights from N(0, 1), learning rate 1, 5,000 steps on all four rows.
KNOWN = [
    ("sigmoid", 2, 0.725),
    ("tanh", 2, 0.52),
    ("relu", 2, 0.20),
    ("sigmoid", 4, 0.996),
    ("tanh", 4, 0.987),
    ("relu", 4, 0.579),
]


@pytest.mark.parametrize(("activation", "hidden", "known"), KNOWN)
def test_the_known_share_of_seeds_solves_xor(activation, hidden, known):
    odds = seed_odds.draw(Lottery(hidden=hidden, activation=activation))
    # Both shares are of 1,000 seeds, so the difference has twice the variance.
    sampling_error = np.sqrt(2 * known * (1 - known) / 1000)
    assert abs(odds.share - known) < 3 * sampling_error
    assert odds.standard_error == pytest.approx(np.sqrt(odds.share * (1 - odds.share) / 1000))


def test_a_start_near_zero_never_solves_it():
    assert seed_odds.draw(Lottery(hidden=4, start="small", n_seeds=200)).share == 0


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "leaky_relu", "gelu", "linear"])
def test_each_seed_is_trained_as_it_would_be_alone(activation, loss):
    lottery = Lottery(hidden=3, activation=activation, loss=loss, n_seeds=5, n_steps=200)
    odds = seed_odds.draw(lottery)
    for seed in range(5):
        run = recording.record(seed_odds.setup_of(lottery, seed))
        np.testing.assert_allclose(odds.starts[seed], run.weights[0], rtol=0, atol=0)
        np.testing.assert_allclose(odds.ends[seed], run.weights[-1], rtol=0, atol=1e-8)
        assert odds.losses[seed] == pytest.approx(run.train_losses[-1], abs=1e-9)
        assert odds.solved[seed] == (run.train_accuracies[-1] == 1)


def test_progress_is_reported_and_solved_seeds_know_since_when():
    reports = list(seed_odds.draw_in_steps(Lottery(n_seeds=40, n_steps=1100)))
    assert [odds.n_steps for odds in reports] == [250, 500, 750, 1000, 1100]
    last = reports[-1]
    assert ((last.solved_at >= 0) == last.solved).all()
    early = reports[0].solved_at
    assert (early[early >= 0] <= 250).all()
    assert sorted(last.failed + np.flatnonzero(last.solved).tolist()) == list(range(40))


def test_one_monotone_neuron_cannot_do_it_and_one_gelu_can():
    for activation in ("sigmoid", "tanh", "relu", "leaky_relu", "linear"):
        odds = seed_odds.draw(Lottery(hidden=1, activation=activation, n_seeds=100))
        assert odds.share == 0
        assert set(diagnosis.tally(odds)) <= {"too_small", "straight"}
    assert seed_odds.draw(Lottery(hidden=1, activation="gelu", n_seeds=100)).share > 0.9


def test_variants_differ_in_one_setting():
    pairs = seed_odds.variants(Lottery(n_seeds=7), "start")
    assert {value for value, _ in pairs} == set(mlp.INITS)
    assert all(variant.start == value and variant.n_seeds == 7 for value, variant in pairs)
    with pytest.raises(ValueError, match="cannot compare"):
        seed_odds.variants(Lottery(), "weather")


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden": 0},
        {"activation": "step"},
        {"n_seeds": 0},
        {"n_seeds": 3000},
        {"n_steps": 10**9},
        {"learning_rate": float("nan")},
        {"loss": "hinge"},
    ],
)
def test_a_lottery_outside_its_range_is_refused(settings):
    with pytest.raises(ValueError, match=r"must|no loss|activation|at least|hidden"):
        seed_odds.draw(Lottery(**settings))


@pytest.mark.parametrize(
    ("lottery", "kinds"),
    [
        (Lottery(start="zeros"), {"symmetry"}),
        (Lottery(start="constant"), {"symmetry"}),
        (Lottery(hidden=4, start="small"), {"symmetry"}),
        (Lottery(activation="tanh"), {"saturation"}),
        (Lottery(activation="linear"), {"straight"}),
        (Lottery(hidden=1), {"too_small"}),
        (Lottery(activation="relu"), {"dead", "plateau"}),
    ],
    ids=lambda value: "" if isinstance(value, set) else f"{value.hidden} {value.activation}",
)
def test_failed_seeds_get_the_diagnosis_that_their_setting_asks_for(lottery, kinds):
    odds = seed_odds.draw(
        Lottery(lottery.hidden, lottery.activation, start=lottery.start, n_seeds=60)
    )
    tally = diagnosis.tally(odds)
    assert set(tally) <= kinds
    assert sum(tally.values()) == len(odds.failed)


def test_a_solved_seed_is_called_solved_and_an_unfinished_one_unfinished():
    odds = seed_odds.draw(Lottery(n_seeds=20))
    solved = int(np.flatnonzero(odds.solved)[0])
    assert diagnosis.of_seed(odds, solved).kind == "solved"
    odds = seed_odds.draw(Lottery(n_seeds=20, n_steps=100))
    assert diagnosis.of_seed(odds, solved).kind == "still_learning"


def test_a_dead_layer_is_found_by_counting():
    odds = seed_odds.draw(Lottery(activation="relu", n_seeds=60))
    both_dead = 0
    for seed in odds.failed:
        found = diagnosis.of_seed(odds, seed)
        dead = {item.label: item.value for item in found.evidence}["Dead neurons"]
        to_x, to_y, bias = odds.ends[seed][:2], odds.ends[seed][2:4], odds.ends[seed][4:6]
        sums = np.array([bias, bias + to_y, bias + to_x, bias + to_x + to_y])
        assert dead == (sums <= 0).all(axis=0).sum()
        if dead == 2:
            both_dead += 1
            assert found.kind == "dead"
            assert found.sentence.startswith("2 of 2 ReLU neurons")
    assert both_dead > 0


def test_a_saturated_seed_is_explained_with_its_own_numbers():
    odds = seed_odds.draw(Lottery(activation="tanh", n_seeds=20))
    found = diagnosis.of_seed(odds, odds.failed[0])
    values = {item.label: item.value for item in found.evidence}
    assert values["Slope where it is wrong"] < 0.05
    assert f"{values['Slope where it is wrong']:.2g} of the steepest" in found.sentence
    assert f"{values['Pull of all']:.2g}" in found.sentence
    assert values["Left after cancelling"] < 0.01
    assert found.n_right + len(found.wrong_rows) == found.n_examples == 4


def test_a_wide_lottery_of_many_steps_draws_fewer_seeds():
    for _, one in seed_odds.variants(Lottery(n_steps=20_000), "hidden"):
        assert one.n_seeds * one.hidden * one.n_steps <= seed_odds.MOST_WORK
    assert all(one.n_seeds == 1000 for _, one in seed_odds.variants(Lottery(), "hidden"))

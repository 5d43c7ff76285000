"""Part 2 must answer at once: its limits in milliseconds, and PyTorch as the peer."""

import json

import pytest
import torch
from torch import nn

from core.networks import mlp, payload, recording, seed_odds, trace
from core.networks.architecture import FEATURES, Network, Training
from core.networks.datasets import DataSettings
from core.networks.recording import Setup
from core.networks.seed_odds import Lottery

pytestmark = pytest.mark.bench

N_PEERS = 5
SPIRAL = Setup(
    data=DataSettings("spiral", n_points=500),
    network=Network(hidden=(8, 8), activations=("tanh", "tanh")),
    training=Training(learning_rate=0.03, batch_size=10, n_epochs=200),
)


@pytest.fixture
def one_thread():
    """The peer at its best: so small a network only loses by a second thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def train_in_torch(seed, n_steps=5000):
    """One 2-2-1 network as a PyTorch beginner writes it."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1))
    inputs = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    targets = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
    cost = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    for _ in range(n_steps):
        optimizer.zero_grad()
        cost(model(inputs), targets).backward()
        optimizer.step()


@pytest.mark.usefixtures("one_thread")
def test_a_thousand_seeds_against_a_loop_in_torch(against):
    against(
        lambda: seed_odds.draw(Lottery()),
        lambda: [train_in_torch(seed) for seed in range(N_PEERS)],
        label="1,000 seeds × 5,000 steps of 2-2-1 (limit 5,000 ms; peer extrapolated from 5 seeds)",
        share=N_PEERS / 1000,
    )


def test_recording_a_training_with_all_its_frames(against):
    against(
        lambda: payload.pack(recording.record(SPIRAL)),
        label="2-8-8-1, 500 points, 200 epochs in batches of 10, all frames (limit 2,000 ms)",
    )


def test_the_size_of_a_parcel(against):
    widest = Setup(
        data=DataSettings("circle", n_points=500),
        network=Network(tuple(FEATURES), (16,) * 6, ("relu",) * 6),
        training=Training(learning_rate=0.01, n_epochs=200),
        start="he",
    )
    for name, setup in (("2-8-8-1", SPIRAL), ("7-16-16-16-16-16-16-1", widest)):
        run = recording.record(setup)
        size = len(json.dumps(payload.pack(run)))
        print(f"\n{name}, {run.n_frames} frames: {size / 1e6:.3f} MB (limit 1.5 MB)")
    run = recording.record(SPIRAL)
    against(lambda: json.dumps(payload.pack(run)), label="Packing 200 frames of 2-8-8-1")


def test_a_walk_with_every_gradient_checked(against):
    network = Network(hidden=(8, 8), activations=("tanh", "tanh"))
    weights = mlp.init(network, seed=1)
    against(
        lambda: trace.walk(network, weights, (0.5, 1.0), 1.0, Training()),
        label="Walk through 2-8-8-1 with 105 gradients checked",
    )

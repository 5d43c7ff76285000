"""The same networks in torch, and random ones to compare on."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import strategies as st
from torch.nn import functional

from core.networks.activations import ACTIVATIONS
from core.networks.architecture import FEATURES, Network

BENDS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": functional.relu,
    "leaky_relu": lambda z: functional.leaky_relu(z, 0.01),
    "gelu": lambda z: functional.gelu(z, approximate="tanh"),
    "linear": lambda z: z,
}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Networks this small are many times faster in torch without a second thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def torch_loss():
    """Mean loss of a network, written with torch's own functions."""

    def compute(network, weights, inputs, targets, loss):
        at, flow = 0, torch.as_tensor(inputs)
        bends = [BENDS[name] for name in network.layer_activations]
        for (n_in, n_out), bend in zip(itertools.pairwise(network.widths), bends, strict=True):
            matrix = weights[at : at + n_in * n_out].reshape(n_in, n_out).T
            bias = weights[at + n_in * n_out : at + (n_in + 1) * n_out]
            total = functional.linear(flow, matrix, bias)
            at += (n_in + 1) * n_out
            flow = bend(total)
        goal = torch.as_tensor(targets)
        if loss == "cross_entropy":
            return functional.binary_cross_entropy_with_logits(total[:, 0], goal)
        return functional.mse_loss(flow[:, 0], goal) / 2

    return compute


@st.composite
def networks(draw, *, most_layers=6, most_neurons=16):
    """Any network that the lab can build."""
    hidden = draw(st.lists(st.integers(1, most_neurons), max_size=most_layers))
    names = st.sampled_from(sorted(ACTIVATIONS))
    features = draw(st.lists(st.sampled_from(sorted(FEATURES)), min_size=1, unique=True))
    return Network(
        features=tuple(features),
        hidden=tuple(hidden),
        activations=tuple(draw(names) for _ in hidden),
        output=draw(st.sampled_from(["sigmoid", "tanh", "linear"])),
    )


@pytest.fixture
def xor():
    """The four rows and their answers."""
    return np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1, 1, 0])

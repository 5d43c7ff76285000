"""The schemes on real weights, against the packages that programs use."""

import logging

import gguf
import numpy as np
import pytest
import torch
from bitsandbytes import functional as bnb
from gguf import GGMLQuantizationType

from core.model_store import loading
from core.quantization import blocks, code_books, k_quants, schemes

pytestmark = pytest.mark.bench
logging.getLogger("bitsandbytes").setLevel(logging.ERROR)


@pytest.fixture(scope="module")
def matrices():
    """All weight matrices of SmolLM2, the embedding once."""
    loaded = loading.load_causal_lm("smollm2-135m-instruct")
    return [p.numpy() for p in loaded.model.parameters() if p.ndim == 2]


def test_nf4_of_all_weights_against_bitsandbytes(against, matrices):
    n_weights = sum(matrix.size for matrix in matrices)
    against(
        lambda: [code_books.encode(matrix.reshape(-1, 64), "nf4") for matrix in matrices],
        lambda: [
            bnb.quantize_4bit(torch.from_numpy(matrix), blocksize=64, quant_type="nf4")
            for matrix in matrices
        ],
        label=f"NF4 of all {n_weights:,} weights (aim: within 3 times the peer)",
        peer_rounds=3,
    )


@pytest.mark.parametrize("name", ["q4_0", "q8_0", "q4_1", "q5_0", "q5_1", "mxfp4"])
def test_gguf_blocks_of_all_weights_against_gguf_quants(against, matrices, name):
    kind = GGMLQuantizationType[name.upper()]
    against(
        lambda: [blocks.pack(blocks.encode(m.reshape(-1, 32), name), name) for m in matrices],
        lambda: [gguf.quants.quantize(matrix, kind) for matrix in matrices],
        label=f"{name} of all weights, packed (aim: at least as fast as the peer)",
        peer_rounds=3,
    )


@pytest.mark.parametrize("name", ["q4_k", "q6_k"])
def test_k_quants_of_the_embedding(against, matrices, name):
    embedding = max(matrices, key=lambda matrix: matrix.size).reshape(-1, 256)
    against(
        lambda: k_quants.pack(k_quants.encode(embedding, name), name),
        label=f"{name} of {embedding.size:,} weights",
        rounds=2,
    )


@pytest.mark.parametrize("name", ["int4_feedback", "int4_aware"])
def test_calibrated_schemes_on_one_matrix(against, matrices, name):
    matrix = next(m for m in matrices if m.shape == (576, 1536))
    inputs = np.random.default_rng(0).standard_normal((1024, 1536)).astype(np.float32)
    against(
        lambda: schemes.quantize(matrix, name, inputs=inputs),
        label=f"{name} of one matrix of 576 × 1,536",
        rounds=2,
    )

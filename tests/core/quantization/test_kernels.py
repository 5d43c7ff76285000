"""Models that compute with few bits, and the stop watch."""

import dataclasses
import sys

import numpy as np
import pytest
import torch

from core.quantization import evaluation, kernels, model_weights, schemes, speed, trial

WORKING = [name for name in kernels.KERNELS if name != "float32"]


def finish(work):
    while True:
        try:
            next(work)
        except StopIteration as finished:
            return finished.value


def logits(model):
    with torch.no_grad():
        return model(torch.arange(20)[None]).logits.float()


def distance(logits, others):
    return float((logits - others).norm() / others.norm())


@pytest.mark.parametrize("name", WORKING)
def test_a_packed_model_answers_nearly_like_the_original_and_leaves_it_alone(tiny_llama, name):
    assert kernels.problem(name) == ""
    before = logits(tiny_llama.model)
    packed = finish(kernels.pack(tiny_llama, name))
    after = logits(packed.model)
    # The weights of this model are random and large, which makes the most of every error.
    assert 0 < distance(after, before) < (0.8 if kernels.KERNELS[name].bits < 8 else 0.1)
    assert torch.equal(logits(tiny_llama.model), before)
    assert all(weight.dtype == torch.float32 for weight in tiny_llama.model.parameters())


def test_bitsandbytes_nf4_answers_like_the_scheme_of_the_same_name(tiny_llama):
    packed = finish(kernels.pack(tiny_llama, "bnb_nf4"))
    chosen = model_weights.assignment(tiny_llama.model, schemes.SCHEMES["nf4"], scope="layers")
    simulated = finish(model_weights.rebuild(tiny_llama, chosen)).loaded
    from_scheme = distance(logits(packed.model), logits(simulated.model))
    # Its kernel keeps scales and sums in bfloat16.
    assert from_scheme < 0.15 * distance(logits(packed.model), logits(tiny_llama.model))


def test_a_model_with_a_row_per_input_is_refused_with_a_sentence(tiny_gpt2):
    with pytest.raises(ValueError, match="a row per input"):
        finish(kernels.pack(tiny_gpt2, "bnb_nf4"))
    with pytest.raises(ValueError, match="run on the CPU"):
        finish(kernels.pack(dataclasses.replace(tiny_gpt2, device="cuda"), "bnb_nf4"))


def test_a_library_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    assert "bitsandbytes is not installed" in kernels.problem("bnb_nf4")
    assert kernels.problem("bfloat16") == ""


def test_a_kernel_that_fails_is_named(monkeypatch):
    def broken(_):
        raise RuntimeError("no such instruction\nand a long trace")

    monkeypatch.setattr(kernels, "_bnb_int8", broken)
    assert kernels.problem("bnb_int8").endswith("for this processor: no such instruction")


def test_fewer_bits_are_fewer_bytes_per_token(tiny_llama):
    layers = 2 * (4 * 64 * 64 + 3 * 64 * 128)
    head = 96 * 64
    assert kernels.bytes_per_token(tiny_llama.model, "float32") == 4 * (layers + head)
    assert kernels.bytes_per_token(tiny_llama.model, "torch_int8") == layers + head
    assert kernels.bytes_per_token(tiny_llama.model, "bnb_nf4") == layers * 4.5 / 8 + 4 * head


def test_the_stop_watch_divides_tokens_by_seconds(tiny_llama):
    ticks = iter(np.arange(0, 1_000, 0.5))
    found = finish(
        speed.measure(tiny_llama.model, n_prompt=32, n_new=4, rounds=2, clock=lambda: next(ticks))
    )
    # Each timed pass takes one tick of half a second.
    assert found.reading == 32 / 0.5
    assert found.writing == 4 / (4 * 0.5)
    with pytest.raises(ValueError, match="1 or more"):
        finish(speed.measure(tiny_llama.model, n_prompt=0))


def test_two_models_are_timed_in_turn(tiny_llama):
    ticks = iter(np.arange(0, 1_000, 0.5))
    first, second = finish(
        speed.beside(
            tiny_llama.model, tiny_llama.model, n_prompt=8, n_new=2, clock=lambda: next(ticks)
        )
    )
    assert first == second == speed.Speed(reading=16.0, writing=2.0)


def test_a_trial_tells_size_figures_and_whether_it_was_simulated(tiny_llama):
    ids = np.random.default_rng(0).integers(0, 96, 60).tolist()
    found, second = finish(trial.of_scheme(tiny_llama, schemes.SCHEMES["q8_0"], ids))
    *_, read = evaluation.compare(tiny_llama.model, second.model, ids)
    assert found.comparison.mean_divergence == pytest.approx(read.mean_divergence)
    assert found.is_simulated
    assert found.verdict.n == 59
    assert 8.5 < found.bits_per_weight < 8.6
    assert found.size_bits_before == 16 * tiny_llama.n_parameters
    packed, _ = finish(trial.of_kernel(tiny_llama, "bnb_nf4", ids))
    assert not packed.is_simulated
    assert packed.title == "bitsandbytes NF4"
    assert packed.comparison.mean_divergence > found.comparison.mean_divergence

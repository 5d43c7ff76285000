"""A whole model through a scheme, against replacing its weights by hand."""

import copy
import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers

from core.model_store import errors, loading, memory
from core.quantization import evaluation, freed_memory, model_weights, schemes, trial

SCHEME_NAMES = ["int8_absmax_channel", "int4_zeropoint_block", "q4_0", "nf4", "int3_absmax_tensor"]


def finish(work):
    while True:
        try:
            next(work)
        except StopIteration as finished:
            return finished.value


def rebuilt(lm, scheme, scope="all"):
    return finish(
        model_weights.rebuild(lm, model_weights.assignment(lm.model, scheme, scope=scope))
    )


def logits(model):
    with torch.no_grad():
        return model(torch.arange(20)[None]).logits


def by_hand(model, scheme):
    """A deep copy whose linear weights and embedding are overwritten, one by one."""
    model = copy.deepcopy(model)
    done = set()
    for module in model.modules():
        weight = getattr(module, "weight", None)
        if weight is None or weight.ndim != 2 or id(weight) in done:
            continue
        if isinstance(module, torch.nn.Embedding) and module is not model.get_input_embeddings():
            continue
        is_transposed = type(module).__name__ == "Conv1D"
        rows = weight.T if is_transposed else weight
        stored = schemes.quantize(rows.contiguous().numpy(), scheme).dequantize()
        after = torch.from_numpy(stored)
        weight.data.copy_(after.T if is_transposed else after)
        done.add(id(weight))
    return model


@pytest.mark.parametrize("name", SCHEME_NAMES)
@pytest.mark.parametrize("kind", ["tiny_llama", "tiny_gpt2"])
def test_a_rebuilt_model_answers_like_one_whose_weights_were_replaced_by_hand(kind, name, request):
    lm, scheme = request.getfixturevalue(kind), schemes.SCHEMES[name]
    found = rebuilt(lm, scheme)
    expected = logits(by_hand(lm.model, scheme))
    assert torch.equal(logits(found.loaded.model), expected)
    assert not torch.allclose(expected, logits(lm.model), atol=1e-3)


def test_the_shared_model_keeps_every_weight(tiny_llama):
    before = copy.deepcopy(tiny_llama.model.state_dict())
    answers = logits(tiny_llama.model)
    rebuilt(tiny_llama, schemes.SCHEMES["int2_absmax_block"])
    assert all(torch.equal(before[name], w) for name, w in tiny_llama.model.state_dict().items())
    assert torch.equal(answers, logits(tiny_llama.model))


def test_a_shared_head_follows_its_embedding_and_layers_only_leaves_both(tiny_llama):
    scheme = schemes.SCHEMES["int4_absmax_block"]
    whole, layers = rebuilt(tiny_llama, scheme), rebuilt(tiny_llama, scheme, scope="layers")
    model = whole.loaded.model
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert model.lm_head.weight is not tiny_llama.model.lm_head.weight
    assert layers.loaded.model.lm_head.weight is tiny_llama.model.lm_head.weight
    assert len(whole.rounded) == len(layers.rounded) + 1


def test_the_parts_of_each_kind_of_model_are_found(tiny_llama, tiny_gpt2, tiny_bert):
    def kinds(lm):
        return [(one.kind, one.layer) for one in model_weights.matrices(lm.model)]

    assert kinds(tiny_llama)[0] == ("embedding", None)
    assert kinds(tiny_llama).count(("attention", 1)) == 4
    assert kinds(tiny_llama).count(("mlp", 0)) == 3
    assert model_weights.matrices(tiny_llama.model)[0].shared_with == ("lm_head",)
    assert kinds(tiny_gpt2).count(("attention", 0)) == 2
    assert all(one.is_transposed for one in model_weights.matrices(tiny_gpt2.model)[1:])
    # BERT's positions and its pooling layer stay as they are.
    assert len(kinds(tiny_bert)) == 1 + 2 * 6
    assert kinds(tiny_bert).count(("attention", 1)) == 4


def test_matrices_are_found_where_transformers_does_not_know_its_own_parts(tiny_gpt2, monkeypatch):
    # So it is for good, if two first visitors load the library at the same moment.
    def unknown(_, name):
        raise AttributeError(name)

    monkeypatch.setattr(type(transformers), "__getattr__", unknown)
    monkeypatch.delitem(vars(transformers), "pytorch_utils", raising=False)
    assert model_weights.matrices(tiny_gpt2.model)[1].is_transposed


def test_the_size_counts_every_scale_and_a_shared_matrix_once(tiny_llama):
    scheme = schemes.SCHEMES["q8_0"]
    chosen = model_weights.assignment(tiny_llama.model, scheme)
    norms = 5 * 64
    rounded = tiny_llama.n_parameters - norms
    assert model_weights.size_bits(tiny_llama.model, chosen) == rounded * 8.5 + norms * 16
    assert model_weights.size_bits(tiny_llama.model, {}) == tiny_llama.n_parameters * 16


def test_a_large_matrix_is_rounded_in_pieces_to_the_same_numbers():
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(9_000, 32)).astype(np.float32)
    matrix = model_weights.WeightMatrix("x", "embedding", None, 9_000, 32)
    for name in ("q4_1", "nf4", "nf4_double", "int4_absmax_tensor", "int4_zeropoint_channel"):
        scheme = schemes.SCHEMES[name]
        whole = schemes.quantize(weights, scheme).dequantize()
        assert np.array_equal(model_weights.through(weights, matrix, scheme), whole), name
    wide = replace(schemes.SCHEMES["int4_absmax_block"], block_size=1024)
    whole = schemes.quantize(weights, wide).dequantize()
    assert np.array_equal(model_weights.through(weights, matrix, wide), whole)


def test_an_unknown_matrix_is_named(tiny_llama):
    with pytest.raises(KeyError, match="nowhere"):
        finish(model_weights.rebuild(tiny_llama, {"nowhere": schemes.SCHEMES["q4_0"]}))


def test_a_copy_that_does_not_fit_is_refused_with_both_numbers(tiny_llama, monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 1_000)
    chosen = model_weights.assignment(tiny_llama.model, schemes.SCHEMES["q4_0"])
    with pytest.raises(errors.ModelUnavailableError, match="A rounded copy of Tiny"):
        finish(model_weights.rebuild(tiny_llama, chosen))


@pytest.mark.parametrize("name", ["int3_feedback", "int3_aware"])
def test_a_calibrated_scheme_sees_each_layer_behind_the_rounded_ones_before_it(tiny_llama, name):
    scheme = schemes.SCHEMES[name]
    ids = np.random.default_rng(0).integers(0, 96, 100).tolist()
    chosen = model_weights.assignment(tiny_llama.model, scheme, scope="layers")
    found = finish(model_weights.rebuild(tiny_llama, chosen, calibration_ids=ids)).loaded.model

    model = copy.deepcopy(tiny_llama.model)
    for layer in model.model.layers:
        seen = {}
        linears = [one for one in layer.modules() if isinstance(one, torch.nn.Linear)]
        hooks = [
            one.register_forward_pre_hook(
                lambda module, x, seen=seen: seen.setdefault(module, x[0].flatten(0, -2))
            )
            for one in linears
        ]
        logits_of(model, ids)
        for hook, one in zip(hooks, linears, strict=True):
            hook.remove()
            stored = schemes.quantize(one.weight.numpy(), scheme, inputs=seen[one].numpy())
            one.weight = torch.nn.Parameter(torch.from_numpy(stored.dequantize()))
    torch.testing.assert_close(logits_of(found, ids), logits_of(model, ids))


def logits_of(model, ids):
    with torch.no_grad():
        return model(torch.tensor([ids])).logits


def test_stopping_half_way_frees_the_second_model(tiny_llama):
    work = model_weights.rebuild(
        tiny_llama, model_weights.assignment(tiny_llama.model, schemes.SCHEMES["q4_0"])
    )
    next(work)
    own = weakref.ref(work.gi_frame.f_locals["own"].model)
    assert own() is not None
    gc.disable()
    try:
        work.close()
        del work
        assert own() is None
    finally:
        gc.enable()


def resident_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6


@pytest.mark.model
def test_memory_returns_to_where_it_was_after_ten_runs(smollm2):
    text = evaluation.encode(smollm2, "Memory is what remains when the work is done. " * 4)
    scheme = schemes.SCHEMES["int4_zeropoint_block"]
    finish(trial.of_scheme(smollm2, scheme, text))
    freed_memory.give_back()
    before, peaks = resident_mb(), []
    for _ in range(10):
        found, second = finish(trial.of_scheme(smollm2, scheme, text))
        peaks.append(resident_mb())
        del found, second
    freed_memory.give_back()
    one_copy_mb = 4 * smollm2.n_parameters / 1e6
    assert resident_mb() - before < 0.1 * one_copy_mb
    assert max(peaks) - before < 1.5 * one_copy_mb


@pytest.mark.model
def test_rounding_the_published_model_to_its_own_grid_changes_nothing(smollm2):
    text = evaluation.encode(smollm2, "The same grid once more. " * 8)
    found, _ = finish(trial.of_scheme(smollm2, schemes.SCHEMES["q4_1"], text, scope="layers"))
    assert found.relative_error < 1e-3
    assert found.comparison.mean_divergence < 1e-5
    assert found.comparison.top_agreement == 1
    assert found.verdict.kind == "same"
    other, _ = finish(trial.of_scheme(smollm2, schemes.SCHEMES["q4_0"], text, scope="layers"))
    assert other.comparison.mean_divergence > 0.01


def test_own_modules_share_what_was_not_rounded(tiny_llama):
    own = loading.with_own_modules(tiny_llama)
    matrix = model_weights.matrices(own.model)[1]
    model_weights.round_in_place(own.model, matrix, schemes.SCHEMES["q8_0"])
    shared = [
        name
        for name, weight in own.model.named_parameters()
        if weight is dict(tiny_llama.model.named_parameters())[name]
    ]
    assert len(shared) == len(list(own.model.named_parameters())) - 1

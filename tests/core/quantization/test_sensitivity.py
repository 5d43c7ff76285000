"""Which parts matter, and how bits are spent on them."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch

from core.quantization import budget, layer_study, model_weights, schemes, sensitivity, similarity

FOUR = schemes.SCHEMES["int4_zeropoint_block"]


def finish(work):
    while True:
        try:
            next(work)
        except StopIteration as finished:
            return finished.value


@pytest.fixture
def yardstick(tiny_llama):
    ids = np.random.default_rng(0).integers(0, 96, 60)
    return sensitivity.DivergenceYardstick(tiny_llama.model, ids)


class Words:
    """A tokenizer that numbers characters."""

    def __call__(self, sentences, **_):
        rows = [[ord(sign) % 96 for sign in sentence[:20]] for sentence in sentences]
        longest = max(map(len, rows))
        padded = [row + [0] * (longest - len(row)) for row in rows]
        mask = [[1] * len(row) + [0] * (longest - len(row)) for row in rows]
        return Batch(input_ids=torch.tensor(padded), attention_mask=torch.tensor(mask))


class Batch(dict):
    def to(self, _):
        return self


@pytest.fixture
def encoder(tiny_bert):
    return dataclasses.replace(tiny_bert, tokenizer=Words())


def test_every_part_is_measured_alone_and_put_back(tiny_llama, yardstick):
    found = list(sensitivity.measure(tiny_llama, yardstick, FOUR))
    assert [one.part.kind for one in found] == ["embedding", "head", *["attention", "mlp"] * 2]
    assert all(one.damage > 0 for one in found)
    assert yardstick.damage(tiny_llama.model) == 0
    by_hand = model_weights.rebuild(
        tiny_llama,
        {matrix.name: FOUR for matrix in found[3].part.matrices},
    )
    alone = finish(by_hand).loaded.model
    assert found[3].damage == pytest.approx(yardstick.damage(alone), rel=1e-6)


def test_the_two_uses_of_a_shared_matrix_are_measured_apart(tiny_llama, yardstick):
    embedding, head, *_ = sensitivity.measure(tiny_llama, yardstick, FOUR)
    assert embedding.part.use == "model.embed_tokens"
    assert head.part.use == "lm_head"
    assert embedding.part.matrices == head.part.matrices
    assert embedding.damage != head.damage


def test_an_encoder_is_measured_by_the_similarities_of_its_sentences(encoder):
    yardstick = sensitivity.SimilarityYardstick(encoder)
    found = list(sensitivity.measure(encoder, yardstick, FOUR))
    assert [one.part.kind for one in found] == ["embedding", *["attention", "mlp"] * 2]
    own = finish(model_weights.rebuild(encoder, {found[0].part.matrices[0].name: FOUR}))
    change = yardstick.similarities(own.loaded.model) - yardstick.before
    assert found[0].damage == pytest.approx(np.mean(change**2), rel=1e-6)
    assert yardstick.before.size == 24 * 23 / 2


def test_filling_does_not_change_a_sentence(encoder):
    alone = similarity.sentence_vectors(encoder, ["short"])
    beside = similarity.sentence_vectors(encoder, ["short", "a much longer sentence"])
    np.testing.assert_allclose(beside[0], alone[0], atol=1e-6)


def test_a_yardstick_needs_a_short_text(tiny_llama):
    with pytest.raises(ValueError, match="2 to 129 tokens"):
        sensitivity.DivergenceYardstick(tiny_llama.model, [1])
    with pytest.raises(ValueError, match="2 to 129 tokens"):
        sensitivity.DivergenceYardstick(tiny_llama.model, [1] * 130)


def table(sizes, errors):
    sizes, errors = np.array(sizes), np.array(errors, dtype=float)
    part = sensitivity.Part("mlp", 0, ())
    return budget.ErrorTable(
        parts=(part,) * len(sizes),
        ladder=budget.ladder()[: sizes.shape[1]],
        squared_errors=errors,
        sizes_bits=sizes,
        rest_bits=0,
        n_weights=1,
    )


def test_each_plan_of_the_greedy_walk_is_the_best_of_its_size():
    rng = np.random.default_rng(0)
    for _ in range(20):
        sizes = np.cumsum(rng.integers(1, 9, (4, 3)), axis=1)
        damages = np.sort(rng.random((4, 3)), axis=1)[:, ::-1]
        known = table(sizes, damages)
        plans = budget.mixed_plans(known, damages)
        every = [
            (sizes[range(4), rungs].sum(), damages[range(4), rungs].sum())
            for rungs in itertools.product(range(3), repeat=4)
        ]
        for plan in plans:
            least = min(damage for size, damage in every if size <= plan.size_bits)
            assert plan.predicted == pytest.approx(least)
        assert [plan.size_bits for plan in plans] == sorted(plan.size_bits for plan in plans)


def test_a_budget_is_kept_and_the_smallest_plan_is_the_last_resort():
    known = table([[1, 2], [1, 2]], [[4, 0], [1, 0]])
    plans = budget.mixed_plans(known, known.squared_errors)
    assert [plan.rungs.tolist() for plan in plans] == [[0, 0], [1, 0], [1, 1]]
    assert budget.best_within(plans, 3.5).rungs.tolist() == [1, 0]
    assert budget.best_within(plans, 0) is plans[0]


def test_the_ladder_rises_and_its_names_say_the_bits():
    rungs = budget.ladder()
    assert [scheme.bits for scheme in rungs] == list(budget.BITS)
    sizes = [schemes.storage_bits(scheme, 64, 64) for scheme in rungs]
    assert sizes == sorted(set(sizes))
    assert len({scheme.name for scheme in rungs}) == len({one.title for one in rungs}) == len(rungs)


def test_the_study_measures_what_it_foretells(encoder):
    found = finish(layer_study.study_encoder(encoder))
    assert [point.title for point in found.even_points] == [f"{n} bits" for n in (3, 4, 5, 6, 8)]
    assert len(found.mixed_points) == 4
    for even, mixed in zip(found.even_points, found.mixed_points, strict=False):
        assert mixed.size_bits <= even.size_bits
        assert mixed.predicted <= even.predicted * (1 + 1e-9)
    # At 8 bits noise is small and adds up: within a factor of three.
    eight = found.even_points[-1]
    assert eight.measured / 3 < eight.predicted < eight.measured * 3
    chosen = budget.assignment(found.table, found.even[-1])
    assert model_weights.size_bits(encoder.model, chosen) == eight.size_bits

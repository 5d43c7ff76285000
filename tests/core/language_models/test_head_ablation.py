import numpy as np
import pytest
import torch
from torch import nn

from core.language_models import attention_blocks, head_ablation, head_effects, head_norms
from core.language_models import attention_maps as maps_module
from core.model_store import loading
from tests.core.language_models import tiny_models

TOKEN_IDS = (5, 7, 7, 20, 3, 11, 5)

every_family = pytest.mark.parametrize("family", tiny_models.CONFIGURATIONS)


@pytest.fixture(scope="module")
def tiny():
    built = {family: tiny_models.load(family) for family in tiny_models.CONFIGURATIONS}
    return built.__getitem__


def answer_with_edited_weights(loaded, layer, head, mean):
    """Write the head out of the output projection, and its mean into the bias."""
    own = loading.with_own_modules(loaded).model
    block = attention_blocks.blocks(own)[layer]
    places = slice(head * block.head_size, (head + 1) * block.head_size)
    weight = block.output.weight.clone()
    rows = weight if block.is_conv else weight.T
    always = torch.as_tensor(mean) @ rows[places]
    rows[places] = 0
    block.output.weight = nn.Parameter(weight, requires_grad=False)
    bias = block.output.bias
    block.output.bias = nn.Parameter(always if bias is None else bias + always, False)
    with torch.inference_mode():
        out = own(torch.tensor([list(TOKEN_IDS)]))
    if hasattr(out, "logits"):
        return torch.softmax(out.logits[0, -1].double(), -1).numpy()
    return out.last_hidden_state[0].double().mean(0).numpy()


@every_family
@pytest.mark.parametrize("how", ["mean", "zero"])
def test_switching_a_head_off_is_editing_the_weights(tiny, family, how):
    loaded = tiny(family)
    means = head_ablation.mean_outputs(loaded, TOKEN_IDS)
    instead = means if how == "mean" else np.zeros_like(means)
    for layer, head in ((0, 1), (2, 3)):
        ours = head_ablation.answer_without(
            loaded, TOKEN_IDS, [(layer, head)], how=how, means=means
        )
        edited = answer_with_edited_weights(loaded, layer, head, instead[layer, head])
        assert ours == pytest.approx(edited, abs=1e-5)


@every_family
def test_the_batched_ranking_is_every_head_switched_off_alone(tiny, family):
    loaded = tiny(family)
    before = head_ablation.baseline(loaded, TOKEN_IDS)
    ranking = head_effects.collect(
        list(head_ablation.rank_heads(loaded, TOKEN_IDS, how="zero")), before
    )
    assert ranking.effects.shape == (3, 4)
    for layer in range(3):
        for head in range(4):
            alone = head_ablation.answer_without(loaded, TOKEN_IDS, [(layer, head)], how="zero")
            change = head_effects.change(before, alone)
            assert ranking.effects[layer, head] == pytest.approx(change.effect, rel=1e-3, abs=1e-6)
            if before.shown_ids:
                assert ranking.winners[layer, head] == alone.argmax()
                shown = alone[list(ranking.shown_ids)]
                assert ranking.probs_after[layer, head] == pytest.approx(shown, abs=1e-5)


@every_family
def test_nothing_is_left_on_the_shared_model_even_when_the_reader_stops_half_way(tiny, family):
    loaded = tiny(family)
    before = tiny_models.left_on(loaded.model)
    answer = head_ablation.baseline(loaded, TOKEN_IDS).answer
    layers = head_ablation.rank_heads(loaded, TOKEN_IDS, how="zero")
    next(layers)
    layers.close()
    head_ablation.answer_without(loaded, TOKEN_IDS, [(1, 1)], how="zero")
    assert tiny_models.left_on(loaded.model) == before
    assert np.array_equal(head_ablation.baseline(loaded, TOKEN_IDS).answer, answer)


def test_the_means_are_the_mean_of_what_each_head_gives_past_the_first_token(tiny):
    loaded = tiny("llama")
    means = head_ablation.mean_outputs(loaded, TOKEN_IDS)
    vectors = maps_module.head_vectors(loaded, TOKEN_IDS, 2, 1)
    given = vectors.weights @ vectors.v
    assert means[2, 1] == pytest.approx(given[1:].mean(axis=0), abs=1e-5)
    alone = head_ablation.mean_outputs(loaded, (5,))
    assert alone[0, 0] == pytest.approx(maps_module.head_vectors(loaded, (5,), 0, 0).v[0], abs=1e-5)


def test_several_heads_can_be_switched_off_together(tiny):
    loaded = tiny("gpt2")
    all_heads = [(layer, head) for layer in range(3) for head in range(4)]
    none_left = head_ablation.answer_without(loaded, TOKEN_IDS, all_heads, how="zero")
    # Without attention only the last token and its place count.
    other = head_ablation.answer_without(loaded, (9, 9, 9, 9, 9, 9, 5), all_heads, how="zero")
    assert none_left == pytest.approx(other, abs=1e-6)


def test_the_answer_of_a_language_model_is_its_next_token_probabilities(tiny):
    loaded = tiny("llama")
    with torch.inference_mode():
        logits = loaded.model(torch.tensor([list(TOKEN_IDS)])).logits[0, -1].double()
    before = head_ablation.baseline(loaded, TOKEN_IDS)
    assert before.answer == pytest.approx(torch.softmax(logits, -1).numpy(), abs=1e-6)
    assert before.shown_ids == tuple(logits.topk(12).indices.tolist())


def test_the_answer_of_an_encoder_is_the_mean_of_its_vectors(tiny):
    loaded = tiny("bert")
    with torch.inference_mode():
        hidden = loaded.model(torch.tensor([list(TOKEN_IDS)])).last_hidden_state[0]
    before = head_ablation.baseline(loaded, TOKEN_IDS)
    assert before.answer == pytest.approx(hidden.mean(0).numpy(), abs=1e-5)
    assert before.shown_ids == ()


def test_means_of_another_shape_and_heads_that_are_not_there_are_refused(tiny):
    loaded = tiny("llama")
    with pytest.raises(ValueError, match=r"means of the shape \(3, 4, 8\)"):
        next(head_ablation.rank_heads(loaded, TOKEN_IDS, how="mean"))
    with pytest.raises(ValueError, match="there is no head 4 in layer 0"):
        head_ablation.answer_without(loaded, TOKEN_IDS, [(0, 4)], how="zero")


def test_the_length_of_what_a_head_moves_is_that_of_value_times_output(tiny):
    for family in ("llama", "gpt2", "bert"):
        loaded = tiny(family)
        moved = head_norms.moved_norms(loaded, TOKEN_IDS)
        written = head_norms.written_norms(loaded, TOKEN_IDS)
        vectors = maps_module.head_vectors(loaded, TOKEN_IDS, 1, 2)
        assert moved[1, 2] == pytest.approx(np.linalg.norm(vectors.moved, axis=1), rel=1e-4)
        added = np.linalg.norm(vectors.weights @ vectors.moved, axis=1)
        assert written[1, 2] == pytest.approx(added, rel=1e-4)


def test_a_change_shows_what_was_likely_before_and_what_became_likely():
    before = head_effects.Baseline(np.array([0.5, 0.3, 0.15, 0.05]), (0, 1, 2, 3))
    after = np.array([0.1, 0.1, 0.1, 0.7])
    change = head_effects.change(before, after, n_before=2, n_after=1)
    assert change.token_ids == (0, 1, 3)
    assert change.after.tolist() == [0.1, 0.1, 0.7]
    assert change.effect == pytest.approx(head_effects.divergence_bits(before.answer, after))


def test_equal_numbers_share_their_rank_and_a_constant_has_no_order():
    assert head_effects.rank_correlation(np.array([1, 1, 2]), np.array([0, 0, 9])) == 1.0
    assert np.isnan(head_effects.rank_correlation(np.ones(3), np.arange(3)))


@pytest.mark.model
def test_in_smollm2_a_head_looks_hard_and_does_nothing_and_another_holds_the_answer_back(smollm2):
    text = (
        "When Mary and John went to the store, John gave a drink to Mary. When Anna and Peter went "
        "to the beach, Peter gave a towel to"
    )
    token_ids = smollm2.tokenizer(text)["input_ids"]
    means = head_ablation.reference_means(smollm2)
    before = head_ablation.baseline(smollm2, token_ids)

    def without(layer, head):
        answer = head_ablation.answer_without(
            smollm2, token_ids, [(layer, head)], how="mean", means=means
        )
        return head_effects.change(before, answer)

    looks = maps_module.attention_maps(smollm2, token_ids).probs[:, :, -1]
    assert smollm2.tokenizer.decode([before.shown_ids[0]]) == " Anna"
    assert looks[10, 1].max() > 0.9
    assert without(10, 1).effect < 0.01
    assert looks[19, 2].max() < 0.5
    held_back = without(19, 2)
    assert held_back.effect > 0.5
    assert held_back.after[0] > held_back.before[0] + 0.2

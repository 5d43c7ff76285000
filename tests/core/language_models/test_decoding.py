import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import transformers

from core.language_models import (
    decoding,
    dice,
    filters,
    penalties,
    probability,
    sampling,
    steps,
    surprise,
    truncation,
)

PROMPT = (5, 6, 7)
WARM = sampling.basic_chain(temperature=1.2, top_k=20, top_p=0.95)


def ids_of(text):
    return [step.token_id for step in text]


def write(lm, **changes):
    setting = {"chain": WARM, "seed": 1, "max_new_tokens": 12, **changes}
    return list(decoding.sample(lm, PROMPT, **setting))


def test_the_same_seed_writes_the_same_text_and_another_one_does_not(tiny_lm):
    assert ids_of(write(tiny_lm)) == ids_of(write(tiny_lm))
    assert len({tuple(ids_of(write(tiny_lm, seed=seed))) for seed in range(8)}) > 4


def test_every_step_says_what_the_model_and_the_filters_thought(tiny_lm):
    context = list(PROMPT)
    for index, step in enumerate(write(tiny_lm)):
        scores = tiny_lm.model(torch.tensor([context])).logits[0, -1].float().numpy()
        trace = WARM.apply(scores)
        np.testing.assert_allclose(step.logits, scores, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(step.probs, trace.probs_after, atol=1e-6)
        assert step.index == index
        assert step.uniform == dice.uniforms(1, 12)[index]
        assert step.low <= step.uniform < step.high
        assert step.token_id == dice.draw_from(trace.probs_after, step.uniform).token_id
        assert step.raw_prob == pytest.approx(trace.probs_before[step.token_id], abs=1e-6)
        assert step.prob == pytest.approx(trace.probs_after[step.token_id], abs=1e-6)
        assert step.rank == 1 + (scores > scores[step.token_id]).sum()
        assert step.surprisal_bits == pytest.approx(-np.log2(step.raw_prob))
        assert step.raw_entropy_bits == pytest.approx(trace.entropy_before_bits, abs=1e-5)
        assert step.entropy_bits == pytest.approx(trace.entropy_after_bits, abs=1e-5)
        best = [one.token_id for one in step.alternatives]
        assert best == np.argsort(-scores)[:10].tolist()
        context.append(step.token_id)


def test_greedy_equals_generate(tiny_lm):
    reference = tiny_lm.model.generate(
        torch.tensor([PROMPT]), do_sample=False, max_new_tokens=15, use_cache=True
    )[0, len(PROMPT) :]
    text = list(decoding.greedy(tiny_lm, PROMPT, max_new_tokens=15))
    assert ids_of(text) == reference.tolist()
    assert all(step.rank == 1 for step in text)


def test_the_text_ends_where_the_model_ends_it(tiny_lm):
    endings = [write(tiny_lm, seed=seed, max_new_tokens=40)[-1] for seed in range(20)]
    ended = [step for step in endings if step.is_end_of_text]
    assert ended
    assert all(step.token_id == 3 for step in ended)
    assert {step.stop for step in endings} <= {"end", "length"}


def test_the_text_ends_when_the_model_has_no_room(tiny_lm):
    never_end = sampling.SamplingChain((truncation.TopK(1),))
    prompt = [5, 9] * 31
    text = list(decoding.sample(tiny_lm, prompt, chain=never_end, seed=0, max_new_tokens=50))
    assert text[-1].stop in ("context", "end")
    assert len(prompt) + len(text) <= 65
    full = [5, 9] * 32
    forced = decoding.sample(
        tiny_lm, full, chain=never_end, seed=0, max_new_tokens=9, forced=[7, 7, 7]
    )
    assert [step.stop for step in forced] == ["context"]


def test_forced_tokens_come_first_and_keep_the_dice_in_step(tiny_lm):
    plain = write(tiny_lm)
    replayed = write(tiny_lm, forced=ids_of(plain)[:4])
    assert ids_of(replayed) == ids_of(plain)
    assert [step.is_forced for step in replayed[:6]] == [True] * 4 + [False] * 2
    for one, other in zip(plain, replayed, strict=True):
        assert one.uniform == other.uniform
        assert one.prob == pytest.approx(other.prob, abs=1e-6)

    branch = write(tiny_lm, forced=[*ids_of(plain)[:2], 30])
    assert ids_of(branch)[:3] == [*ids_of(plain)[:2], 30]
    assert branch[3].uniform == plain[3].uniform


def test_more_forced_tokens_than_wanted_are_cut(tiny_lm):
    text = write(tiny_lm, forced=[8] * 20, max_new_tokens=3)
    assert ids_of(text) == [8, 8, 8]
    assert text[-1].stop == "length"


def test_a_forced_token_that_was_cut_has_no_piece_of_the_bar(tiny_lm):
    one_left = sampling.SamplingChain((truncation.TopK(1),))
    first = next(decoding.sample(tiny_lm, PROMPT, chain=one_left, seed=0, max_new_tokens=1))
    other = (first.token_id + 1) % 40
    step = write(tiny_lm, chain=one_left, forced=[other], max_new_tokens=1)[0]
    assert step.prob == 0
    assert np.isnan(step.low)
    assert step.raw_prob > 0


def test_stopping_early_costs_no_more_reading(tiny_lm, monkeypatch):
    reads = []
    from core.language_models import next_token

    original = next_token.read
    monkeypatch.setattr(
        next_token, "read", lambda *args, **kwargs: reads.append(1) or original(*args, **kwargs)
    )
    text = decoding.sample(tiny_lm, PROMPT, chain=WARM, seed=1, max_new_tokens=500)
    list(itertools.islice(text, 2))
    text.close()
    assert len(reads) == 2


def test_a_paused_text_leaves_torch_as_it_was(tiny_lm):
    text = decoding.sample(tiny_lm, PROMPT, chain=WARM, seed=1, max_new_tokens=5)
    next(text)
    assert not torch.is_inference_mode_enabled()
    assert torch.is_grad_enabled()


def test_filters_see_the_text_so_far(tiny_lm):
    no_repeats = sampling.SamplingChain((penalties.Penalties(presence=1e6),))
    ids = ids_of(write(tiny_lm, chain=no_repeats, max_new_tokens=20))
    assert len(set(ids)) == len(ids)
    assert not set(ids) & set(PROMPT)


def test_filters_that_toss_a_coin_have_their_own_row_of_throws(tiny_lm):
    chain = sampling.SamplingChain((truncation.ExcludeTopChoices(0.5, threshold=0.05),))
    coins = dice.coins(1, 12)
    for step in write(tiny_lm, chain=chain):
        filtered = chain.filter(step.logits, filters.History(coin=coins[step.index]))
        np.testing.assert_allclose(step.probs, probability.softmax(filtered), atol=1e-6)
    assert (coins < 0.5).any()
    assert (coins >= 0.5).any()


def test_mirostat_keeps_the_surprise_near_its_target(tiny_lm):
    def mean_surprise(target):
        chain = sampling.SamplingChain((surprise.Mirostat(target, rate=0.3),))
        texts = [write(tiny_lm, chain=chain, seed=s, max_new_tokens=40) for s in range(4)]
        return np.mean([-np.log2(step.prob) for text in texts for step in text])

    assert mean_surprise(0.3) < mean_surprise(1.5) < mean_surprise(3.0)
    assert mean_surprise(1.5) == pytest.approx(1.5, abs=0.4)


@pytest.mark.parametrize(
    "chain",
    [
        WARM,
        sampling.SamplingChain((surprise.Mirostat(2.0),)),
        sampling.SamplingChain((truncation.ExcludeTopChoices(0.5), filters.Temperature(1.5))),
    ],
)
def test_many_texts_at_once_are_the_texts_one_by_one(tiny_lm, chain):
    seeds = [4, 8, 15, 16, 23, 42]
    together = list(
        decoding.sample_many(tiny_lm, PROMPT, chain=chain, seeds=seeds, max_new_tokens=25)
    )
    lengths = []
    for row, seed in enumerate(seeds):
        text = [position[row] for position in together if position[row] is not None]
        alone = write(tiny_lm, chain=chain, seed=seed, max_new_tokens=25)
        assert ids_of(text) == ids_of(alone)
        assert text[-1].stop == alone[-1].stop
        np.testing.assert_allclose(
            [step.prob for step in text], [step.prob for step in alone], atol=1e-5
        )
        lengths.append(len(text))
    assert len(together) == max(lengths)


def test_some_of_many_texts_end_earlier(tiny_lm):
    together = list(
        decoding.sample_many(
            tiny_lm, PROMPT, chain=sampling.basic_chain(), seeds=range(12), max_new_tokens=40
        )
    )
    ended = [sum(step is not None for step in position) for position in together]
    assert ended[0] == 12
    assert ended[-1] < 12
    assert ended == sorted(ended, reverse=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_new_tokens": 0}, "max_new_tokens"),
        ({"seed": -1}, "seed"),
        ({"forced": [40]}, "outside the vocabulary"),
    ],
)
def test_impossible_wishes_are_refused(tiny_lm, changes, message):
    with pytest.raises(ValueError, match=message):
        write(tiny_lm, **changes)


def test_a_prompt_that_does_not_fit_is_refused(tiny_lm):
    for prompt, message in (((), "no tokens"), ([5] * 65, "the model holds 64")):
        with pytest.raises(ValueError, match=message):
            next(decoding.sample(tiny_lm, prompt, chain=WARM, seed=0, max_new_tokens=1))
    with pytest.raises(ValueError, match="no seeds"):
        next(decoding.sample_many(tiny_lm, PROMPT, chain=WARM, seeds=[], max_new_tokens=1))


def test_ends_come_from_the_model_and_the_tokenizer():
    model = SimpleNamespace(generation_config=transformers.GenerationConfig(eos_token_id=[2, 9]))
    lm = SimpleNamespace(model=model, tokenizer=SimpleNamespace(eos_token_id=0))
    assert decoding.end_token_ids(lm) == {0, 2, 9}
    none = SimpleNamespace(
        model=SimpleNamespace(generation_config=transformers.GenerationConfig()),
        tokenizer=SimpleNamespace(eos_token_id=None),
    )
    assert decoding.end_token_ids(none) == frozenset()


def test_ranks_and_alternatives_break_ties_by_id():
    scores = np.array([1.0, 2.0, 2.0, 0.0], dtype=np.float32)
    assert [steps.rank_of(scores, token_id) for token_id in range(4)] == [3, 1, 2, 4]
    probs = probability.softmax(scores)
    listed = steps.likeliest(scores, probs, probs, n=9)
    assert [one.token_id for one in listed] == [1, 2, 0, 3]
    assert steps.likeliest(scores, probs, probs, n=0) == ()


def test_a_step_can_be_kept_without_its_arrays(tiny_lm):
    step = write(tiny_lm, max_new_tokens=1)[0]
    small = step.without_arrays()
    assert small.logits.size == small.probs.size == 0
    assert small.token_id == step.token_id
    assert step.probs.size == 40


@pytest.mark.model
def test_greedy_on_the_real_model_equals_generate(smollm2):
    ids = smollm2.tokenizer("The capital of France is")["input_ids"]
    reference = smollm2.model.generate(
        torch.tensor([ids]), attention_mask=torch.ones(1, len(ids)), do_sample=False,
        max_new_tokens=10,
    )[0, len(ids) :]  # fmt: skip
    text = list(decoding.greedy(smollm2, ids, max_new_tokens=10))
    assert ids_of(text) == reference.tolist()

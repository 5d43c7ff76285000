"""Decoding and filters against named peers; the ratios are printed."""

import time

import numpy as np
import pytest
import torch

from core.language_models import decoding, filter_catalog, filters, next_token, sampling

pytestmark = [pytest.mark.bench, pytest.mark.model]

PROMPT = "The history of the city begins"
N_TOKENS = 40


def cpu_ms(function, *, repeat):
    """Give the least processor time of several runs: others on the machine do not count."""
    times = []
    for _ in range(repeat):
        begin = time.process_time()
        function()
        times.append(time.process_time() - begin)
    return 1_000 * min(times)


def wall_s(function, *, repeat):
    times = []
    for _ in range(repeat):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return min(times)


@pytest.fixture(scope="module")
def prompt_ids(smollm2):
    return next_token.encode_prompt(smollm2, PROMPT).token_ids


@pytest.fixture(scope="module")
def scores(smollm2):
    return next_token.next_token_logits(smollm2, PROMPT)


def test_decoding_is_not_slower_than_generate(smollm2, prompt_ids):
    setting = {"temperature": 0.9, "top_k": 50, "top_p": 0.95, "min_p": 0.01}
    chain = sampling.basic_chain(**setting)
    ids = torch.tensor([prompt_ids])
    mask = torch.ones_like(ids)

    def ours():
        text = decoding.sample(smollm2, prompt_ids, chain=chain, seed=1, max_new_tokens=N_TOKENS)
        assert sum(1 for _ in text) == N_TOKENS

    def generate():
        with torch.inference_mode():
            smollm2.model.generate(
                ids,
                attention_mask=mask,
                do_sample=True,
                min_new_tokens=N_TOKENS,
                max_new_tokens=N_TOKENS,
                **setting,
            )

    # Taking turns, so that whatever else the machine does falls on both.
    pairs = [(wall_s(ours, repeat=1), wall_s(generate, repeat=1)) for _ in range(4)]
    mine, theirs = (min(times) for times in zip(*pairs, strict=True))
    print(f"\ndecoding: {N_TOKENS / mine:.1f} tokens/s, {theirs / mine:.2f} x generate")
    assert theirs / mine > 0.9


def test_four_filters_take_under_five_milliseconds(scores):
    history = filters.NO_HISTORY
    for text in (
        "temperature:2~top_k~top_p:0.95~min_p:0.001",
        "temperature:0.8~top_k:50~top_p:0.9",
    ):
        chain = sampling.SamplingChain.from_text(text)
        traced = cpu_ms(lambda chain=chain: chain.apply(scores, history), repeat=30)
        bare = cpu_ms(lambda chain=chain: chain.filter(scores, history), repeat=30)
        print(f"\n{text}: {bare:.2f} ms, with its trace {traced:.2f} ms")
        assert traced < 5


def test_every_filter_together_takes_under_ten_milliseconds(scores):
    history = filters.History(
        token_ids=tuple(np.random.default_rng(0).integers(0, 300, 300).tolist()), coin=0.1
    )
    every = sampling.SamplingChain(
        tuple(settings_class.usual() for settings_class, _ in filter_catalog.FILTERS.values())
    )
    traced = cpu_ms(lambda: every.apply(scores, history), repeat=30)
    bare = cpu_ms(lambda: every.filter(scores, history), repeat=30)
    print(f"\nall {len(every.stages)} filters: {bare:.2f} ms, with their trace {traced:.2f} ms")
    assert len(every.apply(scores, history).stages) == len(filter_catalog.FILTERS)
    assert traced < 10


def test_twenty_texts_at_once_are_four_times_faster_than_one_by_one(smollm2, prompt_ids):
    chain = sampling.basic_chain(temperature=1.0, top_p=0.95)
    setting = {"chain": chain, "max_new_tokens": 20}
    seeds = range(20)

    together = wall_s(
        lambda: list(decoding.sample_many(smollm2, prompt_ids, seeds=seeds, **setting)), repeat=2
    )
    # Six single texts stand for twenty, to keep the benchmark short.
    alone = wall_s(
        lambda: [
            list(decoding.sample(smollm2, prompt_ids, seed=seed, **setting)) for seed in range(6)
        ],
        repeat=1,
    )
    ratio = alone / 6 * 20 / together
    print(
        f"\n20 texts of 20 tokens: {together:.1f} s at once, {ratio:.1f} x faster than one by one"
    )
    assert ratio > 4

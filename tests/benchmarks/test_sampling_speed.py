"""Decoding and filters against named peers; the ratios are printed."""

import numpy as np
import pytest
import torch

from core.language_models import decoding, filter_catalog, filters, next_token, sampling

pytestmark = [pytest.mark.bench, pytest.mark.model]

PROMPT = "The history of the city begins"
N_TOKENS = 40


@pytest.fixture(scope="module")
def prompt_ids(smollm2):
    return next_token.encode_prompt(smollm2, PROMPT).token_ids


@pytest.fixture(scope="module")
def scores(smollm2):
    return next_token.next_token_logits(smollm2, PROMPT)


def test_decoding_against_generate(against, smollm2, prompt_ids):
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

    label = f"{N_TOKENS} tokens with every step's distribution, model.generate (aim: 1 x)"
    against(ours, generate, peer_rounds=3, label=label)


@pytest.mark.parametrize(
    "text",
    [
        "temperature:2~top_k~top_p:0.95~min_p:0.001",
        "temperature:0.8~top_k:50~top_p:0.9",
    ],
)
def test_four_filters_over_the_whole_vocabulary(against, scores, text):
    chain = sampling.SamplingChain.from_text(text)
    against(lambda: chain.apply(scores), rounds=30, label=f"{text} (aim: 5 ms)")


def test_every_filter_over_the_whole_vocabulary(against, scores):
    history = filters.History(
        token_ids=tuple(np.random.default_rng(0).integers(0, 300, 300).tolist()), coin=0.1
    )
    every = sampling.SamplingChain(
        tuple(settings_class.usual() for settings_class, _ in filter_catalog.FILTERS.values())
    )
    label = f"all {len(every.stages)} filters with their trace (aim: 10 ms)"
    against(lambda: every.apply(scores, history), rounds=30, label=label)


def test_twenty_texts_at_once_against_one_by_one(against, smollm2, prompt_ids):
    chain = sampling.basic_chain(temperature=1.0, top_p=0.95)
    setting = {"chain": chain, "max_new_tokens": 20}

    def one_by_one():
        for seed in range(5):
            list(decoding.sample(smollm2, prompt_ids, seed=seed, **setting))

    against(
        lambda: list(decoding.sample_many(smollm2, prompt_ids, seeds=range(20), **setting)),
        one_by_one,
        share=5 / 20,
        label="20 texts of 20 tokens in one batch, one by one (aim: 4 x)",
    )

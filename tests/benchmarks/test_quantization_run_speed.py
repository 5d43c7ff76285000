"""A whole model in a scheme against plain passes of transformers; the ratios are printed."""

import pytest
import torch

from core.model_store import loading
from core.quantization import evaluation, layer_study, model_weights, sample_texts, schemes, trial

pytestmark = [pytest.mark.bench, pytest.mark.model]


def finish(work):
    while True:
        try:
            next(work)
        except StopIteration as finished:
            return finished.value


@pytest.fixture(scope="module")
def token_ids(smollm2):
    return evaluation.encode(smollm2, sample_texts.TEXT * 2)


@pytest.mark.parametrize("name", ["q4_0", "nf4", "q4_k"])
def test_a_whole_trial_on_1024_tokens(against, smollm2, token_ids, name):
    assert len(token_ids) == evaluation.MAX_TOKENS
    ids = torch.tensor([token_ids])

    def two_plain_passes():
        with torch.inference_mode():
            for _ in range(2):
                smollm2.model(ids, labels=ids)

    against(
        lambda: finish(trial.of_scheme(smollm2, schemes.SCHEMES[name], token_ids)),
        two_plain_passes,
        rounds=1,
        label=f"{name}: round, read {len(token_ids)} tokens twice, judge; two plain passes alone "
        "(aim: under 60,000 ms)",
    )


def test_rounding_and_putting_back_the_whole_model(against, smollm2):
    chosen = model_weights.assignment(smollm2.model, schemes.SCHEMES["q4_0"])
    against(
        lambda: finish(model_weights.rebuild(smollm2, chosen)),
        lambda: loading.load_causal_lm("smollm2-135m-instruct"),
        label="Q4_0 of all matrices, loading the model again",
    )


def test_every_part_of_the_encoder(against):
    encoder = loading.load_encoder("all-minilm-l6-v2")
    against(
        lambda: finish(layer_study.study_encoder(encoder)),
        rounds=1,
        label="13 parts alone and 9 whole models (aim: 10,000 ms)",
    )

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.language_models import beams, decoding

PROMPT = (5, 6, 7)
ENDS = [3, 8, 14, 20, 26, 33]


def last_step(lm, prompt=PROMPT, **settings):
    return list(beams.search(lm, prompt, **settings))[-1]


def generated(lm, prompt, *, n_beams, max_new_tokens, length_penalty=1.0):
    output = lm.model.generate(
        torch.tensor([prompt]),
        attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
        num_beams=n_beams,
        num_return_sequences=n_beams,
        do_sample=False,
        early_stopping=False,
        max_new_tokens=max_new_tokens,
        length_penalty=length_penalty,
        output_scores=True,
        return_dict_in_generate=True,
    )
    texts = []
    for row in output.sequences[:, len(prompt) :].tolist():
        # Texts that ended are filled up with an end token: the first one belongs to the text.
        end = next((place + 1 for place, token in enumerate(row) if token in ENDS), len(row))
        texts.append(tuple(row[:end]))
    return texts, output.sequences_scores.tolist()


@pytest.fixture(scope="module")
def restless_lm(tiny_lm):
    """A model that ends its texts with any of six tokens, so that many end early."""
    model = copy.deepcopy(tiny_lm.model)
    model.generation_config.eos_token_id = ENDS
    return SimpleNamespace(model=model, tokenizer=tiny_lm.tokenizer)


@pytest.mark.parametrize("n_beams", [2, 3, 5])
@pytest.mark.parametrize("length_penalty", [1.0, 0.0, 2.0])
@pytest.mark.parametrize("prompt", [(5, 6, 7), (30,), (11, 11, 11, 11)])
def test_texts_and_scores_equal_generate(restless_lm, prompt, n_beams, length_penalty):
    settings = {"n_beams": n_beams, "max_new_tokens": 14, "length_penalty": length_penalty}
    texts, scores = generated(restless_lm, prompt, **settings)
    found = last_step(restless_lm, prompt, **settings).finished
    assert [text.beam.token_ids for text in found] == texts
    np.testing.assert_allclose([text.score for text in found], scores, atol=1e-5)


def test_some_of_the_texts_above_end_early_and_some_do_not(restless_lm):
    lengths = {
        text.beam.n_tokens
        for prompt in [(5, 6, 7), (30,), (11, 11, 11, 11)]
        for text in last_step(restless_lm, prompt, n_beams=5, max_new_tokens=14).finished
    }
    assert min(lengths) < 14
    assert len(lengths) > 2


@pytest.mark.model
def test_texts_and_scores_on_the_real_model_equal_generate(smollm2):
    prompt = smollm2.tokenizer("The meaning of life is")["input_ids"]
    output = smollm2.model.generate(
        torch.tensor([prompt]),
        attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
        num_beams=3,
        do_sample=False,
        max_new_tokens=8,
        output_scores=True,
        return_dict_in_generate=True,
    )
    best = last_step(smollm2, prompt, n_beams=3, max_new_tokens=8).finished[0]
    assert best.beam.token_ids == tuple(output.sequences[0, len(prompt) :].tolist())
    assert best.score == pytest.approx(output.sequences_scores[0].item(), abs=1e-5)


def test_the_tree_carries_running_log_probabilities(tiny_lm):
    for step in beams.search(tiny_lm, PROMPT, n_beams=3, max_new_tokens=5):
        for beam in step.candidates:
            ids = [*PROMPT, *beam.token_ids]
            log_probs = torch.log_softmax(tiny_lm.model(torch.tensor([ids])).logits[0], dim=-1)
            parts = [
                log_probs[len(PROMPT) - 1 + place, token_id].item()
                for place, token_id in enumerate(beam.token_ids)
            ]
            assert beam.log_prob == pytest.approx(sum(parts), abs=1e-4)
            assert beam.n_tokens == step.index + 1
        log_probs_ = [beam.log_prob for beam in step.candidates]
        assert log_probs_ == sorted(log_probs_, reverse=True)


def test_one_beam_is_greedy(tiny_lm):
    greedy = [step.token_id for step in decoding.greedy(tiny_lm, PROMPT, max_new_tokens=10)]
    steps = list(beams.search(tiny_lm, PROMPT, n_beams=1, max_new_tokens=10))
    followed = [step.candidates[0].token_ids for step in steps]
    assert followed[len(greedy) - 1] == tuple(greedy)


def test_more_beams_find_likelier_texts_than_one(tiny_lm):
    settings = {"max_new_tokens": 8, "length_penalty": 0.0}
    prompts = [(5, 6, 7), (30,), (12, 13), (21, 4)]
    narrow, wide = (
        np.array(
            [
                last_step(tiny_lm, prompt, n_beams=n_beams, **settings).finished[0].beam.log_prob
                for prompt in prompts
            ]
        )
        for n_beams in (1, 8)
    )
    assert (wide >= narrow - 1e-6).all()
    assert (wide > narrow + 0.1).any()


def test_a_prompt_that_nearly_fills_the_model_ends_in_time(tiny_lm):
    step = last_step(tiny_lm, [5] * 63, n_beams=2, max_new_tokens=30)
    assert step.is_last
    assert max(text.beam.n_tokens for text in step.finished) <= 2


def test_impossible_wishes_are_refused(tiny_lm):
    with pytest.raises(ValueError, match="n_beams"):
        last_step(tiny_lm, n_beams=0, max_new_tokens=3)
    with pytest.raises(ValueError, match="no tokens"):
        last_step(tiny_lm, (), n_beams=2, max_new_tokens=3)

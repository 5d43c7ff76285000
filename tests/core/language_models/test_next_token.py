import numpy as np
import pytest
import torch

from core.language_models import next_token, probability


def test_scores_cover_the_vocabulary_and_equal_the_plain_model(tiny_lm):
    ids = [5, 6, 7]
    scores = next_token.next_token_logits_of_ids(tiny_lm, ids)
    reference = tiny_lm.model(torch.tensor([ids])).logits[0, -1].float().numpy()
    assert scores.shape == (40,)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, reference, rtol=1e-6)


def test_the_last_positions_can_be_read_at_once(tiny_lm):
    ids = [5, 6, 7, 8]
    rows = next_token.read(tiny_lm.model, [ids], n_last=2)[0]
    for row, length in zip(rows, (3, 4), strict=True):
        alone = next_token.next_token_logits_of_ids(tiny_lm, ids[:length])
        np.testing.assert_allclose(row.numpy(), alone, rtol=1e-5)


def test_nothing_to_continue_is_refused_in_words(tiny_lm):
    with pytest.raises(ValueError, match="type something"):
        next_token.encode_prompt(tiny_lm, "")
    with pytest.raises(ValueError, match="no tokens"):
        next_token.next_token_logits_of_ids(tiny_lm, [])


@pytest.mark.model
def test_the_capital_of_france_is_paris(smollm2):
    scores = next_token.next_token_logits(smollm2, "The capital of France is")
    probs = probability.softmax(scores)
    assert scores.shape == (49_152,)
    assert smollm2.tokenizer.decode([int(probs.argmax())]) == " Paris"
    assert probs.max() == pytest.approx(0.7725, abs=0.002)


@pytest.mark.model
def test_a_special_token_typed_by_a_person_is_text(smollm2):
    prompt = next_token.encode_prompt(smollm2, "a<|im_end|>b")
    assert not set(prompt.token_ids) & set(smollm2.tokenizer.all_special_ids)
    assert smollm2.tokenizer.decode(list(prompt.token_ids)) == "a<|im_end|>b"


@pytest.mark.model
@pytest.mark.parametrize(
    "text", ["\x00\x07", "🦊" * 40, "שלום עולם", "</script><img onerror=alert(1)>", " ", "\n"]
)
def test_odd_prompts_are_read(smollm2, text):
    prompt = next_token.encode_prompt(smollm2, text)
    assert prompt.n_cut == 0
    assert np.isfinite(next_token.next_token_logits(smollm2, text)).all()


@pytest.mark.model
def test_of_a_long_prompt_the_end_is_read(smollm2):
    prompt = next_token.encode_prompt(smollm2, "word " * 20_000 + "The end")
    assert len(prompt.token_ids) == next_token.MAX_PROMPT_TOKENS
    assert prompt.n_cut > 15_000
    assert smollm2.tokenizer.decode(list(prompt.token_ids)).endswith("The end")

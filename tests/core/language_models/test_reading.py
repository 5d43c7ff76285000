import itertools
import math

import numpy as np
import pytest
import torch

from core.language_models import reading

TEXT = np.random.default_rng(0).integers(4, 40, 50).tolist()


def test_one_window_gives_the_model_s_own_loss(tiny_lm):
    tokens = list(reading.read_text(tiny_lm, TEXT))
    ids = torch.tensor([TEXT])
    nats = tiny_lm.model(ids, labels=ids).loss.item()
    assert math.isnan(tokens[0].surprisal_bits)
    bits = [token.surprisal_bits for token in tokens[1:]]
    assert np.mean(bits) == pytest.approx(nats / math.log(2), abs=1e-5)
    assert reading.perplexity_so_far([t.surprisal_bits for t in tokens])[-1] == pytest.approx(
        math.exp(nats), rel=1e-5
    )


@pytest.mark.parametrize(("window", "stride"), [(16, 8), (16, 15), (16, 1), (10, 3), (51, 50)])
def test_every_token_is_measured_once_with_its_context(tiny_lm, window, stride):
    tokens = list(reading.read_text(tiny_lm, TEXT, window=window, stride=stride))
    assert [token.index for token in tokens] == list(range(50))
    assert [token.token_id for token in tokens] == TEXT
    for token in tokens[1:]:
        expected_least = min(token.index, window - stride)
        assert max(1, expected_least) <= token.n_context < window
        seen = TEXT[token.index - token.n_context : token.index]
        scores = tiny_lm.model(torch.tensor([seen])).logits[0, -1]
        log_probs = torch.log_softmax(scores, dim=-1)
        wanted = -log_probs[token.token_id].item() / math.log(2)
        assert token.surprisal_bits == pytest.approx(wanted, abs=1e-4)
        assert token.prob == pytest.approx(2**-wanted, abs=1e-5)
        assert token.rank == 1 + int((scores > scores[token.token_id]).sum())
        assert token.guess_id == int(scores.argmax())


def test_a_text_of_one_token_is_read(tiny_lm):
    (only,) = reading.read_text(tiny_lm, [5])
    assert only.n_context == 0
    assert reading.most_surprising([only], 3) == ()


def test_reading_can_be_stopped_at_any_time(tiny_lm):
    text = reading.read_text(tiny_lm, TEXT, window=16, stride=8)
    assert len(list(itertools.islice(text, 20))) == 20
    assert not torch.is_inference_mode_enabled()


def test_the_most_surprising_tokens_come_first(tiny_lm):
    tokens = list(reading.read_text(tiny_lm, TEXT))
    worst = reading.most_surprising(tokens, 5)
    bits = [token.surprisal_bits for token in worst]
    assert bits == sorted(bits, reverse=True)
    assert bits[0] == max(token.surprisal_bits for token in tokens[1:])


def test_impossible_wishes_are_refused(tiny_lm):
    for text in ([], [5] * (reading.MAX_READING_TOKENS + 1)):
        with pytest.raises(ValueError, match="can be read"):
            next(reading.read_text(tiny_lm, text))
    for stride in (0, 16):
        with pytest.raises(ValueError, match="stride"):
            next(reading.read_text(tiny_lm, TEXT, window=16, stride=stride))


@pytest.mark.model
def test_shuffled_words_surprise_the_real_model_more(smollm2):
    fluent = "The quick brown fox jumps over the lazy dog and runs back into the dark forest."
    words = fluent.split()
    shuffled = " ".join(np.random.default_rng(1).permutation(words))

    def perplexity(text):
        ids = smollm2.tokenizer(text)["input_ids"]
        bits = [token.surprisal_bits for token in reading.read_text(smollm2, ids)]
        return reading.perplexity_so_far(bits)[-1]

    assert perplexity(shuffled) > 5 * perplexity(fluent)

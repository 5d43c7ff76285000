import numpy as np
import pytest
import torch

from core.language_models import contrastive, decoding, probability

PROMPT = (5, 6, 7)


def test_scores_by_hand():
    # Cosines with the two states of the text: token 1 has 1 and 0.6, token 2 has 0 and 0.8.
    found = contrastive.weigh(
        np.array([1, 2]),
        np.array([0.7, 0.3]),
        np.array([[2.0, 0.0], [0.0, 5.0]]),
        np.array([[1.0, 0.0], [3.0, 4.0]]),
        alpha=0.6,
    )
    assert [one.similarity for one in found] == pytest.approx([1.0, 0.8])
    assert [one.most_similar for one in found] == [0, 1]
    assert [one.score for one in found] == pytest.approx([0.4 * 0.7 - 0.6, 0.4 * 0.3 - 0.6 * 0.8])


def test_without_the_penalty_it_is_greedy(tiny_lm):
    greedy = [step.token_id for step in decoding.greedy(tiny_lm, PROMPT, max_new_tokens=12)]
    text = contrastive.search(tiny_lm, PROMPT, k=5, alpha=0.0, max_new_tokens=12)
    assert [step.token_id for step in text] == greedy


def test_each_step_equals_the_definition_computed_from_scratch(tiny_lm):
    def read(ids):
        output = tiny_lm.model(torch.tensor([ids]), output_hidden_states=True)
        return output.logits[0, -1].numpy(), output.hidden_states[-1][0].numpy()

    context = list(PROMPT)
    for step in contrastive.search(tiny_lm, PROMPT, k=4, alpha=0.6, max_new_tokens=8):
        scores, states = read(context)
        probs = probability.softmax(scores)
        wanted = {}
        for token_id in np.argsort(-probs)[:4]:
            new = read([*context, int(token_id)])[1][-1]
            norms = np.linalg.norm(states, axis=1) * np.linalg.norm(new)
            wanted[int(token_id)] = 0.4 * probs[token_id] - 0.6 * (states @ new / norms).max()
        assert {one.token_id: one.score for one in step.candidates} == pytest.approx(
            wanted, abs=1e-5
        )
        assert step.token_id == max(wanted, key=wanted.get)
        context.append(step.token_id)


def test_it_stops_when_the_model_has_no_room(tiny_lm):
    steps = list(contrastive.search(tiny_lm, [5, 9] * 31, max_new_tokens=30))
    assert steps[-1].stop in ("context", "end")
    assert len(steps) <= 2


@pytest.mark.parametrize("wish", [{"k": 0}, {"alpha": 1.5}, {"alpha": float("nan")}])
def test_impossible_wishes_are_refused(tiny_lm, wish):
    with pytest.raises(ValueError, match="alpha from 0 to 1"):
        next(contrastive.search(tiny_lm, PROMPT, max_new_tokens=3, **wish))

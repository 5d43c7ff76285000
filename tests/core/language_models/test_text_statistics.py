import numpy as np
import pytest

from core.language_models import decoding, sampling, text_statistics


def test_distinct_n_by_hand():
    text = [1, 2, 1, 2, 1]
    assert text_statistics.distinct_n(text, 1) == 2 / 5
    assert text_statistics.distinct_n(text, 2) == 2 / 4
    assert text_statistics.distinct_n(text, 3) == 2 / 3
    assert text_statistics.distinct_n([1], 2) == 1.0
    with pytest.raises(ValueError, match="n must be 1"):
        text_statistics.distinct_n(text, 0)


def test_repetition_counts_only_within_the_window():
    assert text_statistics.repetition_rate([1, 2, 3, 1]) == 0.25
    assert text_statistics.repetition_rate([1, 2, 3, 1], window=2) == 0.0
    assert text_statistics.repetition_rate([]) == 0.0


@pytest.mark.parametrize(
    ("first", "second", "place"),
    [([1, 2], [1, 3], 1), ([1, 2], [1, 2], None), ([1], [1, 2], 1), ([], [], None), ([1], [2], 0)],
)
def test_first_divergence(first, second, place):
    assert text_statistics.first_divergence(first, second) == place
    assert text_statistics.first_divergence(second, first) == place


def test_figures_of_a_text_are_means_over_its_steps(tiny_lm):
    chain = sampling.basic_chain()
    text = list(decoding.sample(tiny_lm, [5, 6], chain=chain, seed=2, max_new_tokens=12))
    figures = text_statistics.figures_of(text)
    assert figures.n_tokens == len(text)
    assert figures.mean_surprisal_bits == pytest.approx(
        -np.mean([np.log2(step.raw_prob) for step in text])
    )
    assert figures.perplexity == pytest.approx(2**figures.mean_surprisal_bits)
    assert figures.distinct_1 == len({step.token_id for step in text}) / len(text)
    with pytest.raises(ValueError, match="empty"):
        text_statistics.figures_of([])


def test_heat_makes_a_text_more_surprising(tiny_lm):
    def surprise(temperature):
        chain = sampling.basic_chain(temperature=temperature)
        texts = decoding.sample_many(
            tiny_lm, [5, 6], chain=chain, seeds=range(10), max_new_tokens=15
        )
        steps = [step for position in texts for step in position if step]
        return text_statistics.figures_of(steps).mean_surprisal_bits

    assert surprise(0.3) < surprise(1.0) < surprise(2.5)

import numpy as np
import pytest

from core.language_models import filter_catalog, filters, probability, sampling, scripts, surprise

HISTORY = (5, 6, 7, 8, 5, 6, 7, 9, 5, 6, 7)


def run_lines(code, scores, *, limits=()):
    names = {
        "np": np,
        "softmax": probability.softmax,
        "scores": scores.copy(),
        "history": list(HISTORY),
        "coin": 0.1,
        "limits": list(limits),
    }
    exec(code, names)
    return names["scores"]


def usual_filters():
    return [settings.usual() for settings, _ in filter_catalog.FILTERS.values()]


@pytest.mark.parametrize("settings", usual_filters(), ids=lambda settings: settings.card.key)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_lines_taken_home_do_what_the_filter_does(settings, seed):
    scores = np.random.default_rng(seed).normal(0, 3, 500)
    history = filters.History(token_ids=HISTORY, coin=0.1)
    wanted = sampling.SamplingChain((settings,)).filter(scores, history)
    assert not np.array_equal(wanted, scores)
    np.testing.assert_allclose(run_lines(scripts.stage_code(settings), scores), wanted, atol=1e-9)


def test_dynamic_temperature_and_a_running_surprise_limit_are_taken_home_too():
    scores = np.random.default_rng(3).normal(0, 3, 500)
    dynamic = filters.Temperature(1.0, 0.5, 2.0)
    wanted = sampling.SamplingChain((dynamic,)).filter(scores)
    np.testing.assert_allclose(run_lines(scripts.stage_code(dynamic), scores), wanted, atol=1e-9)

    steered = surprise.Mirostat(3.0)
    history = filters.History(surprise_limit_bits=4.0)
    wanted = sampling.SamplingChain((steered,)).filter(scores, history)
    found = run_lines(scripts.stage_code(steered), scores, limits=[4.0])
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(wanted))


def test_a_whole_script_is_a_program_whatever_the_prompt_says():
    chain = sampling.SamplingChain(tuple(usual_filters()))
    script = scripts.next_token_script(
        '"""\nimport os {x}', chain, seed=1, n_tokens=3, folder="m", hub_id="a/m", max_tokens=9
    )
    compile(script, "taken.py", "exec")
    titles = [line for line in script.splitlines() if line.startswith("    # ")]
    assert len(titles) == len(filter_catalog.FILTERS)

"""How long a script run of a lab takes beside that of an empty page."""

import gc
import time
from pathlib import Path

import pytest
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

pytestmark = [pytest.mark.bench, pytest.mark.model]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def script_time_s(monkeypatch):
    """The script time of the last run alone, without what a test does around it."""
    taken = []
    original = script_runner.exec_func_with_error_handling

    def timed(function, context):
        began = time.perf_counter()
        result = original(function, context)
        taken.append(time.perf_counter() - began)
        return result

    monkeypatch.setattr(script_runner, "exec_func_with_error_handling", timed)
    return lambda: taken[-1]


def least_s(at, script_time_s, change, rounds=10):
    times = []
    for place in range(rounds):
        change(at, place)
        at.run()
        times.append(script_time_s())
    return min(times)


def test_a_rerun_of_the_sampling_lab_against_an_empty_page(smollm2, script_time_s):
    empty = AppTest.from_string("import streamlit").run()
    floor = least_s(empty, script_time_s, lambda at, place: None)
    lab = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60).run()
    lab.switch_page("pages/language_models/sampling.py").run()
    gc.collect()
    gc.freeze()

    def move(at, place):
        at.slider(key="sampling_temperature").set_value(0.5 + place / 10)

    taken = least_s(lab, script_time_s, move)
    print(
        f"\nrerun of the sampling lab, logits cached: {1000 * taken:.1f} ms of script, "
        f"empty page {1000 * floor:.2f} ms"
    )

"""How long a script run of the neural network lab takes when its training is cached."""

import gc
import time
from pathlib import Path

import pytest
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

pytestmark = pytest.mark.bench

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


def test_a_rerun_of_the_network_lab_with_a_cached_training(script_time_s):
    lab = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60).run()
    lab.switch_page("pages/networks/xor_trainer.py").run()
    gc.collect()
    gc.freeze()
    rates = [0.5, 1.0]
    for view in ("train", "walk", "lottery", "landscape", "learned"):
        lab.session_state["xor_trainer_show"] = view
        times = []
        for place in range(12):
            lab.number_input(key="xor_trainer_rate").set_value(rates[place % 2]).run()
            times.append(script_time_s())
        # The first two rounds train; the rest find both trainings in the cache.
        print(f"\nrerun of the view {view}, cached: {1000 * min(times[2:]):.1f} ms of script")
        assert not lab.exception

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


@pytest.mark.parametrize(
    ("view", "key", "values"),
    [
        ("One number", "quantization_lab_bits", [2, 3, 4, 5, 6, 7, 8]),
        ("A real matrix", "quantization_lab_matrix_col", [1, 100, 200, 300, 400, 500, 600]),
        ("A real matrix", "quantization_lab_block", [16, 32, 64, 128, 256, 512, 1024]),
        ("How big", "quantization_lab_size_tokens", [256, 512, 1_024, 2_048, 4_096, 8_192, 16_384]),
    ],
)
def test_a_rerun_of_the_quantization_lab_against_an_empty_page(script_time_s, view, key, values):
    empty = AppTest.from_string("import streamlit").run()
    floor = least_s(empty, script_time_s, lambda at, place: None)
    lab = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60).run()
    lab.query_params["quantization_lab_view"] = view
    lab.switch_page("pages/quantization/quantization_lab.py").run()
    if key == "quantization_lab_block":
        lab.selectbox(key="quantization_lab_scheme").set_value("int4_absmax_block").run()
    gc.collect()
    gc.freeze()

    def move(at, place):
        at.session_state[key] = values[place]

    taken = least_s(lab, script_time_s, move, rounds=len(values))
    assert not lab.exception
    print(
        f"\nrerun of the quantization lab, {view}, {key}: {1000 * taken:.1f} ms of script, "
        f"empty page {1000 * floor:.2f} ms"
    )

"""Steps 3 to 5 of the quantization lab from the front door, on the real offline models."""

import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components import cached, quantization_work, shared_work
from core.quantization import kernels, sample_texts, schemes

HOME = str(Path(__file__).parents[2] / "Home.py")
PAGE = "pages/quantization/quantization_lab.py"

pytestmark = pytest.mark.model


@pytest.fixture(autouse=True)
def short(smollm2, monkeypatch):
    """A short text, few tokens to write, and an empty bench."""
    monkeypatch.setattr(sample_texts, "TEXT", sample_texts.TEXT[:330])
    monkeypatch.setattr(quantization_work, "N_TOKENS", 6)
    monkeypatch.setattr(shared_work, "_WORK_S", 60)
    cached.workbench.clear()
    yield
    cached.workbench.clear()


def open_lab(view, **state):
    at = AppTest.from_file(HOME, default_timeout=180)
    at.run()
    at.session_state["quantization_lab_view"] = view
    for name, value in state.items():
        at.session_state[f"quantization_lab_{name}"] = value
    at.switch_page(PAGE).run()
    assert not at.exception
    return at


def press(at, label):
    button = next(one for one in at.button if one.label == label)
    button.click().run()
    for _ in range(40):
        if not any(one.label == "Stop" for one in at.button):
            break
        at.run()
    assert not at.exception
    return at


def metrics(at):
    return {one.label: one.value for one in at.metric}


def table(at, column):
    return next(one.value for one in at.dataframe if column in one.value.columns)


def prose(at):
    return " ".join(str(one.value) for one in (*at.markdown, *at.caption))


def test_nothing_runs_before_it_is_asked_for():
    at = open_lab("Put it back")
    assert not at.metric
    assert "already rounded" not in prose(at)
    assert "publisher rounded these weights" in prose(at)


def test_a_scheme_is_put_back_and_everybody_else_finds_it_done():
    at = press(open_lab("Put it back", scheme="q4_0"), "Put it back and run it")
    shown = metrics(at)
    assert shown["Size"] == "75.7 MB"
    assert shown["Bits per weight"] == "4.5"
    assert "Simulated" in prose(at)
    assert "They part at token" in prose(at) or "token by token" in prose(at)
    again = open_lab("Put it back", scheme="q4_0")
    assert metrics(again) == shown
    other = open_lab("Put it back", scheme="q8_0")
    assert not other.metric
    assert cached.workbench().is_free


def test_the_same_grid_changes_nothing_and_the_court_sees_no_case():
    at = press(open_lab("Put it back", scheme="q4_1", scope="layers"), "Put it back and run it")
    assert metrics(at)["Same favourite"] == "100.0%"
    assert "token by token" in prose(at)
    court = open_lab("The court", scheme="q4_1", scope="layers")
    assert "Nothing to judge" in prose(court)


def test_bitsandbytes_computes_itself_and_a_missing_one_is_said(monkeypatch):
    at = press(open_lab("Put it back", kernel="bnb_nf4"), "Put it back and run it")
    assert "bitsandbytes' own kernel" in prose(at)
    cached.kernel_problem.clear()
    monkeypatch.setattr(kernels, "problem", lambda name: "bitsandbytes is not installed here.")
    at = open_lab("Put it back", kernel="bnb_nf4", seed=8)
    assert "The lab simulates instead" in at.warning[0].value
    cached.kernel_problem.clear()


def test_the_court_judges_eight_four_three_and_two_bits():
    at = press(open_lab("The court"), "Try all four")
    found = table(at, "Verdict")
    assert found["Bits"].round(1).tolist() == [8.4, 4.3, 3.3, 2.3]
    assert found["Perplexity"].is_monotonic_increasing
    assert found["Verdict"].iloc[0] in ("noise", "a scratch", "nothing changed")
    assert found["Verdict"].iloc[-1] == "damage"


def test_every_part_of_the_encoder_is_tried_and_bits_are_spent():
    at = press(
        open_lab("Which layers", layers_model="all-minilm-l6-v2"),
        "Try every part",
    )
    found = table(at, "Damage of the mixture")
    assert (found["Damage of the mixture"] < found["Damage"]).all()
    assert len(at.get("vega_lite_chart")) == 3
    before = prose(at)
    at.slider(key="quantization_lab_budget").set_value(6.0).run()
    assert "Amber: your budget" in prose(at)
    assert prose(at) != before


def test_every_kernel_is_timed(monkeypatch):
    some = {name: kernels.KERNELS[name] for name in ("bfloat16", "torch_int4", "bnb_nf4")}
    monkeypatch.setattr(kernels, "KERNELS", some)
    at = press(open_lab("Put it back"), "Time every kernel")
    found = table(at, "Writing").set_index("Kernel")
    assert len(found) == len(kernels.KERNELS)
    assert (found["Writing"] > 0).all()
    assert found["Fetched"]["int4, packed"] < 90


@pytest.mark.parametrize("text", ["", "short"])
def test_too_little_text_is_asked_for_again(text):
    at = open_lab("Put it back", whose="My own text", text=text)
    assert "60 characters or more" in at.info[0].value


def test_any_text_can_be_read():
    text = "نص عربي 🙂 </script> ![x](http://a.b) \u0000 NaN " * 3_000
    at = press(open_lab("The court", whose="My own text", text=text), "Call the witnesses")
    assert "standard errors" in prose(at) or "by chance" in prose(at)
    assert "![x]" not in prose(at)


def test_the_script_prints_the_numbers_of_the_page(tmp_path):
    at = press(open_lab("Put it back", scheme="nf4"), "Put it back and run it")
    shown = metrics(at)
    at.session_state["quantization_lab_take_open"] = True
    asked = quantization_work.TrialAsked(
        "smollm2-135m-instruct", schemes.SCHEMES["nf4"], "", "all", sample_texts.TEXT
    )
    put = quantization_work.PutAsked(asked, sample_texts.FIRST_WORDS, 7)
    from components import quantization_run

    program = tmp_path / "program.py"
    program.write_text(quantization_run.script(cached.workbench().result(put)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", program], capture_output=True, text=True, check=True
    )
    printed = dict(line.split()[:2] for line in done.stdout.splitlines())
    assert f"{float(printed['size_mb']):.3g} MB" == shown["Size"]
    assert f"{float(printed['perplexity_after']):,.4g}" == shown["Perplexity"]
    assert f"{float(printed['kl_divergence']):.3g} nats" == shown["KL divergence"]
    assert f"{float(printed['top_agreement']):.1%}" == shown["Same favourite"]

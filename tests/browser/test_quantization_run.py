"""What only a browser can show of models that run in the quantization lab."""

import pytest

pytestmark = pytest.mark.browser

LAYERS = "/quantization_lab?quantization_lab_view=Which+layers"
ENCODER = "&quantization_lab_layers_model=all-MiniLM-L6-v2"
DONE = "Spend bits where they matter"


def test_work_stops_when_asked(address, visit):
    visitor = visit(address)
    page = visitor.open(LAYERS)
    start = page.get_by_role("button", name="Try every part")
    start.click()
    # Streamlit's own header has a button of that name while a script runs.
    stop = page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop")
    stop.wait_for(timeout=60_000)
    assert start.is_disabled()
    stop.click()
    stop.wait_for(state="detached", timeout=60_000)
    visitor.settle()
    assert start.is_enabled()
    assert page.get_by_text(DONE).count() == 0
    assert visitor.errors == []


def test_work_that_one_visitor_has_done_is_there_for_the_next(address, visit):
    first = visit(address)
    page = first.open(LAYERS + ENCODER)
    page.get_by_role("button", name="Try every part").click()
    page.get_by_text(DONE).wait_for(timeout=240_000)
    first.settle()
    assert first.errors == []

    second = visit(address)
    second.open(LAYERS + ENCODER).get_by_text(DONE).wait_for(timeout=15_000)
    assert second.errors == []
    assert second.outside_requests == []


def test_two_texts_part_at_an_underlined_token(address, visit):
    visitor = visit(address)
    page = visitor.open("/quantization_lab?quantization_lab_view=Put+it+back")
    page.get_by_role("button", name="Put it back and run it").click()
    page.get_by_text("The same dice fell for both").wait_for(timeout=400_000)
    visitor.settle()
    pressed = page.locator('.token[aria-pressed="true"]')
    assert pressed.count() == 2
    before, after = pressed.all_inner_texts()
    assert before != after
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert visitor.errors == []

"""What only a browser can show of models that run in the quantization lab."""

import pytest

pytestmark = pytest.mark.browser

LAYERS = "/quantization_lab?quantization_lab_view=Which+layers&quantization_lab_layers_model="
ENCODER = "all-MiniLM-L6-v2"


def test_work_is_shown_stopped_and_done_once_for_two_visitors(address, visit):
    first = visit(address)
    page = first.open(LAYERS + ENCODER)
    body = page.get_by_test_id("stMainBlockContainer")
    start = page.get_by_role("button", name="Try every part")
    start.click()
    stop = body.get_by_role("button", name="Stop")
    stop.wait_for(timeout=60_000)
    stop.click()
    page.wait_for_function(
        """() => ![...document.querySelectorAll('button')]
            .some((one) => one.innerText.includes('Try every part') && one.disabled)"""
    )
    assert page.get_by_text("Spend bits where they matter").count() == 0

    start.click()
    page.get_by_text("Spend bits where they matter").wait_for(timeout=240_000)
    first.settle()
    assert first.errors == []

    second = visit(address)
    other = second.open(LAYERS + ENCODER)
    other.get_by_text("Spend bits where they matter").wait_for(timeout=15_000)
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

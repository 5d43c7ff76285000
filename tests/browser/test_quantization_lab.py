"""What only a browser can show of the quantization lab: bits, the number line, the weights."""

import re

import pytest
from playwright.sync_api import expect

from core.quantization import number_formats

pytestmark = pytest.mark.browser

MATRIX = "/quantization_lab?quantization_lab_view=A+real+matrix"


def test_a_flipped_bit_makes_the_number_that_the_format_says(address, visit):
    visitor = visit(address)
    page = visitor.open("/quantization_lab")
    half = page.get_by_role("group", name="Bits of fp16")
    sum_of_half = half.locator("xpath=following-sibling::div[1]")
    expect(sum_of_half).to_contain_text("= 15.234375")
    half.get_by_role("button").nth(3).click()
    parts = number_formats.take_apart(15.234, number_formats.FORMATS["float16"])
    flipped = number_formats.decode([parts.code ^ (1 << 12)], parts.format)[0]
    expect(sum_of_half).to_contain_text(f"= {flipped:.8f}".rstrip("0"))
    for place in (1, 2, 3, 4, 5):
        button = half.get_by_role("button").nth(place)
        if button.get_attribute("aria-pressed") == "false":
            button.click()
    expect(sum_of_half).to_contain_text("not a number")
    assert visitor.errors == []
    assert visitor.outside_requests == []


def test_a_click_on_a_number_shows_its_arithmetic_and_its_bits(address, visit):
    visitor = visit(address)
    page = visitor.open("/quantization_lab")
    page.locator("td", has_text="11.9").first.click()
    expect(page.locator(".say").first).to_contain_text("11.9 ÷ 1 = 11.9 → 12")
    page.wait_for_function("location.search.includes('quantization_lab_place=5')")
    visitor.settle()
    expect(page.get_by_text("11.9 as a floating-point number")).to_be_visible(timeout=20_000)
    expect(page.locator(".format .sum").nth(3)).to_contain_text("= 12", timeout=20_000)
    assert visitor.errors == []


def test_pointing_at_a_weight_tells_how_it_is_made(address, visit):
    visitor = visit(address)
    page = visitor.open(MATRIX)
    say = page.locator(".say").first
    expect(say).to_contain_text("Row 99, column 856: 7.915 · stored integer 127: 0.06232 × 127")
    page.locator("canvas.weights").focus()
    page.keyboard.press("ArrowLeft")
    expect(say).to_contain_text("Row 99, column 855: 0.001")
    page.get_by_role("button", name="Error", exact=True).click()
    expect(page.locator(".legend").first).to_contain_text("how far each weight moved")
    page.keyboard.press("Escape")
    page.locator("canvas.weights").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("location.search.includes('quantization_lab_matrix_col=855')")
    visitor.settle()
    assert visitor.errors == []


def test_deleting_the_outlier_by_a_click_lets_the_rest_recover(address, visit):
    visitor = visit(address)
    page = visitor.open(MATRIX)
    expect(page.locator(".say").first).to_contain_text("stored integer 127", timeout=60_000)
    page.get_by_role("radio", name="Delete it").first.click()
    expect(page.get_by_text("The other weights: 7.8 dB")).to_be_visible(timeout=20_000)
    noise = page.get_by_test_id("stMetric").filter(has_text="Signal to noise")
    expect(noise).to_contain_text(re.compile(r"\+[\d.]+ dB"), timeout=20_000)
    gained = float(re.search(r"\+([\d.]+) dB", noise.inner_text()).group(1))
    assert gained > 15
    page.locator("canvas.map").click(position={"x": 5, "y": 5})
    page.wait_for_function("location.search.includes('quantization_lab_matrix_row=')")
    visitor.settle()
    expect(page.get_by_role("radio", name="Keep it").first).to_be_checked(timeout=20_000)
    assert visitor.errors == []


@pytest.mark.parametrize("view", ["One+number", "A+real+matrix", "How+big"])
def test_a_phone_shows_every_step_without_scrolling_sideways(address, visit, view):
    visitor = visit(address, width=390, scheme="dark")
    page = visitor.open(f"/quantization_lab?quantization_lab_view={view}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert visitor.error_boxes() == []
    assert visitor.errors == []
    assert visitor.outside_requests == []

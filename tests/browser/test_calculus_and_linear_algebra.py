"""What only a browser can show of the calculus and the linear algebra lab."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_secant_played_to_its_end_has_the_slope_of_the_tangent(address, visit):
    visitor = visit(address)
    page = visitor.open("/calculus?calculus_x=2")
    numbers = page.locator(".numbers")
    expect(numbers).to_contain_text("Tangent 4")
    width = page.get_by_role("slider", name="Width h")
    width.fill("30")
    expect(numbers).to_contain_text("h = 3.16e−5")
    page.get_by_role("button", name="Play: let h shrink").click()
    expect(numbers).to_contain_text("h = 1.00e−6", timeout=10_000)
    assert "is 4" in numbers.inner_text()
    assert visitor.errors == []


def test_a_click_on_the_curve_moves_the_point_and_the_address(address, visit):
    visitor = visit(address)
    page = visitor.open("/calculus")
    box = page.locator(".picture").bounding_box()
    page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 40)
    page.wait_for_function("location.search.includes('calculus_x=-')")
    visitor.settle()
    assert "Tangent −" in page.locator(".numbers").inner_text()


def test_the_graph_walks_back_step_by_step_without_asking_the_server(address, visit):
    visitor = visit(address)
    page = visitor.open("/calculus?calculus_part=Chain+rule&calculus_chain=(x%2By)*y")
    say, step = page.locator(".say"), page.get_by_role("slider", name="Step")
    step.fill("0")
    assert "Forwards first" in say.inner_text()
    for _ in range(5):
        page.get_by_role("button", name="One step on").click()
    assert "Its slope is 1" in say.inner_text()
    page.locator(".frame").focus()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    assert "the two are added" in say.inner_text()
    assert visitor.errors == []


def test_an_arrow_dragged_to_its_own_mirror_place_flips_the_plane(address, visit):
    visitor = visit(address)
    page = visitor.open("/linear_algebra")
    tips, picture = page.locator(".tip"), page.locator("svg.picture").bounding_box()
    tip = tips.nth(0).bounding_box()
    page.mouse.move(tip["x"] + tip["width"] / 2, tip["y"] + tip["height"] / 2)
    page.mouse.down()
    middle = (picture["x"] + picture["width"] / 2, picture["y"] + picture["height"] / 2)
    unit = picture["height"] / 6.4
    page.mouse.move(middle[0] - 1.5 * unit, middle[1], steps=4)
    page.mouse.up()
    page.wait_for_function("location.search.includes('linear_algebra_a=-1.5')")
    visitor.settle()
    assert "-1.5" in page.get_by_test_id("stMetric").first.inner_text()
    assert page.locator(".square").get_attribute("data-flipped") == "yes"
    assert visitor.errors == []


def test_a_cell_of_the_product_shows_its_row_its_column_and_its_arithmetic(address, visit):
    visitor = visit(address)
    page = visitor.open("/linear_algebra?linear_algebra_part=Multiply")
    page.locator("table").nth(2).locator("td").nth(3).hover()
    assert page.locator(".say").inner_text() == "row 2 · column 2: 3·1 + (−1)·3 + 2·(−1) = −2"
    assert page.locator('td[data-lit="row"]').count() == 3
    assert page.locator('td[data-lit="column"]').count() == 3
    page.locator('td[data-lit="cell"]').focus()
    page.keyboard.press("ArrowUp")
    assert page.locator(".say").inner_text().startswith("row 1 · column 2")
    assert visitor.errors == []

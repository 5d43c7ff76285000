"""What only a browser can show of the self-attention lab."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def point_at(page, matrix, row, col):
    """Walk to a cell of a table with the keyboard."""
    canvas = page.locator(f"canvas[data-matrix={matrix}]")
    canvas.scroll_into_view_if_needed()
    canvas.focus()
    for _ in range(15):
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowUp")
    for _ in range(row):
        page.keyboard.press("ArrowDown")
    for _ in range(col):
        page.keyboard.press("ArrowRight")


def test_a_share_opens_to_its_products_its_scale_and_its_row(address, visit):
    visitor = visit(address)
    page = visitor.open("/self_attention")
    say = page.locator(".say").first
    expect(say).to_contain_text("it looks at cat")
    expect(say).to_contain_text("6·1 + 3·0 + 0.2·0 + 0·0 = 6")
    expect(say).to_contain_text("6 / √4 = 3")
    expect(say).to_contain_text("66.41 %")
    assert visitor.errors == []
    assert visitor.outside_requests == []


def test_the_keyboard_walks_through_every_table(address, visit):
    visitor = visit(address)
    page = visitor.open("/self_attention")
    say = page.locator(".say").first
    point_at(page, "q", 4, 0)
    expect(say).to_contain_text("q of it, number 1: what it looks for")
    expect(say).to_contain_text("0·0 + 0.1·0 + 0·4 + 1·6 = 6")
    point_at(page, "joined", 4, 0)
    expect(say).to_contain_text("What it takes home, number 1")
    point_at(page, "y", 4, 0)
    expect(say).to_contain_text("Output · it · living")
    assert visitor.errors == []


def test_hovering_shows_a_cell_and_leaving_brings_the_chosen_one_back(address, visit):
    page = visit(address).open("/self_attention")
    say = page.locator(".say").first
    box = page.locator("canvas[data-matrix=scores]").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 60, box["y"] + 70)
    expect(say).not_to_contain_text("it looks at cat")
    page.mouse.move(5, 5)
    expect(say).to_contain_text("it looks at cat")


def test_a_changed_number_goes_into_the_picture_and_the_address(address, visit):
    visitor = visit(address)
    page = visitor.open("/self_attention")
    point_at(page, "x", 1, 0)
    field = page.get_by_label("Change it")
    expect(field).to_have_value("1")
    field.fill("0")
    field.press("Enter")
    page.wait_for_function("decodeURIComponent(location.search).includes('E+cat+1+0')")
    visitor.settle()
    point_at(page, "weights", 4, 1)
    expect(page.locator(".say").first).to_contain_text("6·0 + 3·0")
    address_with_change = page.url
    again = visit(address)
    page = again.open(address_with_change.removeprefix(address))
    expect(page.get_by_role("textbox", name="Your own numbers")).to_have_value("E cat 1 0")
    assert visitor.errors == again.errors == []


def test_heads_are_chosen_without_asking_the_server(address, visit):
    visitor = visit(address)
    page = visitor.open("/self_attention?self_attention_heads=2")
    heads = page.locator("button.head")
    expect(heads).to_have_count(2)
    heads.nth(1).click()
    expect(heads.nth(1)).to_have_attribute("aria-pressed", "true")
    point_at(page, "weights", 1, 2)
    expect(page.locator(".say").first).to_contain_text("cat looks at slept")


def test_markup_in_words_stays_text(address, visit):
    visitor = visit(address)
    page = visitor.open("/self_attention?self_attention_words=<img src=x onerror=alert(1)> it")
    expect(page.locator(".say").first).to_contain_text("looks at")
    assert page.locator(".say img").count() == 0
    assert visitor.dialogs == []


def test_a_real_cell_shows_its_64_products_and_the_models_own_number(address, visit):
    visitor = visit(address)
    page = visitor.open("/self_attention?self_attention_part=A+real+head")
    say = page.locator(".say").first
    expect(say).to_contain_text("it looks at cat", timeout=60_000)
    expect(say.locator(".products.many .term")).to_have_count(64)
    expect(say).to_contain_text("47.81 / √64 = 5.976")
    expect(say).to_contain_text("gives 0.8091 · difference under 1e−7")
    point_at(page, "q", 4, 3)
    expect(say).to_contain_text("Turn by place")
    assert visitor.errors == []
    assert visitor.outside_requests == []


def test_moving_both_words_leaves_their_product(address, visit):
    visitor = visit(address)
    page = visitor.open("/self_attention?self_attention_part=Positions&self_attention_way=RoPE")
    total = page.locator(".total b")
    before = total.inner_text()
    page.get_by_label("move both by").fill("137")
    expect(page.locator(".total")).to_contain_text("(unchanged)")
    assert total.inner_text() == before
    page.get_by_label("query stands at place").fill("9")
    assert total.inner_text() != before
    assert visitor.errors == []


@pytest.mark.parametrize("part", ["By hand", "√D", "Positions", "Shuffle", "Length"])
def test_a_phone_shows_every_part_without_scrolling_sideways(address, visit, part):
    visitor = visit(address, width=390, scheme="dark")
    page = visitor.open(f"/self_attention?self_attention_part={part}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert visitor.errors == []
    assert visitor.error_boxes() == []
    assert visitor.outside_requests == []


@pytest.mark.parametrize("width", [1280, 390])
def test_long_products_of_a_real_head_do_not_run_into_each_other(address, visit, width):
    page = visit(address, width=width).open(
        "/self_attention?self_attention_part=A+real+head&self_attention_text=word+word+word+word"
    )
    expect(page.locator(".products.many .term")).to_have_count(64)
    runs_over = "terms => terms.filter(term => term.scrollWidth > term.clientWidth).length"
    assert page.locator(".products.many .term").evaluate_all(runs_over) == 0

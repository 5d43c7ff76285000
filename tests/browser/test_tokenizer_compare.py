"""What only a browser can show of the lab that compares tokenizers."""

import pytest

pytestmark = pytest.mark.browser

FOX = "/tokenizer_compare?tokenizer_compare_text="


def open_rows(visitor, path):
    page = visitor.open(path)
    page.locator(".row .token").first.wait_for(timeout=60_000)
    return page


def test_a_character_lights_its_token_in_every_tokenizer(address, visit):
    visitor = visit(address)
    page = open_rows(visitor, FOX + "strawberry&tokenizer_compare_view=Round+trip")
    page.locator(".char").nth(2).hover()
    lit = page.locator(".token[data-lit]").all_inner_texts()
    assert lit == ["raw", "strawberry", "·straw", "raw"]
    assert page.locator(".info").first.inner_text() == "raw, id 1831, bytes 72 61 77"
    page.locator(".switch").get_by_text("Ids").click()
    assert page.locator(".token").first.inner_text() == "301"
    assert visitor.errors == []


def test_a_split_character_shows_all_its_tokens(address, visit):
    visitor = visit(address)
    path = FOX + "a%F0%9F%A6%8A&tokenizer_compare_view=Round+trip"
    page = open_rows(visitor, path + "&tokenizer_compare_tokenizers=gpt2")
    page.locator(".char").nth(1).hover()
    assert page.locator(".token[data-lit]").all_inner_texts() == ["⟨F0⟩⟨9F⟩", "⟨A6⟩", "⟨8A⟩"]


def test_keys_walk_along_a_row_and_across_rows_and_enter_opens_a_token(address, visit):
    visitor = visit(address)
    page = open_rows(visitor, FOX + "strawberry&tokenizer_compare_view=Round+trip")
    page.locator(".token").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.locator(".token:focus").inner_text() == "strawberry"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_text("id 1,831").wait_for(timeout=30_000)
    assert visitor.errors == []


def test_html_in_the_text_stays_text(address, visit):
    visitor = visit(address)
    page = open_rows(visitor, FOX + "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    assert page.locator(".text").first.inner_text() == "<img src=x onerror=alert(1)>"
    assert page.locator('img[src="x"]').count() == 0
    assert visitor.dialogs == []
    assert visitor.outside_requests == []

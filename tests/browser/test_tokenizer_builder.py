"""What only a browser can show of the tokenizer builder."""

import pytest

pytestmark = pytest.mark.browser


def merges_made(page):
    return page.locator('[data-number="merges"]').inner_text()


def open_lab(visitor, path="/tokenizer_builder"):
    """Open the lab and wait until its first picture is drawn."""
    page = visitor.open(path)
    page.locator(".text .piece").first.wait_for(timeout=60_000)
    return page


def test_the_training_is_scrubbed_stepped_and_played_in_the_browser(address, visit):
    visitor = visit(address)
    page = open_lab(visitor)
    assert merges_made(page) == "0 of 64"
    assert page.locator(".text .piece").first.inner_text() == "T"
    page.get_by_role("button", name="One merge forward").click()
    assert merges_made(page) == "1 of 64"
    assert page.locator('.text .piece[data-new="yes"]').first.inner_text() == "he"
    page.locator(".scrub").focus()
    page.keyboard.press("End")
    assert merges_made(page) == "64 of 64"
    page.locator(".learnt button").nth(2).click()
    assert merges_made(page) == "3 of 64"
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_text("5 of 64").wait_for(timeout=10_000)
    page.get_by_role("button", name="Pause").click()
    assert visitor.errors == []


def test_a_control_that_leaves_the_training_alone_keeps_the_step(address, visit):
    visitor = visit(address)
    page = open_lab(visitor)
    page.locator(".scrub").fill("20")
    page.get_by_text("Space in front", exact=True).first.click()
    visitor.settle()
    assert merges_made(page) == "20 of 64"
    assert page.get_by_text("·strawberry", exact=True).count() >= 1


def test_html_in_the_text_stays_text(address, visit):
    visitor = visit(address)
    hostile = "%3C%2Fscript%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E"
    path = f"/tokenizer_builder?tokenizer_builder_text={hostile}&tokenizer_builder_word={hostile}"
    page = open_lab(visitor, path)
    assert page.locator(".text").inner_text() == "</script><img·src=x·onerror=alert(1)>"
    assert page.locator('img[src="x"]').count() == 0
    assert visitor.dialogs == []
    assert visitor.errors == []
    assert visitor.outside_requests == []

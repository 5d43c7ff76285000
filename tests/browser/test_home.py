"""Ticks on the learning path last: in the address bar, and while one visits a lab."""

import pytest

from components import labs

pytestmark = pytest.mark.browser


def test_a_tick_stands_in_the_link_and_survives_a_visit_to_the_first_lab(address, visit):
    visitor = visit(address)
    page = visitor.open("/")
    page.get_by_text("Implement byte-pair encoding").click()
    page.get_by_text("1 of 10 done").wait_for()
    assert page.url.endswith("/?done_bpe=true")

    page.get_by_role("link", name=f"Start here: {labs.LABS[0].title}").click()
    page.locator("h2", has_text=labs.LABS[0].question).wait_for()
    assert f"/{labs.LABS[0].url_path}" in page.url

    page.get_by_role("link", name="Learning path").first.click()
    page.get_by_text("1 of 10 done").wait_for()
    assert page.url.endswith("/?done_bpe=true")
    assert visitor.error_boxes() == []


def test_the_sources_of_a_part_unfold_without_a_rerun(address, visit):
    page = visit(address).open("/")
    source = page.get_by_text("Practical Deep Learning, lesson 1")
    assert not source.is_visible()
    page.get_by_text("Read and watch · 3 h").click()
    source.wait_for(state="visible")
    assert source.get_attribute("href") == "https://course.fast.ai"

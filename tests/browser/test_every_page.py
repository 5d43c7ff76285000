"""Every page opens, at a desk and on a phone, light and dark, and asks nothing of the outside."""

import pytest

from components import labs

PATHS = ["/", *(f"/{lab.url_path}" for lab in labs.LABS)]

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_page_opens_without_an_error_or_an_outside_request(address, visit, path, width, scheme):
    visitor = visit(address, width=width, scheme=scheme)
    page = visitor.open(path)
    assert page.locator("h1, h2").first.is_visible()
    assert visitor.error_boxes() == []
    assert visitor.errors == []
    assert visitor.outside_requests == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width

"""The first visitor of a fresh server arrives by a link to a lab."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.browser.conftest import running_server
from tests.load.streamlit_client import StreamlitClient

pytestmark = pytest.mark.browser

LINK = "sampling_temperature=0.7&sampling_prompt=Two+and+two+make"


def test_a_deep_link_on_a_fresh_server_shows_the_lab_its_settings_and_the_menu(visit, smollm2):
    with running_server() as address:
        visitor = visit(address)
        page = visitor.open(f"/sampling?{LINK}")
        assert page.get_by_role("textbox", name="Prompt").input_value() == "Two and two make"
        assert "0.70" in page.locator(".st-key-sampling_temperature").inner_text()
        assert page.get_by_text("Learning path").first.is_visible()
        assert page.get_by_text("Page not found").count() == 0
        assert visitor.errors == []


def test_the_server_never_answers_page_not_found_to_the_first_visitor(smollm2):
    async def first_visit(host):
        async with StreamlitClient(host, page_name="sampling", query_string=LINK) as client:
            await client.open_page()
            return client

    # The browser fixtures keep an event loop in this thread, so the client gets its own.
    with running_server() as address, ThreadPoolExecutor(max_workers=1) as pool:
        host = address.removeprefix("http://")
        client = pool.submit(asyncio.run, first_visit(host)).result()
    assert not client.page_not_found
    assert "sampling_temperature" in client.slider_ids
    assert client.exceptions == []

"""What only a browser can show of the GGUF lab."""

import numpy as np
import pytest

from core.quantization.gguf_types import BY_NAME
from core.quantization.gguf_writing import PlannedTensor, entry, write

pytestmark = pytest.mark.browser

BYTES, NUMBERS = ".bytes .byte", ".numbers .number"


def open_lab(visitor, path="/gguf_explorer"):
    """Open the lab and wait until the block is drawn."""
    page = visitor.open(path)
    page.locator(BYTES).first.wait_for(timeout=60_000)
    return page


def marked(page, how="yes"):
    """Digits of the halves of bytes that are marked."""
    return page.locator(f'.nibble[data-mine="{how}"]').all_inner_texts()


def test_choosing_a_number_marks_its_bits_and_its_scale(address, visit):
    visitor = visit(address)
    page = open_lab(visitor)
    assert page.locator(BYTES).count() == 20
    assert page.locator(NUMBERS).count() == 32
    page.locator(NUMBERS).nth(17).click()
    [digit] = marked(page)
    integer = int(digit, 16)
    assert f"stored integer {integer}" in page.locator(".reading").inner_text()
    assert len(marked(page, "used")) == 8
    shown = page.locator(NUMBERS).nth(17).inner_text().replace("−", "-")
    line = page.locator(".reading .line").nth(1).inner_text().replace("−", "-")
    scale, rest = line.split(" × ")
    # scale × integer − minimum = value
    assert float(line.split("= ")[1]) == pytest.approx(float(shown), abs=6e-5)
    terms = rest.split(" = ")[0].split()
    minimum = float(terms[2]) * (-1 if terms[1] == "-" else 1)
    assert float(scale) * integer + minimum == pytest.approx(float(shown), abs=1e-3)
    assert visitor.errors == []
    assert visitor.outside_requests == []


def test_a_byte_tells_whose_it_is_and_arrow_keys_walk(address, visit):
    visitor = visit(address)
    page = open_lab(visitor)
    page.locator(BYTES).first.click()
    assert page.locator(".reading .title").inner_text() == "Scale"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.locator(".reading .title").inner_text() == "Minimum"
    page.locator(NUMBERS).first.focus()
    page.keyboard.press("ArrowDown")
    assert "Weight 8 " in page.locator(".reading .title").inner_text()
    assert visitor.errors == []


def test_a_link_opens_the_same_block_in_another_type(address, visit):
    visitor = visit(address, width=390)
    path = "/gguf_explorer?gguf_explorer_as=Q6_K&gguf_explorer_block=8"
    page = open_lab(visitor, path)
    assert page.locator(BYTES).count() == 210
    page.locator(NUMBERS).nth(200).click()
    assert "Weight 200 " in page.locator(".reading .title").inner_text()
    assert "its scale: " in page.locator(".reading").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert visitor.errors == []


def test_another_block_keeps_nothing_of_the_old_one(address, visit):
    visitor = visit(address)
    page = open_lab(visitor)
    page.locator(NUMBERS).nth(9).click()
    before = page.locator(BYTES).all_inner_texts()
    page.get_by_role("spinbutton").fill("1")
    page.keyboard.press("Enter")
    visitor.settle()
    page.get_by_text("from byte 33,806,676").wait_for(timeout=20_000)
    assert page.locator(BYTES).all_inner_texts() != before


def test_a_file_of_ones_own_is_text_wherever_it_is_drawn(address, visit, tmp_path):
    hostile = "</script><img src=x onerror=alert(1)>"
    path = tmp_path / "hostile.gguf"
    numbers = np.linspace(-1, 1, 64, dtype=np.float32).reshape(2, 32)
    with path.open("wb") as file:
        planned = [PlannedTensor(hostile, (2, 32), BY_NAME["Q8_0"], lambda: numbers)]
        for _ in write(file, [entry(hostile, hostile)], planned):
            pass

    visitor = visit(address)
    page = open_lab(visitor)
    page.get_by_text("Your own", exact=True).click()
    page.locator('input[type="file"]').set_input_files(str(path))
    page.get_by_text("34 bytes, from byte").wait_for(timeout=30_000)
    page.get_by_text("The whole file", exact=True).click()
    page.get_by_text("The first").wait_for(timeout=30_000)
    assert page.locator('img[src="x"]').count() == 0
    assert visitor.dialogs == []
    assert visitor.errors == []

"""What only a browser can show of the gradient-descent lab."""

import re

import pytest

from core.foundations import arena

pytestmark = pytest.mark.browser

ADAM = "/gradient_descent?gradient_descent_racers=Adam&gradient_descent_steps=30"


def test_playing_moves_on_by_itself_and_stepping_asks_nothing_of_the_server(address, visit):
    visitor = visit(address)
    sent = []
    visitor.page.on(
        "websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame))
    )
    page = visitor.open(ADAM)
    assert sent
    count = page.locator('[data-part="count"]')
    page.wait_for_function(
        """() => {
            const all = [...document.querySelectorAll('*')].map((one) => one.shadowRoot ?? one);
            const seen = all.map((one) => one.querySelector('[data-part="count"]')).find(Boolean);
            return seen && Number(seen.textContent.split(' ')[1]) > 3;
        }"""
    )
    page.get_by_role("button", name="Pause").click()
    before = int(re.search(r"\d+", count.inner_text())[0])
    page.get_by_role("button", name="One step back").click()
    assert int(re.search(r"\d+", count.inner_text())[0]) == before - 1
    sent.clear()
    page.get_by_role("slider", name="Step", exact=True).fill("7")
    assert count.inner_text() == "step 7 of 30"
    page.get_by_role("button", name="3-D").click()
    page.wait_for_timeout(500)
    assert sent == []
    assert visitor.errors == []


def test_the_rule_shows_the_numbers_that_the_core_worked_out(address, visit):
    page = visit(address).open(ADAM)
    page.get_by_role("slider", name="Step", exact=True).fill("7")
    rules = (("adam", (("learning_rate", 0.1),)),)
    walk = arena.run(arena.Setup(arena.Landscape("himmelblau"), rules, n_steps=30)).walks["adam"]
    shown = page.locator(".worked").last.inner_text().replace("\n", "").replace("−", "-")
    for axis in (0, 1):
        step = walk.log[6][axis]["step"]
        assert f"={float(f'{step:.4g}')}" in shown.replace(" ", "")


def test_a_click_on_the_map_sets_the_start_and_the_address(address, visit):
    visitor = visit(address)
    page = visitor.open("/gradient_descent")
    page.locator("canvas.map").click(position={"x": 120, "y": 80})
    page.wait_for_function("location.search.includes('gradient_descent_x=')")
    visitor.settle()
    assert float(page.get_by_role("spinbutton", name="x").first.input_value()) < 0
    assert visitor.errors == []


def test_every_picture_under_look_closer_is_drawn(address, visit):
    visitor = visit(address)
    page = visitor.open("/gradient_descent")
    for name in ("Learning rates", "Momentum map", "Basins"):
        page.get_by_role("radio", name=name).click()
        visitor.settle()
        page.locator(
            "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg"
        ).first.wait_for()
    assert visitor.errors == []
    assert visitor.outside_requests == []

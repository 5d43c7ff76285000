"""What only a browser can show of the neural network lab."""

import re
from pathlib import Path

import numpy as np
import pytest

from core.networks import mlp, recording
from core.networks.activations import ACTIVATIONS
from core.networks.architecture import FEATURES, Network, Training, featurize
from core.networks.plan import Setup

pytestmark = pytest.mark.browser

LAB = "/xor_trainer"
MATH = (Path(__file__).parents[2] / "components" / "network_math.js").read_text(encoding="utf-8")
FIRST = Setup(start="normal", training=Training(n_epochs=5_000))


def paused(visitor, path=LAB):
    page = visitor.open(path)
    page.get_by_role("button", name="Pause").click()
    return page


def scrub(page, frame):
    page.get_by_role("slider", name="Place in the training", exact=True).fill(str(frame))


def number(text):
    return float(text.replace("−", "-"))


def test_the_browser_computes_the_same_network_as_the_core(browser):
    rng = np.random.default_rng(0)
    network = Network(tuple(FEATURES), (5, 4, 3, 2, 6), tuple(ACTIVATIONS)[:5])
    weights = rng.standard_normal(network.n_parameters)
    points = rng.uniform(-3, 3, (20, 2))
    said = mlp.forward(network, weights, featurize(points, network.features)).predictions
    page = browser.new_page()
    run = {
        "features": list(network.features),
        "widths": list(network.widths),
        "activations": list(network.layer_activations),
        "names": [],
    }
    found = page.evaluate(
        f"""([run, weights, xs, ys]) => {{
            {MATH}
            const shape = shapeOf(run);
            const seen = forward(shape, weights, inputsAt(shape, xs, ys));
            return [...seen.values[seen.values.length - 1][0]];
        }}""",
        [run, weights.tolist(), points[:, 0].tolist(), points[:, 1].tolist()],
    )
    page.close()
    np.testing.assert_allclose(found, said, rtol=1e-12, atol=1e-15)


def test_scrubbing_shows_the_losses_of_the_core_and_asks_nothing_of_the_server(address, visit):
    visitor = visit(address)
    sent = []
    visitor.page.on(
        "websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame))
    )
    page = paused(visitor)
    run = recording.record(FIRST)
    sent.clear()
    for frame in (0, 40, run.n_frames - 1):
        scrub(page, frame)
        shown = page.locator("tr[data-loss]").first.locator("td").first.inner_text()
        assert number(shown) == pytest.approx(run.train_losses[frame], rel=6e-3)
        assert f"step {run.steps[frame]:,}" in page.locator('[data-part="count"]').inner_text()
    assert sent == []
    assert visitor.errors == []


def test_it_plays_by_itself_and_reset_goes_back_to_the_same_weights(address, visit):
    page = visit(address).open(LAB)
    count = page.locator('[data-part="count"]')
    page.wait_for_timeout(1_000)
    assert not count.inner_text().startswith("step 0 ")
    page.get_by_role("button", name="Reset to the same start weights").click()
    assert count.inner_text().startswith("step 0 ")
    shown = page.locator("tr[data-loss]").first.locator("td").first.inner_text()
    assert number(shown) == pytest.approx(recording.record(FIRST).train_losses[0], rel=6e-3)


def test_a_weight_changed_by_hand_changes_the_output_and_can_be_trained_from(address, visit):
    visitor = visit(address)
    page = paused(visitor)
    scrub(page, 0)
    before = page.locator("tr[data-loss]").first.get_attribute("data-loss")
    page.get_by_label("Weight or bias to change").select_option(index=1)
    page.get_by_label("Value", exact=True).fill("5")
    assert page.locator("tr[data-loss]").first.get_attribute("data-loss") != before
    start = recording.start_weights(FIRST)
    start[0] = 5.0
    page.get_by_role("button", name="Train from here").click()
    page.wait_for_function("location.search.includes('xor_trainer_weights=5_')")
    visitor.settle()
    page.get_by_role("button", name="Pause").click()
    scrub(page, 0)
    shown = float(page.locator("tr[data-loss]").first.get_attribute("data-loss"))
    weights = tuple(float(f"{one:.6g}") for one in start)
    run = recording.record(Setup(start="normal", weights=weights, training=FIRST.training))
    assert shown == pytest.approx(run.train_losses[0], rel=1e-4)
    assert visitor.errors == []


def test_a_weight_of_1e300_is_refused_and_the_page_goes_on(address, visit):
    visitor = visit(address)
    page = paused(visitor)
    page.get_by_label("Weight or bias to change").select_option(index=1)
    page.get_by_label("Value", exact=True).fill("1e300")
    page.get_by_role("button", name="Train from here").click()
    page.get_by_text("nothing could be learned from there").wait_for()
    visitor.settle()
    assert visitor.error_boxes() == []
    assert visitor.errors == []


def test_one_step_shows_the_very_next_step_wherever_it_is(address, visit):
    visitor = visit(address)
    page = paused(visitor)
    scrub(page, 60)
    count = page.locator('[data-part="count"]')
    before = int(re.search(r"[\d,]+", count.inner_text())[0].replace(",", ""))
    page.get_by_role("button", name="+1 step").click()
    page.get_by_role("button", name="Whole training").wait_for()
    visitor.settle()
    assert count.inner_text().startswith(f"step {before + 1} ")
    page.get_by_role("button", name="+1 step").click()
    assert count.inner_text().startswith(f"step {before + 2} ")


def test_a_link_and_a_neuron_explain_themselves_with_their_numbers(address, visit):
    page = paused(visit(address))
    run = recording.record(FIRST)
    scrub(page, run.n_frames - 1)
    weight = float(np.float32(run.weights[-1][0]))
    page.locator('[data-weight="0"]').dispatch_event("click")
    said = page.locator('[data-part="formula"]').inner_text()
    assert f"weight from x to h1 is {weight:.3g}".replace("-", "−") in said
    page.get_by_role("button", name="Neuron h1").hover()
    assert "h1 = sigmoid(w·x + w·y + bias)" in page.locator('[data-part="formula"]').inner_text()


def test_the_buttons_above_the_picture_change_the_network(address, visit):
    visitor = visit(address)
    page = paused(visitor)
    page.get_by_role("button", name="One neuron more in hidden layer 1").click()
    page.wait_for_function("location.search.includes('xor_trainer_neurons_1=3')")
    visitor.settle()
    page.get_by_role("button", name="Neuron h3").wait_for()
    page.get_by_role("button", name="One hidden layer less").click()
    page.wait_for_function("location.search.includes('xor_trainer_layers=0')")
    visitor.settle()
    assert page.get_by_role("button", name="Neuron h1").count() == 0
    assert visitor.errors == []


def test_a_click_on_the_plane_adds_a_point_to_the_data_and_to_the_link(address, visit):
    visitor = visit(address)
    page = visitor.open(
        f"{LAB}?xor_trainer_data=Your+own%3A+draw%2C+paste%2C+upload&xor_trainer_rate=0.1"
        "&xor_trainer_epochs=200"
    )
    visitor.settle()
    figures = page.locator("tr[data-loss]").first.locator("td").nth(1)
    assert figures.inner_text().endswith("of 10")
    page.get_by_role("button", name="Add ● blue").click()
    page.locator("canvas.map").click(position={"x": 200, "y": 200})
    page.wait_for_function("location.search.split('_').length > 13")
    visitor.settle()
    assert figures.inner_text().endswith("of 11")
    link = page.evaluate("location.search")
    page.reload()
    visitor.settle()
    assert figures.inner_text().endswith("of 11")
    assert page.evaluate("location.search") == link
    assert visitor.errors == []


def test_the_walk_goes_forward_and_back_in_the_same_picture(address, visit):
    visitor = visit(address)
    page = paused(visitor)
    scrub(page, 0)
    page.get_by_role("button", name="Walk through this moment").click()
    page.get_by_role("button", name="One stage forward").wait_for()
    visitor.settle()
    page.get_by_role("button", name="Backward").click()
    assert page.locator('[data-part="title"]').inner_text() == "Backward: out"
    assert page.locator(".neuron .note").last.inner_text().startswith("δ ")
    page.get_by_role("button", name="Update").click()
    assert "learning rate × gradient" in page.locator('[data-part="lines"]').inner_text()
    assert visitor.errors == []


@pytest.mark.parametrize("view", ["Seed lottery", "Loss landscape", "What it learned", "Gallery"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_view_draws_without_errors_and_fits(address, visit, view, width):
    visitor = visit(address, width=width, scheme="dark")
    page = visitor.open(f"{LAB}?xor_trainer_show={view.replace(' ', '+')}")
    visitor.settle()
    page.locator("canvas, img").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert visitor.error_boxes() == []
    assert visitor.errors == []
    assert visitor.outside_requests == []


def test_a_click_on_the_wall_tells_the_story_of_that_seed(address, visit):
    visitor = visit(address)
    page = visitor.open(f"{LAB}?xor_trainer_show=Seed+lottery")
    visitor.settle()
    page.locator("canvas").first.click(position={"x": 4, "y": 4})
    page.wait_for_function("location.search.includes('xor_trainer_lottery_seed=0')")
    visitor.settle()
    assert page.get_by_role("spinbutton", name="Seed", exact=True).input_value() == "0"
    assert visitor.errors == []

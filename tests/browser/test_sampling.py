"""What only a browser can show of the next-token lab."""

import pytest

pytestmark = pytest.mark.browser


def write(visitor, path):
    """Open the lab by a link, let it write to the end, and return the visitor's page."""
    page = visitor.open(path)
    page.get_by_role("button", name="Write", exact=True).click()
    page.get_by_text("It ended after").wait_for(timeout=120_000)
    return page


def test_a_text_grows_token_by_token_and_stops_when_asked(address, visit):
    visitor = visit(address)
    page = visitor.open("/sampling?sampling_tokens=200")
    page.get_by_role("button", name="Write", exact=True).click()
    page.locator(".token").nth(3).wait_for(timeout=60_000)
    # Streamlit's own header has a button of that name while a script runs.
    stop = page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop")
    stop.click()
    page.get_by_text("You stopped it after").wait_for(timeout=30_000)
    assert 3 < page.locator(".token").count() < 200
    assert stop.count() == 0
    assert visitor.errors == []


def test_the_same_seed_writes_the_same_text(address, visit):
    path = "/sampling?sampling_tokens=10&sampling_seed=3"
    first = write(visit(address), path).locator(".token").all_inner_texts()
    again = write(visit(address), path).locator(".token").all_inner_texts()
    assert len(first) == 10
    assert first == again


def test_a_token_opens_its_numbers_and_another_choice_continues_from_there(address, visit):
    visitor = visit(address)
    page = write(visitor, "/sampling?sampling_tokens=5&sampling_seed=3")
    tokens = page.locator(".token")
    before = tokens.all_inner_texts()
    tokens.nth(1).hover()
    card = page.locator(".card").inner_text()
    assert "probability" in card
    assert "of 49,152" in card
    tokens.nth(1).click()
    page.get_by_text("what else could have come").wait_for()
    page.locator('[class*="st-key-sampling_run_branch"] button').nth(4).click()
    page.wait_for_function(
        """old => {
            const root = document.querySelector('[class*="st-key-sampling_run_strip"]');
            const strips = [...root.querySelectorAll("*")].map((one) => one.shadowRoot ?? one);
            const tokens = strips.flatMap((one) => [...one.querySelectorAll(".token")]);
            return tokens[1] && tokens[1].textContent !== old;
        }""",
        arg=before[1],
    )
    page.get_by_text("It ended after").wait_for(timeout=60_000)
    visitor.settle()
    after = tokens.all_inner_texts()
    assert after[0] == before[0]
    assert after[1] != before[1]
    tokens.nth(0).click()
    page.get_by_text("The dice fell where the marker stands").wait_for()
    tokens.nth(1).click()
    page.get_by_text("You chose this token yourself").wait_for()


def test_html_in_the_prompt_stays_text(address, visit):
    visitor = visit(address)
    prompt = "%3C%2Fscript%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E"
    page = write(visitor, f"/sampling?sampling_tokens=5&sampling_prompt={prompt}")
    assert "<img src=x onerror=alert(1)>" in page.locator(".strip").inner_text()
    assert page.locator('img[src="x"]').count() == 0
    assert visitor.dialogs == []
    assert visitor.outside_requests == []


def test_an_experiment_sets_the_controls_and_the_address(address, visit):
    visitor = visit(address)
    page = visitor.open("/sampling")
    page.get_by_text("Turn up the heat").click()
    visitor.settle()
    page.get_by_role("button", name="Set it up").click()
    page.wait_for_function("location.search.includes('sampling_temperature=2')")
    visitor.settle()
    page.get_by_text("under 10 %").click()
    page.get_by_text("At temperature 2 the likeliest token falls").wait_for()


def test_what_one_set_is_still_there_after_a_visit_to_the_learning_path(address, visit):
    visitor = visit(address)
    page = visitor.open("/sampling?sampling_temperature=0.3")
    page.get_by_role("textbox", name="Prompt").fill("Long ago")
    page.keyboard.press("Control+Enter")
    page.wait_for_function("location.search.includes('sampling_prompt=Long+ago')")
    page.get_by_text("Learning path").first.click()
    page.get_by_text("LLMs").first.wait_for()
    visitor.settle()
    page.get_by_role("link", name="Next token", exact=True).first.click()
    page.get_by_role("textbox", name="Prompt").wait_for()
    visitor.settle()
    assert page.get_by_role("textbox", name="Prompt").input_value() == "Long ago"
    assert "0.30" in page.locator(".st-key-sampling_temperature").inner_text()


def test_a_text_is_written_step_by_step_taken_back_and_returned_to(address, visit):
    visitor = visit(address)
    page = visitor.open("/sampling?sampling_view=Decode&sampling_tokens=5")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("It ended after 5 tokens").wait_for(timeout=60_000)
    tokens = page.locator(".token")
    first_text = tokens.all_inner_texts()
    page.get_by_role("button", name="Back", exact=True).click()
    page.get_by_text("after 4 tokens").wait_for()
    page.get_by_role("textbox", name="Force what comes next").fill(" banana")
    page.keyboard.press("Enter")
    visitor.settle()
    page.get_by_role("button", name="Force it").click()
    page.get_by_text("It ended after 5 tokens").wait_for(timeout=60_000)
    visitor.settle()
    forced_text = tokens.all_inner_texts()
    assert forced_text[:4] == first_text[:4]
    assert forced_text[4].startswith(" b")
    page.get_by_role("button", name="Return to text 1").click()
    visitor.settle()
    assert tokens.all_inner_texts() == first_text
    assert visitor.errors == []


def test_beams_are_drawn_as_a_tree_and_a_contrastive_text_is_written(address, visit):
    visitor = visit(address)
    page = visitor.open("/sampling?sampling_view=Decode&sampling_tokens=5")
    page.get_by_text("Beam search", exact=True).click()
    page.get_by_role("button", name="Search", exact=True).click()
    page.locator('[data-testid="stVegaLiteChart"]').first.wait_for(timeout=60_000)
    page.get_by_text("Contrastive", exact=True).click()
    visitor.settle()
    page.locator('[data-testid="stMain"] button[kind="primary"]').first.click()
    page.locator('[data-testid="stDataFrame"]').first.wait_for(timeout=60_000)
    assert visitor.error_boxes() == []
    assert visitor.errors == []


def test_two_texts_part_where_the_settings_differ(address, visit):
    visitor = visit(address)
    page = visitor.open("/sampling?sampling_view=Two+texts&sampling_tokens=10")
    page.get_by_role("button", name="Write both").click()
    page.locator(".token").nth(19).wait_for(timeout=60_000)
    visitor.settle()
    assert page.locator('[data-testid="stDataFrame"]').count() == 1
    assert visitor.errors == []


def test_a_pasted_text_is_read_token_by_token(address, visit):
    visitor = visit(address)
    page = visitor.open("/sampling?sampling_view=Read+my+text")
    page.get_by_role("button", name="Read", exact=True).click()
    page.locator(".token").nth(30).wait_for(timeout=60_000)
    page.locator('[data-testid="stVegaLiteChart"]').first.wait_for()
    assert visitor.error_boxes() == []
    assert visitor.errors == []

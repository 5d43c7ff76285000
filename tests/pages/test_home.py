"""The learning path shows the whole guide, the labs that exist, and nothing that does not."""

import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components import labs
from core import guide

ROOT = Path(__file__).resolve().parents[2]
HOME = str(ROOT / "Home.py")


def opened(*ticks):
    """The learning path, opened with a bookmark that holds some ticks."""
    app = AppTest.from_file(HOME, default_timeout=20)
    for key in ticks:
        app.query_params[f"done_{key}"] = "true"
    return app.run()


@pytest.fixture
def home():
    """The learning path, freshly opened."""
    return opened()


def progress(app):
    """How far the bar is, in percent, and what it says."""
    [bar] = app.get("progress")
    return bar.proto.value, bar.proto.text


def all_text(app):
    """Everything the page says, links and folded parts included."""
    parts = [element.value for kind in (app.title, app.header, app.subheader) for element in kind]
    parts += [element.value for kind in (app.markdown, app.caption) for element in kind]
    return "\n".join(parts)


def links(app):
    """The page links: label and address."""
    return [(link.proto.label, link.proto.page) for link in app.get("page_link")]


def test_the_path_opens_without_an_error(home):
    assert not home.exception
    assert home.title[0].value == "Touch what you are told about language models"


def test_the_six_parts_stand_in_order_with_their_questions_and_aha(home):
    headings = [each.value for each in home.subheader]
    assert headings == [part.heading for part in guide.PARTS]
    text = all_text(home)
    for part in guide.PARTS:
        assert part.why in text
        assert part.aha.sentence in text
        for question in part.questions:
            assert f"- {question}" in text


def test_every_source_and_book_is_linked_with_its_author(home):
    text = all_text(home)
    sources = [source for part in guide.PARTS for source in part.sources]
    for source in [*sources, *guide.BOOKS]:
        assert f"]({source.url})" in text
        assert f"{source.author}. {source.what}" in text
    folded = [each.label for each in home.expander]
    assert folded[0] == "Read and watch · 3 h"
    assert len(folded) == len([part for part in guide.PARTS if part.sources])


def test_the_first_thing_to_do_is_the_first_lab(home):
    label, address = links(home)[0]
    assert label == f":primary[**Start here: {labs.LABS[0].title}**]"
    assert address == labs.LABS[0].url_path


def test_only_labs_that_exist_are_linked(home):
    start, *inside = [link for link in links(home) if not link[1].startswith("https://")]
    cards = [(f":blue[**{lab.title}**]", lab.url_path) for lab in labs.LABS]
    assert inside[: len(cards)] == cards
    assert {address for _, address in inside} == {lab.url_path for lab in labs.LABS}
    captions = [each.value for each in home.caption]
    for lab in labs.LABS:
        assert captions.count(lab.question) == (2 if lab.url_path == start[1] else 1)
    assert "soon" not in all_text(home).lower()


def test_the_order_the_weeks_and_the_quick_experiment_are_told(home):
    text = all_text(home)
    assert guide.ADVICE in text
    for step in guide.ORDER:
        assert f"{step.understand}: {step.through}." in text
    for week in guide.WEEKS:
        assert f"Week {week.number} · {week.title}" in text
    assert guide.EXPERIMENT_TEXT in text


def test_a_bookmark_brings_the_ticks_back_and_changes_nothing_else(home):
    assert [box.label for box in home.checkbox] == [task.text for task in guide.CHECKLIST]
    assert progress(home)[0] == 0

    ticked = opened("networks", "numpy")
    assert [box.key for box in ticked.checkbox if box.value] == ["done_networks", "done_numpy"]
    assert progress(ticked) == (20, "2 of 10 done")
    assert all_text(ticked) == all_text(home)


def test_when_all_is_done_the_page_says_so():
    value, words = progress(opened(*(task.key for task in guide.CHECKLIST)))
    assert value == 100
    assert words.startswith("All 10 done.")


def test_nonsense_in_the_address_leaves_the_boxes_empty():
    app = AppTest.from_file(HOME, default_timeout=20)
    app.query_params["done_bpe"] = "</script><img onerror=alert(1)>"
    app.run()
    assert not app.exception
    assert not any(box.value for box in app.checkbox)


def test_the_path_loads_no_model_library():
    program = (
        "import sys; from streamlit.testing.v1 import AppTest; "
        f"app = AppTest.from_file({HOME!r}, default_timeout=20).run(); "
        "assert app.title and not app.exception; "
        "print([m for m in ('torch', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "[]", done.stderr

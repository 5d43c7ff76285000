import json
import re

import numpy as np
import pytest

from core.language_models import bertviz_offline
from core.model_store import fetching, store
from core.model_store.errors import ModelUnavailableError

TOKENS = ("␣</", "script", "><", "!--", "<script>", "</script>alert(1)", "; // HACK: ", "שלום")


@pytest.fixture(scope="module", autouse=True)
def _scripts():
    for one in bertviz_offline.SCRIPT_IDS:
        fetching.fetch_quietly(one)


def maps():
    rng = np.random.default_rng(0)
    n_tokens = len(TOKENS)
    return rng.dirichlet(np.ones(n_tokens), size=(3, 2, n_tokens)).astype(np.float16)


def without_libraries(page):
    """The page without jQuery and D3, whose own code holds tags in strings."""
    names = ("jquery.min.js", "d3.v5.min.js")
    for one, name in zip(bertviz_offline.SCRIPT_IDS, names, strict=True):
        code = (store.model_folder(one) / name).read_text(encoding="utf-8")
        assert code in page
        page = page.replace(code, "")
    return page


def data_of(page):
    """What BertViz's script is given, read as a browser reads it."""
    (line,) = re.findall(r"const params = (\{.*\});\n", page)
    return json.loads(line)


@pytest.mark.parametrize("write", ["head_view_html", "model_view_html"])
def test_a_page_of_bertviz_holds_the_numbers_and_names_nobody_outside(write):
    probs = maps()
    page = getattr(bertviz_offline, write)(probs, TOKENS, layers=[0, 2])
    data = data_of(page)
    (drawn,) = data["attention"]
    assert np.array(drawn["attn"]) == pytest.approx(probs[[0, 2]].astype(float), abs=6e-5)
    assert tuple(drawn["left_text"]) == TOKENS
    assert data["include_layers"] == [0, 2]
    assert " src=" not in without_libraries(page)
    assert "default-src 'none'" in page


@pytest.mark.parametrize("write", ["head_view_html", "model_view_html"])
def test_no_token_can_end_the_script(write):
    page = getattr(bertviz_offline, write)(maps(), TOKENS, layers=[1])
    start = page.index("const params")
    assert "<" not in page[start : page.index("\n", start)]
    # jQuery, D3, the stand-in for require.js, and BertViz's own script.
    assert without_libraries(page).count("<script") == page.count("</script>") == 4


def test_the_second_text_of_a_pair_can_be_chosen():
    page = bertviz_offline.head_view_html(maps(), TOKENS, layers=[0], second_starts=3)
    assert [one["name"] for one in data_of(page)["attention"]][:2] == [
        "All",
        "Sentence A -> Sentence A",
    ]


def test_more_than_bertviz_can_carry_is_refused_with_the_limit():
    assert bertviz_offline.layers_that_fit("head", n_layer=30, n_head=9, n_tokens=512) == 0
    assert bertviz_offline.layers_that_fit("head", n_layer=30, n_head=9, n_tokens=16) == 30
    with pytest.raises(ValueError, match="head view can carry 1 layers of 300 tokens, not 2"):
        bertviz_offline.head_view_html(
            np.zeros((2, 3, 300, 300), np.float16), ["x"] * 300, layers=[0, 1]
        )
    with pytest.raises(ValueError, match="not 0"):
        bertviz_offline.model_view_html(maps(), TOKENS, layers=[])


def test_without_the_libraries_the_error_says_how_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setenv("LLM_LABS_HOME", str(tmp_path))
    assert not bertviz_offline.are_scripts_stored()
    with pytest.raises(ModelUnavailableError, match="fetch jquery d3"):
        bertviz_offline.head_view_html(maps(), TOKENS, layers=[0])

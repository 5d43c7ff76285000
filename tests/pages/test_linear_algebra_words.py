"""Words in the linear algebra lab, with the real encoder in the store."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

HOME = str(Path(__file__).parents[2] / "Home.py")

pytestmark = pytest.mark.model


def test_any_word_has_a_learned_vector_when_the_encoder_is_in_the_store():
    from core.model_store import fetching

    fetching.fetch_quietly("all-minilm-l6-v2")
    at = AppTest.from_file(HOME, default_timeout=120)
    at.run()
    at.query_params["linear_algebra_part"] = "Likeness"
    at.query_params["linear_algebra_words"] = "king, queen, zebra, </script>"
    at.switch_page("pages/foundations/linear_algebra.py").run()
    assert not at.exception
    assert float({one.label: one.value for one in at.metric}["Cosine"]) == (
        pytest.approx(0.681, abs=0.005)
    )
    assert any("384 learned numbers" in caption.value for caption in at.caption)

import subprocess
import sys

import numpy as np
import pytest
import torch

from core.language_models import attention_scripts, attention_text
from core.model_store import loading
from tests.core.language_models import tiny_models

pytestmark = pytest.mark.model

HOSTILE = 'The cat """ said {x} </script> \\ \u202e to it.\n'


def printed_row(script, tmp_path):
    file = tmp_path / "taken.py"
    file.write_text(script, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, str(file)], capture_output=True, text=True, check=True, timeout=180
    )
    count, asked, *rows, total = run.stdout.splitlines()
    assert count.endswith("heads each")
    assert asked.endswith("looks at")
    assert total == "sum 1.000000"
    return {int(row.split()[0]): float(row.split()[-1]) for row in rows}


def test_the_script_prints_the_row_that_the_lab_shows(smollm2, tmp_path):
    token_ids = attention_text.read(smollm2, HOSTILE).token_ids
    script = attention_scripts.head_script(
        HOSTILE,
        layer=13,
        head=8,
        query=9,
        folder="smollm2-135m-instruct",
        hub_id="nobody/nothing",
        is_encoder=False,
        max_tokens=512,
    )
    row = tiny_models.own_attentions(smollm2, token_ids)[13, 8, 9]
    printed = printed_row(script, tmp_path)
    assert list(printed) == list(range(10))
    assert list(printed.values()) == pytest.approx(row[:10], abs=2e-6)


def test_the_script_of_an_encoder_reads_a_pair_of_texts(tmp_path):
    minilm = loading.load_encoder("all-minilm-l6-v2")
    pair = attention_text.read(minilm, "It was tired.", second="It slept.")
    script = attention_scripts.head_script(
        "It was tired.",
        second="It slept.",
        layer=2,
        head=3,
        query=1,
        folder="all-minilm-l6-v2",
        hub_id="nobody/nothing",
        is_encoder=True,
        max_tokens=512,
    )
    segments = torch.tensor([pair.segments])
    own = tiny_models.own_attentions(minilm, pair.token_ids, token_type_ids=segments)
    printed = printed_row(script, tmp_path)
    seen = np.array(list(printed.values()))
    assert seen == pytest.approx(own[2, 3, 1][list(printed)], abs=2e-6)
    assert len(printed) > 8

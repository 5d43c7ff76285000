"""What the block view sends to the browser."""

import io
import json

import numpy as np
import pytest

from components import block_bytes_view, gguf_lab
from core.quantization import block_look, gguf_reading, gguf_writing
from core.quantization.gguf_types import BY_NAME
from core.quantization.gguf_writing import PlannedTensor, entry


@pytest.fixture
def sent(monkeypatch):
    """The payload of the last picture."""
    payload = {}
    monkeypatch.setattr(
        block_bytes_view, "_BLOCK_BYTES_VIEW", lambda **kept: payload.update(kept["data"])
    )
    return payload


@pytest.fixture(scope="module")
def file():
    numbers = np.random.default_rng(0).standard_normal((2, 512)).astype(np.float32)
    made = io.BytesIO()
    planned = [PlannedTensor("m", (2, 512), BY_NAME["Q8_0"], lambda: numbers)]
    for _ in gguf_writing.write(made, [entry("general.name", "A" * 500)], planned):
        pass
    return gguf_reading.read(made.getvalue())


@pytest.mark.parametrize("kind", ["", *gguf_lab.OTHER_TYPES])
def test_every_bit_is_owned_by_an_item_and_every_weight_has_its_number(file, sent, kind):
    look = block_look.look(file, "m", 0, written_as=kind)
    block_bytes_view.block_view(look, key="k")
    json.dumps(sent, allow_nan=False)
    assert sent["bytes"] == look.story.data.tolist()
    assert sum(n_bits for *_, n_bits in sent["runs"]) == 8 * len(sent["bytes"])
    assert {item for item, *_ in sent["runs"]} == set(range(len(sent["items"])))
    weights = [item for item in sent["items"] if item["role"] == "weight"]
    np.testing.assert_array_equal([one["value"] for one in weights], look.numbers)
    assert sent["items"][sent["chosen"]]["title"] == "Weight 0 (row 0, column 0)"
    assert set(sent["colours"]) == {run[1] for run in sent["runs"]}


def test_a_weight_of_a_k_quant_names_the_scales_it_is_made_with(file, sent):
    block_bytes_view.block_view(block_look.look(file, "m", 0, written_as="Q4_K"), key="k")
    [weight] = [item for item in sent["items"] if item["title"].startswith("Weight 100 ")]
    used = [sent["items"][one]["title"] for one in weight["uses"]]
    assert used == ["Scale", "Minimum", "Scale of small block 3", "Minimum of small block 3"]


def test_the_head_of_a_file_is_drawn_to_the_first_note_and_no_further_than_64_bytes_of_it(
    file, sent
):
    block_bytes_view.header_view(file, key="k")
    titles = [item["title"] for item in sent["items"]]
    assert titles[:4] == ["GGUF", "3", "1 tensor", "1 note"]
    assert titles[4:7] == ["12", "general.name", "string"]
    assert titles[7].endswith("…")
    assert len(sent["bytes"]) == 24 + 8 + 12 + 4 + 64

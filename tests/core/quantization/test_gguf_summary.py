import io

import numpy as np
import pytest

from core.quantization import block_look, gguf_reading, gguf_summary, gguf_types, gguf_writing
from core.quantization.gguf_types import BY_NAME
from core.quantization.gguf_writing import PlannedTensor

NUMBERS = np.random.default_rng(0).standard_normal((3, 320)).astype(np.float32)


def a_file(**kinds):
    made = io.BytesIO()
    planned = [
        PlannedTensor(name, NUMBERS.shape, BY_NAME[kind], lambda: NUMBERS)
        for name, kind in kinds.items()
    ]
    for _ in gguf_writing.write(made, [], planned):
        pass
    return gguf_reading.read(made.getvalue())


def test_shares_add_up_to_the_file_but_for_the_filling():
    file = a_file(**{"token_embd.weight": "Q8_0", "blk.0.ffn_up.weight": "Q4_0", "x": "F16"})
    shares = gguf_summary.shares(file)
    assert [share.part for share in shares] == [
        gguf_summary.HEAD,
        "Embedding and head",
        "MLP",
        "Other tensors",
    ]
    assert 0 <= file.n_bytes - sum(share.n_bytes for share in shares) < 32 * len(shares)


def test_files_are_alike_where_name_type_and_bytes_are_the_same():
    first = a_file(a="Q8_0", b="Q4_0", c="F32")
    second = a_file(a="Q8_0", b="Q4_1", d="F32")
    assert gguf_summary.compare(first, first).n_same_bytes == 3
    likeness = gguf_summary.compare(first, second)
    assert (likeness.n_tensors, likeness.n_same_bytes, likeness.n_missing) == (3, 1, 1)


@pytest.mark.parametrize("stored", ["Q8_0", "F16", "F32", "Q4_1"])
@pytest.mark.parametrize("kind", ["Q4_0", "Q4_K", "Q6_K", "F16", "MXFP4"])
def test_a_block_in_another_type_is_what_that_type_makes_of_the_same_weights(stored, kind):
    file = a_file(m=stored)
    whole = file.numbers("m").reshape(-1)
    n_looks = block_look.n_looks(file, file.find("m"))
    for index in (0, n_looks // 2, n_looks - 1):
        look = block_look.look(file, "m", index, written_as=kind)
        n = len(look.before)
        np.testing.assert_array_equal(look.before, whole[look.first : look.first + n])
        packed = gguf_types.to_bytes(look.before, BY_NAME[kind])
        np.testing.assert_array_equal(look.story.data, packed)
        assert look.first <= index * 32 < look.first + n or index == n_looks - 1


def test_the_same_type_changes_nothing():
    file = a_file(m="Q4_1")
    for index in range(block_look.n_looks(file, file.find("m"))):
        assert block_look.look(file, "m", index, written_as="Q4_1").n_changed == 0


def test_a_place_in_the_tensor_is_told_by_row_and_column():
    file = a_file(m="Q8_0")
    look = block_look.look(file, "m", 11)
    assert look.place(0) == (1, 32)
    assert look.start == file.find("m").start + 11 * 34

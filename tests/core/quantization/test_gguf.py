import io
import random
import struct
import time
import tracemalloc

import gguf
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.quantization import gguf_reading, gguf_types, gguf_writing
from core.quantization.gguf_file import GgufError
from core.quantization.gguf_types import BY_NAME
from core.quantization.gguf_writing import PlannedTensor, entry

MATRIX = np.random.default_rng(0).standard_normal((6, 512)).astype(np.float32)
WRITABLE = [name for name, kind in BY_NAME.items() if kind.can_be_read]


def written(tensors=(("m", MATRIX, "Q4_0"),), entries=None):
    file = io.BytesIO()
    planned = [
        PlannedTensor(name, numbers.shape, BY_NAME[kind], lambda numbers=numbers: numbers)
        for name, numbers, kind in tensors
    ]
    entries = [entry("general.architecture", "llama")] if entries is None else entries
    for _ in gguf_writing.write(file, entries, planned):
        pass
    return file.getvalue()


def header(n_tensors=0, n_entries=0, version=3, magic=b"GGUF"):
    return magic + struct.pack("<IQQ", version, n_tensors, n_entries)


def text(value):
    return struct.pack("<Q", len(value)) + value


def tensor_line(name=b"t", dims=(32,), kind=2, offset=0):
    return (
        text(name)
        + struct.pack("<I", len(dims))
        + struct.pack(f"<{len(dims)}Q", *dims)
        + struct.pack("<IQ", kind, offset)
    )


@pytest.mark.parametrize("name", WRITABLE)
def test_what_is_written_here_the_official_reader_reads(name, tmp_path):
    vector = np.arange(5, dtype=np.float32)
    entries = [
        entry("general.architecture", "llama"),
        entry("llama.block_count", 2, "u32"),
        entry("a.float", 0.5, "f32"),
        entry("a.flag", value=True),
        entry("a.list", ["ü", "", "日本"]),
        entry("a.numbers", [-1, 2, 3], "i32"),
    ]
    path = tmp_path / "own.gguf"
    path.write_bytes(written([("m", MATRIX, name), ("v", vector, "F32")], entries))

    theirs = gguf.GGUFReader(path)
    assert theirs.fields["llama.block_count"].contents() == 2
    assert theirs.fields["a.flag"].contents() is True
    assert theirs.fields["a.list"].contents() == ["ü", "", "日本"]
    assert theirs.fields["a.numbers"].contents() == [-1, 2, 3]
    by_name = {tensor.name: tensor for tensor in theirs.tensors}
    tensor = by_name["m"]
    assert tensor.shape.tolist() == [512, 6]
    decoded = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(6, 512)

    ours = gguf_reading.open_file(path)
    np.testing.assert_array_equal(ours.numbers("m"), decoded)
    np.testing.assert_array_equal(by_name["v"].data, vector)
    assert ours.value("a.list").first == ("ü", "", "日本")
    assert ours.value("a.missing") is None


def test_what_the_official_writer_writes_is_read_here(tmp_path):
    path = tmp_path / "theirs.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_uint32("some.number", 7)
    writer.add_array("some.list", ["a", "b"])
    writer.add_float32("some.float", 0.25)
    packed = gguf.quants.quantize(MATRIX, gguf.GGMLQuantizationType.Q5_1)
    writer.add_tensor("m", packed, raw_dtype=gguf.GGMLQuantizationType.Q5_1)
    writer.add_tensor("v", MATRIX[0])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

    file = gguf_reading.open_file(path)
    assert file.value("some.number") == 7
    assert file.value("some.list").first == ("a", "b")
    assert file.find("m").shape == (6, 512)
    expected = gguf.quants.dequantize(packed, gguf.GGMLQuantizationType.Q5_1)
    np.testing.assert_array_equal(file.numbers("m"), expected)
    np.testing.assert_array_equal(file.numbers("v"), MATRIX[0])


def test_sizes_of_all_types_are_the_official_ones():
    for kind in gguf_types.TYPES.values():
        official = gguf.GGMLQuantizationType(kind.number)
        assert (official.name, gguf.GGML_QUANT_SIZES[official]) == (
            kind.name,
            (kind.n_weights, kind.n_bytes),
        )


def test_every_byte_of_the_head_is_accounted_for():
    data = written([("m", MATRIX, "Q4_0"), ("v", MATRIX[0], "F32")])
    file = gguf_reading.read(data)
    assert file.metadata[0].start == 24
    assert file.metadata[-1].stop == file.table_start == file.tensors[0].entry_start
    assert file.tensors[0].entry_stop == file.tensors[1].entry_start
    assert 0 <= file.data_start - file.tensors[-1].entry_stop < file.alignment
    assert data[file.tensors[0].entry_start + 8 :][:1] == b"m"


HOSTILE = {
    "nothing": b"",
    "wrong magic": header(magic=b"GGML"),
    "only the magic": b"GGUF",
    "version 1": header(version=1),
    "version 9": header(version=9),
    "big-endian": b"GGUF" + struct.pack(">IQQ", 3, 0, 0),
    "huge count of entries": header(n_entries=2**63),
    "huge count of tensors": header(n_tensors=2**64 - 1),
    "count just too large": header(n_entries=80) + bytes(900),
    "huge key": header(n_entries=1) + struct.pack("<Q", 2**62) + bytes(900),
    "empty key": header(n_entries=1) + text(b"") + bytes(900),
    "huge string": header(n_entries=1) + text(b"k") + struct.pack("<IQ", 8, 2**60) + bytes(900),
    "huge list of numbers": header(n_entries=1)
    + text(b"k")
    + struct.pack("<IIQ", 9, 6, 2**61)
    + bytes(900),
    "huge list of strings": header(n_entries=1)
    + text(b"k")
    + struct.pack("<IIQ", 9, 8, 2**61)
    + bytes(900),
    "nested lists": header(n_entries=1)
    + text(b"k")
    + struct.pack("<I", 9)
    + struct.pack("<IQ", 9, 1) * 70,
    "wide nested lists": header(n_entries=1)
    + text(b"k")
    + struct.pack("<I", 9)
    + struct.pack("<IQ", 9, 70) * 80,
    "unknown type": header(n_entries=1) + text(b"k") + struct.pack("<I", 77) + bytes(900),
    "key twice": header(n_entries=2) + (text(b"k") + struct.pack("<IB", 0, 1)) * 2,
    "alignment 0": header(n_entries=1)
    + text(b"general.alignment")
    + struct.pack("<II", 4, 0)
    + bytes(900),
    "alignment 3": header(n_entries=1) + text(b"general.alignment") + struct.pack("<II", 4, 3),
    "huge alignment": header(n_entries=1)
    + text(b"general.alignment")
    + struct.pack("<II", 4, 2**31),
    "alignment is a text": header(n_entries=1)
    + text(b"general.alignment")
    + struct.pack("<I", 8)
    + text(b"32"),
    "no dimension": header(n_tensors=1) + tensor_line(dims=()) + bytes(900),
    "many dimensions": header(n_tensors=1) + text(b"t") + struct.pack("<I", 2**31) + bytes(900),
    "dimension 0": header(n_tensors=1) + tensor_line(dims=(32, 0)) + bytes(900),
    "sizes whose product wraps": header(n_tensors=1)
    + tensor_line(dims=(2**32, 2**32, 32))
    + bytes(900),
    "wrapping offset": header(n_tensors=1) + tensor_line(offset=2**64 - 32) + bytes(900),
    "offset past the end": header(n_tensors=1) + tensor_line(offset=2**20) + bytes(900),
    "crooked offset": header(n_tensors=1) + tensor_line(offset=7) + bytes(900),
    "unknown tensor type": header(n_tensors=1) + tensor_line(kind=4) + bytes(900),
    "half a block": header(n_tensors=1) + tensor_line(dims=(33,)) + bytes(900),
    "same name": header(n_tensors=2) + tensor_line() + tensor_line(offset=32) + bytes(900),
    "shared bytes": header(n_tensors=2) + tensor_line() + tensor_line(name=b"u") + bytes(900),
    "a tensor cut off": written()[:-800],
    "a table cut off": written()[:90],
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("may_be_cut", [False, True])
def test_a_hostile_file_is_refused_at_once_in_words(name, may_be_cut):
    if may_be_cut and name in ("a tensor cut off", "offset past the end"):
        file = gguf_reading.read(HOSTILE[name], may_be_cut=True)
        assert file.tensors[0].is_cut
        with pytest.raises(IndexError):
            file.packed(file.tensors[0])
        return
    tracemalloc.start()
    began = time.perf_counter()
    with pytest.raises(GgufError) as refusal:
        gguf_reading.read(HOSTILE[name], may_be_cut=may_be_cut)
    assert time.perf_counter() - began < 2
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    assert len(str(refusal.value)) < 300


LARGE = {
    "a million and more notes": header(n_entries=1_200_000)
    + b"".join(text(struct.pack("<I", i)) + struct.pack("<IB", 0, 1) for i in range(20_000))
    + bytes(19_000_000),
    "half a million tensors": header(n_tensors=450_000) + bytes(20_000_000),
    "two million empty strings": header(n_entries=1)
    + text(b"k")
    + struct.pack("<IIQ", 9, 8, 2_400_000)
    + bytes(20_000_000),
    "a million strings": header(n_entries=1)
    + text(b"k")
    + struct.pack("<IIQ", 9, 8, 1_000_000)
    + bytes(20_000_000),
    "a million lists": header(n_entries=1)
    + text(b"k")
    + struct.pack("<IIQ", 9, 9, 1_600_000)
    + bytes(20_000_000),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_hostile_upload_of_twenty_megabytes_stays_within_bounds(name):
    began = time.perf_counter()
    read_or_refuse(LARGE[name], cuts=[True])
    assert time.perf_counter() - began < 2
    tracemalloc.start()
    read_or_refuse(LARGE[name], cuts=[True])
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 50_000_000


def test_an_empty_file_on_disk_is_refused(tmp_path):
    path = tmp_path / "empty.gguf"
    path.touch()
    with pytest.raises(GgufError, match="empty"):
        gguf_reading.open_file(path)


def read_or_refuse(data, cuts=(False, True)):
    for may_be_cut in cuts:
        try:
            file = gguf_reading.read(data, may_be_cut=may_be_cut)
        except GgufError:
            continue
        for tensor in file.tensors:
            if tensor.kind.can_be_read and not tensor.is_cut:
                assert file.packed(tensor).size == tensor.n_bytes <= len(data)


def small_file():
    entries = [
        entry("general.architecture", "llama"),
        entry("a", [1, 2, 3], "u16"),
        entry("b", ["x", "y"]),
    ]
    return written([("m", MATRIX[:1, :256], "Q4_K"), ("v", MATRIX[0, :8], "F32")], entries)


def test_five_thousand_damaged_files_are_read_or_refused_within_bounds():
    original, chance = small_file(), random.Random(0)
    tempting = [0, 1, 0x7F, 0x80, 0xFF]
    tracemalloc.start()
    slowest = 0.0
    for _ in range(5_000):
        damaged = bytearray(original)
        for _ in range(chance.randint(1, 8)):
            place = chance.randrange(len(damaged) if chance.random() < 0.3 else 260)
            damaged[place] = chance.choice([*tempting, chance.randrange(256)])
        if chance.random() < 0.3:
            place = chance.randrange(200)
            damaged[place : place + 8] = struct.pack("<Q", chance.choice([2**63, 2**40, 2**31, 65]))
        if chance.random() < 0.2:
            del damaged[chance.randrange(len(damaged)) :]
        began = time.perf_counter()
        read_or_refuse(bytes(damaged))
        slowest = max(slowest, time.perf_counter() - began)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
    assert slowest < 2


@settings(max_examples=200, deadline=2_000)
@given(st.binary(max_size=1_000))
def test_any_bytes_after_the_magic_are_read_or_refused(tail):
    read_or_refuse(b"GGUF" + struct.pack("<I", 3) + tail)


def test_the_beginning_of_a_large_file_can_be_looked_into():
    data = written([("a", MATRIX, "Q8_0"), ("b", MATRIX, "Q8_0")])
    file = gguf_reading.read(data[:-10], may_be_cut=True)
    assert [tensor.is_cut for tensor in file.tensors] == [False, True]
    assert file.packed(file.find("b"), 0, 1).shape == (1, 34)
    with pytest.raises(IndexError):
        file.packed(file.find("b"), file.find("b").n_blocks - 1, 1)
    with pytest.raises(IndexError):
        file.packed(file.find("a"), -1, 1)


def test_a_missing_tensor_is_named():
    with pytest.raises(KeyError, match="nothing"):
        gguf_reading.read(written()).find("nothing")


def test_what_cannot_be_written_is_refused():
    with pytest.raises(ValueError, match="whole number"):
        written([("m", MATRIX[:, :100], "Q4_0")])
    with pytest.raises(ValueError, match="cannot be written"):
        written([("m", MATRIX, "IQ2_XS")])
    with pytest.raises(ValueError, match="type"):
        entry("k", 3)
    with pytest.raises(ValueError, match="type"):
        entry("k", [3])
    planned = PlannedTensor("m", (2, 32), BY_NAME["Q4_0"], lambda: MATRIX)
    with pytest.raises(ValueError, match="shape"):
        list(gguf_writing.write(io.BytesIO(), [], [planned]))


@pytest.mark.parametrize(
    "name",
    [
        *["huge count of entries", "huge count of tensors", "count just too large"],
        "huge list of strings",
    ],
)
def test_a_count_is_compared_with_what_is_left_before_anything_is_counted(name):
    with pytest.raises(GgufError, match="cannot fit"):
        gguf_reading.read(HOSTILE[name])

"""The GGUF lab from the front door, on the published SmolLM2 file."""

import io
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components import cached, gguf_experiments, gguf_lab
from components.gguf_lab import BLOCK, OWN, WHOLE, WRITE, WRITTEN
from core.model_store import errors, fetching, store
from core.quantization import block_look, gguf_reading, gguf_scripts, gguf_shelf, gguf_writing
from core.quantization.gguf_export import TypeMix
from core.quantization.gguf_types import BY_NAME
from core.quantization.gguf_writing import PlannedTensor, entry

HOME = str(Path(__file__).parents[2] / "Home.py")
PAGE = "pages/quantization/gguf_explorer.py"
P = "gguf_explorer_"


@pytest.fixture(scope="module")
def published():
    """Path of the published file; fetched once per machine."""
    fetching.fetch_quietly(gguf_lab.FILE_ID)
    [path] = store.model_folder(gguf_lab.FILE_ID).glob("*.gguf")
    return path


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """An empty shelf for written files."""
    monkeypatch.setattr(gguf_shelf, "folder", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def lab(published, shelf):
    """The lab as a new visitor finds it."""
    return open_lab()


def open_lab(**link):
    at = AppTest.from_file(HOME, default_timeout=60)
    at.run()
    for key, value in link.items():
        at.query_params[P + key] = value
    at.switch_page(PAGE).run()
    assert not at.exception
    return at


def captions(at):
    return " ".join(caption.value for caption in at.caption)


def small_file(*, cut=0):
    numbers = np.random.default_rng(0).standard_normal((4, 512)).astype(np.float32)
    file = io.BytesIO()
    tensors = [
        PlannedTensor("m<b>.weight", (4, 512), BY_NAME["Q5_1"], lambda: numbers),
        PlannedTensor("n.weight", (4, 512), BY_NAME["F16"], lambda: numbers),
    ]
    notes = [entry("general.architecture", "![x](http://a.b)"), entry("a", [1, 2], "u8")]
    for _ in gguf_writing.write(file, notes, tensors):
        pass
    data = file.getvalue()
    return data[: len(data) - cut]


def test_the_first_view_is_a_block_of_the_published_file(lab):
    assert lab.segmented_control(key=P + "view").value == BLOCK
    assert lab.selectbox(key=P + "tensor").value == "blk.0.attn_q.weight"
    assert "Q4\\_1" in captions(lab) or "Q4_1" in captions(lab)
    assert "5 bits per weight" in captions(lab)


@pytest.mark.parametrize("kind", gguf_lab.OTHER_TYPES)
def test_the_same_weights_can_be_seen_in_every_type(lab, kind):
    lab.selectbox(key=P + "as").set_value(kind).run()
    assert not lab.exception
    assert f"**{kind}**: {BY_NAME[kind].bits_per_weight:.4g} bits" in captions(lab)
    assert "numbers change" in captions(lab)


def test_a_block_past_the_end_of_a_smaller_tensor_becomes_its_last(lab):
    lab.number_input(key=P + "block").set_value(10_367).run()
    lab.selectbox(key=P + "tensor").set_value("blk.0.attn_norm.weight").run()
    assert not lab.exception
    assert lab.number_input(key=P + "block").value == 17
    assert "F32" in captions(lab)


def test_a_type_whose_blocks_do_not_fit_into_the_tensor_is_told(published, shelf):
    file = gguf_reading.open_file(published)
    tiny = gguf_reading.read(one_vector())
    with pytest.raises(ValueError, match="takes 256"):
        block_look.look(tiny, "v", 0, written_as="Q4_K")
    last = block_look.n_looks(file, file.find("blk.0.attn_norm.weight")) - 1
    look = block_look.look(file, "blk.0.attn_norm.weight", last, written_as="Q4_K")
    assert look.first == 576 - 256


def one_vector():
    file = io.BytesIO()
    numbers = np.arange(40, dtype=np.float32)
    planned = [PlannedTensor("v", (40,), BY_NAME["F32"], lambda: numbers)]
    for _ in gguf_writing.write(file, [], planned):
        pass
    return file.getvalue()


def test_the_whole_file_tells_its_size_tensors_and_notes(lab, published):
    lab.segmented_control(key=P + "view").set_value(WHOLE).run()
    metrics = {metric.label: metric.value for metric in lab.metric}
    assert metrics["Tensors"] == "272"
    assert metrics["Weights"] == "134,515,008"
    tensors, notes = (table.value for table in lab.dataframe)
    assert len(tensors) == 272
    assert tensors["All there"].all()
    by_key = notes.set_index("Key")["Value"]
    assert by_key["general.architecture"] == "llama"
    assert by_key["tokenizer.ggml.tokens"].startswith("49,152 items: <|endoftext|>")


def upload(at, data):
    at.segmented_control(key=P + "file").set_value(OWN).run()
    at.file_uploader(key=P + "upload").upload("model.gguf", data, "application/octet-stream")
    at.run()
    assert not at.exception


def test_an_uploaded_file_is_opened_and_its_text_stays_text(lab):
    upload(lab, small_file())
    assert lab.selectbox(key=P + "tensor").value == "m<b>.weight"
    assert "Q5_1" in captions(lab)
    assert "m\\<b\\>\\.weight" in captions(lab)


def test_the_beginning_of_a_larger_file_is_enough(lab):
    upload(lab, small_file(cut=500))
    assert "tensors that are missing or cut off: 1 of 2" in captions(lab)
    lab.selectbox(key=P + "tensor").set_value("n.weight").run()
    assert lab.number_input(key=P + "block").label == "Block, 0 to 56"
    lab.number_input(key=P + "block").set_value(56).run()
    assert not lab.exception
    assert "weights of n\\.weight" in captions(lab)


def test_the_head_of_the_published_file_opens_at_a_tensor_that_is_there(lab, published):
    with published.open("rb") as file:
        upload(lab, file.read(20_000_000))
    assert lab.selectbox(key=P + "tensor").value == "token_embd.weight"
    assert "Q8_0" in captions(lab)


def strange_file(name, dims, kind, offset, tail):
    line = struct.pack("<Q", len(name)) + name + struct.pack("<I", len(dims))
    line += struct.pack(f"<{len(dims)}Q", *dims) + struct.pack("<IQ", kind, offset)
    return b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + line + tail


NOT_FINITE = np.array([np.nan, np.inf, -np.inf, 1] * 32, np.float16).tobytes()
STRANGE = {
    "a petabyte": (b"a", (2**40, 2**9), 1, 0, bytes(500)),
    "nothing of it there": (b"a", (32,), 2, 2**40, bytes(100)),
    "not finite": (b"a", (32, 4), 1, 0, bytes(31) + NOT_FINITE),
    "infinite scales": (b"a", (32, 4), 2, 0, bytes(31) + (b"\x00|" + bytes(range(16))) * 5),
    "a type that is only listed": (b"a", (256,), 16, 0, bytes(200)),
    "emoji and Hebrew": ("😀שלום".encode(), (32,), 2, 0, bytes(100)),
    "no letters": (b"\xff\xfe<b>", (32,), 2, 0, bytes(100)),
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_file_is_shown_or_told_about(lab, name):
    upload(lab, strange_file(*STRANGE[name]))
    if name in ("not finite", "infinite scales"):
        for kind in gguf_lab.OTHER_TYPES:
            lab.selectbox(key=P + "as").set_value(kind).run()
            assert not lab.exception
            assert lab.info
    lab.segmented_control(key=P + "view").set_value(WHOLE).run()
    assert not lab.exception


@pytest.mark.parametrize(
    "link",
    [
        {"tensor": "nonsense"},
        {"block": "abc"},
        {"block": "99999999999"},
        {"as": "Q9_9", "view": "nothing", "file": "none"},
        {"view": WRITE, "mlp": "Q9_9"},
    ],
)
def test_a_link_that_cannot_be_used_opens_the_lab_all_the_same(published, shelf, link):
    assert open_lab(**link).segmented_control(key=P + "view").value in gguf_lab.VIEWS


@pytest.mark.parametrize("data", [b"hello", b"GGUF" + bytes(4), small_file()[:40]])
def test_a_file_that_is_no_gguf_is_refused_in_words(lab, data):
    upload(lab, data)
    assert lab.error
    assert lab.segmented_control(key=P + "file").value == OWN


def test_nothing_written_yet_says_where_to_write(lab):
    lab.segmented_control(key=P + "file").set_value(WRITTEN).run()
    assert "Nothing is written yet" in lab.info[0].value


def test_a_missing_published_file_says_what_to_do(shelf, monkeypatch):
    monkeypatch.setattr(store, "is_stored", lambda model_id: False)

    def unavailable(model_id):
        raise errors.ModelUnavailableError("It cannot be had: no connection.")
        yield

    monkeypatch.setattr(fetching, "fetch", unavailable)
    at = open_lab()
    assert "no connection" in at.error[0].value
    at.segmented_control(key=P + "file").set_value(OWN).run()
    assert not at.exception


def test_another_mix_has_another_size_and_k_quants_fall_back(lab):
    lab.segmented_control(key=P + "view").set_value(WRITE).run()
    before = {metric.label: metric.value for metric in lab.metric}
    lab.selectbox(key=P + "mlp").set_value("Q4_K").run()
    after = {metric.label: metric.value for metric in lab.metric}
    assert before["Fallen back"] == "0 of 211 matrices"
    assert after["Fallen back"] == "60 of 211 matrices"
    assert before["Size"] != after["Size"]
    assert "no multiple of 256" in captions(lab)


@pytest.mark.model
def test_the_publishers_types_give_the_publishers_bytes(published, shelf):
    mix = gguf_experiments.PUBLISHERS
    link = {"embedding": mix.embedding, "attention": mix.attention, "mlp": mix.mlp}
    for _ in gguf_shelf.write(gguf_lab.MODEL_ID, mix):
        pass
    at = open_lab(view=WRITE, **link)
    assert "272 of its 272 tensors" in captions(at)
    set_up(at, "The publisher's file")
    at.radio[0].set_value("All").run()
    assert "272 of 272" in at.success[0].value

    at.segmented_control(key=P + "view").set_value(BLOCK).run()
    at.segmented_control(key=P + "file").set_value(WRITTEN).run()
    assert not at.exception
    assert "5 bits per weight" in captions(at)


def test_the_shelf_keeps_three_files(shelf, monkeypatch):
    for name in "abcde":
        (shelf / f"{name}.gguf").write_bytes(b"x")
    gguf_shelf.make_room(3)
    assert len(gguf_shelf.all_files()) == 3
    assert gguf_shelf.find("x", TypeMix()) is None


def set_up(at, title):
    at.pills(key=P + "experiment").set_value(title).run()
    at.button(key=P + "set_up").click().run()
    assert not at.exception


@pytest.mark.parametrize("experiment", gguf_experiments.EXPERIMENTS, ids=lambda one: one.title)
def test_every_experiment_reveals_what_was_computed(lab, experiment):
    if experiment.title == "The publisher's file":
        return  # its answer needs a written file: see above
    set_up(lab, experiment.title)
    lab.radio[0].set_value(experiment.choices[0]).run()
    assert not lab.exception
    told = [*lab.success, *lab.warning]
    assert len(told) == 1
    assert any(letter.isdigit() for letter in told[0].value)


ANSWERS = {
    "Find the scale": "4",
    "The same grid again": "None",
    "Scales of scales": "Q4_K",
    "Bytes of nothing": "Two",
    "Where the bytes are": "MLP",
    "Rows that do not fit": "More than half",
}


@pytest.mark.parametrize("title", ANSWERS)
def test_the_right_prediction_is_confirmed(lab, title):
    set_up(lab, title)
    lab.radio[0].set_value(ANSWERS[title]).run()
    assert lab.success


def run_script(script, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("tensor", "index", "written_as"),
    [
        ("blk.0.attn_q.weight", 7, ""),
        ("token_embd.weight", 3, ""),
        ("blk.0.attn_norm.weight", 2, ""),
        *[("blk.0.attn_q.weight", 5, kind) for kind in gguf_lab.OTHER_TYPES],
    ],
)
def test_the_script_prints_the_numbers_of_the_block(published, tensor, index, written_as):
    file = gguf_reading.open_file(published)
    look = block_look.look(file, tensor, index, written_as=written_as)
    lines = run_script(gguf_scripts.block(published.name, look), published)
    assert lines[0] == "version 3 tensors 272 notes 33"
    printed = [float(line.split()[1]) for line in lines if line[0].isdigit()]
    np.testing.assert_array_equal(np.float32(printed), look.numbers)


def test_the_script_of_a_file_with_a_strange_name_is_a_program(tmp_path):
    path = tmp_path / "own.gguf"
    path.write_bytes(small_file())
    look = block_look.look(gguf_reading.open_file(path), "m<b>.weight", 1)
    lines = run_script(gguf_scripts.block('a"""; import os #.gguf', look), path)
    printed = [float(line.split()[1]) for line in lines if line[0].isdigit()]
    np.testing.assert_array_equal(np.float32(printed), look.numbers)


def test_the_script_of_the_whole_file_lists_every_tensor(published):
    lines = run_script(gguf_scripts.whole_file(published.name), published)
    file = gguf_reading.open_file(published)
    assert len(lines) == 2 + 272
    assert lines[2] == f"token_embd.weight [49152, 576] type 8 at byte {file.tensors[0].start}"


def test_opening_the_same_file_twice_reads_it_once(published):
    stamp = published.stat().st_mtime_ns
    first = cached.gguf_on_disk(str(published), stamp)
    assert cached.gguf_on_disk(str(published), stamp) is first


def test_a_file_is_written_without_the_published_one_and_says_nothing_of_it(shelf, monkeypatch):
    real = store.is_stored
    monkeypatch.setattr(store, "is_stored", lambda one: one != gguf_lab.FILE_ID and real(one))
    at = open_lab(view=WRITE)
    assert not at.error
    assert "would put 134,515,008 weights" in captions(at)
    (shelf / "smollm2-135m-instruct.Q8_0-Q4_0-Q4_0.gguf").write_bytes(small_file())
    at.run()
    assert not at.exception
    assert "byte for byte" not in captions(at)


def test_a_link_names_tensor_block_and_type(published, shelf):
    at = open_lab(tensor="blk.2.ffn_norm.weight", block="3", **{"as": "Q8_0"})
    assert at.selectbox(key=P + "tensor").value == "blk.2.ffn_norm.weight"
    assert at.number_input(key=P + "block").value == 3
    assert "Written anew from the file's F32" in captions(at)


@pytest.mark.parametrize("nonsense", ["1e999", "-Infinity", ""])
def test_a_block_without_end_in_the_link_is_passed_over(nonsense):
    at = open_lab(view=nonsense, file=nonsense, block=nonsense)
    assert not at.exception
    assert "Point at a number" in captions(at)


def test_of_a_cut_off_file_the_bits_are_those_of_the_whole(lab, published):
    lab.segmented_control(key=P + "view").set_value(WHOLE).run()
    whole = {metric.label: metric.value for metric in lab.metric}
    upload(lab, published.read_bytes()[:3_000_000])
    cut = {metric.label: metric.value for metric in lab.metric}
    assert cut.pop("File") == "3.0 MB"
    assert cut.items() <= whole.items()


def test_a_tiny_file_is_not_of_zero_megabytes(lab):
    lab.segmented_control(key=P + "view").set_value(WHOLE).run()
    upload(lab, one_vector())
    assert lab.metric[0].value == f"{len(one_vector()):,} bytes"

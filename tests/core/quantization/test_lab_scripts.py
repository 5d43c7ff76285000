"""The programs handed out print the numbers of the page."""

import subprocess
import sys

import numpy as np
import pytest

from core.quantization import (
    calibration,
    matrix_scripts,
    matrix_study,
    outliers,
    row_scripts,
    rows,
    schemes,
    script_parts,
    size_scripts,
    sizes,
)
from core.quantization.known_models import KNOWN_MODELS

MODEL = "all-minilm-l6-v2"
LAYER = "encoder.layer.0.attention.self.value"
RUN = {"q4_k": "delete", "int3_feedback": "clip"}
"""In a fresh process: bundled source and a calibrated scheme; the page test runs a short one."""


def printed(program):
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return [line.split(maxsplit=1) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def encoder():
    """The offline encoder."""
    from core.model_store import loading

    return loading.load_encoder(MODEL)


@pytest.mark.parametrize("scheme", RUN)
def test_the_matrix_script_prints_the_row_of_the_lab(encoder, scheme):
    weights = encoder.model.get_submodule(LAYER).weight.numpy()
    row, col = outliers.largest(weights)
    given = [calibration.CALIBRATION_TEXTS, calibration.HELD_OUT_TEXTS]
    calibrating, held_out = (calibration.layer_inputs(encoder, LAYER, texts) for texts in given)
    stored = matrix_study.store(
        weights,
        schemes.SCHEMES[scheme],
        row=row,
        col=col,
        how=RUN[scheme],
        calibration_inputs=calibrating,
    )
    ours = matrix_study.study(weights, stored, row=row, col=col, how=RUN[scheme], inputs=held_out)
    program = matrix_scripts.matrix_script(
        model_id=MODEL,
        matrix=LAYER,
        shape=weights.shape,
        is_transposed=False,
        has_inputs=True,
        scheme=schemes.SCHEMES[scheme],
        row=row,
        col=col,
        how=RUN[scheme],
    )
    said = dict(printed(program))
    assert float(said["bits_per_weight"]) == ours.quantized.bits_per_weight
    assert float(said["mse"]) == pytest.approx(ours.damage.mse, rel=1e-5)
    assert float(said["worst"]) == pytest.approx(ours.damage.worst, rel=1e-5)
    assert float(said["snr_db"]) == pytest.approx(ours.damage.snr_db, abs=1e-3)
    assert float(said["became_0"]) == pytest.approx(ours.share_lost, abs=1e-6)
    assert float(said["output_error"]) == pytest.approx(ours.output_error, rel=1e-3)
    if RUN[scheme] != "keep":
        assert float(said["others_snr_db"]) == pytest.approx(ours.others.snr_db, abs=1e-3)


@pytest.mark.parametrize("scheme", [name for name in schemes.SCHEMES if name not in RUN])
def test_every_schemes_part_stores_a_matrix_as_the_lab_does(scheme):
    import torch

    generator = np.random.default_rng(3)
    weights = generator.normal(size=(12, 128)).astype(np.float32) ** 3
    inputs = generator.normal(size=(64, 128)).astype(np.float32)
    chosen = schemes.SCHEMES[scheme]
    expected = schemes.quantize(weights, chosen, inputs=inputs if chosen.needs_inputs else None)

    def grouped(matrix, size):
        flat = matrix.reshape(-1)
        return np.pad(flat, (0, -len(flat) % size)).reshape(-1, size)

    def inverse(scales):
        with np.errstate(divide="ignore"):
            inverted = np.float32(1) / scales
        return np.where(np.isinf(inverted), np.float32(0), inverted)

    room = {
        "__name__": "taken",
        "np": np,
        "torch": torch,
        "weights": weights.copy(),
        "calibration_inputs": inputs,
        "grouped": grouped,
        "inverse": inverse,
        "back": lambda groups: groups.reshape(-1)[: weights.size].reshape(weights.shape),
    }
    sys.modules["taken"] = sys  # dataclasses look their module up
    try:
        exec(script_parts.part(chosen, *weights.shape), room)
    finally:
        del sys.modules["taken"]
    assert room["n_bits"] == expected.size_bits
    assert np.allclose(room["restored"], expected.dequantize(), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("grid", ["whole", "absmax", "zero_point", "nf4"])
def test_the_row_script_prints_the_row(grid):
    values = rows.read_row(rows.REAL_ROW)
    row = rows.quantize_row(values, bits=4, grid=grid, left_out=[8])
    lines = printed(row_scripts.row_script(row, chosen=3, left_out=(8,)))
    said = {name: text for name, text in lines if name != "number"}
    assert float(said["scale"]) == pytest.approx(row.scale)
    assert int(said["zero_point"]) == row.zero_point
    back = [float(text.split()[4]) for name, text in lines if name == "number"]
    assert back == pytest.approx(row.restored.tolist())
    assert float(said["fp16"].split()[0]) == np.float16(values[3])


@pytest.mark.parametrize(
    ("scheme", "ends"),
    [
        ("fp16", False),
        ("q4_k", True),
        ("nf4_double", False),
        ("int3_zeropoint_block", True),
        ("int8_absmax_channel", False),
        ("int4_absmax_tensor", False),
        ("int4_aware", False),
        ("fp8_e4m3", False),
        ("ternary", False),
    ],
)
def test_the_size_script_counts_the_same_bytes(scheme, ends):
    shape = KNOWN_MODELS["gpt-oss-20b"]
    ours = sizes.footprint(shape, scheme, n_tokens=5_000, cache="q8_0", keep_ends=ends)
    program = size_scripts.size_script(
        shape, schemes.SCHEMES[scheme], n_tokens=5_000, cache="q8_0", keep_ends=ends
    )
    said = dict(line for line in printed(program) if line[0] != "fits")
    assert int(said["weights"]) == shape.n_parameters
    assert abs(int(said["weights_bytes"]) - ours.weights_bytes) <= 1
    assert abs(int(said["cache_bytes"]) - ours.cache_bytes) <= 1

import numpy as np
import pytest

from components.charts import palette, quantization_matrix
from core.quantization import outliers, schemes
from core.quantization.matrix_study import TableRow


def table_row(scheme, bits, snr, error):
    return TableRow(scheme, scheme.upper(), "uniform", bits, 1e-4, 0.1, snr, error)


def test_the_hill_before_is_grey_and_the_towers_after_are_blue():
    drawing = quantization_matrix.weights(
        np.array([-1.0, 0.0, 1.0]), np.array([3, 5, 2]), np.array([0, 10, 0])
    )
    assert drawing.frame["Weights"].tolist() == [3, 5, 2, 10]
    assert drawing.frame["When"].tolist() == ["before"] * 3 + ["after"]
    assert (drawing.frame["High"] - drawing.frame["Low"]).unique().tolist() == [1.0]
    scale = drawing.spec["encoding"]["color"]["scale"]
    assert scale == {"domain": ["before", "after"], "range": [palette.BEFORE, palette.AFTER]}


def test_the_shares_of_the_stored_integers_add_up_to_one():
    drawing = quantization_matrix.codes(np.array([-1, 0, 1]), np.array([1, 2, 1]))
    assert drawing.frame["Share"].tolist() == [0.25, 0.5, 0.25]


def test_an_outlier_column_is_marked_in_amber():
    weights = np.zeros((10, 60), np.float32)
    weights[0, 4] = 9
    drawing = quantization_matrix.columns(outliers.columns(weights))
    [outlier] = drawing.frame.query("Kind == 'beyond 6 σ'").to_dict("records")
    assert (outlier["Column"], outlier["Largest"]) == (4, 9)
    scale = drawing.spec["layer"][0]["encoding"]["color"]["scale"]
    assert scale["range"] == [palette.BEFORE, palette.MARKED]


def test_of_many_columns_the_largest_are_drawn():
    peaks = np.arange(9_000, dtype=np.float32)
    measured = outliers.Columns(peaks, peaks > 8_000, 8_000.0)
    drawing = quantization_matrix.columns(measured)
    assert len(drawing.frame) == quantization_matrix.MAX_COLUMNS
    assert drawing.frame["Column"].max() == 8_999


def test_all_schemes_are_points_but_those_of_sixteen_bits():
    rows = [table_row("a", 4.5, 20.0, 0.02), table_row("b", 16.0, 70.0, 0.001)]
    drawing = quantization_matrix.all_schemes(rows, chosen="a", families=schemes.FAMILIES)
    assert drawing.frame["Scheme"].tolist() == ["A"]
    assert drawing.frame["Chosen"].tolist() == [True]
    assert drawing.frame["Even rounding"].tolist() == pytest.approx([6.02 * 4.5])
    outputs = quantization_matrix.all_outputs(rows, chosen="b", families=schemes.FAMILIES)
    assert outputs.frame["Output error"].tolist() == pytest.approx([0.02])


def test_every_family_has_a_colour_of_its_own():
    rows = [table_row("a", 4.5, 20.0, 0.02)]
    drawing = quantization_matrix.all_schemes(rows, chosen="a", families=schemes.FAMILIES)
    [scale] = [
        layer["encoding"]["color"]["scale"]
        for layer in drawing.spec["layer"]
        if "scale" in layer["encoding"].get("color", {})
    ]
    assert len(set(scale["range"])) == len(scale["domain"]) == len(schemes.FAMILIES)


def test_a_scheme_without_any_error_is_left_out_of_both_pictures():
    rows = [table_row("a", 4.5, 20.0, 0.02), table_row("b", 5.0, float("inf"), 0.0)]
    for draw in (quantization_matrix.all_schemes, quantization_matrix.all_outputs):
        assert draw(rows, chosen="b", families=schemes.FAMILIES).frame["Scheme"].tolist() == ["A"]

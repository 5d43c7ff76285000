"""Pictures, word vectors, and the programs that reproduce what is made of them."""

import subprocess
import sys

import numpy as np
import pytest

from core.foundations import (
    linear_algebra,
    matrix_products,
    matrix_scripts,
    pictures,
    word_table,
)


def output(script):
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return [line.split() for line in run.stdout.splitlines()]


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_a_picture_is_grey_in_255_steps(name):
    picture = pictures.draw(name)
    assert picture.shape == (64, 64)
    assert picture.min() >= 0
    assert picture.max() <= 1
    assert np.ptp(picture) > 0.5
    np.testing.assert_allclose(255 * picture, np.round(255 * picture), atol=1e-9)


@pytest.mark.parametrize(("name", "rank"), [("Stripes", 1), ("Checkerboard", 2)])
def test_upright_stripes_are_one_layer_and_a_checkerboard_two(name, rank):
    picture = pictures.draw(name)
    assert matrix_products.low_rank(picture, rank).relative_error < 1e-12
    assert matrix_products.low_rank(picture, rank - 1).relative_error > 0.1


def test_noise_is_the_same_for_the_same_seed_only():
    again = pictures.draw("Noise", seed=3)
    np.testing.assert_array_equal(pictures.draw("Noise", seed=3), again)
    assert not np.array_equal(pictures.draw("Noise", seed=4), again)


def test_an_unknown_picture_is_named():
    with pytest.raises(ValueError, match="'Cat'"):
        pictures.draw("Cat")


def test_in_the_small_table_queen_is_nearer_to_king_than_a_banana():
    table = matrix_products.cosine_table(word_table.vectors(("king", "queen", "banana")))
    assert table[0, 1] > table[0, 2]
    assert word_table.vectors(word_table.WORDS).shape == (12, len(word_table.FEATURES))


def test_an_unknown_word_is_named():
    with pytest.raises(KeyError, match="zebra"):
        word_table.vectors(("zebra",))


@pytest.mark.parametrize(
    "matrix", [[[2, 1], [1, 2]], [[1, 2], [0.5, 1]], [[0.6, -0.8], [0.8, 0.6]]]
)
def test_the_transformation_script_prints_what_the_lab_shows(matrix):
    seen = linear_algebra.transform(matrix)
    lines = output(matrix_scripts.transformation_script(seen.matrix))
    assert float(lines[0][1]) == pytest.approx(seen.determinant, abs=1e-12)
    assert int(lines[1][1]) == seen.rank
    printed = sorted((complex(line[1]) for line in lines[2:4]), key=lambda v: (v.real, v.imag))
    ours = sorted(seen.eigen.values.tolist(), key=lambda v: (v.real, v.imag))
    np.testing.assert_allclose(printed, ours, atol=1e-9)
    stretches = [float(word) for word in lines[4][1:]]
    np.testing.assert_allclose(stretches, np.abs(seen.moves.stretches), atol=1e-9)


def test_the_product_script_prints_the_product():
    left, right = np.array([[1.0, 2, 0], [3, -1, 2]]), np.array([[2.0, 1], [0, 3], [1, -1]])
    lines = output(matrix_scripts.product_script(left, right))
    assert [[float(word) for word in line] for line in lines] == (left @ right).tolist()


def test_no_word_becomes_code_in_the_similarity_script():
    names = ('"""\nprint("oops")\n"""', "\\x22\\x22\\x22é")
    vectors = np.array([[3.0, 4.0], [4.0, 3.0]])
    lines = output(matrix_scripts.similarity_script(names, vectors))
    assert lines == [["dot", "24.0"], ["lengths", "5.0", "5.0"], ["cosine", "0.96"]]


def test_the_low_rank_script_prints_the_error_of_the_lab():
    picture = pictures.draw("Face")
    lines = output(matrix_scripts.low_rank_script(np.round(255 * picture), rank=8))
    rebuilt = matrix_products.low_rank(picture, 8)
    assert lines[0] == ["numbers", str(rebuilt.numbers_kept), "of", str(rebuilt.numbers_original)]
    assert float(lines[1][1]) == pytest.approx(rebuilt.relative_error, rel=1e-9)

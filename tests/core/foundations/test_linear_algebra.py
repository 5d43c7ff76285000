import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.foundations import linear_algebra, matrix_products

entries = st.one_of(st.integers(-4, 4).map(float), st.floats(-10, 10))
matrices = st.lists(entries, min_size=4, max_size=4).map(lambda e: np.array(e).reshape(2, 2))


@settings(max_examples=150, deadline=None)
@given(matrices)
def test_rotate_stretch_rotate_gives_the_matrix_back(matrix):
    moves = linear_algebra.rotate_stretch_rotate(matrix)
    scale = 1 + np.abs(matrix).max()
    np.testing.assert_allclose(moves.stages[3], matrix, atol=1e-12 * scale)
    for turn in (moves.first, moves.second):
        np.testing.assert_allclose(turn @ turn.T, np.eye(2), atol=1e-12)
        assert np.linalg.det(turn) == pytest.approx(1.0)
    sizes = np.linalg.svd(matrix, compute_uv=False)
    np.testing.assert_allclose(np.abs(moves.stretches), sizes, atol=1e-12 * scale)


@settings(max_examples=150, deadline=None)
@given(matrices)
def test_eigenvalues_equal_numpys_and_directions_stay(matrix):
    kept = linear_algebra.eigen(matrix)
    scale = 1 + np.abs(matrix).max()
    theirs = np.linalg.eigvals(matrix)
    ours = kept.values
    straight = np.abs(ours - theirs).max()
    crossed = np.abs(ours - theirs[::-1]).max()
    assert min(straight, crossed) < 1e-6 * scale
    for value, vector in zip(kept.values, kept.vectors, strict=False):
        assert np.linalg.norm(vector) == pytest.approx(1.0)
        np.testing.assert_allclose(matrix @ vector, value.real * vector, atol=1e-6 * scale)


@settings(max_examples=100, deadline=None)
@given(matrices)
def test_the_determinant_is_the_area_of_the_moved_square(matrix):
    corners = linear_algebra.move(matrix, [[0, 0], [1, 0], [1, 1], [0, 1]])
    x, y = corners.T
    area = 0.5 * (x @ np.roll(y, -1) - y @ np.roll(x, -1))
    result = linear_algebra.transform(matrix)
    assert result.determinant == pytest.approx(area, abs=1e-9 * (1 + np.abs(matrix).max() ** 2))


@pytest.mark.parametrize(
    ("matrix", "kind", "rank", "n_kept"),
    [
        ([[1, 0], [0, 1]], "identity", 2, 2),
        ([[0.6, -0.8], [0.8, 0.6]], "rotation", 2, 0),
        ([[0, 1], [1, 0]], "reflection", 2, 2),
        ([[2, 0], [0, 0.5]], "scaling", 2, 2),
        ([[1, 1], [0, 1]], "shear", 2, 1),
        ([[1, 0], [0, 0]], "projection", 1, 2),
        ([[0.5, 0.5], [0.5, 0.5]], "projection", 1, 2),
        ([[1, 2], [2, 4]], "singular", 1, 2),
        ([[0, 1], [0, 0]], "singular", 1, 1),
        ([[0, 0], [0, 0]], "projection", 0, 2),
        ([[1, 2], [3, 4]], "general", 2, 2),
    ],
)
def test_well_known_matrices_get_their_names(matrix, kind, rank, n_kept):
    result = linear_algebra.transform(matrix)
    assert (result.kind, result.rank, len(result.eigen.vectors)) == (kind, rank, n_kept)


def test_a_turn_has_complex_eigenvalues_at_its_angle():
    kept = linear_algebra.eigen(2 * linear_algebra.rotation(0.7))
    assert kept.turn == pytest.approx(0.7)
    np.testing.assert_allclose(np.abs(kept.values), 2.0)
    assert len(kept.vectors) == 0


def test_only_a_multiple_of_the_identity_keeps_every_direction():
    assert linear_algebra.eigen([[3, 0], [0, 3]]).every_direction
    assert not linear_algebra.eigen([[3, 0], [0, 2]]).every_direction
    assert not linear_algebra.eigen([[3, 1], [0, 3]]).every_direction


def test_the_first_move_turns_the_strongest_input_direction_onto_x():
    matrix = np.array([[2.0, 1.0], [-1.0, 0.5]])
    moves = linear_algebra.rotate_stretch_rotate(matrix)
    circle = linear_algebra.unit_circle(n_points=3601)
    longest = circle[np.linalg.norm(linear_algebra.move(matrix, circle), axis=1).argmax()]
    assert abs(moves.first @ longest)[0] == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("matrix", [[[1, 2]], [1, 2], np.eye(3), [[np.nan, 0], [0, 1]]])
def test_only_finite_two_by_two_matrices_are_taken(matrix):
    with pytest.raises(ValueError, match="matrix must"):
        linear_algebra.transform(matrix)


def test_every_cell_of_a_product_is_a_row_times_a_column():
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
    whole = left @ right
    for row in range(3):
        for column in range(2):
            one = matrix_products.cell(left, right, row, column)
            assert one.value == pytest.approx(whole[row, column], rel=1e-12)
            assert one.products.sum() == one.value


def test_comparing_vectors_agrees_with_geometry():
    pair = matrix_products.compare([1.0, 0.0], [1.0, 1.0])
    assert np.degrees(pair.angle) == pytest.approx(45.0)
    assert pair.projection.tolist() == [0.5, 0.5]
    assert matrix_products.compare([1, 2], [-2, -4]).cosine == pytest.approx(-1.0)
    assert np.isnan(matrix_products.compare([0, 0], [1, 1]).cosine)


def test_the_cosine_table_holds_every_pair():
    vectors = np.random.default_rng(1).normal(size=(5, 8))
    table = matrix_products.cosine_table(vectors)
    for i in range(5):
        for j in range(5):
            pair = matrix_products.compare(vectors[i], vectors[j])
            assert table[i, j] == pytest.approx(pair.cosine, rel=1e-12)


def test_the_error_of_a_low_rank_picture_is_what_was_left_out():
    picture = np.random.default_rng(2).random((12, 9))
    errors = []
    for rank in range(10):
        small = matrix_products.low_rank(picture, rank)
        missing = np.linalg.norm(picture - small.picture) / np.linalg.norm(picture)
        assert small.relative_error == pytest.approx(missing, abs=1e-12)
        assert np.linalg.matrix_rank(small.picture) == rank
        assert small.numbers_kept == rank * 22
        errors.append(missing)
    assert (np.diff(errors) < 0).all()
    assert errors[-1] < 1e-12


def test_no_other_picture_of_that_rank_is_closer():
    rng = np.random.default_rng(3)
    picture = rng.random((8, 8))
    best = np.linalg.norm(picture - matrix_products.low_rank(picture, 2).picture)
    for _ in range(50):
        columns = rng.normal(size=(8, 2))
        rival = columns @ np.linalg.lstsq(columns, picture, rcond=None)[0]
        assert np.linalg.norm(picture - rival) > best


def test_a_layer_is_one_matrix_product():
    rng = np.random.default_rng(4)
    weights, inputs, bias = rng.normal(size=(3, 5)), rng.normal(size=5), rng.normal(size=3)
    result = matrix_products.layer(weights, inputs, bias)
    np.testing.assert_allclose(result.outputs, weights @ inputs + bias, rtol=1e-12)
    np.testing.assert_allclose(result.products.sum(axis=1), result.weighted, rtol=1e-12)
    np.testing.assert_allclose(result.augmented @ [*inputs, 1.0], result.outputs, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: matrix_products.cell([[1, 2]], [[1, 2]], 0, 0), "do not fit"),
        (lambda: matrix_products.cell([[1, 2]], [[1], [2]], 0, 1), "no cell"),
        (lambda: matrix_products.compare([1], [1, 2]), "one length"),
        (lambda: matrix_products.compare([np.inf], [1]), "finite"),
        (lambda: matrix_products.cosine_table([1, 2]), "one row"),
        (lambda: matrix_products.low_rank([[1, 2]], 2), "rank"),
        (lambda: matrix_products.low_rank([[np.nan]], 1), "finite"),
        (lambda: matrix_products.layer([[1, 2]], [1], [1]), "do not fit"),
    ],
)
def test_what_does_not_fit_is_refused(call, reason):
    with pytest.raises(ValueError, match=reason):
        call()

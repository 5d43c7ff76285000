import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.networks import datasets, own_data
from core.networks.datasets import DataError, DataSettings


@pytest.mark.parametrize("name", datasets.DATASETS)
def test_the_same_seed_gives_the_same_points_inside_the_window(name):
    settings_ = DataSettings(name, n_points=300, noise=0.05, test_share=0.3, seed=4)
    first, second = datasets.make(settings_), datasets.make(settings_)
    np.testing.assert_array_equal(first.points, second.points)
    np.testing.assert_array_equal(first.is_test, second.is_test)
    low, high = np.array(first.window).T
    inside = ((first.points >= low) & (first.points <= high)).all(axis=1)
    assert inside.mean() > 0.98
    assert first.task == datasets.task_of(first.targets)
    np.testing.assert_array_equal(first.points, first.points.round(3))


@pytest.mark.parametrize("name", sorted(set(datasets.DATASETS) - {"xor"}))
def test_another_seed_gives_other_points_and_the_share_is_kept_for_testing(name):
    made = [
        datasets.make(DataSettings(name, noise=0.2, test_share=0.25, seed=seed)) for seed in (0, 1)
    ]
    assert (made[0].points != made[1].points).any()
    assert made[0].n_test == 50
    assert made[0].n_train == 150


def test_all_four_rows_of_xor_are_trained_on():
    data = datasets.make(DataSettings("xor", test_share=0.5, noise=0.5))
    assert data.points.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert data.n_test == 0


def test_without_noise_the_rule_of_each_set_holds():
    points = {name: datasets.make(DataSettings(name, n_points=400)) for name in datasets.DATASETS}
    data = points["noisy_xor"]
    np.testing.assert_array_equal(data.targets, data.points.prod(axis=1) < 0)
    data = points["circle"]
    np.testing.assert_array_equal(data.targets, np.hypot(*data.points.T) < 2.5)
    data = points["plane"]
    np.testing.assert_allclose(data.targets, data.points.sum(axis=1) / 10, atol=0.002)
    data = points["multi_gaussian"]
    assert np.abs(data.targets).max() <= 1
    assert (data.targets == 0).mean() > 0.2


def test_noise_moves_points_over_the_border():
    data = datasets.make(DataSettings("noisy_xor", n_points=400, noise=0.5))
    wrong = (data.targets != (data.points.prod(axis=1) < 0)).mean()
    assert 0.15 < wrong < 0.45


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"name": "nothing"}, "no data set"),
        ({"name": "circle", "n_points": 3}, "4 to 500"),
        ({"name": "circle", "noise": 0.6}, "Noise"),
        ({"name": "circle", "test_share": 1.0}, "share"),
        ({"name": "own"}, "no points yet"),
        ({"name": "own", "own": ((0, 0, 1), (1, 1, 1))}, "same answer"),
        ({"name": "own", "own": ((0, 0, 1), (np.nan, 1, 0))}, "finite"),
        ({"name": "own", "own": ((0, 0, 1), (1e300, 1, 0))}, "beyond"),
    ],
)
def test_points_that_teach_nothing_are_refused_in_words(more, message):
    with pytest.raises(DataError, match=message):
        datasets.make(DataSettings(**more))


def test_each_class_keeps_an_example_for_training():
    rows = tuple((float(at), 0.0, float(at == 0)) for at in range(10))
    for seed in range(20):
        data = datasets.make(DataSettings("own", test_share=0.9, seed=seed, own=rows))
        assert set(data.train_targets) == {0.0, 1.0}


@pytest.mark.parametrize("separator", [", ", ";", "\t", "  "])
@pytest.mark.parametrize("header", ["", "x{0}y{0}label\n"])
def test_a_table_is_read_whatever_keeps_its_columns_apart(separator, header):
    text = header.format(separator) + "\n".join(
        separator.join(row) for row in (("1", "2", "0"), ("-0.5", "1e-1", "1"))
    )
    assert own_data.parse(text).rows == ((1.0, 2.0, 0.0), (-0.5, 0.1, 1.0))


def test_words_and_other_numbers_become_classes_and_it_is_said():
    found = own_data.parse("0,0,no\n1,1,yes\n2,0,yes")
    assert [row[2] for row in found.rows] == [0, 1, 1]
    assert "“no” became class 0" in found.note
    found = own_data.parse("0,0,-1\n1,1,3")
    assert [row[2] for row in found.rows] == [0, 1]
    assert "-1 became class 0 and 3 class 1" in found.note


def test_many_different_numbers_are_a_regression():
    found = own_data.parse("0,0,10\n1,1,20\n2,0,30")
    assert found.task == "regression"
    assert [row[2] for row in found.rows] == [-1, 0, 1]
    assert "10 to 30" in found.note


def test_wide_columns_are_scaled_and_it_is_said():
    found = own_data.parse("1000,5,0\n3000,6,1")
    assert [row[:2] for row in found.rows] == [(-5, -5), (5, 5)]
    assert "1e+03 to 3e+03" in found.note


def test_a_million_rows_are_sampled_and_it_is_said():
    text = "x,y,c\n" + "0.5,1,0\n2,3,1\n" * 500_000
    found = own_data.parse_bytes(text.encode())
    assert len(found.rows) == own_data.MOST_ROWS
    assert "500 of 1,000,000 rows" in found.note
    assert {row[2] for row in found.rows} == {0.0, 1.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("  \n \n", "empty"),
        ("x,y,label", "no rows"),
        ("0,0,1\n1,1,1", "same answer"),
        ("0,0,a\n1,1,a", "same answer"),
        ("0,0,a\n1,1,b\n2,2,c", "3 different words"),
        ("0,0,1\nnan,1,0", "Line 2: x is nan"),
        ("0,0,1\n1,inf,0", "Line 2: y is inf"),
        ("0,0,1\n1,1,nan", "NaN"),
        ("0,0,a\n1,1,NaN", "NaN"),
        ("0,0,1\n1,two,0", "Line 2: y is 'two'"),
        ("0,0,1\n1,,0", "Line 2: y is missing"),
        ("0,0\n1,1", "2 columns"),
        ("0,0,1,5\n1,1,0,6", "4 columns"),
        ("0,0,1\n1e200,1,0", "too large"),
        ("0,0,1e308\n1,1,-1e308\n2,2,0", "too large"),
        ("0,5;1,5;1\n1;2;0", "Line 1: x is '0,5'"),
        ("<script>alert(1)</script>", "1 column;"),
        ("👋🌍", "1 column;"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_words(text, message):
    with pytest.raises(DataError, match=message):
        own_data.parse(text)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04\x00\x00", "no text file"),
        (b"1,2,3\n" * 4_000_000, "20 MB"),
        ("0,0,ä\n1,1,ß".encode("latin-1"), None),
        ("\ufeff0,0,1\n1,1,0".encode(), None),
    ],
    ids=["zip", "huge", "latin-1", "byte order mark"],
)
def test_uploaded_bytes_are_read_or_refused_in_words(data, message):
    if message is None:
        assert len(own_data.parse_bytes(data).rows) == 2
        return
    with pytest.raises(DataError, match=message):
        own_data.parse_bytes(data)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_gives_finite_points_or_a_refusal(text):
    try:
        found = own_data.parse(text)
    except DataError:
        return
    assert np.isfinite(np.array(found.rows)).all()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-600, 600).map(lambda n: n / 100),
            st.integers(-600, 600).map(lambda n: n / 100),
            st.sampled_from([0.0, 1.0]),
        ),
        max_size=own_data.MOST_LINK_ROWS,
    )
)
def test_points_come_back_from_a_link_as_they_went(rows):
    text = own_data.to_link(tuple(rows))
    assert own_data.from_link(text) == tuple(rows)
    assert set(text) <= set("0123456789.-~_e+")


def test_too_many_points_stay_out_of_the_link():
    assert own_data.to_link(((0.0, 0.0, 1.0),) * 61) == ""


@pytest.mark.parametrize("text", ["1~2", "1~2~x", "nan~0~1", "1e9~0~1", "_".join(["1~1~1"] * 61)])
def test_a_broken_link_is_refused_in_words(text):
    with pytest.raises(DataError, match="link"):
        own_data.from_link(text)

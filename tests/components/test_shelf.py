from components.shelf import Shelf


def test_a_result_is_kept_until_others_were_asked_for_more_lately():
    shelf = Shelf(max_entries=2)
    shelf.put("a", 1)
    shelf.put("b", 2)
    assert shelf.get("a") == 1
    shelf.put("c", 3)
    assert [shelf.get(key) for key in "abc"] == [1, None, 3]


def test_a_result_may_be_put_again():
    shelf = Shelf(max_entries=1)
    shelf.put("a", 1)
    shelf.put("a", 2)
    assert shelf.get("a") == 2

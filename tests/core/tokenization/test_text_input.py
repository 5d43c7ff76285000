import pytest

from core.tokenization import text_input


def test_half_a_surrogate_pair_is_refused_with_its_place():
    with pytest.raises(ValueError, match=r"Character 2 is U\+D83E"):
        text_input.check_text("ab\ud83e")


def test_nul_characters_and_an_empty_text_are_fine():
    assert text_input.check_text("a\0b") == b"a\0b"
    assert text_input.check_text("") == b""


def test_a_text_of_exactly_five_megabytes_passes_and_one_byte_more_does_not():
    assert len(text_input.check_text("a" * 5_000_000)) == 5_000_000
    with pytest.raises(ValueError, match="5,000,001 bytes"):
        text_input.check_text("a" * 5_000_001)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"a" * 5_000_001, "5,000,001"),
        (b"\x89PNG\r\n\0\0", "binary file"),
        ("text".encode("utf-16"), "UTF-16"),
        (b"caf\xe9 au lait", "0xe9, is not UTF-8"),
    ],
)
def test_a_file_that_is_no_text_is_refused_with_the_reason(data, message):
    with pytest.raises(ValueError, match=message):
        text_input.read_file(data)


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert text_input.read_file(b"\xef\xbb\xbfhi") == "hi"

"""Words as BERT cuts them: cleaned, small, without accents, every mark alone."""

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """A word as WordPiece sees it, and where its characters come from."""

    text: str
    """Cleaned, and in lower case without accents if asked for."""
    places: tuple[int, ...]
    """For each character the character of the original text it comes from."""


def basic_words(text: str, *, lowercase: bool = True) -> list[Word]:
    """Cut a text into words and marks as BERT does before any piece is looked up.

    Control characters are dropped; Chinese characters and marks each stand alone; white space
    separates words and is forgotten.

    Args:
        text: Any text.
        lowercase: Also drop accents and make all letters small.

    Returns:
        The words in order.

    Source:
        Devlin et al. 2019, "BERT", the released code (BasicTokenizer). Python's Unicode tables
        are newer than those of the ``tokenizers`` library: some 500 accents and marks that
        Unicode added since version 8 are known as such here and not there.

    Example:
        >>> [word.text for word in basic_words("Café, 你好")]
        ['cafe', ',', '你', '好']
    """
    words: list[Word] = []
    letters: list[str] = []
    places: list[int] = []

    def close_word() -> None:
        if letters:
            words.append(Word("".join(letters), tuple(places)))
            letters.clear()
            places.clear()

    for place, original in enumerate(text):
        if _is_dropped(original):
            continue
        if original.isspace():
            close_word()
        else:
            for character in _plain(original) if lowercase else original:
                stands_alone = _is_mark(character) or _is_chinese(character)
                if stands_alone:
                    close_word()
                letters.append(character)
                places.append(place)
                if stands_alone:
                    close_word()
    close_word()
    return words


def _plain(character: str) -> str:
    parts = unicodedata.normalize("NFD", character)
    # Each character alone: the Greek final sigma depends on its place, which BERT ignores.
    return "".join(part.lower() for part in parts if unicodedata.category(part) != "Mn")


def _is_dropped(character: str) -> bool:
    if character in "\t\n\r":
        return False
    return character == "\ufffd" or unicodedata.category(character) in ("Cc", "Cf", "Co")


def _is_mark(character: str) -> bool:
    is_ascii_mark = character.isascii() and character.isprintable() and not character.isalnum()
    return (is_ascii_mark and character != " ") or unicodedata.category(character)[0] == "P"


_CHINESE = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


def _is_chinese(character: str) -> bool:
    code = ord(character)
    return code >= 0x3400 and any(first <= code <= last for first, last in _CHINESE)

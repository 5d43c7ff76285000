"""The door every text passes: valid Unicode, real text rather than a binary file, 5 MB at most."""

MAX_TEXT_BYTES = 5_000_000


def check_text(text: str) -> bytes:
    """Return a text as UTF-8 bytes, or say why it has none.

    A Python string can hold half of a surrogate pair, which is no character and has no bytes.
    Empty text and NUL characters are fine: a NUL is one byte like any other.

    Args:
        text: What somebody typed or pasted.

    Returns:
        The bytes of the text, in UTF-8.

    Raises:
        ValueError: If ``text`` holds a lone surrogate or takes more than ``MAX_TEXT_BYTES``.

    Source:
        The Unicode Standard, section 3.9 (UTF-8 has no form for surrogates).

    Example:
        >>> list(check_text("Hé"))
        [72, 195, 169]
    """
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        raise ValueError(
            f"Character {error.start} is U+{code:04X}, half of a surrogate pair. "
            "It is no character and has no bytes: remove it."
        ) from error

    if len(data) > MAX_TEXT_BYTES:
        raise ValueError(
            f"The text has {len(data):,} bytes; the limit is {MAX_TEXT_BYTES:,}. Use a part of it."
        )
    return data


def read_file(data: bytes) -> str:
    r"""Read an uploaded file as text, or say why it is not one.

    Args:
        data: The raw bytes of the file.

    Returns:
        Its text, without a byte order mark.

    Raises:
        ValueError: If the file is empty, larger than ``MAX_TEXT_BYTES``, holds NUL bytes (a
            binary file, or UTF-16) or is not UTF-8.

    Example:
        >>> read_file(b"caf\xc3\xa9")
        'café'
    """
    if not data:
        raise ValueError("The file is empty: choose one with text in it.")
    if len(data) > MAX_TEXT_BYTES:
        raise ValueError(
            f"The file has {len(data):,} bytes; the limit is {MAX_TEXT_BYTES:,}. "
            "Upload a part of it."
        )
    if b"\0" in data:
        raise ValueError(
            f"Byte {data.index(0):,} of the file is 0, so it is a binary file or UTF-16. "
            "Save it as plain text in UTF-8."
        )

    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"Byte {error.start:,} of the file, {data[error.start]:#04x}, is not UTF-8 there. "
            "Save the file as plain text in UTF-8."
        ) from error

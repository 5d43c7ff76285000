"""Tokens made visible: spaces, line ends, control characters, special tokens, pieces of bytes."""

import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "space", "special", "bytes"]

_SIGNS = {" ": "␣", "\n": "↵", "\t": "⇥"}
_BYTE_FALLBACK = re.compile(r"<0x([0-9A-F]{2})>")


@dataclass(frozen=True)
class VisibleToken:
    """A token as it can be shown to a reader."""

    token_id: int
    text: str
    """What to show: ␣ for a space, ↵ line end, ⇥ tab, ‹…› special, ⟨F0 9F⟩ bytes of a character."""
    kind: Kind


def visible_token(tokenizer: Any, token_id: int) -> VisibleToken:
    """Show one token so that nothing about it is hidden.

    Args:
        tokenizer: A Hugging Face tokenizer.
        token_id: Which token. An id without an entry is shown as special: models often have a
            few more rows than their vocabulary has tokens.

    Returns:
        The token's visible text and kind.
    """
    token_id = int(token_id)
    token = tokenizer.convert_ids_to_tokens(token_id)
    if token is None:
        return VisibleToken(token_id, f"‹unused {token_id}›", "special")
    if token_id in tokenizer.all_special_ids:
        return VisibleToken(token_id, f"‹{visible_text(token.strip('<>|'))}›", "special")

    raw = token_bytes(tokenizer, token)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return VisibleToken(token_id, _with_hex(raw), "bytes")
    return VisibleToken(token_id, visible_text(text), "space" if text.isspace() else "text")


def visible_text(text: str) -> str:
    r"""Replace what cannot be seen by signs and escapes.

    Args:
        text: Any text.

    Returns:
        A text in which each character shows: ␣ ↵ ⇥, and escapes for control characters,
        invisible ones and those that would turn the writing direction.

    Example:
        >>> visible_text(" Paris\n\x00\u202e")
        '␣Paris↵\\x00\\u202e'
    """
    return "".join(_visible_character(character) for character in text)


def token_bytes(tokenizer: Any, token: str) -> bytes:
    """Undo a tokenizer's way of writing bytes as characters.

    Byte-level tokenizers (GPT-2, SmolLM2, Llama 3) write each byte as one printable character;
    SentencePiece ones write a space as ▁ and a lone byte as <0x0A>.

    Args:
        tokenizer: A Hugging Face tokenizer.
        token: The token as it stands in the vocabulary.

    Returns:
        The bytes that the token adds to a text. They need not be whole characters.
    """
    if is_byte_level(tokenizer):
        table = byte_table()
        if all(character in table for character in token):
            return bytes(table[character] for character in token)
        return token.encode("utf-8")

    lone_byte = _BYTE_FALLBACK.fullmatch(token)
    if lone_byte:
        return bytes([int(lone_byte[1], 16)])
    return token.replace("▁", " ").encode("utf-8")


def breaker_ids(tokenizer: Any, breakers: str = '\n:"*') -> frozenset[int]:
    """Find the tokens at which a repeated run ends, for the DRY filter.

    Args:
        tokenizer: A Hugging Face tokenizer.
        breakers: Characters that structure a text and so may repeat.

    Returns:
        Ids of the characters that are tokens of their own.
    """
    encoded = (tokenizer(sign, add_special_tokens=False)["input_ids"] for sign in breakers)
    return frozenset(ids[0] for ids in encoded if len(ids) == 1)


def is_byte_level(tokenizer: Any) -> bool:
    """Say whether a tokenizer writes bytes as printable characters.

    Args:
        tokenizer: A Hugging Face tokenizer.

    Returns:
        True for GPT-2 and its descendants.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    return "ByteLevel" in repr(backend.decoder) if backend is not None else False


@functools.cache
def byte_table() -> dict[str, int]:
    """Give the byte behind each character of a byte-level vocabulary.

    Printable Latin-1 characters stand for themselves. The other 68 bytes, among them space and
    line end, borrow characters from 256 upwards, in order.

    Returns:
        256 characters and their bytes.

    Source:
        Radford et al. (2019), Language models are unsupervised multitask learners, section 2.2.

    Example:
        >>> byte_table()["Ġ"], byte_table()["Ċ"], byte_table()["a"]
        (32, 10, 97)
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table = {chr(byte): byte for byte in printable}

    borrowed = (byte for byte in range(256) if byte not in set(printable))
    table.update((chr(256 + place), byte) for place, byte in enumerate(borrowed))
    return table


def _visible_character(character: str) -> str:
    if character in _SIGNS:
        return _SIGNS[character]
    category = unicodedata.category(character)
    if category[0] in "CZ":
        return character.encode("unicode_escape").decode("ascii") if ord(character) != 0xA0 else "⍽"
    # A combining mark would sit on the neighbouring sign; the ring gives it a seat of its own.
    return f"◌{character}" if category == "Mn" else character


def _with_hex(raw: bytes) -> str:
    shown = ""
    while raw:
        try:
            return shown + visible_text(raw.decode("utf-8"))
        except UnicodeDecodeError as error:
            shown += visible_text(raw[: error.start].decode("utf-8"))
            # Everything up to the next readable place is shown as bytes.
            stray = raw[error.start : error.end]
            shown = _append_hex(shown, stray)
            raw = raw[error.end :]
    return shown


def _append_hex(shown: str, stray: bytes) -> str:
    digits = stray.hex(" ").upper()
    return f"{shown[:-1]} {digits}⟩" if shown.endswith("⟩") else f"{shown}⟨{digits}⟩"

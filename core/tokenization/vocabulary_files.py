"""The files that published vocabularies come in: rank tables, GPT-2's merge list, Tekken's JSON."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

_PRINTABLE = [byte for byte in range(256) if chr(byte).isprintable() and byte != ord(" ")]
_REST = [byte for byte in range(256) if byte not in _PRINTABLE]

BYTE_TO_CHARACTER: Mapping[int, str] = {byte: chr(byte) for byte in _PRINTABLE} | {
    byte: chr(256 + place) for place, byte in enumerate(_REST)
}
"""How byte-level files write a byte as one visible character: a space is "Ġ", a newline "Ċ"."""
CHARACTER_TO_BYTE: Mapping[str, int] = {
    character: byte for byte, character in BYTE_TO_CHARACTER.items()
}


def find_file(folder: Path, *names: str) -> Path:
    """Return the first file of a folder that fits one of several names.

    Args:
        folder: Where to look.
        names: File names or patterns such as ``*.json``, the best first.

    Returns:
        The path of the file.

    Raises:
        FileNotFoundError: If there is none.
    """
    for name in names:
        for path in sorted(Path(folder).glob(name)):
            return path
    raise FileNotFoundError(
        f"{folder} holds none of {', '.join(names)}: fetch the vocabulary again."
    )


def check_sha256(path: Path, expected: str) -> None:
    """Make sure that a file is the published one.

    Args:
        path: The file.
        expected: Its SHA-256 in hexadecimal digits.

    Raises:
        ValueError: If the file has another content.
    """
    if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
        raise ValueError(f"{path} is not the published file: remove it and fetch it again.")


def read_ranks(path: Path) -> dict[bytes, int]:
    """Read a rank table: per line the bytes of a token in base64, a space, its rank.

    Args:
        path: A file such as ``cl100k_base.tiktoken`` or Llama 3's ``tokenizer.model``.

    Returns:
        The rank of each token.

    Raises:
        ValueError: If a line is not of that form.
    """
    ranks = {}
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            token, rank = line.split()
            ranks[base64.b64decode(token, validate=True)] = int(rank)
        except (ValueError, binascii.Error) as error:
            raise ValueError(f"Line {number} of {path} is no token with a rank.") from error
    return ranks


def read_gpt2_merges(path: Path) -> dict[bytes, int]:
    """Turn GPT-2's list of merges into ranks: 256 bytes first, then one token per merge.

    Args:
        path: The file ``vocab.bpe``: a version line, then two tokens per line.

    Returns:
        The rank of each token; 50,256 of them for GPT-2.

    Raises:
        ValueError: If a line is not a pair of tokens.

    Source:
        Radford et al. 2019, the released code.
    """
    ranks = {bytes([byte]): rank for rank, byte in enumerate([*_PRINTABLE, *_REST])}
    lines = path.read_text(encoding="utf-8").split("\n")[1:]
    for number, line in enumerate(lines, start=2):
        if not line:
            continue
        try:
            left, right = line.split(" ")
            ranks[from_visible(left) + from_visible(right)] = len(ranks)
        except (ValueError, KeyError) as error:
            raise ValueError(f"Line {number} of {path} is no merge of two tokens.") from error
    return ranks


def read_tekken(path: Path) -> tuple[dict[bytes, int], int]:
    """Read Mistral's Tekken file, of which a model uses only the first part.

    Args:
        path: A file such as ``tekken_240911.json``.

    Returns:
        The rank of each token, and how many special tokens come before rank 0.

    Raises:
        ValueError: If the file has another form.
    """
    try:
        tekken = json.loads(path.read_text(encoding="utf-8"))
        n_special = tekken["config"]["default_num_special_tokens"]
        n_ranks = tekken["config"]["default_vocab_size"] - n_special
        vocab = tekken["vocab"][:n_ranks]
        return {base64.b64decode(token["token_bytes"]): token["rank"] for token in vocab}, n_special
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no Tekken vocabulary.") from error


def to_visible(token: bytes) -> str:
    """Write bytes as byte-level files do.

    Args:
        token: Any bytes.

    Returns:
        One character per byte.

    Example:
        >>> to_visible(b" the")
        'Ġthe'
    """
    return "".join(BYTE_TO_CHARACTER[byte] for byte in token)


def from_visible(token: str) -> bytes:
    """Read what ``to_visible`` wrote.

    Args:
        token: Characters of that alphabet.

    Returns:
        The bytes.

    Raises:
        KeyError: If a character is not of the alphabet.

    Example:
        >>> from_visible("Ġthe")
        b' the'
    """
    return bytes(CHARACTER_TO_BYTE[character] for character in token)

"""Open each real tokenizer, whatever library it needs, as one and the same thing.

tiktoken runs OpenAI's, Llama 3's, Tekken and Qwen; ``sentencepiece`` runs Mistral v1; the
``tokenizers`` library runs everything that comes as a ``tokenizer.json``, own ones included.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import sentencepiece
import tiktoken
import tokenizers
from numpy.typing import NDArray

from core.tokenization import bpe, spans, text_input, vocabulary_files


@dataclass(frozen=True, eq=False)
class Encoding:
    """The tokens of a text, and which bytes of it each one stands for."""

    token_ids: NDArray[np.int64]
    """Shape (n,)."""
    byte_spans: NDArray[np.int64]
    """[start, stop) in the UTF-8 text, shape (n, 2). Empty for a token that stands for nothing
    in the text, such as a beginning-of-text mark."""


class Tokenizer(Protocol):
    """What the labs ask of a tokenizer."""

    title: str
    kind: str
    """How it works, such as "byte-level BPE"."""
    context_length: int | None
    """Tokens that its best-known model reads at once."""
    parses_special: bool
    """Whether a special token typed as text can become the special token."""
    vocab_size: int
    special_tokens: dict[str, int]

    def encode(
        self, text: str, *, parse_special: bool = False, add_special: bool = False
    ) -> Encoding:
        """Turn a text into tokens.

        Args:
            text: Any text.
            parse_special: Read special tokens that are typed in the text as such.
            add_special: Add the marks the model expects around a text, such as [CLS].

        Returns:
            The tokens.

        Raises:
            ValueError: If ``text`` holds a lone surrogate or is longer than 5 MB.
        """
        ...

    def decode(self, token_ids: Sequence[int]) -> str:
        """Turn ordinary tokens back into text."""
        ...

    def token_bytes(self, token_id: int) -> bytes:
        """Return the bytes one token stands for; raises ValueError for an unknown id."""
        ...


PART_CHARS = 200_000
"""A longer text goes to WordPiece in parts: five megabytes at once take a gigabyte of memory."""


def _parts(text: str) -> list[str]:
    """Cut a long text at single spaces between two words, which no WordPiece crosses.

    The space itself is left out: it stands between two parts.
    """
    parts, start = [], 0
    while len(text) - start > PART_CHARS:
        cut = _single_space(text, start + PART_CHARS // 2, start + PART_CHARS)
        if cut is None:
            break
        parts.append(text[start:cut])
        start = cut + 1
    return [*parts, text[start:]]


def _single_space(text: str, low: int, high: int) -> int | None:
    """Find the last space of a stretch that has letters or digits on both sides."""
    place = text.rfind(" ", low, high)
    while place > low:
        if text[place - 1].isalnum() and text[place + 1 : place + 2].isalnum():
            return place
        place = text.rfind(" ", low, place)
    return None


def _joined(before: list[int], middle: Encoding, after: list[int], end: int) -> Encoding:
    """Put tokens that stand for no text around an encoding of a text of ``end`` bytes."""
    return Encoding(
        np.concatenate([before, middle.token_ids, after]).astype(np.int64),
        np.concatenate(
            [np.zeros((len(before), 2)), middle.byte_spans, np.full((len(after), 2), end)]
        ).astype(np.int64),
    )


@dataclass(frozen=True, eq=False)
class RankTokenizer:
    """A byte-level BPE given by a rank table, run by tiktoken."""

    title: str
    encoding: tiktoken.Encoding
    ranks: dict[bytes, int]
    pattern: str
    special_tokens: dict[str, int]
    context_length: int | None = None
    first_special: str | None = None
    """The mark the model expects before a text."""
    id_offset: int = 0
    """What to add to a rank to get the id: Tekken puts its special tokens first."""
    composes: bool = False
    """Whether the text is brought into Unicode's composed form first, as Qwen does."""
    kind: str = "byte-level BPE"
    parses_special: bool = True

    @property
    def vocab_size(self) -> int:
        """How many tokens there are, special ones included."""
        return len(self.ranks) + len(self.special_tokens)

    @cached_property
    def _bytes_by_id(self) -> dict[int, bytes]:
        special = {number: name.encode() for name, number in self.special_tokens.items()}
        return special | {rank + self.id_offset: token for token, rank in self.ranks.items()}

    @cached_property
    def bpe(self) -> bpe.BPE:
        """The same tokenizer in our own code, for replaying its merges. Ids are ranks here."""
        return bpe.from_ranks(self.ranks, pattern=self.pattern)

    def encode(
        self, text: str, *, parse_special: bool = False, add_special: bool = False
    ) -> Encoding:
        """See ``Tokenizer.encode``."""
        data = text_input.check_text(text)
        aligned = spans.align_nfc(text) if self.composes else None
        read = aligned.data.decode() if aligned else text
        # The encoding knows special tokens by their names and ranks by their ids.
        token_ids = (
            self.encoding.encode(read, allowed_special="all", disallowed_special=())
            if parse_special
            else self.encoding.encode_ordinary(read)
        )
        byte_spans = spans.consecutive([len(self._bytes_by_id[number]) for number in token_ids])
        if aligned:
            byte_spans = aligned.project(byte_spans)

        encoding = Encoding(np.array(token_ids, dtype=np.int64), byte_spans)
        if add_special and self.first_special:
            return _joined([self.special_tokens[self.first_special]], encoding, [], len(data))
        return encoding

    def decode(self, token_ids: Sequence[int]) -> str:
        """See ``Tokenizer.decode``."""
        joined = b"".join(self.token_bytes(token_id) for token_id in token_ids)
        return joined.decode("utf-8", errors="replace")

    def token_bytes(self, token_id: int) -> bytes:
        """See ``Tokenizer.token_bytes``."""
        if token_id not in self._bytes_by_id:
            raise ValueError(f"{self.title} has no token with the id {token_id}.")
        return self._bytes_by_id[token_id]


@dataclass(frozen=True, eq=False)
class SentencePieceTokenizer:
    """A SentencePiece BPE: characters first, and bytes only for characters it does not know."""

    title: str
    processor: sentencepiece.SentencePieceProcessor
    context_length: int | None = None
    kind: str = "SentencePiece BPE"
    parses_special: bool = False

    @property
    def vocab_size(self) -> int:
        """How many tokens there are, special ones included."""
        return self.processor.vocab_size()

    @cached_property
    def special_tokens(self) -> dict[str, int]:
        """The control tokens and the unknown token."""
        sp = self.processor
        return {
            sp.id_to_piece(number): number
            for number in range(sp.vocab_size())
            if sp.is_control(number) or sp.is_unknown(number)
        }

    @cached_property
    def _raw_bytes(self) -> list[bytes]:
        """What each token matches: "▁" has not been turned back into a space."""
        pieces = [self.processor.id_to_piece(number) for number in range(self.vocab_size)]
        return [
            bytes([int(piece[3:-1], 16)]) if self.processor.is_byte(number) else piece.encode()
            for number, piece in enumerate(pieces)
        ]

    def encode(
        self, text: str, *, parse_special: bool = False, add_special: bool = False
    ) -> Encoding:
        """See ``Tokenizer.encode``. SentencePiece never reads special tokens out of a text."""
        data = text_input.check_text(text)
        token_ids = self.processor.encode(text)
        aligned = spans.align_sentencepiece(text)
        byte_spans = spans.consecutive([len(self._raw_bytes[number]) for number in token_ids])
        encoding = Encoding(np.array(token_ids, dtype=np.int64), aligned.project(byte_spans))
        if add_special:
            return _joined([self.processor.bos_id()], encoding, [], len(data))
        return encoding

    def decode(self, token_ids: Sequence[int]) -> str:
        """See ``Tokenizer.decode``."""
        return self.processor.decode([int(token_id) for token_id in token_ids])

    def token_bytes(self, token_id: int) -> bytes:
        """See ``Tokenizer.token_bytes``."""
        if not 0 <= token_id < self.vocab_size:
            raise ValueError(f"{self.title} has no token with the id {token_id}.")
        return self._raw_bytes[token_id].replace("▁".encode(), b" ")


class FastTokenizer:
    """Anything that comes as a ``tokenizer.json``, run by the ``tokenizers`` library."""

    def __init__(self, title: str, tokenizer_json: str, *, context_length: int | None = None):
        self.title = title
        self.context_length = context_length
        self.parses_special = True
        try:
            self._parsing = tokenizers.Tokenizer.from_str(tokenizer_json)
            self._plain = tokenizers.Tokenizer.from_str(tokenizer_json)
            layout = json.loads(tokenizer_json)
        except Exception as error:  # The library has no error of its own.
            raise ValueError(f"{title} is no tokenizer.json that can be read: {error}.") from error
        # Two copies, because the switch belongs to the tokenizer and not to the call.
        self._plain.encode_special_tokens = True
        for tokenizer in (self._parsing, self._plain):
            tokenizer.no_truncation()
            tokenizer.no_padding()

        self.vocab_size = self._parsing.get_vocab_size(with_added_tokens=True)
        self._added = self._parsing.get_added_tokens_decoder()
        self.special_tokens = {
            token.content: number for number, token in self._added.items() if token.special
        }
        self._is_byte_level = '"ByteLevel"' in json.dumps(
            [layout.get("pre_tokenizer"), layout.get("decoder")]
        )
        model = layout["model"]["type"]
        self.kind = f"byte-level {model}" if self._is_byte_level else model

    @cached_property
    def merge_ranks(self) -> dict[tuple[str, str], int]:
        """The place of each merge in the list of a BPE; empty for any other model."""
        merges = json.loads(self._parsing.to_str())["model"].get("merges", [])
        # Older files write a merge as one string with a space in it.
        pairs = [pair.split(" ") if isinstance(pair, str) else pair for pair in merges]
        return {(left, right): rank for rank, (left, right) in enumerate(pairs)}

    def piece(self, token_id: int) -> str:
        """Return a token as the vocabulary writes it; raises ValueError for an unknown id."""
        piece = self._parsing.id_to_token(token_id)
        if piece is None:
            raise ValueError(f"{self.title} has no token with the id {token_id}.")
        return piece

    @cached_property
    def _bytes_by_id(self) -> dict[int, bytes]:
        vocab = self._parsing.get_vocab(with_added_tokens=True)
        return {number: self._read_piece(number, piece) for piece, number in vocab.items()}

    def _read_piece(self, number: int, piece: str) -> bytes:
        if number in self._added:
            return piece.encode()
        if self._is_byte_level and all(c in vocabulary_files.CHARACTER_TO_BYTE for c in piece):
            return vocabulary_files.from_visible(piece)
        if _is_byte_piece(piece):
            return bytes([int(piece[3:-1], 16)])
        return piece.removeprefix("##").replace("▁", " ").encode()

    def encode(
        self, text: str, *, parse_special: bool = False, add_special: bool = False
    ) -> Encoding:
        """See ``Tokenizer.encode``."""
        data = text_input.check_text(text)
        if self.kind == "WordPiece" and not add_special and len(parts := _parts(text)) > 1:
            return self._encode_parts(parts, parse_special)
        tokenizer = self._parsing if parse_special else self._plain
        found = tokenizer.encode(text, add_special_tokens=add_special)
        token_ids = np.array(found.ids, dtype=np.int64)

        pieces = [self._bytes_by_id[number] for number in found.ids]
        byte_spans = self._spans_over_gaps(pieces, data) if self._is_byte_level else None
        if byte_spans is not None:
            return Encoding(token_ids, byte_spans)
        starts = spans.character_starts(data)
        offsets = np.array(found.offsets, dtype=np.int64).reshape(-1, 2)
        return Encoding(token_ids, _locate(pieces, starts[offsets], data))

    def _encode_parts(self, parts: list[str], parse_special: bool) -> Encoding:
        found, start = [], 0
        for part in parts:
            encoding = self.encode(part, parse_special=parse_special)
            found.append(Encoding(encoding.token_ids, encoding.byte_spans + start))
            start += len(part.encode()) + 1
        return Encoding(
            np.concatenate([one.token_ids for one in found]),
            np.concatenate([one.byte_spans for one in found]),
        )

    def _spans_over_gaps(self, pieces: list[bytes], data: bytes) -> NDArray[np.int64] | None:
        """Lay the pieces over the text; bytes that no token of the vocabulary has are skipped.

        The library drops such bytes and then counts its own positions wrong. None if the pieces
        are not the text even so, because it was normalised first.
        """
        dropped = self._dropped_bytes
        kept = np.flatnonzero(~np.isin(np.frombuffer(data, dtype=np.uint8), dropped))
        if b"".join(pieces) != data.translate(None, bytes(dropped)):
            return None
        if not pieces:
            return np.zeros((0, 2), dtype=np.int64)
        byte_spans = spans.consecutive([len(piece) for piece in pieces])
        return np.column_stack([kept[byte_spans[:, 0]], kept[byte_spans[:, 1] - 1] + 1])

    @cached_property
    def _dropped_bytes(self) -> list[int]:
        known = set(self._bytes_by_id.values())
        return [byte for byte in range(256) if bytes([byte]) not in known]

    def decode(self, token_ids: Sequence[int]) -> str:
        """See ``Tokenizer.decode``."""
        return self._parsing.decode(
            [int(number) for number in token_ids], skip_special_tokens=False
        )

    def token_bytes(self, token_id: int) -> bytes:
        """See ``Tokenizer.token_bytes``."""
        if token_id not in self._bytes_by_id:
            raise ValueError(f"{self.title} has no token with the id {token_id}.")
        return self._bytes_by_id[token_id]


def _is_byte_piece(piece: str) -> bool:
    return len(piece) == 6 and piece.startswith("<0x") and piece.endswith(">")


def _locate(pieces: list[bytes], byte_spans: NDArray[np.int64], data: bytes) -> NDArray[np.int64]:
    """Narrow spans of whole characters down to the bytes that each piece really is.

    The library counts in characters, so all tokens of a split character get the whole of it. A
    piece that is not found, because the text was changed first, keeps its span.
    """
    located = byte_spans.tolist()
    cursor = 0
    for place, (start, stop) in enumerate(located):
        # The first word may have got a space in front that is not in the text.
        for piece in (pieces[place], pieces[place].removeprefix(b" ")):
            found = data.find(piece, max(start, cursor), stop)
            if found >= 0:
                cursor = found + len(piece)
                located[place] = [found, cursor]
                break
    return np.array(located, dtype=np.int64).reshape(-1, 2)

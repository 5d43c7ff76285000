"""One token by itself: how it is written, its bytes, its rank, and the merges that made it."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from core.tokenization import compare, special_tokens, tokenizer_sources, vocabulary_files

Part = TypeVar("Part", bytes, str)


@dataclass(frozen=True)
class Merge:
    """Two pieces that became one."""

    left: str
    right: str
    joined: str
    rank: int
    """Lower ranks were learnt earlier, from pairs that are more frequent."""


@dataclass(frozen=True)
class TokenCard:
    """What there is to know about a token."""

    token_id: int
    shown: str
    """The token with spaces, line ends and split characters made visible."""
    data: bytes
    rank: int | None
    """Its place in the order of learning; None where a vocabulary has no such order."""
    role: str | None
    """What it is for, if it is a special token."""
    merges: tuple[Merge, ...]
    """How it came about, first merge first. Empty if it did not come about by merging."""


def token_card(tokenizer: tokenizer_sources.Tokenizer, token_id: int) -> TokenCard:
    """Look a token up.

    Args:
        tokenizer: Its tokenizer.
        token_id: Its number in the vocabulary.

    Returns:
        The card.

    Raises:
        ValueError: If the vocabulary has no such token.
    """
    data = tokenizer.token_bytes(token_id)
    names = {number: name for name, number in tokenizer.special_tokens.items()}
    if token_id in names:
        return TokenCard(
            token_id, names[token_id], data, None, special_tokens.role(names[token_id]), ()
        )
    merges = _merges(tokenizer, token_id, data)
    return TokenCard(
        token_id, shown(tokenizer, token_id), data, _rank(tokenizer, token_id), None, merges
    )


def shown(tokenizer: tokenizer_sources.Tokenizer, token_id: int) -> str:
    """Write a token as its vocabulary has it, with nothing invisible in it.

    Args:
        tokenizer: Its tokenizer.
        token_id: Its number in the vocabulary.

    Returns:
        The token. WordPiece's "##", which says "not at the beginning of a word", stays.

    Raises:
        ValueError: If the vocabulary has no such token.
    """
    data = tokenizer.token_bytes(token_id)
    # BERT's pieces are stored with their "##"; the bytes leave it out, since no text holds it.
    return tokenizer.decode([token_id]) if tokenizer.kind == "WordPiece" else compare.visible(data)


def _rank(tokenizer: tokenizer_sources.Tokenizer, token_id: int) -> int | None:
    is_ranked = isinstance(tokenizer, tokenizer_sources.RankTokenizer)
    return token_id - tokenizer.id_offset if is_ranked else None


def _merges(
    tokenizer: tokenizer_sources.Tokenizer, token_id: int, data: bytes
) -> tuple[Merge, ...]:
    if isinstance(tokenizer, tokenizer_sources.RankTokenizer):
        ranks = tokenizer.ranks
        bytes_of = [bytes([byte]) for byte in data]
        return _replay(bytes_of, lambda left, right: ranks.get(left + right), compare.visible)
    if isinstance(tokenizer, tokenizer_sources.FastTokenizer):
        pairs = tokenizer.merge_ranks
        return _replay(
            list(tokenizer.piece(token_id)),
            lambda left, right: pairs.get((left, right)),
            lambda piece: _written(tokenizer, piece),
        )
    return _sentencepiece_merges(tokenizer, token_id)


def _sentencepiece_merges(
    tokenizer: tokenizer_sources.SentencePieceTokenizer, token_id: int
) -> tuple[Merge, ...]:
    processor = tokenizer.processor
    if processor.is_byte(token_id):
        return ()

    def rank_of(left: str, right: str) -> int | None:
        number = processor.piece_to_id(left + right)
        return None if processor.is_unknown(number) else number

    pieces = list(processor.id_to_piece(token_id))
    return _replay(pieces, rank_of, lambda piece: compare.visible(piece.replace("▁", " ").encode()))


def _written(tokenizer: tokenizer_sources.FastTokenizer, piece: str) -> str:
    if not tokenizer.kind.startswith("byte-level"):
        return compare.visible(piece.replace("▁", " ").encode())
    return compare.visible(vocabulary_files.from_visible(piece))


def _replay(
    parts: list[Part],
    rank_of: Callable[[Part, Part], int | None],
    write: Callable[[Part], str],
) -> tuple[Merge, ...]:
    """Merge the pair of the lowest rank, the leftmost on a tie, until no pair has a rank."""
    merges = []
    while True:
        ranks = [rank_of(left, right) for left, right in itertools.pairwise(parts)]
        possible = [(rank, place) for place, rank in enumerate(ranks) if rank is not None]
        if not possible:
            return tuple(merges)
        rank, place = min(possible)
        left, right = parts[place : place + 2]
        parts = [*parts[:place], left + right, *parts[place + 2 :]]
        merges.append(Merge(write(left), write(right), write(left + right), rank))

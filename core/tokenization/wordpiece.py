"""WordPiece: BERT's way of cutting words, by the longest piece that fits.

How the pieces are learnt is in ``wordpiece_training``. Encoding forgets the merges and takes, from
the left, the longest piece that is in the vocabulary.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from core.tokenization import bert_words, text_input, wordpiece_training

UNKNOWN = "[UNK]"
CONTINUES = wordpiece_training.CONTINUES


def train(text: str, vocab_size: int, *, lowercase: bool = True, min_count: int = 2) -> "WordPiece":
    """Learn a WordPiece vocabulary of a given size.

    Args:
        text: The text to learn from.
        vocab_size: How many pieces to have, [UNK] and the letters included.
        lowercase: Drop accents and capitals first.
        min_count: A best pair that is seen less often than this ends the training.

    Returns:
        The tokenizer.

    Raises:
        ValueError: If ``vocab_size`` is below what [UNK] and the letters take or above what the
            text supports, or as ``wordpiece_training.train_steps`` raises.

    Source:
        As ``wordpiece_training.train_steps``.

    Example:
        >>> train("hug hug hugs pug", 7).vocab
        ('[UNK]', 'h', 'p', '##g', '##s', '##u', 'hu')
    """
    steps = wordpiece_training.train_steps(text, lowercase=lowercase, min_count=min_count)
    words = Counter(word.text for word in bert_words.basic_words(text, lowercase=lowercase))
    pieces = dict.fromkeys([UNKNOWN, *wordpiece_training.alphabet(words)])
    if vocab_size < len(pieces):
        raise ValueError(
            f"vocab_size must be at least {len(pieces)}: [UNK] and the letters of the text. "
            f"It is {vocab_size}."
        )

    while len(pieces) < vocab_size:
        step = next(steps, None)
        if step is None:
            raise ValueError(
                f"The text supports a vocabulary of {len(pieces):,} pieces, not {vocab_size:,}. "
                "Use more text or fewer pieces."
            )
        pieces[step.joined] = None
    return WordPiece(tuple(pieces), lowercase=lowercase)


@dataclass(frozen=True)
class Match:
    """One piece of a text, found by the longest match."""

    token_id: int
    piece: str
    start: int
    """First character of the text it stands for."""
    stop: int
    """Character after the last."""


@dataclass(frozen=True, eq=False)
class WordPiece:
    """A WordPiece tokenizer, own or BERT's."""

    vocab: tuple[str, ...]
    """The pieces by id."""
    lowercase: bool = True
    unknown: str = UNKNOWN
    max_letters: int = 100
    """A longer word becomes [UNK] without a look."""

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each piece."""
        return {piece: token_id for token_id, piece in enumerate(self.vocab)}

    def encode(self, text: str) -> list[Match]:
        """Cut a text into words, and each word into the longest pieces from the left.

        A word of which a rest is left that no piece fits becomes [UNK] as a whole.

        Args:
            text: Any text.

        Returns:
            The pieces in order.

        Raises:
            ValueError: If ``text`` holds a lone surrogate or is longer than 5 MB, or the
                vocabulary has no unknown token although it is needed.
        """
        text_input.check_text(text)
        known: dict[str, list[tuple[int, int]] | None] = {}
        matches = []
        for word in bert_words.basic_words(text, lowercase=self.lowercase):
            if word.text not in known:
                known[word.text] = self.longest_pieces(word.text)
            cuts = known[word.text]
            if cuts is None:
                matches.append(self._match(self.unknown, word, 0, len(word.text)))
                continue
            for start, stop in cuts:
                piece = word.text[start:stop] if start == 0 else CONTINUES + word.text[start:stop]
                matches.append(self._match(piece, word, start, stop))
        return matches

    def longest_pieces(self, word: str) -> list[tuple[int, int]] | None:
        """Cut one word, longest piece first, from the left.

        Args:
            word: A word as ``bert_words.basic_words`` gives it.

        Returns:
            [start, stop) of each piece, or None if the word cannot be cut into known pieces.

        Source:
            Devlin et al. 2019, the released code (WordpieceTokenizer).

        Example:
            >>> WordPiece(("hug", "h", "##u", "##gs", "##g")).longest_pieces("hugs") is None
            True
            >>> WordPiece(("hug", "hu", "##gs", "##s")).longest_pieces("hugs")
            [(0, 3), (3, 4)]
        """
        if len(word) > self.max_letters:
            return None
        cuts = []
        start = 0
        while start < len(word):
            prefix = CONTINUES if start else ""
            for stop in range(len(word), start, -1):
                if prefix + word[start:stop] in self.ids:
                    break
            else:
                return None
            cuts.append((start, stop))
            start = stop
        return cuts

    def _match(self, piece: str, word: bert_words.Word, start: int, stop: int) -> Match:
        if piece not in self.ids:
            raise ValueError(f"The vocabulary has no unknown token {self.unknown!r}.")
        return Match(self.ids[piece], piece, word.places[start], word.places[stop - 1] + 1)

import pytest
import tokenizers

from core.tokenization import rivals, wordpiece

HUGS = "hug hug hugs pug pun bun"


def test_wordpiece_by_merges_is_wordpiece_by_size():
    ours = rivals.wordpiece_with_merges(HUGS, 3)
    assert ours.vocab == wordpiece.train(HUGS, len(ours.vocab), min_count=1).vocab


def test_more_merges_than_the_text_supports_give_what_there_is():
    assert [match.piece for match in rivals.wordpiece_with_merges("hug", 99).encode("hug")] == [
        "hug"
    ]


def test_unigram_keeps_every_letter_and_writes_what_it_learnt_from():
    tokenizer = tokenizers.Tokenizer.from_str(rivals.unigram_with_pieces(HUGS, 4))
    assert set("hugspnb") <= set(tokenizer.get_vocab())
    assert tokenizer.decode(tokenizer.encode("hugs bun").ids) == "hugs bun"


def test_negative_numbers_are_refused():
    with pytest.raises(ValueError, match="not -1"):
        rivals.wordpiece_with_merges(HUGS, -1)
    with pytest.raises(ValueError, match="not -2"):
        rivals.unigram_with_pieces(HUGS, -2)

from itertools import pairwise

import pytest

from core.tokenization import bpe, ladder, patterns


def test_strawberry_in_gpt2_climbs_to_three_tokens_and_after_a_space_to_one(known_tokenizer):
    gpt2 = known_tokenizer("gpt2").bpe
    assert ladder.climb(gpt2, "strawberry")[-1].pieces == (b"st", b"raw", b"berry")
    assert ladder.climb(gpt2, " strawberry")[-1].pieces == (b" strawberry",)


@pytest.mark.parametrize("name", ["gpt2", "cl100k", "llama3"])
@pytest.mark.parametrize("text", [" tokenization", "HELLO", "naïve 🦊", "dog. dog!"])
def test_the_last_rung_is_what_the_tokenizer_encodes(known_tokenizer, name, text):
    tokenizer = known_tokenizer(name).bpe
    rungs = ladder.climb(tokenizer, text)
    assert list(rungs[-1].pieces) == [tokenizer.token_bytes[one] for one in tokenizer.encode(text)]


def test_every_rung_joins_one_pair_of_the_rung_before():
    tokenizer = bpe.train("low lower lowest slow " * 3, 264, pattern=patterns.GPT2)
    rungs = ladder.climb(tokenizer, "slowest lower")
    for rung, following in pairwise(rungs):
        place = rung.place
        assert rung.rank is not None
        joined = rung.pieces[place] + rung.pieces[place + 1]
        assert following.pieces == (*rung.pieces[:place], joined, *rung.pieces[place + 2 :])
        assert len(rung.ranks) == len(rung.pieces) - 1
    assert rungs[-1].place is None


def test_no_rank_stands_between_two_chunks():
    tokenizer = bpe.from_merges([(103, 46)], pattern=patterns.GPT2)
    (rung,) = ladder.climb(tokenizer, "g.")
    assert rung.ranks == (None,)
    (start, end) = ladder.climb(bpe.from_merges([(103, 46)]), "g.")
    assert (start.rank, end.pieces) == (0, (b"g.",))


def test_an_empty_text_has_one_empty_rung_and_a_long_one_is_refused():
    tokenizer = bpe.from_merges([])
    assert ladder.climb(tokenizer, "") == [ladder.Rung((), (), None)]
    with pytest.raises(ValueError, match="401 bytes"):
        ladder.climb(tokenizer, "a" * 401)

import base64
import json
import os
from itertools import pairwise

import numpy as np
import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tokenization import (
    bpe,
    glitch,
    known_tokenizers,
    patterns,
    sample_texts,
    spans,
    tokenizer_json,
    tokenizer_sources,
    trade_off,
    vocabulary_files,
    wordpiece,
)

STORY = " ".join(sample.text for sample in sample_texts.TRANSLATIONS + sample_texts.OTHER_TEXTS) * 2


@pytest.mark.parametrize(
    ("name", "vocab_size", "n_special"),
    [
        ("gpt2", 50_257, 1),
        ("bert", 30_522, 5),
        ("llama3", 128_256, 256),
        ("mistral_v1", 32_000, 3),
        ("tekken", 131_072, 1_000),
        ("smollm2", 49_152, 17),
    ],
)
def test_vocabularies_have_their_published_sizes(known_tokenizer, name, vocab_size, n_special):
    tokenizer = known_tokenizer(name)
    assert (tokenizer.vocab_size, len(tokenizer.special_tokens)) == (vocab_size, n_special)
    assert len(glitch.vocabulary(tokenizer)) == vocab_size


def test_gpt2s_ranks_are_those_tiktoken_makes_of_the_same_files(known_tokenizer):
    tokenizer = known_tokenizer("gpt2")
    assert len(tokenizer.ranks) == 50_256
    for rank in (0, 188, 220, 255, 256, 41_236, 50_255):
        token = tokenizer.encoding.decode_single_token_bytes(rank)
        assert tokenizer.ranks[token] == rank


def test_opening_leaves_the_environment_as_it_was(vocabulary_folder, monkeypatch):
    folder = vocabulary_folder("gpt2-bpe")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "elsewhere")
    known_tokenizers.open_tokenizer("gpt2", folder)
    assert os.environ["TIKTOKEN_CACHE_DIR"] == "elsewhere"
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR")
    known_tokenizers.open_tokenizer("gpt2", folder)
    assert "TIKTOKEN_CACHE_DIR" not in os.environ


def test_a_changed_file_is_refused_before_tiktoken_would_download_it(tmp_path):
    path = tmp_path / "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
    path.write_bytes(b"IQ== 0\n")
    with pytest.raises(ValueError, match="not the published file"):
        known_tokenizers.open_tokenizer("cl100k", tmp_path)
    assert path.exists()


@pytest.mark.parametrize("name", known_tokenizers.KNOWN)
def test_an_empty_folder_says_what_is_missing(tmp_path, name):
    with pytest.raises(FileNotFoundError, match="fetch the vocabulary again"):
        known_tokenizers.open_tokenizer(name, tmp_path)


@pytest.mark.parametrize(
    ("name", "file_name"),
    [
        ("llama3", "tokenizer.model"),
        ("mistral_v1", "tokenizer.model.v1"),
        ("tekken", "tekken.json"),
        ("deepseek", "tokenizer.json"),
    ],
)
@pytest.mark.parametrize("content", [b"\x00\xff not a vocabulary", b"{}", b"[1]"])
def test_a_file_of_another_form_is_refused(tmp_path, name, file_name, content):
    (tmp_path / file_name).write_bytes(content)
    with pytest.raises(ValueError, match=r"no |cannot"):
        known_tokenizers.open_tokenizer(name, tmp_path)


def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match="gpt2, cl100k"):
        known_tokenizers.open_tokenizer("../../etc/passwd", tmp_path)


def test_bad_merge_and_rank_lines_name_their_line(tmp_path):
    path = tmp_path / "file"
    path.write_text("#version\na b\nabc\n", encoding="utf-8")
    with pytest.raises(ValueError, match="Line 3"):
        vocabulary_files.read_gpt2_merges(path)
    path.write_bytes(base64.b64encode(b"a") + b" 0\n????\n")
    with pytest.raises(ValueError, match="Line 2"):
        vocabulary_files.read_ranks(path)


@given(text=st.text(max_size=60) | st.text(alphabet="abe dog.!'s 12\n日🦊", max_size=60))
@settings(max_examples=80, deadline=None)
@pytest.mark.parametrize("pattern", [None, patterns.GPT2, patterns.CL100K, patterns.O200K])
def test_an_exported_tokenizer_encodes_identically_in_the_library(exported, pattern, text):
    ours, theirs = exported(pattern)
    assert theirs.encode(text).ids == ours.encode(text)


@pytest.fixture(scope="module")
def exported():
    def build(pattern):
        ours = bpe.train(STORY, 700, pattern=pattern)
        return ours, tokenizers.Tokenizer.from_str(tokenizer_json.from_bpe(ours))

    pairs = {pattern: build(pattern) for pattern in (None, *_patterns())}
    return pairs.__getitem__


def _patterns():
    return (patterns.GPT2, patterns.CL100K, patterns.O200K)


def test_an_own_tokenizer_is_used_like_the_published_ones():
    ours = bpe.train(STORY, 400, pattern=patterns.GPT2)
    tokenizer = tokenizer_sources.FastTokenizer("Mine", tokenizer_json.from_bpe(ours))
    assert tokenizer.encode("a 🦊").token_ids.tolist() == ours.encode("a 🦊")
    assert tokenizer.decode(ours.encode("a 🦊")) == "a 🦊"
    assert (tokenizer.kind, tokenizer.vocab_size) == ("byte-level BPE", 400)
    assert tokenizer.token_bytes(399) == ours.token_bytes[399]


@given(text=st.text(alphabet="hugspnbé,. \n", max_size=40))
@settings(max_examples=60, deadline=None)
def test_an_exported_wordpiece_encodes_identically_in_the_library(text):
    ours = wordpiece.train("hug hugs pug pun bun hug hugs, bun. pun", 14)
    theirs = tokenizers.Tokenizer.from_str(tokenizer_json.from_wordpiece(ours))
    assert theirs.encode(text).ids == [match.token_id for match in ours.encode(text)]


def test_a_rank_table_has_no_merges_to_write(known_tokenizer):
    with pytest.raises(ValueError, match="no recorded merges"):
        tokenizer_json.from_bpe(known_tokenizer("gpt2").bpe)


def test_unigram_is_trained_and_used_like_the_others():
    text = tokenizer_json.train_unigram(STORY, 500)
    tokenizer = tokenizer_sources.FastTokenizer("Unigram", text)
    assert tokenizer.kind == "Unigram"
    encoding = tokenizer.encode("the children")
    assert tokenizer.decode(encoding.token_ids) == "the children"
    assert encoding.token_ids.size < len("the children")
    # The space that was put in front of the text is not in it.
    pieces = [b"the children"[start:stop] for start, stop in encoding.byte_spans]
    assert b"".join(pieces) == b"the children"


@pytest.mark.parametrize(
    ("text", "vocab_size", "message"),
    [(" \n", 50, "no words"), ("abc", 2, "at least 4"), ("\ud800", 50, "surrogate")],
)
def test_unigram_refuses_what_it_cannot_learn_from(text, vocab_size, message):
    with pytest.raises(ValueError, match=message):
        tokenizer_json.train_unigram(text, vocab_size)


def test_the_trade_off_equals_training_each_size_by_itself():
    points = list(trade_off.trade_off(STORY, [256, 300, 400], n_embd=64, pattern=patterns.GPT2))
    for point in points:
        tokenizer = bpe.train(STORY, point.vocab_size, pattern=patterns.GPT2)
        token_ids = tokenizer.encode(STORY)
        assert point.n_tokens == len(token_ids)
        assert point.n_unused == point.vocab_size - len(set(token_ids))
        assert point.embedding_parameters == point.vocab_size * 64
        assert point.attention_pairs == len(token_ids) ** 2


def test_the_trade_off_ends_where_the_text_does():
    points = list(trade_off.trade_off("aaabdaaabac", [256, 300, 5_000]))
    assert [point.vocab_size for point in points] == [256, 259]
    assert points[-1].unused_fraction == (259 - 4) / 259


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: trade_off.trade_off("text", [255]), "256"),
        (lambda: trade_off.trade_off("text", []), "256"),
        (lambda: trade_off.trade_off("text", [256], n_embd=0), "n_embd"),
        (lambda: trade_off.trade_off("", [256]), "no text"),
        (lambda: trade_off.sizes_up_to(255), "255"),
        (lambda: trade_off.sizes_up_to(512, per_doubling=0), "per_doubling must be at least 1"),
    ],
)
def test_impossible_trade_offs_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_gpt2s_vocabulary_can_be_browsed(known_tokenizer):
    entries = glitch.vocabulary(known_tokenizer("gpt2"))
    found = glitch.browse(entries, starts_with=" Solid", min_chars=10)
    assert [entry.token_id for entry in found] == [43453]
    longest = glitch.browse(entries)
    assert longest[0].n_chars == 66
    cyrillic = glitch.browse(entries, script="Cyrillic", longest_first=False)
    assert all(a.token_id < b.token_id for a, b in pairwise(cyrillic))
    assert glitch.browse(entries, contains="berry", script="Cyrillic") == []
    assert glitch.missing_bytes(entries) == []


def test_o200k_has_tokens_that_its_own_pattern_makes_unreachable(known_tokenizer):
    tokenizer = known_tokenizer("o200k")
    entries = [e for e in glitch.vocabulary(tokenizer) if e.text in (" I'", "\n//", " the")]
    found = {found.entry.text: found.token_ids for found in glitch.unreachable(tokenizer, entries)}
    assert set(found) == {" I'", "\n//"}
    assert all(len(token_ids) == 2 for token_ids in found.values())


def test_mistral_can_reach_pieces_inside_and_at_the_start_of_words(known_tokenizer):
    tokenizer = known_tokenizer("mistral_v1")
    entries = [e for e in glitch.vocabulary(tokenizer) if e.text in ("berry", " the")]
    assert len(entries) == 2
    assert list(glitch.unreachable(tokenizer, entries)) == []


def test_berts_unused_pieces_are_unreachable(known_tokenizer):
    tokenizer = known_tokenizer("bert")
    entries = glitch.vocabulary(tokenizer)
    some = [entries[1], entries[102], entries[1996], entries[103]]
    assert [g.entry.text for g in glitch.unreachable(tokenizer, some)] == ["[unused0]"]


def test_a_text_leaves_all_other_tokens_unused(known_tokenizer):
    unused = glitch.never_used(known_tokenizer("gpt2"), " strawberry")
    assert unused.size == 50_256
    assert 41_236 not in unused


@given(
    text=st.text(max_size=30)
    | st.text(alphabet="e\u0301\u09c7\u09be\u0323a가ᄀ\u1161\u11a8कि\u093c", max_size=20)
)
@settings(max_examples=200, deadline=None)
def test_lining_up_with_the_composed_form_covers_text_and_form(text):
    import unicodedata

    aligned = spans.align_nfc(text)
    assert aligned.data.decode() == unicodedata.normalize("NFC", text)
    size = len(text.encode())
    assert aligned.starts.size == aligned.stops.size == len(aligned.data)
    assert (aligned.starts < aligned.stops).all()
    assert (np.diff(aligned.starts) >= 0).all()
    covered = {
        byte for a, b in zip(aligned.starts, aligned.stops, strict=True) for byte in range(a, b)
    }
    assert covered == set(range(size))


def test_exports_are_plain_json():
    layout = json.loads(tokenizer_json.from_bpe(bpe.train("aaabdaaabac", 259)))
    assert layout["model"]["merges"] == [["a", "a"], ["a", "b"], ["aa", "ab"]]
    assert len(layout["model"]["vocab"]) == 256 + 3


def test_a_chunk_that_is_a_token_still_follows_its_merges():
    # "bc" comes before "ab", so "abc" never arises from the letters, though it is a token.
    ours = bpe.from_merges([(98, 99), (97, 98), (257, 99)])
    theirs = tokenizers.Tokenizer.from_str(tokenizer_json.from_bpe(ours))
    assert ours.token_bytes[258] == b"abc"
    assert ours.encode("abc") == theirs.encode("abc").ids == [97, 256]


def test_byte_pieces_of_a_split_character_get_one_byte_each():
    vocab = {"<unk>": 0, "a": 1} | {f"<0x{byte:02X}>": 2 + byte for byte in range(256)}
    model = tokenizers.models.BPE(vocab, [], unk_token="<unk>", byte_fallback=True)
    tokenizer = tokenizer_sources.FastTokenizer("Mine", tokenizers.Tokenizer(model).to_str())
    encoding = tokenizer.encode("a\U00010000a")
    assert [tokenizer.token_bytes(number) for number in encoding.token_ids.tolist()] == [
        b"a",
        b"\xf0",
        b"\x90",
        b"\x80",
        b"\x80",
        b"a",
    ]
    assert encoding.byte_spans.tolist() == [[n, n + 1] for n in range(6)]

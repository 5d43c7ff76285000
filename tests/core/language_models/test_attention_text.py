"""Texts as the tokens between which attention is paid, on a vocabulary of a few words."""

from types import SimpleNamespace

import pytest
import tokenizers
import transformers

from core.language_models import attention_text

WORDS = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "a", "b", "c"]


@pytest.fixture(scope="module")
def encoder():
    """A tokenizer like BERT's, in front of a model that reads 64 tokens."""
    backend = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]")
    )
    backend.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    backend.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 1), ("[SEP]", 2)],
    )
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend,
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )
    model = SimpleNamespace(config=SimpleNamespace(max_position_embeddings=64))
    return SimpleNamespace(model=model, tokenizer=tokenizer)


def test_a_text_keeps_its_tokens_and_the_tokenizers_own(encoder):
    read = attention_text.read(encoder, "a b")
    assert read.token_ids == (1, 4, 5, 2)
    assert read.tokens == ("‹[CLS]›", "a", "b", "‹[SEP]›")
    assert read.special == (0, 3)
    assert (read.n_tokens, read.n_cut, read.is_pair) == (4, 0, False)


def test_a_pair_says_which_text_each_token_is_of(encoder):
    read = attention_text.read(encoder, "a b", second="c")
    assert read.segments == (0, 0, 0, 0, 1, 1)
    assert read.special == (0, 3, 5)
    assert read.is_pair


def test_a_long_text_loses_its_end_and_keeps_its_frame(encoder):
    read = attention_text.read(encoder, "a " * 40 + "b " * 60, max_tokens=50)
    assert read.n_tokens == 50
    assert read.n_cut == 52
    assert read.token_ids[0] == 1
    assert read.token_ids[-1] == 2
    assert read.token_ids[1:-1] == (4,) * 40 + (5,) * 8


def test_the_models_own_limit_holds_too(encoder):
    assert attention_text.read(encoder, "a " * 500).n_tokens == 64


@pytest.mark.parametrize(
    ("n_first", "n_second", "kept"),
    [(100, 5, (12, 5)), (5, 100, (5, 12)), (60, 50, (8, 9)), (9, 8, (9, 8))],
)
def test_of_a_long_pair_the_longer_text_is_cut_first(encoder, n_first, n_second, kept):
    read = attention_text.read(encoder, "a " * n_first, second="b " * n_second, max_tokens=20)
    assert read.n_tokens == 20
    counts = read.token_ids.count(4), read.token_ids.count(5)
    assert sum(counts) == 17
    assert abs(counts[0] - kept[0]) <= 1


def test_cutting_leaves_the_shared_tokenizer_as_it_was(encoder):
    attention_text.read(encoder, "a " * 500)
    assert len(encoder.tokenizer("a " * 500)["input_ids"]) == 502


def test_nothing_to_read_is_an_error_with_a_sentence(encoder):
    with pytest.raises(ValueError, match="there is no text yet"):
        attention_text.read(encoder, "")


def test_text_that_looks_like_a_special_token_stays_text(smollm2):
    read = attention_text.read(smollm2, "<|im_end|></script>")
    assert read.special == ()
    assert "".join(read.tokens) == "<|im_end|></script>"


@pytest.mark.parametrize("n_tokens", [128, 129])
def test_up_to_128_tokens_are_short(n_tokens):
    text = attention_text.AttentionText((7,) * n_tokens, ("a",) * n_tokens, (0,) * n_tokens)
    assert text.is_short == (n_tokens == 128)

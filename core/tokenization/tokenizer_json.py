"""Own tokenizers as ``tokenizer.json``, the file that Hugging Face's ``tokenizers`` loads.

Also Unigram, the third way to choose pieces, trained by that library.
"""

import json
from typing import Any

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from core.tokenization import bpe, text_input, vocabulary_files, wordpiece


def from_bpe(tokenizer: bpe.BPE) -> str:
    """Write a trained byte-pair tokenizer as ``tokenizer.json``.

    Args:
        tokenizer: A tokenizer with recorded merges.

    Returns:
        The text of the file. It encodes every text to the same ids.

    Raises:
        ValueError: If the tokenizer comes from a rank table and so has no recorded merges.

    Example:
        >>> text = from_bpe(bpe.train("aaabdaaabac", 259))
        >>> tokenizers.Tokenizer.from_str(text).encode("aaabd").ids
        [258, 100]
    """
    if tokenizer.merges is None:
        raise ValueError("A tokenizer from a rank table has no recorded merges to write.")
    visible = {
        token_id: vocabulary_files.to_visible(token)
        for token_id, token in tokenizer.token_bytes.items()
    }
    byte_level = {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": False,
        "use_regex": False,
    }
    steps: list[dict[str, Any]] = [byte_level]
    if tokenizer.pattern is not None:
        split = {"type": "Split", "pattern": {"Regex": tokenizer.pattern}}
        steps = [split | {"behavior": "Isolated", "invert": False}, byte_level]

    model = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": {piece: token_id for token_id, piece in visible.items()},
        "merges": [[visible[left], visible[right]] for left, right in tokenizer.merges],
    }
    pre_tokenizer = {"type": "Sequence", "pretokenizers": steps}
    return _layout(model, None, pre_tokenizer, byte_level)


def from_wordpiece(tokenizer: wordpiece.WordPiece) -> str:
    """Write a WordPiece tokenizer as ``tokenizer.json``.

    Args:
        tokenizer: Any WordPiece tokenizer.

    Returns:
        The text of the file.

    Example:
        >>> text = from_wordpiece(wordpiece.train("hug hug hugs pug", 7))
        >>> tokenizers.Tokenizer.from_str(text).encode("Hug").tokens
        ['hu', '##g']
    """
    model = {
        "type": "WordPiece",
        "unk_token": tokenizer.unknown,
        "continuing_subword_prefix": wordpiece.CONTINUES,
        "max_input_chars_per_word": tokenizer.max_letters,
        "vocab": tokenizer.ids,
    }
    normalizer = {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,
        "lowercase": tokenizer.lowercase,
    }
    decoder = {"type": "WordPiece", "prefix": wordpiece.CONTINUES, "cleanup": True}
    special = [tokenizer.unknown] if tokenizer.unknown in tokenizer.ids else []
    added = [_special(token, tokenizer.ids[token]) for token in special]
    return _layout(model, normalizer, {"type": "BertPreTokenizer"}, decoder, added)


def _special(token: str, token_id: int) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {"id": token_id, "content": token, "special": True, **flags}


def _layout(
    model: dict[str, Any],
    normalizer: dict[str, Any] | None,
    pre_tokenizer: dict[str, Any],
    decoder: dict[str, Any],
    added_tokens: list[dict[str, Any]] | None = None,
) -> str:
    layout = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added_tokens or [],
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": None,
        "decoder": decoder,
        "model": model,
    }
    return json.dumps(layout, ensure_ascii=False)


def train_unigram(text: str, vocab_size: int) -> str:
    """Learn a Unigram vocabulary: start with many pieces and throw out the least useful ones.

    Args:
        text: The text to learn from.
        vocab_size: How many pieces to keep, letters included. Fewer if the text has not as many.

    Returns:
        The text of its ``tokenizer.json``.

    Raises:
        ValueError: If the text is blank, or ``vocab_size`` is too small for its letters.

    Source:
        Kudo 2018, "Subword regularization", section 3; trained by the ``tokenizers`` library.
    """
    text_input.check_text(text)
    if not text.strip():
        raise ValueError("There are no words to learn from: type or choose a text.")
    n_letters = len(set(text.replace(" ", "▁"))) + 1
    if vocab_size < n_letters:
        raise ValueError(
            f"vocab_size must be at least {n_letters}, the unknown token and the letters of the "
            f"text. It is {vocab_size}."
        )

    tokenizer = tokenizers.Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=vocab_size, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(text.splitlines(), trainer)
    return tokenizer.to_str()

"""The tokenizers the labs know by name, and how to open each from its folder."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sentencepiece
import tiktoken

from core.tokenization import patterns, tokenizer_sources, vocabulary_files

_TIKTOKEN_LOCK = threading.Lock()


@dataclass(frozen=True)
class KnownTokenizer:
    """A published tokenizer: who made it, for which model, and how it is opened."""

    title: str
    maker: str
    model: str
    """The model whose context length is shown."""
    context_length: int
    """In tokens."""
    store_id: str
    """Its folder's name in the model store."""
    opener: Callable[["KnownTokenizer", Path], tokenizer_sources.Tokenizer]


@dataclass(frozen=True)
class _OpenAIFile:
    names: tuple[str, ...]
    """tiktoken's cache name first (the SHA-1 of its address), then the name it has elsewhere."""
    sha256: str


_OPENAI_FILES = {
    "gpt2": (
        _OpenAIFile(
            ("6d1cbeee0f20b3d9449abfede4726ed8212e3aee",),
            "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
        ),
        _OpenAIFile(
            ("6c7ea1a7e38e3a7f062df639a5b80947f075ffe6",),
            "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
        ),
    ),
    "cl100k_base": (
        _OpenAIFile(
            ("9b5ad71b2ce5302211f9c61530b329a4922fc6a4",),
            "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        ),
    ),
    "o200k_base": (
        _OpenAIFile(
            ("fb374d419588a4632f3f557e76b4b70aebbca790",),
            "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        ),
    ),
}
_OPENAI_PATTERNS = {
    "gpt2": patterns.GPT2,
    "cl100k_base": patterns.CL100K,
    "o200k_base": patterns.O200K,
}


def _openai(name: str) -> Callable[[KnownTokenizer, Path], tokenizer_sources.RankTokenizer]:
    def open_folder(known: KnownTokenizer, folder: Path) -> tokenizer_sources.RankTokenizer:
        # tiktoken checks the hashes too, but answers a wrong one by deleting the file and
        # downloading without a time limit: so a wrong file must not get that far.
        for file in _OPENAI_FILES[name]:
            vocabulary_files.check_sha256(
                vocabulary_files.find_file(folder, *file.names), file.sha256
            )
        encoding = _tiktoken_from(folder, name)

        path = vocabulary_files.find_file(folder, *_OPENAI_FILES[name][0].names)
        read = vocabulary_files.read_gpt2_merges if name == "gpt2" else vocabulary_files.read_ranks
        special = {
            token: encoding.encode_single_token(token) for token in encoding.special_tokens_set
        }
        return tokenizer_sources.RankTokenizer(
            known.title, encoding, read(path), _OPENAI_PATTERNS[name], special, known.context_length
        )

    return open_folder


def _tiktoken_from(folder: Path, name: str) -> tiktoken.Encoding:
    """Let tiktoken read its own files from a folder, and leave the environment as it was."""
    with _TIKTOKEN_LOCK:
        before = os.environ.get("TIKTOKEN_CACHE_DIR")
        os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
        try:
            return tiktoken.get_encoding(name)
        finally:
            if before is None:
                del os.environ["TIKTOKEN_CACHE_DIR"]
            else:
                os.environ["TIKTOKEN_CACHE_DIR"] = before


def _llama3(known: KnownTokenizer, folder: Path) -> tokenizer_sources.RankTokenizer:
    ranks = vocabulary_files.read_ranks(
        vocabulary_files.find_file(folder, "tokenizer.model", "*.model")
    )
    named = [
        "<|begin_of_text|>",
        "<|end_of_text|>",
        "<|reserved_special_token_0|>",
        "<|reserved_special_token_1|>",
        "<|finetune_right_pad_id|>",
        "<|step_id|>",
        "<|start_header_id|>",
        "<|end_header_id|>",
        "<|eom_id|>",
        "<|eot_id|>",
        "<|python_tag|>",
    ]
    # Meta keeps 256 ids for marks of its own; those without a use yet are numbered on from 2.
    reserved = [f"<|reserved_special_token_{2 + place}|>" for place in range(256 - len(named))]
    special = {token: len(ranks) + place for place, token in enumerate([*named, *reserved])}
    return _from_ranks(known, ranks, patterns.CL100K, special, first_special="<|begin_of_text|>")


def _qwen(known: KnownTokenizer, folder: Path) -> tokenizer_sources.RankTokenizer:
    ranks = vocabulary_files.read_ranks(
        vocabulary_files.find_file(folder, "qwen.tiktoken", "*.tiktoken")
    )
    marks = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    special = {token: len(ranks) + place for place, token in enumerate(marks)}
    return _from_ranks(known, ranks, patterns.QWEN, special, composes=True)


def _tekken(known: KnownTokenizer, folder: Path) -> tokenizer_sources.RankTokenizer:
    path = vocabulary_files.find_file(folder, "tekken.json", "tekken*.json")
    ranks, n_special = vocabulary_files.read_tekken(path)
    marks = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]"]
    marks += ["[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[TOOL_CALLS]"]
    marks += ["[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]"]
    marks += ["[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"]
    marks += [f"<SPECIAL_{number}>" for number in range(len(marks), n_special)]
    special = {token: number for number, token in enumerate(marks)}
    return _from_ranks(
        known, ranks, patterns.TEKKEN, special, first_special="<s>", id_offset=n_special
    )


def _from_ranks(
    known: KnownTokenizer,
    ranks: dict[bytes, int],
    pattern: str,
    special: dict[str, int],
    *,
    first_special: str | None = None,
    id_offset: int = 0,
    composes: bool = False,
) -> tokenizer_sources.RankTokenizer:
    encoding = tiktoken.Encoding(
        known.title,
        pat_str=pattern,
        mergeable_ranks={token: rank + id_offset for token, rank in ranks.items()},
        special_tokens=special,
    )
    return tokenizer_sources.RankTokenizer(
        known.title,
        encoding,
        ranks,
        pattern,
        special,
        known.context_length,
        first_special=first_special,
        id_offset=id_offset,
        composes=composes,
    )


def _sentencepiece(known: KnownTokenizer, folder: Path) -> tokenizer_sources.SentencePieceTokenizer:
    path = vocabulary_files.find_file(folder, "tokenizer.model", "tokenizer.model.v1", "*.model*")
    processor = sentencepiece.SentencePieceProcessor()
    try:
        processor.load(str(path))
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{path} is no SentencePiece model: fetch it again.") from error
    return tokenizer_sources.SentencePieceTokenizer(known.title, processor, known.context_length)


def _tokenizer_json(known: KnownTokenizer, folder: Path) -> tokenizer_sources.FastTokenizer:
    path = vocabulary_files.find_file(folder, "tokenizer.json")
    content = path.read_bytes().decode("utf-8", errors="replace")
    return tokenizer_sources.FastTokenizer(
        known.title, content, context_length=known.context_length
    )


KNOWN: dict[str, KnownTokenizer] = {
    "gpt2": KnownTokenizer("GPT-2", "OpenAI", "GPT-2", 1_024, "gpt2-bpe", _openai("gpt2")),
    "cl100k": KnownTokenizer(
        "cl100k", "OpenAI", "GPT-4 Turbo", 128_000, "cl100k-base", _openai("cl100k_base")
    ),
    "o200k": KnownTokenizer(
        "o200k", "OpenAI", "GPT-4o", 128_000, "o200k-base", _openai("o200k_base")
    ),
    "bert": KnownTokenizer(
        "BERT uncased", "Google", "BERT base", 512, "all-minilm-l6-v2", _tokenizer_json
    ),
    "llama3": KnownTokenizer("Llama 3", "Meta", "Llama 3.1", 131_072, "llama3", _llama3),
    "mistral_v1": KnownTokenizer(
        "Mistral v1", "Mistral", "Mistral 7B v0.1", 8_192, "mistral-v1", _sentencepiece
    ),
    "tekken": KnownTokenizer("Tekken", "Mistral", "Mistral Nemo", 131_072, "tekken", _tekken),
    "smollm2": KnownTokenizer(
        "SmolLM2", "Hugging Face", "SmolLM2 135M", 8_192, "smollm2-135m-instruct", _tokenizer_json
    ),
    "qwen": KnownTokenizer("Qwen", "Alibaba", "Qwen2.5", 32_768, "qwen", _qwen),
    "deepseek": KnownTokenizer(
        "DeepSeek", "DeepSeek", "DeepSeek-V3", 131_072, "deepseek", _tokenizer_json
    ),
}
"""By the name used in addresses and settings."""


def open_tokenizer(name: str, folder: Path) -> tokenizer_sources.Tokenizer:
    """Open a known tokenizer from the folder that holds its files.

    Args:
        name: A key of ``KNOWN``.
        folder: The folder; for "gpt2" the one of ``KNOWN["gpt2"].store_id``.

    Returns:
        The tokenizer.

    Raises:
        ValueError: If there is no such tokenizer, or its files are not what they should be.
        FileNotFoundError: If a file is missing.
    """
    if name not in KNOWN:
        raise ValueError(f"There is no tokenizer called {name!r}; there is {', '.join(KNOWN)}.")
    known = KNOWN[name]
    return known.opener(known, Path(folder))

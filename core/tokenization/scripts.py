"""The program a reader takes home: the guide's quick experiment, on the text of the lab."""

from collections.abc import Iterable

from core.model_store import catalog
from core.tokenization import known_tokenizers, patterns

_COMPARE = '''\
"""One text in several tokenizers, as the lab showed it.

pip install "tiktoken" "tokenizers" "sentencepiece" "huggingface_hub"
"""

import base64
import json
import os
import pathlib
import sys

TEXT = {text}
NAMES = {names!r}

# The lab's own vocabularies, if it has run on this machine; otherwise they are downloaded.
caches = {{"win32": os.environ.get("LOCALAPPDATA", ""), "darwin": "~/Library/Caches"}}.get(
    sys.platform, os.environ.get("XDG_CACHE_HOME") or "~/.cache"
)
home = pathlib.Path(os.environ.get("LLM_LABS_HOME") or f"{{caches}}/llm-labs").expanduser()
FOLDERS = {folders!r}
HUB = {hub!r}
PATTERNS = {patterns!r}


def stored(name):
    folder = home / "models" / FOLDERS[name]
    return folder if folder.exists() else None


def openai(name, encoding_name):
    import tiktoken

    if stored(name):
        os.environ["TIKTOKEN_CACHE_DIR"] = str(stored(name))
    encoding = tiktoken.get_encoding(encoding_name)
    return encoding.encode_ordinary, lambda number: encoding.decode_single_token_bytes(number)


def by_ranks(name):
    """Llama 3, Qwen and Tekken: a table of ranks and a pattern that cuts the text first."""
    import unicodedata

    import tiktoken

    offset = 0
    if name == "tekken":
        tekken = json.loads((stored(name) / "tekken.json").read_text(encoding="utf-8"))
        offset = tekken["config"]["default_num_special_tokens"]
        kept = tekken["vocab"][: tekken["config"]["default_vocab_size"] - offset]
        ranks = {{base64.b64decode(one["token_bytes"]): one["rank"] + offset for one in kept}}
    else:
        file = "qwen.tiktoken" if name == "qwen" else "tokenizer.model"
        lines = (line.split() for line in (stored(name) / file).read_bytes().splitlines())
        ranks = {{base64.b64decode(token): int(rank) for token, rank in lines}}
    encoding = tiktoken.Encoding(
        name, pat_str=PATTERNS[name], mergeable_ranks=ranks, special_tokens={{}}
    )

    def encode(text):
        # Qwen writes "e" and an accent as one character before it cuts.
        return encoding.encode_ordinary(
            unicodedata.normalize("NFC", text) if name == "qwen" else text
        )

    return encode, encoding.decode_single_token_bytes


def mistral(name):
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(
        model_file=str(stored(name) / "tokenizer.model")
    )
    return processor.encode, processor.id_to_piece


def fast(name):
    """Anything that comes as a tokenizer.json, from the lab's folder or from the hub."""
    from tokenizers import Tokenizer

    here = pathlib.Path("tokenizer.json") if name not in FOLDERS else stored(name)
    if name in FOLDERS and here:
        here = here / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(here)) if here else Tokenizer.from_pretrained(HUB[name])
    tokenizer.encode_special_tokens = True  # A mark typed in the text stays plain text.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids, tokenizer.id_to_token


def opened(name):
    encodings = {{"gpt2": "gpt2", "cl100k": "cl100k_base", "o200k": "o200k_base"}}
    if name in encodings:
        return openai(name, encodings[name])
    if name in FOLDERS and stored(name):
        if name in ("llama3", "qwen", "tekken"):
            return by_ranks(name)
        if name == "mistral_v1":
            return mistral(name)
    return fast(name)


for name in NAMES:
    try:
        encode, piece = opened(name)
    except Exception as error:
        # Gated models want a licence accepted on the hub and a log-in: hf auth login.
        print(f"{{name}}: not available, or needs authentication ({{type(error).__name__}})")
        continue
    token_ids = encode(TEXT)
    print(f"{{name}}: {{len(token_ids)}} tokens")
    print(f"  ids    {{token_ids[:12]}}")
    print(f"  pieces {{[piece(number) for number in token_ids[:12]]}}")
'''

_HUB = {
    "bert": "google-bert/bert-base-uncased",
    "llama3": "meta-llama/Llama-3.1-8B",
    "mistral_v1": "mistralai/Mistral-7B-v0.1",
    "tekken": "mistralai/Mistral-Nemo-Base-2407",
    "smollm2": "HuggingFaceTB/SmolLM2-135M-Instruct",
    "qwen": "Qwen/Qwen2.5-0.5B",
    "deepseek": "deepseek-ai/DeepSeek-V3",
}
"""Where each tokenizer that is not OpenAI's lies on the hub."""

_PATTERNS = {"llama3": patterns.CL100K, "qwen": patterns.QWEN, "tekken": patterns.TEKKEN}


def compare_script(text: str, names: Iterable[str]) -> str:
    """Write the program that cuts a text with several tokenizers.

    Args:
        text: The text. It enters the program as a Python literal, so that no text becomes code.
        names: Names of known tokenizers; any other name stands for one's own, which the program
            reads from ``tokenizer.json`` beside it.

    Returns:
        A whole Python program. It prints count, ids and pieces of each.

    Example:
        >>> "TEXT = 'fox'" in compare_script("fox", ["gpt2"])
        True
    """
    names = list(names)
    known = [name for name in names if name in known_tokenizers.KNOWN]
    return _COMPARE.format(
        text=ascii(text),
        names=names,
        folders={name: _folder(name) for name in known},
        hub={name: _HUB[name] for name in known if name in _HUB},
        patterns={name: _PATTERNS[name] for name in known if name in _PATTERNS},
    )


def _folder(name: str) -> str:
    return catalog.CATALOG[known_tokenizers.KNOWN[name].store_id].model_id

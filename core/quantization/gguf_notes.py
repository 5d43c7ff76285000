"""The notes of a GGUF file: what a program must know about the model, and its vocabulary."""

import json
from pathlib import Path
from typing import Any

from core.model_store.errors import ModelUnavailableError
from core.quantization.gguf_writing import entry

_FILE_TYPES = {
    **{"F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q8_0": 7},
    **{"Q5_0": 8, "Q5_1": 9, "Q4_K": 14, "Q6_K": 18},
}
_NORMAL, _CONTROL, _USER_DEFINED = 1, 3, 4
_SMOLLM_STEPS = ["Digits", "ByteLevel"]


def load_json(path: Path) -> dict[str, Any]:
    """Read a JSON file of a stored model.

    Raises:
        ModelUnavailableError: If it is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelUnavailableError(f"{path.name} cannot be read: {error}") from error


def of_model(config: dict[str, Any], type_name: str) -> list[bytes]:
    """Write the notes on a Llama model.

    Args:
        config: Its config.json.
        type_name: The type that most weights have.

    Returns:
        Entries of the metadata.
    """
    head_size = config["hidden_size"] // config["num_attention_heads"]
    rope = config.get("rope_parameters") or config
    numbers = {
        "block_count": config["num_hidden_layers"],
        "context_length": config["max_position_embeddings"],
        "embedding_length": config["hidden_size"],
        "feed_forward_length": config["intermediate_size"],
        "attention.head_count": config["num_attention_heads"],
        "attention.head_count_kv": config["num_key_value_heads"],
        "vocab_size": config["vocab_size"],
        "rope.dimension_count": config.get("head_dim") or head_size,
    }
    return [
        entry("general.architecture", "llama"),
        entry("general.name", "SmolLM2 135M Instruct, written in the GGUF lab"),
        entry("general.file_type", _FILE_TYPES[type_name], "u32"),
        entry("general.quantization_version", 2, "u32"),
        *[entry(f"llama.{key}", value, "u32") for key, value in numbers.items()],
        entry("llama.rope.freq_base", rope.get("rope_theta", 10_000.0), "f32"),
        entry("llama.attention.layer_norm_rms_epsilon", config["rms_norm_eps"], "f32"),
    ]


def of_tokenizer(folder: Path, config: dict[str, Any]) -> list[bytes]:
    """Write the vocabulary of a byte-pair tokenizer, its merges and its special tokens.

    Args:
        folder: Where tokenizer.json is, and chat_template.jinja if there is one.
        config: The model's config.json, which names the special tokens.

    Returns:
        Entries of the metadata.

    Raises:
        ModelUnavailableError: If tokenizer.json is missing or damaged.
    """
    data = load_json(folder / "tokenizer.json")
    model = data["model"]
    tokens = [""] * config["vocab_size"]
    kinds = [_NORMAL] * config["vocab_size"]
    for token, token_id in model["vocab"].items():
        tokens[token_id] = token
    for added in data["added_tokens"]:
        tokens[added["id"]] = added["content"]
        kinds[added["id"]] = _CONTROL if added["special"] else _USER_DEFINED
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]

    entries = [
        entry("tokenizer.ggml.model", "gpt2"),
        entry("tokenizer.ggml.tokens", tokens),
        entry("tokenizer.ggml.token_type", kinds, "i32"),
        entry("tokenizer.ggml.merges", merges),
        entry("tokenizer.ggml.add_bos_token", value=False),
    ]
    steps = (data.get("pre_tokenizer") or {}).get("pretokenizers", [])
    if [step["type"] for step in steps] == _SMOLLM_STEPS:
        entries.append(entry("tokenizer.ggml.pre", "smollm"))
    for name in ("bos", "eos", "unknown", "padding"):
        key = {"unknown": "unk_token_id", "padding": "pad_token_id"}.get(name, f"{name}_token_id")
        if isinstance(config.get(key), int):
            entries.append(entry(f"tokenizer.ggml.{name}_token_id", config[key], "u32"))
    template = folder / "chat_template.jinja"
    if template.is_file():
        entries.append(entry("tokenizer.chat_template", template.read_text(encoding="utf-8")))
    return entries

"""Turn a GGUF file once into a folder that loads in about two seconds.

GGUF is one file: weights rounded to few bits, settings and vocabulary together. Reading it into
torch takes some 20 seconds, so the result is kept: the same weights, expanded to float32, as
safetensors beside a config.json and a tokenizer.json.

The conversion proves itself: the folder must give the same logits as the GGUF file.

It runs in a process of its own (``python -m core.model_store.conversion FILE FOLDER``), since it
needs about twice the memory of the model; each line of its output is one JSON sign of progress.
"""

import json
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from core.model_store import processes
from core.model_store.errors import SourceFailedError
from core.model_store.progress import FetchProgress

STALL_SECONDS = 10 * 60.0
LIMIT_SECONDS = 20 * 60.0
CHECK_PROMPT = "The capital of France is Paris, and 12 x  34 = 408."
PRE_TOKENIZER_KEY = b"tokenizer.ggml.pre"
HEADER_BYTES = 1 << 20
FROM_FILE_ONLY = ("quantization_config", "_model_name_or_path", "_name_or_path")


def convert(gguf: Path, work: Path, into: Path) -> Iterator[FetchProgress]:
    """Convert a GGUF file in a process of its own.

    Args:
        gguf: The file, already checked: never a stranger's.
        work: Folder for the log.
        into: Existing, empty folder that gets the model.

    Yields:
        Progress of the conversion.

    Raises:
        SourceFailedError: If the conversion fails, or its result differs from the GGUF file.
    """
    log = work / "conversion.log"
    command, environment = processes.python_module(
        "core.model_store.conversion", str(gguf), str(into)
    )
    environment |= {"HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    yield from processes.watch(
        command,
        log,
        lambda: _latest(log),
        environment=environment,
        stall_seconds=STALL_SECONDS,
        limit_seconds=LIMIT_SECONDS,
    )


def _latest(log: Path) -> FetchProgress:
    """Read the last complete sign of progress from the log."""
    for line in reversed(log.read_text(errors="replace").splitlines()):
        if line.startswith('{"fraction"') and line.endswith("}"):
            sign = json.loads(line)
            return FetchProgress("Preparing the model (once)", sign["fraction"], sign["detail"])
    return FetchProgress("Preparing the model (once)", 0.0, "starting")


def convert_here(gguf: Path, into: Path, tell: Callable[[float, str], None]) -> None:
    """Convert in this process. Needs about twice the memory of the model.

    Args:
        gguf: A GGUF file of a causal language model.
        into: Existing folder that gets the model.
        tell: Called with the fraction done and what happens next.

    Raises:
        SourceFailedError: If the folder does not give exactly the logits of the file, or the
            file names a pre-tokenizer that is not known here.
    """
    tell(0.02, "loading the libraries")
    import torch
    import transformers
    from safetensors.torch import save_model

    quiet = {"local_files_only": True, "trust_remote_code": False}

    tell(0.15, "reading the vocabulary")
    tokenizer = transformers.AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    repair_tokenizer(tokenizer.backend_tokenizer, read_pre_tokenizer(gguf))

    tell(0.3, "expanding the weights to 32 bits")
    model = transformers.AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, dtype=torch.float32, **quiet
    ).eval()
    token_ids = torch.tensor([tokenizer(CHECK_PROMPT)["input_ids"]])
    with torch.inference_mode():
        expected = model(token_ids).logits

    tell(0.85, "writing the folder")
    # transformers refuses to save a model that came from a GGUF file; its weights do not mind.
    save_model(model, str(into / "model.safetensors"), metadata={"format": "pt"})
    tokenizer.model_max_length = model.config.max_position_embeddings
    tokenizer.save_pretrained(into)
    _write_config(model.config, type(model).__name__, into)
    model.generation_config.save_pretrained(into)
    del model

    tell(0.93, "comparing the folder with the file")
    copy = transformers.AutoModelForCausalLM.from_pretrained(
        into, dtype=torch.float32, use_safetensors=True, **quiet
    ).eval()
    with torch.inference_mode():
        found = copy(token_ids).logits
    if not torch.allclose(found, expected, rtol=0.0, atol=1e-6):
        difference = (found - expected).abs().max().item()
        raise SourceFailedError(f"the converted model differs from its file by {difference:.2g}")
    tell(1.0, "done")


def _write_config(config: Any, architecture: str, into: Path) -> None:
    """Save the config without what was true of the GGUF file only."""
    settings = {k: v for k, v in config.to_diff_dict().items() if k not in FROM_FILE_ONLY}
    settings["architectures"] = [architecture]
    settings["dtype"] = "float32"
    text = json.dumps(settings, indent=2, sort_keys=True)
    (into / "config.json").write_text(text, encoding="utf-8")


def read_pre_tokenizer(gguf: Path) -> str:
    """Read which pre-tokenizer a GGUF file asks for.

    Args:
        gguf: The file. The key is looked for in its first megabyte, before the vocabulary.

    Returns:
        The value of ``tokenizer.ggml.pre``, "" when there is none.
    """
    with gguf.open("rb") as file:
        head = file.read(HEADER_BYTES)
    at = head.find(PRE_TOKENIZER_KEY)
    if at < 0:
        return ""
    # After the key: the type of the value (8 is a string), its length, its bytes.
    at += len(PRE_TOKENIZER_KEY)
    kind, length = struct.unpack_from("<IQ", head, at)
    if kind != 8:
        return ""
    return head[at + 12 : at + 12 + length].decode("utf-8")


def repair_tokenizer(backend: Any, pre_tokenizer: str) -> None:
    """Give a tokenizer read from GGUF the pre-tokenizer that its file only names.

    transformers builds the same byte-level one for every file. SmolLM2 also splits numbers into
    single digits before that; without it "12" would be looked up in one piece.

    Args:
        backend: The ``tokenizers.Tokenizer`` to change.
        pre_tokenizer: The name in the file.

    Raises:
        SourceFailedError: If the name is not known here: better no model than a wrong one.
    """
    from tokenizers import decoders, pre_tokenizers

    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if pre_tokenizer == "smollm":
        digits = pre_tokenizers.Digits(individual_digits=True)
        backend.pre_tokenizer = pre_tokenizers.Sequence([digits, byte_level])
    elif pre_tokenizer in ("", "default", "gpt-2"):
        backend.pre_tokenizer = byte_level
    else:
        raise SourceFailedError(f"the file asks for an unknown pre-tokenizer, {pre_tokenizer!r}")
    backend.decoder = decoders.ByteLevel(add_prefix_space=False)


def main(arguments: list[str]) -> None:
    """Convert, and write one JSON line for each sign of progress."""

    def tell(fraction: float, detail: str) -> None:
        sys.stdout.write(json.dumps({"fraction": fraction, "detail": detail}) + "\n")
        sys.stdout.flush()

    gguf, into = map(Path, arguments)
    try:
        convert_here(gguf, into, tell)
    except SourceFailedError as error:
        sys.exit(f"ERROR: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])

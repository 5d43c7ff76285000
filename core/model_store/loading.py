"""Load a model from the store, ready to be looked at: fixed weights, no gradients, float32.

This is the only module of the store that imports torch and transformers in the reader's process.
"""

import contextlib
import copy
import gc
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
import transformers

from core.model_store import catalog, fetching, hub, memory, store
from core.model_store.errors import ModelUnavailableError

Attention = Literal["sdpa", "eager"]
KIND_IN_WORDS = {
    "causal_lm": "a language model",
    "encoder": "an encoder",
    "gguf": "a file to look into",
    "vocabulary": "a vocabulary",
    "browser_script": "a script for the browser",
}


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model and its tokenizer. It may be shared by many readers: nobody changes it.

    Attributes:
        model: The Hugging Face model, in evaluation mode, float32, without gradients.
        tokenizer: Its tokenizer.
        model_id: Id in the store.
        title: Name for the reader.
        source: Where it came from, in words.
        note: What a reader must know about this copy of the weights; may be empty.
        device: Where it runs: "cpu", "cuda" or "mps".
    """

    model: transformers.PreTrainedModel
    tokenizer: transformers.PreTrainedTokenizerBase
    model_id: str
    title: str
    source: str
    note: str
    device: str

    @property
    def n_parameters(self) -> int:
        """Number of weights, tied ones counted once."""
        return sum(parameter.numel() for parameter in self.model.parameters())


def load_causal_lm(
    model_id: str, *, attention: Attention = "sdpa", device: str | None = None
) -> LoadedModel:
    """Load a language model; fetch it first if it is missing.

    Args:
        model_id: Catalog id, or owner and name of a hub repository.
        attention: "sdpa" is fast; "eager" also gives the attention weights when asked for.
        device: "cpu", "cuda" or "mps"; None takes the best one there is.

    Returns:
        The model with its tokenizer.

    Raises:
        ModelUnavailableError: If it cannot be had, does not fit, or is no language model.
    """
    return _load(model_id, "causal_lm", transformers.AutoModelForCausalLM, attention, device)


def load_encoder(
    model_id: str, *, attention: Attention = "sdpa", device: str | None = None
) -> LoadedModel:
    """Load an encoder such as BERT; arguments, result and errors as in ``load_causal_lm``."""
    return _load(model_id, "encoder", transformers.AutoModel, attention, device)


def with_own_modules(loaded: LoadedModel, *, attention: Attention | None = None) -> LoadedModel:
    """Make a second model over the same weights in memory, whose modules may be changed freely.

    Its configuration and modules are copies, so a hook, another attention or a replaced weight
    stays out of the shared model; the weights themselves are not copied. Replace a weight
    (``module.weight = Parameter(…)``), never write into it.

    Args:
        loaded: A model, shared or not.
        attention: As in ``load_causal_lm``; None keeps what the model has.

    Returns:
        The second model with the same tokenizer.
    """
    weights = (*loaded.model.parameters(), *loaded.model.buffers())
    model = copy.deepcopy(loaded.model, {id(weight): weight for weight in weights})
    if attention is not None:
        model.set_attn_implementation(attention)
    return replace(loaded, model=model)


def best_device() -> str:
    """Name the fastest device of this machine."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _load(
    model_id: str, kind: str, auto_class: type, attention: Attention, device: str | None
) -> LoadedModel:
    """Make sure the model is there and unharmed, then load it."""
    stored = _make_ready(model_id)
    if stored.kind != kind:
        raise ModelUnavailableError(
            f"{stored.title} is {KIND_IN_WORDS[stored.kind]}, but this needs {KIND_IN_WORDS[kind]}."
        )
    memory.check_fits(stored.title, stored.n_parameters)

    device = device or best_device()
    here = store.model_folder(model_id)
    with _silence():
        try:
            tokenizer = _load_tokenizer(here, kind)
            model = auto_class.from_pretrained(
                here,
                dtype=torch.float32,
                attn_implementation=attention,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelUnavailableError(
                f"{stored.title} is in the store but transformers cannot open it: {error}"
            ) from error
    model = model.to(device).eval().requires_grad_(False)
    # Streamlit collects garbage after every run; frozen objects are not looked at again.
    gc.collect()
    gc.freeze()
    return LoadedModel(
        model=model,
        tokenizer=tokenizer,
        model_id=model_id,
        title=stored.title,
        source=stored.source,
        note=stored.note,
        device=device,
    )


def _make_ready(model_id: str) -> store.StoredModel:
    """Fetch a model that is missing or damaged, and check it."""
    if model_id not in catalog.CATALOG:
        hub.check_custom_id(model_id)
    fetching.fetch_quietly(model_id, repair=True)
    return store.check(model_id)


def _load_tokenizer(here: Path, kind: str) -> transformers.PreTrainedTokenizerBase:
    """Load a tokenizer with exactly the steps its tokenizer.json lists.

    The tokenizer class that a model names may rebuild some steps by itself: transformers' GPT-2
    class forgets that SmolLM2 splits numbers into digits. An encoder keeps its own class, which
    also numbers the segments of a text pair.
    """
    is_verbatim = kind == "causal_lm" and (here / "tokenizer.json").is_file()
    auto_class = transformers.PreTrainedTokenizerFast if is_verbatim else transformers.AutoTokenizer
    return auto_class.from_pretrained(here, local_files_only=True, trust_remote_code=False)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep transformers quiet while it loads, and leave its settings as they were."""
    verbosity = transformers.logging.get_verbosity()
    had_bars = transformers.logging.is_progress_bar_enabled()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers.logging.set_verbosity(verbosity)
        if had_bars:
            transformers.logging.enable_progress_bar()

"""Positions that a model has learnt: one row of numbers per position, read from its weights."""

import safetensors
from numpy.typing import NDArray

from core.model_store import catalog, store
from core.model_store.errors import ModelUnavailableError
from core.sequences.attention import Array

TABLES = {
    "all-minilm-l6-v2": "embeddings.position_embeddings.weight",
    "gpt2": "wpe.weight",
    "distilgpt2": "wpe.weight",
    "bert-base-uncased": "embeddings.position_embeddings.weight",
}
"""Models of the catalog that learnt their positions, and how their table's name ends."""


def stored_models() -> tuple[str, ...]:
    """Name the models with a learnt table that are in the store."""
    return tuple(model_id for model_id in TABLES if store.is_stored(model_id))


def read_table(model_id: str) -> Array:
    """Read a model's position table; nothing else of the model is loaded.

    Args:
        model_id: One of ``TABLES``.

    Returns:
        Shape (n_positions, n_embd).

    Raises:
        ModelUnavailableError: If the model is not in the store or its file has no such table.
    """
    title = catalog.CATALOG[model_id].title
    if not store.is_stored(model_id):
        raise ModelUnavailableError(f"{title} is not in the store of this machine.")
    file = store.model_folder(model_id) / "model.safetensors"
    try:
        with safetensors.safe_open(file, framework="np") as weights:
            for name in weights.keys():  # noqa: SIM118 - not a mapping
                if name.endswith(TABLES[model_id]):
                    table: NDArray = weights.get_tensor(name)
                    return table.astype("float64")
    except (OSError, safetensors.SafetensorError) as error:
        raise ModelUnavailableError(f"The weights of {title} cannot be read: {error}") from error
    raise ModelUnavailableError(f"The weights of {title} hold no table of positions.")

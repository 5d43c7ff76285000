"""Texts that are long enough to learn a vocabulary from, and that are always there."""

from pathlib import Path

from core.tokenization import sample_texts

_CORE = Path(__file__).resolve().parents[1]


def twelve_languages() -> str:
    """Return one sentence in twelve languages, one per line."""
    return "\n".join(sample.text for sample in sample_texts.TRANSLATIONS)


def own_source(room: str = "tokenization") -> str:
    """Return the source of one room of the labs' own core: Python code and English prose.

    Args:
        room: A folder of ``core``.

    Returns:
        All its modules, by name, one behind the other.

    Raises:
        ValueError: If there is no such room.
    """
    files = sorted((_CORE / room).glob("*.py"))
    if not files:
        raise ValueError(f"There is no room called {room!r} in core.")
    return "\n".join(file.read_text(encoding="utf-8") for file in files)

"""Does a model fit into the memory that is free now, also inside a container?"""

from pathlib import Path

import psutil

from core.model_store.errors import ModelUnavailableError
from core.model_store.progress import in_words

BYTES_PER_PARAMETER = 4  # float32
ROOM_TO_WORK = 1.2  # activations, tokenizer, buffers
CONVERSION_BYTES_PER_PARAMETER = 10  # measured: 1.35 GB for SmolLM2, libraries included

_CGROUPS = (
    # (limit, usage, statistics): version 2, then version 1
    ("memory.max", "memory.current", "memory.stat"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
)


def available_bytes(cgroup_root: Path = Path("/sys/fs/cgroup")) -> int:
    """Say how much memory can still be taken.

    Args:
        cgroup_root: Where Linux shows the limits of a container.

    Returns:
        The smaller of what the machine has free and what the container's limit leaves.
    """
    available = psutil.virtual_memory().available
    for limit_name, usage_name, statistics_name in _CGROUPS:
        try:
            limit = int((cgroup_root / limit_name).read_text())
            usage = int((cgroup_root / usage_name).read_text())
            statistics = (cgroup_root / statistics_name).read_text()
        except (OSError, ValueError):  # no such file, or "max": no limit here
            continue

        # The kernel counts cached files as used, but gives them back when memory is asked for.
        numbers = dict(line.split() for line in statistics.splitlines())
        cached = int(numbers.get("inactive_file", numbers.get("total_inactive_file", 0)))
        available = min(available, limit - usage + cached)
    return max(available, 0)


def needed_bytes(n_parameters: int) -> int:
    """Estimate the memory that a loaded model takes.

    Args:
        n_parameters: Number of weights, tied ones counted once.

    Returns:
        Four bytes for each weight and a fifth more to work with.

    Example:
        >>> needed_bytes(1_000_000)
        4800000
    """
    return round(n_parameters * BYTES_PER_PARAMETER * ROOM_TO_WORK)


def check_fits(title: str, n_parameters: int, *, is_converted: bool = False) -> None:
    """Refuse a model that does not fit, before anything is downloaded.

    Args:
        title: Name of the model for the reader.
        n_parameters: Number of weights.
        is_converted: Whether it has to be converted first, which takes more.

    Raises:
        ModelUnavailableError: If it needs more memory than is available; with both numbers.
    """
    needed, available = needed_bytes(n_parameters), available_bytes()
    if is_converted:
        needed = max(needed, n_parameters * CONVERSION_BYTES_PER_PARAMETER)
    if needed > available:
        raise ModelUnavailableError(
            f"{title} has {n_parameters:,} weights and needs about {in_words(needed)} of memory, "
            f"but {in_words(available)} is free. Close other programs, or choose a smaller model."
        )

"""Progress of long work as a small record, and sizes in words."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FetchProgress:
    """One sign of life from a fetch.

    Attributes:
        stage: What is happening, as a short sentence for the reader.
        fraction: Part of this stage that is done, 0 to 1; None when it cannot be known.
        detail: More about the stage, such as "12 MB of 93 MB"; may be empty.
    """

    stage: str
    fraction: float | None = None
    detail: str = ""


def in_words(n_bytes: float) -> str:
    """Write a size the way a download page does, in powers of 1000.

    Args:
        n_bytes: Size in bytes.

    Returns:
        The size with its unit, at most one decimal.

    Example:
        >>> in_words(92_871_040), in_words(1_500_000_000), in_words(612)
        ('93 MB', '1.5 GB', '612 bytes')
    """
    if n_bytes >= 1e9:
        return f"{n_bytes / 1e9:.1f} GB"
    if n_bytes >= 1e6:
        return f"{n_bytes / 1e6:.0f} MB"
    if n_bytes >= 1e3:
        return f"{n_bytes / 1e3:.0f} kB"
    return f"{n_bytes:.0f} bytes"

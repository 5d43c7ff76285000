"""How the self-attention lab prints very small numbers."""

ROUNDING = 1e-9
"""Differences below this are what computing with 16 digits leaves over."""


def shown(difference: float) -> str:
    """Print a difference: 0, the size of a rounding error, or two digits.

    Example:
        >>> shown(0.0), shown(4.4e-16), shown(0.1234)
        ('0', '4e−16', '0.12')
    """
    if difference == 0:
        return "0"
    return (f"{difference:.2g}" if difference > ROUNDING else f"{difference:.0e}").replace("-", "−")

"""Every filter there is, by a short key, and the orders in which well-known programs apply them."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from types import MappingProxyType

from core.language_models import filters, penalties, surprise, truncation

Filter = Callable[..., filters.Logits]

FILTERS: Mapping[str, tuple[type[filters.Settings], Filter]] = MappingProxyType(
    {
        settings.card.key: (settings, function)
        for settings, function in (
            (penalties.Penalties, penalties.penalties),
            (penalties.DontRepeatYourself, penalties.dont_repeat_yourself),
            (truncation.TopNSigma, truncation.top_n_sigma),
            (truncation.TopK, truncation.top_k),
            (surprise.TypicalP, surprise.typical_p),
            (truncation.TopP, truncation.top_p),
            (truncation.MinP, truncation.min_p),
            (truncation.ExcludeTopChoices, truncation.exclude_top_choices),
            (surprise.EpsilonCutoff, surprise.epsilon_cutoff),
            (surprise.EtaCutoff, surprise.eta_cutoff),
            (filters.Temperature, filters.temperature),
            (surprise.Mirostat, surprise.mirostat),
        )
    }
)
"""Every filter by its key: the class of its settings, and the function."""

LLAMA_CPP_ORDER = (
    "penalties",
    "dry",
    "top_n_sigma",
    "top_k",
    "typical_p",
    "top_p",
    "min_p",
    "xtc",
    "temperature",
)
"""llama.cpp's default order."""

HUGGING_FACE_ORDER = (
    "penalties",
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "typical_p",
    "epsilon_cutoff",
    "eta_cutoff",
)
"""The order in which ``generate`` of transformers applies its processors."""


def stage_to_text(settings: filters.Settings) -> str:
    """Write a filter and its numbers in a form that fits into an address.

    Args:
        settings: The filter's settings.

    Returns:
        Its key and its numbers, joined by ":"; numbers at the end that are neutral are left out.

    Example:
        >>> stage_to_text(penalties.Penalties(repetition=1.1))
        'penalties:1.1'
    """
    values = list(settings.values())
    defaults = [field.default for field in fields(settings)]
    while values and values[-1] == defaults[len(values) - 1]:
        values.pop()
    return ":".join([settings.card.key, *(f"{value:.10g}" for value in values)])


def stage_from_text(text: str) -> filters.Settings:
    """Read a filter from an address.

    Args:
        text: What ``stage_to_text`` wrote.

    Returns:
        The filter's settings.

    Raises:
        ValueError: If the filter is none, or a number is none or outside its range.

    Example:
        >>> stage_from_text("top_k:40").k
        40
    """
    key, *numbers = text.split(":")
    if key not in FILTERS:
        raise ValueError(f"no filter is called {key!r}")
    settings_class = FILTERS[key][0]
    names = fields(settings_class)
    if len(numbers) > len(names):
        raise ValueError(f"{key} has {len(names)} settings, not {len(numbers)}")
    # int reads "40" but not "40.5": a whole-number setting stays one.
    return settings_class(*(field.type(n) for field, n in zip(names, numbers, strict=False)))

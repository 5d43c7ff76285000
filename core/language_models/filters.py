"""What a filter is: it stands between a model's scores and the dice.

Every filter is a function ``(logits, history, settings) -> logits``. A token that is cut gets the
score minus infinity, and so the probability 0; the rest share its mass once softmax is taken
again. Settings that were never touched are neutral: the filter then gives back what it got.

The first filter, temperature, is here; ``truncation`` holds those that
cut the unlikely, ``surprise`` those that look at entropy, ``penalties`` those that look back at the
text.
"""

from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.language_models import probability

Logits = NDArray[np.floating]
"""Scores in nats, shape (V,), single or double precision: a filter keeps what it is given."""


@dataclass(frozen=True)
class History:
    """What a filter may know besides the scores."""

    token_ids: tuple[int, ...] = ()
    """Prompt and text so far."""
    coin: float = 0.0
    """The uniform number of this step for filters that toss a coin, from 0 up to 1."""
    surprise_limit_bits: float | None = None
    """Mirostat's running limit; None before its first step."""
    breakers: frozenset[int] = frozenset()
    """Token ids across which a repetition does not count (line ends, quotes, colons)."""


NO_HISTORY = History()


@dataclass(frozen=True)
class Knob:
    """One number of a filter that a learner can turn."""

    name: str
    label: str
    low: float
    high: float
    step: float
    start: float
    """A usual value, for when the filter is switched on."""


@dataclass(frozen=True)
class Card:
    """What a filter is, in words, as a formula, and where it was written down."""

    key: str
    title: str
    sentence: str
    formula: str
    """LaTeX."""
    source: str
    knobs: tuple[Knob, ...]


class Settings:
    """The settings of one filter: numbers, comparable, good as a cache key."""

    card: ClassVar[Card]

    @property
    def is_neutral(self) -> bool:
        """Whether these settings change nothing: the first number decides, unless overruled."""
        first = fields(self)[0]
        return getattr(self, first.name) == first.default

    def values(self) -> tuple[float, ...]:
        """Give the numbers in the order of the fields."""
        return tuple(getattr(self, field.name) for field in fields(self))

    @classmethod
    def usual(cls) -> "Settings":
        """Give the settings to begin with when the filter is switched on."""
        return cls(**{knob.name: knob.start for knob in cls.card.knobs})


def require(holds: bool, name: str, rule: str, value: float) -> None:
    """Refuse a setting that breaks its rule.

    Args:
        holds: Whether the rule holds.
        name: The setting's name.
        rule: What it must be, to follow "must be".
        value: What it is.

    Raises:
        ValueError: If the rule does not hold.
    """
    if not holds:
        raise ValueError(f"{name} must be {rule}, not {value}")


def require_count(value: float, name: str) -> None:
    """Refuse a setting that is no number of things.

    Args:
        value: What it is.
        name: The setting's name.

    Raises:
        ValueError: If it is negative or not whole.
    """
    require(value >= 0 and float(value).is_integer(), name, "0 or a whole number", value)


@dataclass(frozen=True)
class Temperature(Settings):
    """Settings of ``temperature``."""

    temperature: float = 1.0
    spread: float = 0.0
    """Above 0 the temperature follows the entropy, this far either way."""
    exponent: float = 1.0
    """How the entropy bends the dynamic temperature."""

    card: ClassVar[Card] = Card(
        key="temperature",
        title="Temperature",
        sentence="Divides every score, so that below 1 the likely tokens gain and above 1 the "
        "unlikely ones do.",
        formula=r"z_i \leftarrow z_i / T",
        source="Ackley, Hinton and Sejnowski (1985), A learning algorithm for Boltzmann machines",
        knobs=(
            Knob("temperature", "Temperature", 0.05, 3.0, 0.05, 0.7),
            Knob("spread", "Spread (dynamic)", 0.0, 2.0, 0.05, 0.0),
            Knob("exponent", "Exponent (dynamic)", 0.1, 3.0, 0.1, 1.0),
        ),
    )

    @property
    def is_neutral(self) -> bool:
        """Whether these settings change nothing."""
        return self.temperature == 1 and self.spread == 0

    def __post_init__(self) -> None:
        t = self.temperature
        require(np.isfinite(t) and t > 0, "temperature", "a finite number above 0", t)
        require(0 <= self.spread < np.inf, "spread", "0 or a positive number", self.spread)
        require(0 < self.exponent < np.inf, "exponent", "a positive number", self.exponent)


def temperature(logits: Logits, history: History, settings: Temperature) -> Logits:
    """Divide the scores by the temperature.

    With a ``spread`` the temperature moves between ``temperature - spread`` and ``temperature +
    spread``: low where the model is sure, high where it is not.

    Args:
        logits: Scores in nats, shape (V,).
        history: Not used.
        settings: Temperature, spread and exponent.

    Returns:
        Scores, shape (V,).

    Source:
        Equals Hugging Face's ``TemperatureLogitsWarper``; the spread is llama.cpp's dynamic
        temperature.

    Example:
        >>> temperature(np.array([2.0, 1.0]), History(), Temperature(0.5)).tolist()
        [4.0, 2.0]
    """
    if settings.spread == 0:
        return logits / settings.temperature

    _, entropy_bits = probability.softmax_with_entropy(logits)
    n_alive = np.count_nonzero(logits > -np.inf)
    openness = entropy_bits / np.log2(n_alive) if n_alive > 1 else 0.0

    # Where the range reaches below 0, a hair above 0 stands for it: the likeliest token, nearly.
    coldest = max(settings.temperature - settings.spread, 1e-3)
    hottest = settings.temperature + settings.spread
    return logits / float(coldest + (hottest - coldest) * openness**settings.exponent)

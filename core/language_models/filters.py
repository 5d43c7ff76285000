"""The filters between a model's scores and the dice: what each one keeps.

Every filter is a function ``(logits, history, settings) -> logits``. A token that is cut gets the
score minus infinity, and so the probability 0; the rest share its mass once softmax is taken
again. Settings that were never touched are neutral: the filter then gives back what it got.
"""

from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.language_models import probability

Logits = NDArray[np.float64]


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
        """Whether these settings change nothing."""
        return self == type(self)()

    def values(self) -> tuple[float, ...]:
        """Give the numbers in the order of the fields."""
        return tuple(getattr(self, field.name) for field in fields(self))


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

    probs = probability.softmax(logits)
    n_alive = np.count_nonzero(probs)
    openness = probability.entropy_bits(probs) / np.log2(n_alive) if n_alive > 1 else 0.0

    # Where the range reaches below 0, a hair above 0 stands for it: the likeliest token, nearly.
    coldest = max(settings.temperature - settings.spread, 1e-3)
    hottest = settings.temperature + settings.spread
    return logits / (coldest + (hottest - coldest) * openness**settings.exponent)


@dataclass(frozen=True)
class TopK(Settings):
    """Settings of ``top_k``."""

    k: int = 0
    """How many tokens stay; 0 keeps all."""

    card: ClassVar[Card] = Card(
        key="top_k",
        title="Top-k",
        sentence="Keeps the k likeliest tokens, however sure or unsure the model is.",
        formula=r"\{\, i : z_i \ge z_{(k)} \,\}",
        source="Fan, Lewis and Dauphin (2018), Hierarchical neural story generation",
        knobs=(Knob("k", "k", 0, 200, 1, 40),),
    )

    def __post_init__(self) -> None:
        require(self.k >= 0 and self.k == int(self.k), "top_k", "0 or a whole number", self.k)


def top_k(logits: Logits, history: History, settings: TopK) -> Logits:
    """Keep the k likeliest tokens.

    Tokens that tie with the k-th stay too, as in Hugging Face's ``TopKLogitsWarper``.

    Args:
        logits: Scores in nats, shape (V,).
        history: Not used.
        settings: How many to keep.

    Returns:
        Scores, shape (V,).

    Example:
        >>> top_k(np.array([2.0, 1.0, 3.0]), History(), TopK(2)).tolist()
        [2.0, -inf, 3.0]
    """
    if settings.k == 0 or settings.k >= logits.size:
        return logits

    # A partition finds the k-th largest score without sorting all the others.
    kth_best = np.partition(logits, -settings.k)[-settings.k]
    return np.where(logits >= kth_best, logits, -np.inf)


@dataclass(frozen=True)
class TopP(Settings):
    """Settings of ``top_p``."""

    p: float = 1.0
    """The mass to reach; 1 keeps all."""

    card: ClassVar[Card] = Card(
        key="top_p",
        title="Top-p (nucleus)",
        sentence="Keeps the smallest group of likeliest tokens that together reach probability p.",
        formula=r"\min \Big\{\, n : \sum_{i \le n} p_{(i)} \ge p \,\Big\}",
        source="Holtzman et al. (2020), The curious case of neural text degeneration",
        knobs=(Knob("p", "p", 0.05, 1.0, 0.01, 0.9),),
    )

    def __post_init__(self) -> None:
        require(0 <= self.p <= 1, "top_p", "from 0 to 1", self.p)


def top_p(logits: Logits, history: History, settings: TopP) -> Logits:
    """Keep the smallest group of likeliest tokens whose mass reaches p.

    One token always stays. Of tokens that tie at the edge the higher ids stay, as in Hugging
    Face's ``TopPLogitsWarper``, which counts the mass from the unlikely end.

    Args:
        logits: Scores in nats, shape (V,).
        history: Not used.
        settings: The mass to reach.

    Returns:
        Scores, shape (V,).

    Example:
        >>> scores = np.log([0.2, 0.5, 0.3])
        >>> np.isfinite(top_p(scores, History(), TopP(0.7))).tolist()
        [False, True, True]
    """
    if settings.p == 1:
        return logits

    # The scores alone are sorted, not their ids: that is three times faster.
    best_first = np.sort(logits)[::-1]
    probs = probability.softmax(best_first)

    # A token stays while the ones before it have not reached p.
    mass_before = np.cumsum(probs) - probs
    n_kept = max(1, int(np.count_nonzero(mass_before < settings.p)))

    edge = best_first[n_kept - 1]
    kept = logits > edge
    tied = np.flatnonzero(logits == edge)
    kept[tied[kept.sum() - n_kept :]] = True
    return np.where(kept, logits, -np.inf)


@dataclass(frozen=True)
class MinP(Settings):
    """Settings of ``min_p``."""

    p: float = 0.0
    """The share of the likeliest token's probability that a token needs; 0 keeps all."""

    card: ClassVar[Card] = Card(
        key="min_p",
        title="Min-p",
        sentence="Keeps tokens that have at least a share p of the likeliest token's probability.",
        formula=r"\{\, i : p_i \ge p \cdot \max_j p_j \,\}",
        source="Nguyen et al. (2024), Turning up the heat: min-p sampling",
        knobs=(Knob("p", "p", 0.0, 1.0, 0.01, 0.05),),
    )

    def __post_init__(self) -> None:
        require(0 <= self.p <= 1, "min_p", "from 0 to 1", self.p)


def min_p(logits: Logits, history: History, settings: MinP) -> Logits:
    """Keep tokens that are not much less likely than the likeliest.

    Args:
        logits: Scores in nats, shape (V,).
        history: Not used.
        settings: The share that a token needs.

    Returns:
        Scores, shape (V,).

    Source:
        Equals Hugging Face's ``MinPLogitsWarper``.

    Example:
        >>> scores = np.log([0.6, 0.3, 0.1])
        >>> np.isfinite(min_p(scores, History(), MinP(0.25))).tolist()
        [True, True, False]
    """
    if settings.p == 0:
        return logits

    # p_i / p_max is exp(z_i - z_max): the sum under both cancels, so no softmax is needed.
    lowest = logits.max() + np.log(settings.p)
    return np.where(logits >= lowest, logits, -np.inf)

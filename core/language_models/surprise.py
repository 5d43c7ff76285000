"""Filters that look at surprise: how unlikely a token is, against how unsure the model is."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.language_models import filters, probability


@dataclass(frozen=True)
class TypicalP(filters.Settings):
    """Settings of ``typical_p``."""

    p: float = 1.0
    """The mass to reach; 1 keeps all."""

    card: ClassVar[filters.Card] = filters.Card(
        key="typical_p",
        title="Typical-p",
        sentence="Keeps the tokens whose surprise is closest to the average surprise, until they "
        "reach probability p; the likeliest token may go.",
        formula=r"\text{sort by } \big| -\ln p_i - H(p) \big|,\ \text{keep mass } p",
        source="Meister et al. (2023), Locally typical sampling",
        knobs=(filters.Knob("p", "p", 0.05, 1.0, 0.01, 0.9),),
    )

    def __post_init__(self) -> None:
        filters.require(0 < self.p <= 1, "typical_p", "above 0, up to 1", self.p)


def typical_p(
    logits: filters.Logits, history: filters.History, settings: TypicalP
) -> filters.Logits:
    """Keep tokens that are about as surprising as the model expects to be surprised.

    Args:
        logits: Scores in nats, shape (V,).
        history: Not used.
        settings: The mass to reach.

    Returns:
        Scores, shape (V,). Tokens that tie with the last one kept stay too.

    Source:
        Equals Hugging Face's ``TypicalLogitsWarper``.

    Example:
        The entropy is 1.03 nats. The surprises 0.69, 1.20 and 1.61 are 0.34, 0.17 and 0.58 away
        from it: the second token is the most typical one.

        >>> scores = np.log([0.5, 0.3, 0.2])
        >>> np.isfinite(typical_p(scores, filters.NO_HISTORY, TypicalP(0.2))).tolist()
        [False, True, False]
    """
    if settings.p == 1:
        return logits
    log_probs = probability.log_softmax(logits)
    alive = np.flatnonzero(log_probs > -np.inf)
    probs = np.exp(log_probs[alive])

    entropy = -(probs @ log_probs[alive])
    oddness = np.abs(-log_probs[alive] - entropy)

    most_typical_first = np.argsort(oddness)
    mass = np.cumsum(probs[most_typical_first])
    last = min(int(np.count_nonzero(mass < settings.p)), alive.size - 1)
    kept = alive[oddness <= oddness[most_typical_first[last]]]
    return _keep_only(logits, kept)


@dataclass(frozen=True)
class EpsilonCutoff(filters.Settings):
    """Settings of ``epsilon_cutoff``."""

    epsilon: float = 0.0
    """The probability that a token needs; 0 keeps all."""

    card: ClassVar[filters.Card] = filters.Card(
        key="epsilon_cutoff",
        title="Epsilon cutoff",
        sentence="Keeps tokens with a probability of at least epsilon, whatever the others have.",
        formula=r"\{\, i : p_i \ge \epsilon \,\}",
        source="Hewitt et al. (2022), Truncation sampling as language model desmoothing",
        knobs=(filters.Knob("epsilon", "ε", 0.0, 0.02, 0.0001, 0.0005),),
    )

    def __post_init__(self) -> None:
        filters.require(0 <= self.epsilon < 1, "epsilon", "from 0 to below 1", self.epsilon)


def epsilon_cutoff(
    logits: filters.Logits, history: filters.History, settings: EpsilonCutoff
) -> filters.Logits:
    """Keep tokens above a fixed probability; the likeliest always stays.

    Args:
        logits: Scores in nats, shape (V,).
        history: Not used.
        settings: The probability needed.

    Returns:
        Scores, shape (V,).

    Source:
        Equals Hugging Face's ``EpsilonLogitsWarper``.

    Example:
        >>> scores = np.log([0.6, 0.3, 0.1])
        >>> np.isfinite(epsilon_cutoff(scores, filters.NO_HISTORY, EpsilonCutoff(0.2))).tolist()
        [True, True, False]
    """
    if settings.epsilon == 0:
        return logits
    return _cut_below(logits, probability.softmax(logits), settings.epsilon)


@dataclass(frozen=True)
class EtaCutoff(filters.Settings):
    """Settings of ``eta_cutoff``."""

    epsilon: float = 0.0
    """Sets the threshold together with the entropy; 0 keeps all."""

    card: ClassVar[filters.Card] = filters.Card(
        key="eta_cutoff",
        title="Eta cutoff",
        sentence="An epsilon cutoff that becomes more lenient where the model is unsure.",
        formula=r"\{\, i : p_i \ge \min\!\big(\epsilon, \sqrt{\epsilon}\, e^{-H(p)}\big) \,\}",
        source="Hewitt et al. (2022), Truncation sampling as language model desmoothing",
        knobs=(filters.Knob("epsilon", "ε", 0.0, 0.02, 0.0001, 0.002),),
    )

    def __post_init__(self) -> None:
        filters.require(0 <= self.epsilon < 1, "epsilon", "from 0 to below 1", self.epsilon)


def eta_cutoff(
    logits: filters.Logits, history: filters.History, settings: EtaCutoff
) -> filters.Logits:
    """Keep tokens above a probability that sinks as the entropy rises; the likeliest always stays.

    Args:
        logits: Scores in nats, shape (V,).
        history: Not used.
        settings: Epsilon.

    Returns:
        Scores, shape (V,).

    Source:
        Equals Hugging Face's ``EtaLogitsWarper``.

    Example:
        Four equal tokens: the entropy is ln 4, and the threshold sqrt(0.25) / 4 = 0.125.

        >>> scores = np.log([0.25, 0.25, 0.25, 0.25])
        >>> np.isfinite(eta_cutoff(scores, filters.NO_HISTORY, EtaCutoff(0.25))).sum()
        np.int64(4)
    """
    if settings.epsilon == 0:
        return logits
    probs, entropy_bits = probability.softmax_with_entropy(logits)
    entropy_nats = entropy_bits * np.log(2)
    threshold = min(settings.epsilon, np.sqrt(settings.epsilon) * np.exp(-entropy_nats))
    return _cut_below(logits, probs, threshold)


@dataclass(frozen=True)
class Mirostat(filters.Settings):
    """Settings of ``mirostat``, version 2."""

    target_bits: float = 0.0
    """The surprise to aim at, per token; 0 switches off."""
    rate: float = 0.1
    """How fast the limit follows."""

    card: ClassVar[filters.Card] = filters.Card(
        key="mirostat",
        title="Mirostat v2",
        sentence="Steers the surprise of the text to a target: a limit on surprise sinks after "
        "every surprising token and rises after every dull one.",
        formula=r"\{\, i : -\log_2 p_i \le \mu \,\}, \quad \mu \leftarrow \mu - \eta\,(s - \tau)",
        source="Basu et al. (2021), Mirostat: a neural text decoding algorithm",
        knobs=(
            filters.Knob("target_bits", "Target τ (bits)", 0.0, 10.0, 0.1, 3.0),
            filters.Knob("rate", "Rate η", 0.01, 1.0, 0.01, 0.1),
        ),
    )

    def __post_init__(self) -> None:
        filters.require(
            0 <= self.target_bits < np.inf, "target", "0 or a positive number", self.target_bits
        )
        filters.require(0 < self.rate <= 1, "rate", "above 0, up to 1", self.rate)


def mirostat(
    logits: filters.Logits, history: filters.History, settings: Mirostat
) -> filters.Logits:
    """Cut tokens that would be more surprising than the current limit; the likeliest stays.

    Args:
        logits: Scores in nats, shape (V,).
        history: Its ``surprise_limit_bits`` is the limit; before the first step twice the target.
        settings: Target and rate.

    Returns:
        Scores, shape (V,).

    Source:
        Basu et al. (2021), algorithm 2, with a running limit as in llama.cpp's mirostat v2.

    Example:
        >>> scores = np.log2([0.5, 0.25, 0.25]) * np.log(2)
        >>> tight = filters.History(surprise_limit_bits=1.5)
        >>> np.isfinite(mirostat(scores, tight, Mirostat(2.0))).tolist()
        [True, False, False]
    """
    if settings.target_bits == 0:
        return logits
    limit = history.surprise_limit_bits
    limit = 2 * settings.target_bits if limit is None else limit
    return _cut_below(logits, probability.softmax(logits), 2.0**-limit)


def next_surprise_limit(settings: Mirostat, limit: float | None, surprise_bits: float) -> float:
    """Move mirostat's limit after a token.

    Args:
        settings: Target and rate.
        limit: The limit before this token in bits; None before the first step.
        surprise_bits: The token's surprise after the filters, in bits.

    Returns:
        The new limit in bits.

    Example:
        A token twice as surprising as wanted lowers the limit by a tenth of the excess.

        >>> next_surprise_limit(Mirostat(3.0, 0.1), None, 6.0)
        5.7
    """
    before = 2 * settings.target_bits if limit is None else limit
    return before - settings.rate * (surprise_bits - settings.target_bits)


def _cut_below(logits: filters.Logits, probs: filters.Logits, threshold: float) -> filters.Logits:
    # Whatever ties with the likeliest stays: something must be left to draw.
    kept = (probs >= threshold) | (logits == logits.max())
    return np.where(kept, logits, -np.inf)


def _keep_only(logits: filters.Logits, kept: np.ndarray) -> filters.Logits:
    remaining = np.full_like(logits, -np.inf)
    remaining[kept] = logits[kept]
    return remaining

"""Filters that cut the unlikely tokens, each with its own idea of unlikely."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.language_models import filters, probability


@dataclass(frozen=True)
class TopK(filters.Settings):
    """Settings of ``top_k``."""

    k: int = 0
    """How many tokens stay; 0 keeps all."""

    card: ClassVar[filters.Card] = filters.Card(
        key="top_k",
        title="Top-k",
        sentence="Keeps the k likeliest tokens, however sure or unsure the model is.",
        formula=r"\{\, i : z_i \ge z_{(k)} \,\}",
        source="Fan, Lewis and Dauphin (2018), Hierarchical neural story generation",
        knobs=(filters.Knob("k", "k", 0, 200, 1, 40),),
    )

    def __post_init__(self) -> None:
        filters.require(
            self.k >= 0 and self.k == int(self.k), "top_k", "0 or a whole number", self.k
        )


def top_k(logits: filters.Logits, history: filters.History, settings: TopK) -> filters.Logits:
    """Keep the k likeliest tokens.

    Tokens that tie with the k-th stay too, as in Hugging Face's ``TopKLogitsWarper``.

    Args:
        logits: Scores in nats, shape (V,).
        history: Not used.
        settings: How many to keep.

    Returns:
        Scores, shape (V,).

    Example:
        >>> top_k(np.array([2.0, 1.0, 3.0]), filters.NO_HISTORY, TopK(2)).tolist()
        [2.0, -inf, 3.0]
    """
    k = int(settings.k)
    if k == 0 or k >= np.count_nonzero(logits > -np.inf):
        return logits

    # A partition finds the k-th largest score without sorting all the others.
    kth_best = np.partition(logits, -k)[-k]
    return np.where(logits >= kth_best, logits, -np.inf)


@dataclass(frozen=True)
class TopP(filters.Settings):
    """Settings of ``top_p``."""

    p: float = 1.0
    """The mass to reach; 1 keeps all."""

    card: ClassVar[filters.Card] = filters.Card(
        key="top_p",
        title="Top-p (nucleus)",
        sentence="Keeps the smallest group of likeliest tokens that together reach probability p.",
        formula=r"\min \Big\{\, n : \sum_{i \le n} p_{(i)} \ge p \,\Big\}",
        source="Holtzman et al. (2020), The curious case of neural text degeneration",
        knobs=(filters.Knob("p", "p", 0.05, 1.0, 0.01, 0.9),),
    )

    def __post_init__(self) -> None:
        filters.require(0 <= self.p <= 1, "top_p", "from 0 to 1", self.p)


def top_p(logits: filters.Logits, history: filters.History, settings: TopP) -> filters.Logits:
    """Keep the smallest group of likeliest tokens whose mass reaches p.

    One token always stays. Of tokens that tie at the edge the lower ids stay; apart from such
    ties, which it leaves to chance, Hugging Face's ``TopPLogitsWarper`` keeps the same ones.

    Args:
        logits: Scores in nats, shape (V,).
        history: Not used.
        settings: The mass to reach.

    Returns:
        Scores, shape (V,).

    Example:
        >>> scores = np.log([0.2, 0.5, 0.3])
        >>> np.isfinite(top_p(scores, filters.NO_HISTORY, TopP(0.7))).tolist()
        [False, True, True]
    """
    if settings.p == 1:
        return logits

    # The scores alone are sorted, not their ids: that is three times faster.
    best_first = np.sort(logits[logits > -np.inf])[::-1]
    probs = probability.softmax(best_first)

    # A token stays while the ones before it have not reached p.
    mass_before = np.cumsum(probs) - probs
    n_kept = max(1, int(np.count_nonzero(mass_before < settings.p)))

    edge = best_first[n_kept - 1]
    kept = logits > edge
    tied = np.flatnonzero(logits == edge)
    kept[tied[: n_kept - np.count_nonzero(kept)]] = True
    return np.where(kept, logits, -np.inf)


@dataclass(frozen=True)
class MinP(filters.Settings):
    """Settings of ``min_p``."""

    p: float = 0.0
    """The share of the likeliest token's probability that a token needs; 0 keeps all."""

    card: ClassVar[filters.Card] = filters.Card(
        key="min_p",
        title="Min-p",
        sentence="Keeps tokens that have at least a share p of the likeliest token's probability.",
        formula=r"\{\, i : p_i \ge p \cdot \max_j p_j \,\}",
        source="Nguyen et al. (2024), Turning up the heat: min-p sampling",
        knobs=(filters.Knob("p", "p", 0.0, 1.0, 0.01, 0.05),),
    )

    def __post_init__(self) -> None:
        filters.require(0 <= self.p <= 1, "min_p", "from 0 to 1", self.p)


def min_p(logits: filters.Logits, history: filters.History, settings: MinP) -> filters.Logits:
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
        >>> np.isfinite(min_p(scores, filters.NO_HISTORY, MinP(0.25))).tolist()
        [True, True, False]
    """
    if settings.p == 0:
        return logits

    # p_i / p_max is exp(z_i - z_max): the sum under both cancels, so no softmax is needed.
    lowest = logits.max() + math.log(settings.p)
    return np.where(logits >= lowest, logits, -np.inf)


@dataclass(frozen=True)
class TopNSigma(filters.Settings):
    """Settings of ``top_n_sigma``."""

    n: float = 0.0
    """How many standard deviations below the best score are kept; 0 keeps all."""

    card: ClassVar[filters.Card] = filters.Card(
        key="top_n_sigma",
        title="Top-nσ",
        sentence="Keeps tokens whose score is within n standard deviations of the best; "
        "temperature does not change which ones.",
        formula=r"\{\, i : z_i \ge \max_j z_j - n \, \sigma(z) \,\}",
        source="Tang et al. (2024), Top-nσ: not all logits are you need",
        knobs=(filters.Knob("n", "n", 0.0, 5.0, 0.1, 1.0),),
    )

    def __post_init__(self) -> None:
        filters.require(0 <= self.n < np.inf, "top_n_sigma", "0 or a positive number", self.n)


def top_n_sigma(
    logits: filters.Logits, history: filters.History, settings: TopNSigma
) -> filters.Logits:
    """Keep tokens whose score stands out from the noise of all scores.

    Args:
        logits: Scores in nats, shape (V,).
        history: Not used.
        settings: How many standard deviations.

    Returns:
        Scores, shape (V,).

    Source:
        Tang et al. (2024), section 3; as in llama.cpp, tokens cut before do not count.

    Example:
        The scores 0, 4, 8 have the standard deviation 3.27.

        >>> scores = np.array([0.0, 4.0, 8.0])
        >>> np.isfinite(top_n_sigma(scores, filters.NO_HISTORY, TopNSigma(1.5))).tolist()
        [False, True, True]
    """
    if settings.n == 0:
        return logits
    lowest = logits.max() - settings.n * logits[logits > -np.inf].std()
    return np.where(logits >= lowest, logits, -np.inf)


@dataclass(frozen=True)
class ExcludeTopChoices(filters.Settings):
    """Settings of ``exclude_top_choices``."""

    probability: float = 0.0
    """How often the filter acts at all."""
    threshold: float = 0.1
    """A token this likely is a choice."""

    card: ClassVar[filters.Card] = filters.Card(
        key="xtc",
        title="XTC (exclude top choices)",
        sentence="Now and then removes all good choices but the least likely one, for the sake of "
        "variety.",
        formula=r"p_{(1)}, \dots, p_{(m)} \ge t:\ \text{keep } (m), (m+1), \dots",
        source="Weidmann (2024), Exclude Top Choices, in text-generation-webui and llama.cpp",
        knobs=(
            filters.Knob("probability", "How often", 0.0, 1.0, 0.05, 0.5),
            filters.Knob("threshold", "Threshold", 0.01, 0.5, 0.01, 0.1),
        ),
    )

    def __post_init__(self) -> None:
        filters.require(0 <= self.probability <= 1, "how often", "from 0 to 1", self.probability)
        filters.require(0 < self.threshold <= 1, "threshold", "above 0, up to 1", self.threshold)


def exclude_top_choices(
    logits: filters.Logits, history: filters.History, settings: ExcludeTopChoices
) -> filters.Logits:
    """Toss a coin, and on heads remove every likely token except the least likely of them.

    Args:
        logits: Scores in nats, shape (V,).
        history: Its ``coin`` decides: the filter acts when it is below ``probability``.
        settings: How often, and what counts as likely.

    Returns:
        Scores, shape (V,).

    Source:
        llama.cpp's ``llama_sampler_init_xtc``. It removes nothing when fewer than two tokens reach
        the threshold. Of tokens that tie as least likely the highest id stays.

    Example:
        >>> scores = np.log([0.5, 0.3, 0.15, 0.05])
        >>> heads = filters.History(coin=0.2)
        >>> settings = ExcludeTopChoices(probability=0.5, threshold=0.15 - 1e-9)
        >>> np.isfinite(exclude_top_choices(scores, heads, settings)).tolist()
        [False, False, True, True]
    """
    if history.coin >= settings.probability:
        return logits

    choices = np.flatnonzero(probability.softmax(logits) >= settings.threshold)
    if choices.size < 2:
        return logits
    ordered = choices[np.argsort(-logits[choices], kind="stable")]
    remaining = logits.copy()
    remaining[ordered[:-1]] = -np.inf
    return remaining

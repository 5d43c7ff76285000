"""A chain of filters over the whole vocabulary, and a trace of what each one did."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.language_models import filter_catalog, filters, probability, surprise, truncation

MAX_STAGES = 24


@dataclass(frozen=True, eq=False)
class StageTrace:
    """What one filter did to the distribution it was given."""

    settings: filters.Settings
    probs: NDArray[np.float64]
    """Probabilities after this filter, shape (V,)."""
    n_before: int
    n_kept: int
    mass_kept: float
    """Share of the probability it was given that sits on the tokens it kept, 0 to 1."""
    entropy_before_bits: float
    entropy_bits: float
    """Entropy after this filter."""

    @property
    def card(self) -> filters.Card:
        """What this filter is."""
        return self.settings.card


@dataclass(frozen=True, eq=False)
class SamplingTrace:
    """A distribution before and after a chain of filters."""

    probs_before: NDArray[np.float64]
    """The model's own probabilities, shape (V,)."""
    probs_after: NDArray[np.float64]
    """What the dice see, shape (V,)."""
    kept: NDArray[np.bool_]
    """Which tokens are left, shape (V,)."""
    entropy_before_bits: float
    entropy_after_bits: float
    stages: tuple[StageTrace, ...]
    """One per filter of the chain, in its order; filters that are off are left out."""

    @property
    def n_kept(self) -> int:
        """How many tokens are left."""
        return int(np.count_nonzero(self.kept))

    @property
    def cut_mass(self) -> float:
        """How much of the model's own probability sat on the tokens that were cut."""
        return float(self.probs_before[~self.kept].sum())


@dataclass(frozen=True)
class SamplingChain:
    """Filters in the order in which they act, each with its settings."""

    stages: tuple[filters.Settings, ...] = ()

    def filter(
        self, logits: ArrayLike, history: filters.History = filters.NO_HISTORY
    ) -> filters.Logits:
        """Apply the filters one after the other.

        Args:
            logits: The model's scores in nats, shape (V,).
            history: What the filters may know about the text so far.

        Returns:
            Scores, shape (V,), minus infinity where a token was cut.

        Raises:
            ValueError: If a score is NaN or plus infinity, or all are minus infinity.
        """
        scores = _checked(logits)
        for settings in self.stages:
            scores = _apply(settings, scores, history)
        return scores

    def apply(
        self, logits: ArrayLike, history: filters.History = filters.NO_HISTORY
    ) -> SamplingTrace:
        """Apply the filters one after the other and keep a record of each.

        Args:
            logits: The model's scores in nats, shape (V,).
            history: What the filters may know about the text so far.

        Returns:
            The distribution before, after, and after each filter.

        Raises:
            ValueError: If a score is NaN or plus infinity, or all are minus infinity.

        Example:
            >>> chain = SamplingChain((truncation.TopK(2), filters.Temperature(0.5)))
            >>> trace = chain.apply(np.log([0.6, 0.2, 0.2 - 1e-9]))
            >>> trace.probs_after.round(4).tolist()
            [0.9, 0.1, 0.0]
            >>> [(stage.card.key, stage.n_kept) for stage in trace.stages]
            [('top_k', 2), ('temperature', 2)]
        """
        scores = _checked(logits)
        before, entropy_before = probs, entropy = probability.softmax_with_entropy(scores)
        alive = scores > -np.inf

        stages = []
        for settings in self.stages:
            if settings.is_neutral:
                continue
            scores = _apply(settings, scores, history)
            still_alive = scores > -np.inf
            mass_kept = float(probs @ still_alive)
            entropy_before_stage = entropy
            probs, entropy = probability.softmax_with_entropy(scores)
            stages.append(
                StageTrace(
                    settings=settings,
                    probs=probs,
                    n_before=int(np.count_nonzero(alive)),
                    n_kept=int(np.count_nonzero(still_alive)),
                    mass_kept=mass_kept,
                    entropy_before_bits=entropy_before_stage,
                    entropy_bits=entropy,
                )
            )
            alive = still_alive
        return SamplingTrace(before, probs, alive, entropy_before, entropy, tuple(stages))

    def remember(self, history: filters.History, token_id: int, prob: float) -> filters.History:
        """Give the history after one more token.

        Args:
            history: The history in which the token was chosen.
            token_id: The token.
            prob: Its probability after the filters.

        Returns:
            The history for the next step.
        """
        limit = history.surprise_limit_bits
        for settings in self.stages:
            # A forced token that was cut has no surprise to steer by.
            if isinstance(settings, surprise.Mirostat) and not settings.is_neutral and prob > 0:
                bits = probability.surprisal_bits(prob)
                limit = surprise.next_surprise_limit(settings, limit, bits)
        return replace(history, token_ids=(*history.token_ids, token_id), surprise_limit_bits=limit)

    def reordered(self, order: Sequence[str]) -> "SamplingChain":
        """Move the filters into another order, with the settings they have.

        Args:
            order: Keys of filters. Filters that the chain lacks join it, switched off.

        Returns:
            The chain in this order; filters that the order does not name stay behind the others.

        Raises:
            ValueError: If a key names no filter.

        Example:
            >>> chain = SamplingChain((filters.Temperature(0.5), truncation.TopK(2)))
            >>> chain.reordered(["top_k", "temperature"]).to_text()
            'top_k:2~temperature:0.5'
        """
        unknown = [key for key in order if key not in filter_catalog.FILTERS]
        if unknown:
            raise ValueError(f"no filter is called {unknown[0]!r}")
        named = [
            settings
            for key in order
            for settings in (
                [stage for stage in self.stages if stage.card.key == key]
                or [filter_catalog.FILTERS[key][0]()]
            )
        ]
        others = [stage for stage in self.stages if stage.card.key not in order]
        return SamplingChain((*named, *others))

    def to_text(self) -> str:
        """Write the chain in a form that fits into an address.

        Returns:
            Filters joined by "~", each with its numbers after ":"; ``from_text`` reads it.
        """
        return "~".join(filter_catalog.stage_to_text(settings) for settings in self.stages)

    @staticmethod
    def from_text(text: str) -> "SamplingChain":
        """Read a chain from an address.

        Args:
            text: What ``to_text`` wrote.

        Returns:
            The chain.

        Raises:
            ValueError: If a filter or a number is none, or there are too many of them.

        Example:
            >>> chain = SamplingChain.from_text("top_k:40~temperature:0.7")
            >>> chain.stages[0].k, chain.stages[1].temperature
            (40, 0.7)
        """
        parts = text.split("~") if text else []
        if len(parts) > MAX_STAGES:
            raise ValueError(f"a chain has at most {MAX_STAGES} filters, not {len(parts)}")
        return SamplingChain(tuple(filter_catalog.stage_from_text(part) for part in parts))


def filter_logits(
    logits: ArrayLike,
    *,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
) -> SamplingTrace:
    """Apply the four filters that most programs have, in Hugging Face's order.

    Args:
        logits: The model's scores in nats, shape (V,), the whole vocabulary.
        temperature: Divides the scores. Below 1 sharpens, above 1 flattens.
        top_k: Keeps this many of the likeliest tokens; 0 keeps all.
        top_p: Keeps the smallest group that reaches this mass; 1 keeps all.
        min_p: Keeps tokens with this share of the likeliest one's probability; 0 keeps all.

    Returns:
        The distribution before and after, which tokens were kept, and entropies in bits.

    Raises:
        ValueError: If ``temperature`` is not a finite number above 0, ``top_k`` is negative,
            ``top_p`` or ``min_p`` is outside 0 to 1, or a score is NaN or plus infinity.

    Example:
        >>> trace = filter_logits(np.log([0.5, 0.25, 0.25 + 1e-9]), top_k=2)
        >>> trace.probs_after.round(4).tolist()
        [0.6667, 0.0, 0.3333]
        >>> round(trace.entropy_before_bits, 4), round(trace.cut_mass, 4)
        (1.5, 0.25)
    """
    chain = basic_chain(temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p)
    return chain.apply(logits)


def basic_chain(
    *, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0, min_p: float = 0.0
) -> SamplingChain:
    """Build the chain of ``filter_logits``: temperature, top-k, top-p, min-p.

    Args:
        temperature: Divides the scores.
        top_k: Keeps this many of the likeliest tokens; 0 keeps all.
        top_p: Keeps the smallest group that reaches this mass; 1 keeps all.
        min_p: Keeps tokens with this share of the likeliest one's probability; 0 keeps all.

    Returns:
        The chain.

    Raises:
        ValueError: If a setting is outside its range.
    """
    return SamplingChain(
        (
            filters.Temperature(temperature),
            truncation.TopK(top_k),
            truncation.TopP(top_p),
            truncation.MinP(min_p),
        )
    )


def _apply(settings: filters.Settings, scores: filters.Logits, history: filters.History):
    if settings.is_neutral:
        return scores
    _, function = filter_catalog.FILTERS[settings.card.key]
    return function(scores, history, settings)


def _checked(logits: ArrayLike) -> filters.Logits:
    scores = np.asarray(logits)
    scores = scores.astype(np.result_type(scores.dtype, np.float32), copy=False)
    if scores.ndim != 1 or not scores.size:
        raise ValueError(f"logits must have shape (V,), not {scores.shape}")
    if not np.isfinite(scores.max()):
        raise ValueError("logits must not hold NaN or plus infinity, and one must be finite")
    return scores

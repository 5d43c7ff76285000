"""Filters that look back at the text: what was said already becomes less likely."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.language_models import filters

LONGEST_MATCH = 50
"""DRY looks no further back: by then its penalty is beyond any score."""


@dataclass(frozen=True)
class Penalties(filters.Settings):
    """Settings of ``penalties``."""

    repetition: float = 1.0
    """Divides positive scores and multiplies negative ones; 1 changes nothing."""
    presence: float = 0.0
    """Taken off once if the token occurred, in nats."""
    frequency: float = 0.0
    """Taken off for each time the token occurred, in nats."""
    last_n: int = 0
    """How many tokens of the text count; 0 counts all, prompt included."""

    card: ClassVar[filters.Card] = filters.Card(
        key="penalties",
        title="Repetition, presence and frequency penalty",
        sentence="Lowers the score of every token that the text already holds, whether repeating "
        "it is a fault or not.",
        formula=r"z_i \leftarrow (z_i > 0\ ?\ z_i / r : z_i r) - a\,[c_i > 0] - f c_i",
        source="Keskar et al. (2019), CTRL, section 4.1 (repetition); OpenAI API (the other two)",
        knobs=(
            filters.Knob("repetition", "Repetition", 1.0, 2.0, 0.01, 1.1),
            filters.Knob("presence", "Presence", 0.0, 2.0, 0.1, 0.0),
            filters.Knob("frequency", "Frequency", 0.0, 2.0, 0.1, 0.0),
            filters.Knob("last_n", "Last tokens (0: all)", 0, 512, 1, 0),
        ),
    )

    @property
    def is_neutral(self) -> bool:
        """Whether these settings change nothing."""
        return self.repetition == 1 and self.presence == 0 and self.frequency == 0

    def __post_init__(self) -> None:
        r = self.repetition
        filters.require(0 < r < np.inf, "repetition penalty", "a positive number", r)
        for name in ("presence", "frequency"):
            value = getattr(self, name)
            filters.require(-np.inf < value < np.inf, f"{name} penalty", "a finite number", value)
        filters.require_count(self.last_n, "last_n")


def penalties(
    logits: filters.Logits, history: filters.History, settings: Penalties
) -> filters.Logits:
    """Lower the scores of tokens that the text already holds.

    Args:
        logits: Scores in nats, shape (V,).
        history: Its ``token_ids`` are counted.
        settings: The three penalties and how far back they look.

    Returns:
        Scores, shape (V,).

    Source:
        With the repetition penalty alone it equals Hugging Face's
        ``RepetitionPenaltyLogitsProcessor``; all three together are llama.cpp's penalties.

    Example:
        Token 0 occurred twice: 3 / 1.5 - 0.25 - 2 x 0.5 = 0.75.

        >>> text = filters.History(token_ids=(0, 1, 0))
        >>> settings = Penalties(repetition=1.5, presence=0.25, frequency=0.5)
        >>> penalties(np.array([3.0, -2.0, 1.0]), text, settings).tolist()
        [0.75, -3.75, 1.0]
    """
    ids = _recent(history, settings.last_n)
    if not ids.size:
        return logits
    seen, counts = np.unique(ids, return_counts=True)

    # Dividing a negative score would raise it, so those are multiplied.
    scores = logits[seen]
    scores = np.where(scores > 0, scores / settings.repetition, scores * settings.repetition)

    penalised = logits.copy()
    penalised[seen] = scores - settings.presence - counts * settings.frequency
    return penalised


@dataclass(frozen=True)
class DontRepeatYourself(filters.Settings):
    """Settings of ``dont_repeat_yourself``."""

    multiplier: float = 0.0
    """Penalty for repeating a run of the allowed length plus one token, in nats; 0 is off."""
    base: float = 1.75
    """The penalty grows by this factor for each further token of the run."""
    allowed_length: int = 2
    """Runs up to this length may repeat."""
    last_n: int = 0
    """How many tokens of the text count; 0 counts all."""

    card: ClassVar[filters.Card] = filters.Card(
        key="dry",
        title="DRY (don't repeat yourself)",
        sentence="Lowers the score of a token that would continue a repeated run of tokens, the "
        "more the longer the run is.",
        formula=r"z_i \leftarrow z_i - m\, b^{\,n_i - a} \quad \text{if } n_i \ge a",
        source="Weidmann (2024), DRY, in text-generation-webui and llama.cpp",
        knobs=(
            filters.Knob("multiplier", "Multiplier", 0.0, 5.0, 0.1, 0.8),
            filters.Knob("base", "Base", 1.0, 4.0, 0.05, 1.75),
            filters.Knob("allowed_length", "Allowed length", 1, 20, 1, 2),
            filters.Knob("last_n", "Last tokens (0: all)", 0, 512, 1, 0),
        ),
    )

    def __post_init__(self) -> None:
        m, b = self.multiplier, self.base
        filters.require(0 <= m < np.inf, "DRY multiplier", "0 or a positive number", m)
        filters.require(1 <= b <= 100, "DRY base", "from 1 to 100", b)
        filters.require(
            self.allowed_length >= 1, "allowed length", "1 or more", self.allowed_length
        )
        filters.require_count(self.last_n, "last_n")


def dont_repeat_yourself(
    logits: filters.Logits, history: filters.History, settings: DontRepeatYourself
) -> filters.Logits:
    """Penalise the tokens that would carry a repetition on.

    Args:
        logits: Scores in nats, shape (V,).
        history: Its ``token_ids`` are searched; a run does not reach across its ``breakers``.
        settings: Multiplier, base, allowed length, and how far back to look.

    Returns:
        Scores, shape (V,).

    Source:
        The definition in text-generation-webui's DRY. Breakers are single tokens here.

    Example:
        The text ends in "1 2 3", which came before and was followed by 4: a run of 3, one longer
        than allowed. The score of token 4 loses 0.8 x 1.75 = 1.4.

        >>> text = filters.History(token_ids=(1, 2, 3, 4, 0, 1, 2, 3))
        >>> dont_repeat_yourself(np.zeros(5), text, DontRepeatYourself(0.8)).round(2).tolist()
        [0.0, 0.0, 0.0, 0.0, -1.4]
    """
    ids = _recent(history, settings.last_n)
    lengths = repeated_lengths(ids, history.breakers)
    continuing = np.flatnonzero(lengths >= settings.allowed_length)

    penalised = logits.copy()
    for end in continuing[np.argsort(lengths[continuing])]:
        # Sorted by length, so that of several runs before one token the longest counts.
        token_id = ids[end + 1]
        if int(token_id) not in history.breakers:
            excess = lengths[end] - settings.allowed_length
            penalised[token_id] = logits[token_id] - settings.multiplier * settings.base**excess
    return penalised


def repeated_lengths(ids: np.ndarray, breakers: frozenset[int]) -> np.ndarray:
    """Measure for each earlier place how much of the text's end already stood there.

    Args:
        ids: The text as token ids, shape (T,).
        breakers: Tokens that end a run.

    Returns:
        Lengths, shape (T - 1,): how many tokens before and at each place equal the last tokens of
        the text, at most ``LONGEST_MATCH``. Earlier runs may overlap the end.

    Example:
        >>> repeated_lengths(np.array([7, 8, 9, 7, 8]), frozenset()).tolist()
        [0, 2, 0, 0]
    """
    lengths = np.zeros(max(0, ids.size - 1), dtype=np.int64)
    places = np.arange(lengths.size)
    for back in range(min(LONGEST_MATCH, ids.size)):
        wanted = ids[-1 - back]
        if int(wanted) in breakers:
            break
        # Only places whose run has not broken off yet are looked at again, one token further back.
        places = places[places >= back]
        places = places[ids[places - back] == wanted]
        if not places.size:
            break
        lengths[places] = back + 1
    return lengths


def _recent(history: filters.History, last_n: int) -> np.ndarray:
    ids = history.token_ids[-int(last_n) :] if last_n else history.token_ids
    return np.asarray(ids, dtype=np.int64)

"""The tokens for which heads are switched off, and what is known about them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components import attention_reading, cached
from components.attention_reading import CacheKey, Reading

if TYPE_CHECKING:
    from core.language_models.head_effects import AnswerChange, HeadEffects


@dataclass(frozen=True, eq=False)
class Subject:
    """The tokens that the section is about: all of them, or the end of a long text."""

    key: CacheKey
    tokens: tuple[str, ...]
    n_before: int
    """How many tokens of the text stand before them."""
    is_encoder: bool
    how: str
    """What stands in for a head that is switched off: "mean" or "zero"."""

    @property
    def unit(self) -> str:
        """Unit of an effect."""
        return "degrees" if self.is_encoder else "bits"

    @property
    def ranking(self) -> "HeadEffects | None":
        """The effects of all heads, if somebody has measured them."""
        return cached.head_rankings().get((self.key, self.how))

    def change(self, layer: int, head: int) -> "AnswerChange":
        """Switch one head off."""
        return cached.answer_change(*self.key, layer, head, self.how)


def subject(reading: Reading, *, how: str = "mean") -> Subject:
    """Choose the tokens that heads are switched off for.

    Args:
        reading: Model and text.
        how: "mean" or "zero".

    Returns:
        All tokens, or the last ones of a text that is too long to be read once per head.
    """
    from core.language_models import head_ablation

    text = reading.text
    is_encoder = attention_reading.is_encoder(reading.model_id)
    first = 0 if is_encoder else max(0, text.n_tokens - head_ablation.MAX_RANKED_TOKENS)
    return Subject(
        key=(reading.model_id, text.token_ids[first:], text.segments[first:]),
        tokens=text.tokens[first:],
        n_before=first,
        is_encoder=is_encoder,
        how=how,
    )

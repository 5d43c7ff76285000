"""Byte-pair encoding and WordPiece on the same words, side by side, until they disagree.

Both start from the same letters of the same words, so that nothing differs but the rule: the most
frequent pair, or the pair that is most telling.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest

from core.tokenization import wordpiece_training


@dataclass(frozen=True)
class LockStep:
    """What each rule merges in the same step; None once a rule has nothing left to merge."""

    step: int
    by_count: wordpiece_training.Choice | None
    by_score: wordpiece_training.Choice | None
    is_first_difference: bool
    """Whether the rules have agreed in every step before this one, and do not now."""

    @property
    def is_same(self) -> bool:
        """Whether both rules join the same two pieces."""
        if self.by_count is None or self.by_score is None:
            return False
        return (self.by_count.left, self.by_count.right) == (
            self.by_score.left,
            self.by_score.right,
        )

    @property
    def why(self) -> str:
        """The numbers behind the two choices, in a sentence."""
        if self.by_count is None or self.by_score is None:
            return "One of the two rules has no pair left to merge."
        return f"By count: {_reason(self.by_count)}. By score: {_reason(self.by_score)}."


def _reason(choice: wordpiece_training.Choice) -> str:
    return (
        f"{choice.left} {choice.right} stands there {choice.count} times, "
        f"{choice.left} {choice.left_count} and {choice.right} {choice.right_count} times, "
        f"so its score is {choice.count}/({choice.left_count} · {choice.right_count}) "
        f"= {choice.score:.3g}"
    )


def compare_rules(
    text: str, *, n_steps: int | None = None, lowercase: bool = True, min_count: int = 2
) -> Iterator[LockStep]:
    """Train with both rules on the same words.

    Args:
        text: The text to learn from.
        n_steps: How many steps at most; None for as long as one rule has a pair.
        lowercase: Drop accents and capitals first.
        min_count: A best pair that is seen less often than this ends that rule's training.

    Yields:
        The steps.

    Raises:
        ValueError: As ``wordpiece_training.train_steps``.

    Example:
        >>> step = next(compare_rules("hug hug hugs pug"))
        >>> step.by_count.joined, step.by_score.joined, step.is_first_difference
        ('##ug', 'hu', True)
    """
    by_count, by_score = (
        wordpiece_training.train_steps(text, rule=rule, lowercase=lowercase, min_count=min_count)
        for rule in ("count", "score")
    )
    return islice(_walk(by_count, by_score), n_steps)


def _walk(
    by_count: Iterator[wordpiece_training.Choice], by_score: Iterator[wordpiece_training.Choice]
) -> Iterator[LockStep]:
    have_agreed = True
    for number, (count_choice, score_choice) in enumerate(zip_longest(by_count, by_score)):
        is_same = LockStep(number, count_choice, score_choice, False).is_same
        yield LockStep(number, count_choice, score_choice, have_agreed and not is_same)
        have_agreed = have_agreed and is_same

"""The study of one model's layers: which matter, how to spend bits on them, and is that so?"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.quantization import budget, evaluation, sample_texts, sensitivity, similarity

if TYPE_CHECKING:
    from core.model_store.loading import LoadedModel
    from core.quantization.budget import ErrorTable, Plan
    from core.quantization.sensitivity import PartDamage, Yardstick

PROBE_BITS = 4
"""Parts are tried at so many bits: enough that the damages are small and add up."""

CHECKED_BITS = (3, 4, 5, 6, 8)
"""Even plans that are measured, and the mixtures of their size."""


@dataclass(frozen=True)
class Progress:
    """How far the study is."""

    stage: str
    fraction: float
    """Of this stage, 0 to 1."""
    so_far: str = ""


@dataclass(frozen=True)
class Point:
    """A whole model, rounded and measured."""

    title: str
    size_bits: int
    predicted: float
    measured: float
    """Damage, in the yardstick's unit."""


@dataclass(frozen=True, eq=False)
class Study:
    """What is known about the layers of a model."""

    measured: tuple["PartDamage", ...]
    """Each part rounded alone, to ``PROBE_BITS``."""
    table: "ErrorTable"
    even: tuple["Plan", ...]
    """The same bits everywhere, for each rung of the ladder."""
    mixed: tuple["Plan", ...]
    """Bits spent where they matter, the smallest model first."""
    even_points: tuple[Point, ...]
    mixed_points: tuple[Point, ...]
    unit: str
    """Of all damages."""


def study(lm: "LoadedModel", *, text: str = sample_texts.TEXT) -> Generator[Progress, None, Study]:
    """Study a language model; its damage is the divergence along the beginning of a text.

    Args:
        lm: The model as it was published; it is not changed.
        text: What it reads.

    Yields:
        Progress.

    Returns:
        The study.
    """
    ids = evaluation.encode(lm, text, max_tokens=evaluation.SLICE + 1)
    yield Progress("The original reads", 0.0)
    return (yield from _study(lm, sensitivity.DivergenceYardstick(lm.model, ids)))


def study_encoder(
    lm: "LoadedModel", *, sentences: Sequence[str] = similarity.SENTENCES
) -> Generator[Progress, None, Study]:
    """Study an encoder; its damage is the squared change of the similarities of sentences.

    Args:
        lm: The encoder as it was published; it is not changed.
        sentences: What is compared.

    Yields:
        Progress.

    Returns:
        The study.
    """
    yield Progress("The original reads", 0.0)
    return (yield from _study(lm, sensitivity.SimilarityYardstick(lm, sentences)))


def _study(lm: "LoadedModel", yardstick: "Yardstick") -> Generator[Progress, None, Study]:
    (probe,) = budget.ladder((PROBE_BITS,))
    n_parts = sum(len(sensitivity.uses(part)) for part in sensitivity.parts(lm.model))
    measured = []
    for one in sensitivity.measure(lm, yardstick, probe):
        measured.append(one)
        told = f"{one.part.title}: {one.damage:.2g} {yardstick.unit}"
        yield Progress("One part at a time", len(measured) / n_parts, told)

    work = budget.error_table(lm, budget.ladder())
    while True:
        try:
            yield Progress("Rounding every part to every width", next(work))
        except StopIteration as finished:
            table = finished.value
            break
    damages = budget.predicted_damages(table, measured)
    even, mixed = budget.even_plans(table, damages), budget.mixed_plans(table, damages)

    checked = [plan for plan, bits in zip(even, budget.BITS, strict=True) if bits in CHECKED_BITS]
    # At the largest size nothing is left to choose.
    plans = checked + [budget.best_within(mixed, plan.size_bits) for plan in checked[:-1]]
    points = []
    for n_done, plan in enumerate(plans):
        chosen = budget.assignment(table, plan)
        work = sensitivity.check(lm, yardstick, chosen)
        while True:
            try:
                share = (n_done + next(work)) / len(plans)
            except StopIteration as finished:
                title = _title(table, plan)
                points.append(Point(title, plan.size_bits, plan.predicted, finished.value))
                break
            yield Progress("Whole models, measured", share)
    n = len(checked)
    return Study(
        measured=tuple(measured),
        table=table,
        even=even,
        mixed=mixed,
        even_points=tuple(points[:n]),
        mixed_points=tuple(points[n:]),
        unit=yardstick.unit,
    )


def _title(table: "ErrorTable", plan: "Plan") -> str:
    bits = sorted({int(table.ladder[rung].bits) for rung in plan.rungs})
    if len(bits) == 1:
        return f"{bits[0]} bits"
    return f"{', '.join(map(str, bits[:-1]))} and {bits[-1]} bits"

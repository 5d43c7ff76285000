"""One trial: a model goes through a scheme, reads a text beside the original, and is judged."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.quantization import calibration_texts, evaluation, kernels, model_weights, verdict

if TYPE_CHECKING:
    from core.model_store.loading import LoadedModel
    from core.quantization.evaluation import Comparison
    from core.quantization.model_weights import Scope
    from core.quantization.schemes import Scheme
    from core.quantization.verdict import Verdict


MAX_CALIBRATION_TOKENS = 512
"""Tokens that a calibrated scheme gets to see before each layer."""


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a trial is."""

    stage: str
    """What is being done, for the reader."""
    fraction: float
    """Of this stage, 0 to 1."""
    comparison: "Comparison | None" = None
    """What is known so far, once both models read."""


@dataclass(frozen=True, eq=False)
class Trial:
    """What a scheme did to a model, measured on one text."""

    title: str
    """Of the scheme or the kernel."""
    comparison: "Comparison"
    verdict: "Verdict"
    size_bits_before: int
    """All weights at 16 bits."""
    size_bits_after: int
    """In the scheme, with all scales, and what it left alone at 16 bits."""
    n_weights: int
    relative_error: float
    """Root of squared error over squared weights of what was rounded; NaN with a kernel."""
    is_simulated: bool
    """Whether the rounded weights were expanded and computed with in float32."""

    @property
    def bits_per_weight(self) -> float:
        """Average over the whole model, what was left alone included."""
        return self.size_bits_after / self.n_weights


def of_scheme(
    lm: "LoadedModel", scheme: "Scheme", token_ids: Sequence[int], *, scope: "Scope" = "all"
) -> Generator[Progress, None, tuple[Trial, "LoadedModel"]]:
    """Put a model through a scheme and measure what that changes.

    At most one extra copy of the weights is in memory; it is free once the second model is dropped.

    Args:
        lm: The model as it was published; it is not changed.
        scheme: How its matrices are stored.
        token_ids: The text that both models read.
        scope: "all" or "layers", as in ``model_weights.assignment``; a calibrated scheme always
            stores the layers only.

    Yields:
        Progress, after each matrix and each slice of the text.

    Returns:
        The trial, and the second model.
    """
    if scheme.needs_inputs:
        # Nothing computes the input of an embedding, so only layers can be calibrated.
        scope = "layers"
    chosen = model_weights.assignment(lm.model, scheme, scope=scope)
    calibration_ids = _calibration_ids(lm) if scheme.needs_inputs else ()
    work, n_done = model_weights.rebuild(lm, chosen, calibration_ids=calibration_ids), 0
    while True:
        try:
            next(work)
        except StopIteration as finished:
            rebuilt = finished.value
            break
        n_done += 1
        yield Progress("Rounding the weights", n_done / len(chosen))
    comparison = yield from _read(lm, rebuilt.loaded, token_ids)
    trial = Trial(
        title=scheme.title,
        comparison=comparison,
        verdict=verdict.judge(comparison.delta_p),
        size_bits_before=model_weights.size_bits(lm.model, {}),
        size_bits_after=model_weights.size_bits(lm.model, chosen),
        n_weights=lm.n_parameters,
        relative_error=rebuilt.relative_error,
        is_simulated=True,
    )
    return trial, rebuilt.loaded


def of_kernel(
    lm: "LoadedModel", name: str, token_ids: Sequence[int]
) -> Generator[Progress, None, tuple[Trial, "LoadedModel"]]:
    """Let a model compute with a kernel's few bits, and measure what that changes.

    Args:
        lm: The model as it was published.
        name: A key of ``kernels.KERNELS`` that has no ``kernels.problem`` here.
        token_ids: The text that both models read.

    Yields:
        Progress.

    Returns:
        The trial, and the second model.
    """
    work = kernels.pack(lm, name)
    while True:
        try:
            packed = next(work)
        except StopIteration as finished:
            second = finished.value
            break
        yield Progress("Packing the weights", packed.n_done / packed.n_matrices)
    comparison = yield from _read(lm, second, token_ids)
    stored = sum(matrix.n_weights for matrix in kernels.packed_matrices(lm.model, name))
    before = model_weights.size_bits(lm.model, {})
    per_weight = kernels.KERNELS[name].bits - model_weights.BITS_BEFORE
    trial = Trial(
        title=f"{kernels.KERNELS[name].library} {kernels.KERNELS[name].title}",
        comparison=comparison,
        verdict=verdict.judge(comparison.delta_p),
        size_bits_before=before,
        size_bits_after=round(before + stored * per_weight),
        n_weights=lm.n_parameters,
        relative_error=float("nan"),
        is_simulated=False,
    )
    return trial, second


def _calibration_ids(lm: "LoadedModel") -> tuple[int, ...]:
    """The sentences on which calibrated schemes look at the layers; no trial is judged on them."""
    text = "\n".join(calibration_texts.CALIBRATION_TEXTS)
    return evaluation.encode(lm, text, max_tokens=MAX_CALIBRATION_TOKENS)


def _read(
    lm: "LoadedModel", second: "LoadedModel", token_ids: Sequence[int]
) -> Generator[Progress, None, "Comparison"]:
    comparison = None
    for comparison in evaluation.compare(lm.model, second.model, token_ids):
        yield Progress("Both models read the text", comparison.fraction, comparison)
    if comparison is None:
        raise ValueError("the text needs at least two tokens: the first tells nothing")
    return comparison

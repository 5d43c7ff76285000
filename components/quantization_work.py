"""The long work of the quantization lab: what is asked for, and how it is done step by step."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from components import cached, sampling_lab
from components.token_strip import StripToken
from core.quantization.schemes import SCHEMES, Scheme

if TYPE_CHECKING:
    from core.model_store.loading import LoadedModel
    from core.quantization.layer_study import Study
    from core.quantization.model_weights import Scope
    from core.quantization.speed import Speed
    from core.quantization.trial import Trial

N_TOKENS = 32
"""How far both models continue the prompt."""

TEMPERATURE, TOP_P = 0.8, 0.95

LINE_UP = tuple(SCHEMES[f"int{bits}_zeropoint_block"] for bits in (8, 4, 3, 2))
"""The same scheme with 8, 4, 3 and 2 bits."""


@dataclass(frozen=True)
class TrialAsked:
    """A model through a scheme, or on a kernel, reading a text."""

    model_id: str
    scheme: Scheme
    """What rounds the weights; ignored with a kernel."""
    kernel: str
    """A key of ``kernels.KERNELS``; empty: simulated in float32."""
    scope: "Scope"
    text: str


@dataclass(frozen=True)
class PutAsked:
    """The same, and then both models continue a prompt under the same dice."""

    trial: TrialAsked
    prompt: str
    seed: int


@dataclass(frozen=True)
class LineUpAsked:
    """Trials of several schemes on the same text."""

    trials: tuple[TrialAsked, ...]


@dataclass(frozen=True)
class SpeedAsked:
    """Every kernel of this machine against the stop watch."""

    model_id: str


@dataclass(frozen=True)
class LayersAsked:
    """Every part of a model rounded alone, and mixtures of bits measured."""

    model_id: str
    is_encoder: bool


@dataclass(frozen=True)
class Step:
    """How far the work is, for the reader."""

    stage: str
    fraction: float
    so_far: str = ""
    """What is known already."""


@dataclass(frozen=True)
class Written:
    """A text that a model wrote."""

    tokens: tuple[StripToken, ...]
    tokens_per_s: float
    """While it wrote one token after the other, without reading the prompt."""


@dataclass(frozen=True, eq=False)
class Put:
    """A model that was put back: its trial, and both texts."""

    asked: PutAsked
    trial: "Trial"
    texts: tuple[Written, Written]
    """The original's and the rounded model's."""

    @property
    def parting(self) -> int | None:
        """Index of the first token that differs; None if none does."""
        ids = [[token.token_id for token in text.tokens] for text in self.texts]
        pairs = enumerate(zip(*ids, strict=False))
        differing = next((index for index, (a, b) in pairs if a != b), None)
        if differing is None and len(ids[0]) != len(ids[1]):
            return min(map(len, ids))
        return differing


@dataclass(frozen=True)
class KernelSpeed:
    """One kernel of this machine, or why it is missing."""

    name: str
    problem: str
    speed: "Speed | None"
    original: "Speed | None"
    """The original's in float32, timed in turn with it."""
    bytes_per_token: int
    """Weights that one written token reads."""

    @property
    def times_writing(self) -> float:
        """How many times as fast as the original it writes."""
        return self.speed.writing / self.original.writing

    @property
    def times_reading(self) -> float:
        """How many times as fast as the original it reads a prompt."""
        return self.speed.reading / self.original.reading


def trial_work(asked: TrialAsked) -> Generator[Step, None, "Trial"]:
    """Measure one scheme."""
    found, _ = yield from _trial(asked)
    return found


def put_work(asked: PutAsked) -> Generator[Step, None, Put]:
    """Measure one scheme, then let both models write."""
    trial, second = yield from _trial(asked.trial)
    original = cached.causal_lm(asked.trial.model_id)
    texts = []
    for name, lm in (("The original writes", original), ("The rounded model writes", second)):
        texts.append((yield from _write(lm, asked, name)))
    return Put(asked, trial, (texts[0], texts[1]))


def line_up_work(asked: LineUpAsked) -> Generator[Step, None, "tuple[Trial, ...]"]:
    """Measure several schemes, those that are known already not again."""
    found = []
    for n_done, one in enumerate(asked.trials):
        known = cached.workbench().result(one)
        if known is None:
            work = trial_work(one)
            try:
                while True:
                    step = next(work)
                    share = (n_done + step.fraction) / len(asked.trials)
                    yield Step(f"{one.scheme.title}: {step.stage.lower()}", share, step.so_far)
            except StopIteration as finished:
                known = finished.value
        found.append(known)
    return tuple(found)


def speed_work(asked: SpeedAsked) -> Generator[Step, None, tuple[KernelSpeed, ...]]:
    """Time every kernel, one after the other."""
    from core.quantization import kernels, speed

    lm, found = cached.causal_lm(asked.model_id), []
    for n_done, (name, kernel) in enumerate(kernels.KERNELS.items()):
        share = n_done / len(kernels.KERNELS)
        yield Step(f"{kernel.library} {kernel.title}", share)
        problem, original, measured = kernels.problem(name), None, None
        if not problem:
            packed = yield from _quietly(kernels.pack(lm, name), f"Packing {kernel.title}", share)
            work = speed.beside(lm.model, packed.model)
            original, measured = yield from _quietly(work, f"Timing {kernel.title}", share)
            del packed, work
        size = kernels.bytes_per_token(lm.model, name)
        found.append(KernelSpeed(name, problem, measured, original, size))
    return tuple(found)


def layers_work(asked: LayersAsked) -> Generator[Step, None, "Study"]:
    """Round every part of a model alone, then measure mixtures of bits."""
    from core.quantization import layer_study

    lm = cached.any_model(asked.model_id)
    work = layer_study.study_encoder(lm) if asked.is_encoder else layer_study.study(lm)
    while True:
        try:
            progress = next(work)
        except StopIteration as finished:
            return finished.value
        yield Step(progress.stage, progress.fraction, progress.so_far)


def start(asked: Any) -> Callable[[], Generator[Step, None, Any]]:
    """Return what begins the work for a request."""
    work = {
        TrialAsked: trial_work,
        PutAsked: put_work,
        LineUpAsked: line_up_work,
        SpeedAsked: speed_work,
        LayersAsked: layers_work,
    }[type(asked)]
    return partial(work, asked)


def _trial(asked: TrialAsked) -> Generator[Step, None, "tuple[Trial, LoadedModel]"]:
    from core.quantization import evaluation, trial

    lm = cached.causal_lm(asked.model_id)
    ids = evaluation.encode(lm, asked.text)
    if asked.kernel:
        work = trial.of_kernel(lm, asked.kernel, ids)
    else:
        work = trial.of_scheme(lm, asked.scheme, ids, scope=asked.scope)
    while True:
        try:
            progress = next(work)
        except StopIteration as finished:
            found, second = finished.value
            cached.workbench().keep(asked, found)
            return found, second
        yield Step(progress.stage, progress.fraction, _known(progress.comparison))


def _known(comparison: Any) -> str:
    if comparison is None:
        return ""
    return (
        f"Perplexity so far {comparison.perplexity_before:.2f} → "
        f"{comparison.perplexity_after:.2f} over {comparison.n:,} tokens"
    )


def _write(lm: "LoadedModel", asked: PutAsked, stage: str) -> Generator[Step, None, Written]:
    from core.language_models import decoding, next_token, sampling

    ids = next_token.encode_prompt(lm, asked.prompt).token_ids
    chain = sampling.basic_chain(temperature=TEMPERATURE, top_p=TOP_P)
    steps = decoding.sample(lm, ids, chain=chain, seed=asked.seed, max_new_tokens=N_TOKENS)
    tokens, spent = [], 0.0
    while True:
        began = time.perf_counter()
        step = next(steps, None)
        # The first step also reads the prompt.
        spent += time.perf_counter() - began if tokens else 0.0
        if step is None:
            break
        tokens.append(sampling_lab.drawn_token(lm, step).strip)
        yield Step(stage, len(tokens) / N_TOKENS)
    speed = (len(tokens) - 1) / spent if len(tokens) > 1 else float("nan")
    return Written(tuple(tokens), speed)


def _quietly(work: Generator[Any, None, Any], stage: str, share: float) -> Generator:
    """Pass on that something happened, and hand back what came of it."""
    while True:
        try:
            next(work)
        except StopIteration as finished:
            return finished.value
        yield Step(stage, share)

"""Guided experiments on models that run: steps 3 to 5 of the quantization lab."""

from bisect import bisect
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from components import cached
from components.experiments import Experiment, Revelation
from components.quantization_work import SpeedAsked
from core.quantization.schemes import SCHEMES

if TYPE_CHECKING:
    from components.quantization_layers import Layers
    from components.quantization_work import Put

_VIEW = "quantization_lab_view"
_LM = "smollm2-135m-instruct"


def _run(scheme: str, *, scope: str = "all", view: str = "Put it back") -> dict[str, object]:
    return {
        _VIEW: view,
        "quantization_lab_lm": _LM,
        "quantization_lab_scheme": scheme,
        "quantization_lab_scope": scope,
        "quantization_lab_kernel": "simulated",
        "quantization_lab_whose": "The lab's text",
    }


def _layers(model_id: str) -> dict[str, object]:
    return {_VIEW: "Which layers", "quantization_lab_layers_model": model_id}


def _nearly_free(put: "Put") -> Revelation:
    read = put.trial.comparison
    change = read.perplexity_after / read.perplexity_before - 1
    return Revelation(
        bisect((0.02, 0.2), abs(change)),
        f"Perplexity goes from {read.perplexity_before:.2f} to {read.perplexity_after:.2f}, "
        f"{change:+.2%}, and both models have the same favourite in {read.top_agreement:.1%} of "
        f"all places, at {put.trial.size_bits_after / put.trial.size_bits_before:.0%} of the "
        "size.",
    )


def _per_tensor(put: "Put") -> Revelation:
    read = put.trial.comparison
    return Revelation(
        bisect((2, 100), read.perplexity_after / read.perplexity_before),
        f"Perplexity {read.perplexity_before:.2f} becomes {read.perplexity_after:,.0f}. One scale "
        "for a whole matrix is set by its largest weight, and with 15 levels most of the others "
        "become 0. Q4_0 also has 4 bits, with a scale for each 32 weights: try it.",
    )


def _two_bits_break(put: "Put") -> Revelation:
    read, judged = put.trial.comparison, put.trial.verdict
    gone = -judged.mean / max(float(np.exp(read.log_probs_before).mean()), 1e-12)
    return Revelation(
        bisect((0.1, 0.8), gone),
        f"{gone:.1%} of the right token's probability is gone, and the favourite is the same in "
        f"{read.top_agreement:.1%} of all places. With four levels per block there is no model "
        "left: this is damage, not rounding.",
    )


def _same_grid(put: "Put") -> Revelation:
    read = put.trial.comparison
    return Revelation(
        bisect((1e-4, 0.1), read.mean_divergence),
        f"KL divergence {read.mean_divergence:.2g}: every weight of the layers was on this grid "
        "already, so rounding finds nothing to round. Now choose Q4_0, the same bits on another "
        "grid.",
    )


def _look_first(put: "Put") -> Revelation | None:
    asked = put.asked.trial
    nearest = cached.workbench().result(replace(asked, scheme=SCHEMES["int4_zeropoint_block"]))
    if nearest is None:
        return None
    before, after = (one.comparison.mean_divergence for one in (nearest, put.trial))
    return Revelation(
        bisect((0.6, 0.95), after / before),
        f"KL divergence {before:.3g} nats with rounding to the nearest level, {after:.3g} with a "
        f"look at the inputs first: {after / before:.0%}, at {put.trial.bits_per_weight:.3g} bits "
        f"against {nearest.bits_per_weight:.3g}. Which error is made matters more than how large "
        "it is.",
    )


def _noise_or_damage(court: "Put") -> Revelation:
    judged = court.trial.verdict
    place = {"same": 0, "noise": 0, "scratch": 1, "damage": 2}[judged.kind]
    return Revelation(
        place,
        f"The 5 % that lost most lost {100 * judged.losing_tail:.3g} points or more, the 5 % that "
        f"won most won {100 * judged.winning_tail:.3g}: {judged.skew:.3g} times as long a tail. "
        f"Mean {100 * judged.mean:+.3g} points, {100 * judged.standard_error:.2g} by chance.",
    )


def _faster(put: "Put") -> Revelation | None:
    found = cached.workbench().result(SpeedAsked(put.asked.trial.model_id))
    if found is None:
        return None
    by_name = {one.name: one for one in found if one.speed is not None}
    short = next((one for one in ("torch_int4", "bnb_nf4") if one in by_name), None)
    if short is None or "bfloat16" not in by_name:
        return None
    writing = by_name[short].times_writing / by_name["bfloat16"].times_writing
    reading = by_name[short].times_reading / by_name["bfloat16"].times_reading
    return Revelation(
        0 if writing > 1.15 * reading else 1 if writing > 0.85 * reading else 2,
        f"From 16 to 4 bits writing became {writing:.2f} times as fast, reading a prompt "
        f"{reading:.2f} times. Writing waits for the memory; reading waits for the arithmetic.",
    )


def _which_use(layers: "Layers") -> Revelation:
    by_use = {one.part.kind: one.damage for one in layers.study.measured if one.part.use}
    times = by_use["head"] / max(by_use["embedding"], 1e-12)
    return Revelation(
        0 if times < 0.5 else 1 if times < 2 else 2,
        f"As the embedding its rounding costs {by_use['embedding']:.2g} nats per token, as the "
        f"head {by_use['head']:.2g}, {times:.0f} times as much: there it touches the score of "
        "every token directly. That is why many schemes keep this matrix in more bits.",
    )


def _mixture(layers: "Layers") -> Revelation:
    pairs = list(zip(layers.study.even_points, layers.study.mixed_points, strict=False))
    even, mixed = next(pair for pair in pairs if pair[0].title == "4 bits")
    before, after = layers.shown(even.measured), layers.shown(mixed.measured)
    return Revelation(
        bisect((0.5, 0.95), after / before),
        f"At {even.size_bits / 8e6:.3g} MB, 4 bits everywhere change a similarity by {before:.2g}, "
        f"and the mixture by {after:.2g}: {after / before:.0%} of it.",
    )


EXPERIMENTS: tuple[Experiment, ...] = (
    Experiment(
        title="8 bits nearly free",
        task="The whole model in Q8_0: half the size of 16 bits. Set it up, then run it.",
        settings=_run("q8_0"),
        question="How much does the perplexity change?",
        choices=("under 2 %", "2 to 20 %", "over 20 %"),
        reveal=_nearly_free,
    ),
    Experiment(
        title="One scale for all",
        task="4 bits with a single scale per matrix. Set it up, then run it.",
        settings=_run("int4_absmax_tensor"),
        question="What happens to the perplexity?",
        choices=("it stays below double", "2 to 100 times", "more than 100 times"),
        reveal=_per_tensor,
    ),
    Experiment(
        title="2 bits break",
        task="Four levels per weight, with a scale and a zero point for each 64 weights.",
        settings=_run("int2_zeropoint_block"),
        question="How much of the right token's probability is gone?",
        choices=("under a tenth", "a tenth to four fifths", "more"),
        reveal=_two_bits_break,
    ),
    Experiment(
        title="The same grid again",
        task="The publisher of this copy rounded its layers to Q4_1. Round them to Q4_1 again.",
        settings=_run("q4_1", scope="layers"),
        question="How large is the KL divergence?",
        choices=("0, but for the last digits", "below 0.1 nats", "0.1 nats or more"),
        reveal=_same_grid,
    ),
    Experiment(
        title="Look before you round",
        task="Run int4 zero point, per block, on the layers only. Then set this up and run it: the "
        "same 4 bits, but columns that meet large inputs are rounded more finely (AWQ).",
        settings=_run("int4_aware", scope="layers"),
        question="How much of the KL divergence is left?",
        choices=("under 60 %", "60 to 95 %", "all of it"),
        reveal=_look_first,
    ),
    Experiment(
        title="Writing and reading",
        task="Run any scheme, then press Time every kernel further down. Compare 16 and 4 bits.",
        settings={_VIEW: "Put it back"},
        question="What do 4 bits speed up more?",
        choices=("writing a text", "both alike", "reading a prompt"),
        reveal=_faster,
    ),
    Experiment(
        title="NF4 in court",
        task="4 bits on the quantiles of the normal distribution, as in QLoRA. Call the witnesses.",
        settings=_run("nf4", view="The court"),
        question="Is it just rounding?",
        choices=("noise", "a scratch", "damage"),
        reveal=_noise_or_damage,
    ),
    Experiment(
        title="Embedding or head",
        task="In SmolLM2 one matrix is embedding and head at once. Round each use of it alone.",
        settings=_layers(_LM),
        question="Where does the rounding hurt more?",
        choices=("as the embedding", "about the same", "as the head"),
        reveal=_which_use,
    ),
    Experiment(
        title="Bits where they matter",
        task="A full-precision encoder. Same size twice: 4 bits everywhere, or a mixture.",
        settings=_layers("all-minilm-l6-v2"),
        question="How much of the damage is left with the mixture?",
        choices=("less than half", "half to nearly all", "all of it"),
        reveal=_mixture,
    ),
)
"""In teaching order; each reads the result of its own view."""

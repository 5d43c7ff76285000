"""The guided experiments of the GGUF lab; answers are read off the file on screen."""

from dataclasses import astuple
from typing import Any

from components.experiments import Experiment, Revelation
from components.gguf_lab import AS_IT_IS, BLOCK, PUBLISHED, WHOLE, WRITE, Seen
from core.quantization import gguf_summary
from core.quantization.gguf_export import TypeMix

_P = "gguf_explorer_"
PUBLISHERS = TypeMix("Q8_0", "Q4_1", "Q4_1")
"""The types in which SmolLM2's publisher wrote it."""


def _block(tensor: str, *, index: int = 0, written_as: str = AS_IT_IS) -> dict[str, Any]:
    return {
        f"{_P}view": BLOCK,
        f"{_P}file": PUBLISHED,
        f"{_P}tensor": tensor,
        f"{_P}block": index,
        f"{_P}as": written_as,
    }


def _mix(embedding: str, attention: str, mlp: str) -> dict[str, Any]:
    return {
        f"{_P}view": WRITE,
        f"{_P}embedding": embedding,
        f"{_P}attention": attention,
        f"{_P}mlp": mlp,
    }


def _overhead(seen: Seen) -> Revelation:
    story = seen.look.story
    bits = sum(run.n_bits for run in story.runs if run.role != "weight")
    n_bytes = bits // 8
    return Revelation(
        {2: 0, 4: 1}.get(n_bytes, 2),
        f"{n_bytes} of the {len(story.data)} bytes: a scale and a minimum, two bytes each. They "
        f"are shared by {len(story.weights)} weights, so the 4 bits of a weight become "
        f"{story.kind.bits_per_weight:g}.",
    )


def _changed(seen: Seen) -> Revelation:
    look, n = seen.look, len(seen.look.before)
    changed = look.n_changed
    choice = 0 if changed == 0 else 1 if changed < 0.75 * n else 2
    if changed == 0:
        why = "The numbers lie on this very grid already, so nothing is left to round."
    else:
        why = (
            f"The largest change is {look.largest_change:.2g}. This grid has its levels elsewhere: "
            "numbers that were rounded once are rounded again."
        )
    return Revelation(choice, f"{changed} of {n} numbers change. {why}")


def _smaller_of_two(seen: Seen) -> Revelation:
    now = seen.look.story.kind.bits_per_weight
    before = seen.look.tensor.kind.bits_per_weight
    n_small = sum(field.role == "block scale" for field in seen.look.story.fields)
    return Revelation(
        0 if now < before else 1 if now > before else 2,
        f"{now:g} bits per weight against {before:g}. Both have a scale and a minimum for 32 "
        f"weights; here {n_small} of each are written in 6 bits, and one pair of fp16 numbers "
        "serves all 256 weights.",
    )


def _one_step(seen: Seen) -> Revelation:
    steps = sorted({round(weight.level) for weight in seen.look.story.weights})
    n_levels = len(steps)
    return Revelation(
        0 if n_levels <= 16 else 1 if n_levels <= 32 else 2,
        f"{n_levels} different integers stand in this block, from {steps[0]} to {steps[-1]}. An "
        "8-bit integer could be one of 255, so 32 weights seldom meet on the same one.",
    )


def _zero_bytes(seen: Seen) -> Revelation:
    story = seen.look.story
    by_weight = story.data.reshape(len(story.weights), -1)
    n_zero = int((by_weight == 0).all(axis=0).sum())
    return Revelation(
        min(n_zero, 2),
        f"{n_zero} of the {by_weight.shape[1]} bytes are zero in all {len(by_weight)} numbers, the "
        "ones with the finest bits of the fraction. A bf16 is the other half of an F32: the model "
        "was trained with these numbers in 16 bits, and the file keeps them in 32.",
    )


def _largest_part(seen: Seen) -> Revelation:
    totals = dict.fromkeys(gguf_summary.PARTS, 0)
    for share in seen.shares:
        if share.part in totals:
            totals[share.part] += share.n_bytes
    largest = max(totals, key=totals.get)
    whole = seen.opened.file.n_bytes
    told = ", ".join(
        f"{part.lower()} {n_bytes / whole:.1%}" for part, n_bytes in totals.items() if n_bytes
    )
    order = ("Embedding and head", "Attention", "MLP")
    choice = order.index(largest) if largest in order else 0
    return Revelation(choice, f"Of {whole / 1e6:.1f} MB: {told}.")


def _same_bytes(seen: Seen) -> Revelation:
    likeness = seen.likeness
    share = likeness.n_same_bytes / likeness.n_tensors
    return Revelation(
        2 if share == 1 else 1 if share > 0.1 else 0,
        f"{likeness.n_same_bytes} of {likeness.n_tensors}. The weights were expanded to 32 bits, "
        "and rounding them again in the same types finds the same scales and the same integers.",
    )


def _fallen_back(seen: Seen) -> Revelation:
    plan = seen.plan
    share = plan.fallen_back / plan.n_matrices
    return Revelation(
        0 if share == 0 else 1 if share < 0.5 else 2,
        f"{plan.fallen_back} of {plan.n_matrices} matrices. A super-block takes 256 weights of one "
        "row, and rows of 576 are no whole number of them. Only the MLP's last step has rows of "
        "1,536, six super-blocks.",
    )


EXPERIMENTS: tuple[Experiment, ...] = (
    Experiment(
        title="Find the scale",
        task="One block of Q4_1 as SmolLM2's publisher wrote it: 20 bytes for 32 weights of 4 "
        "bits.",
        settings=_block("blk.0.attn_q.weight"),
        question="How many of the 20 bytes hold no weight?",
        choices=("2", "4", "8"),
        reveal=_overhead,
    ),
    Experiment(
        title="The same grid again",
        task="The same block, its numbers written anew in the type they have already, Q4_1.",
        settings=_block("blk.0.attn_q.weight", written_as="Q4_1"),
        question="How many of the 32 numbers change?",
        choices=("None", "About half", "Nearly all"),
        reveal=_changed,
    ),
    Experiment(
        title="Another grid",
        task="The same numbers in Q4_0: also 4 bits, but its levels are laid out around 0.",
        settings=_block("blk.0.attn_q.weight", written_as="Q4_0"),
        question="How many of the 32 numbers change?",
        choices=("None", "About half", "Nearly all"),
        reveal=_changed,
    ),
    Experiment(
        title="Scales of scales",
        task="256 weights in Q4_K: each 32 of them have a scale and a minimum, and these are "
        "rounded too.",
        settings=_block("blk.0.attn_q.weight", written_as="Q4_K"),
        question="Which takes fewer bits per weight?",
        choices=("Q4_K", "Q4_1, as in the file", "They take the same"),
        reveal=_smaller_of_two,
    ),
    Experiment(
        title="Eight bits are many",
        task="The embedding is in Q8_0: one scale, then 32 integers of 8 bits.",
        settings=_block("token_embd.weight"),
        question="How many different integers stand in this block of 32?",
        choices=("At most 16", "17 to 32", "All 255"),
        reveal=_one_step,
    ),
    Experiment(
        title="Bytes of nothing",
        task="The scales of a norm, in F32: four bytes for every number, no blocks.",
        settings=_block("blk.0.attn_norm.weight"),
        question="How many of the four bytes are zero in every number?",
        choices=("None", "One", "Two"),
        reveal=_zero_bytes,
    ),
    Experiment(
        title="Where the bytes are",
        task="The whole published file: 272 tensors in three types.",
        settings={f"{_P}view": WHOLE, f"{_P}file": PUBLISHED},
        question="Which part takes most of it?",
        choices=("Embedding and head", "Attention", "MLP"),
        reveal=_largest_part,
    ),
    Experiment(
        title="The publisher's file",
        task="Write SmolLM2 in the types its publisher chose, from weights that were expanded to "
        "32 bits. Set it up, then write the file.",
        settings=_mix(*astuple(PUBLISHERS)),
        question="How many of the 272 tensors come out byte for byte as published?",
        choices=("Hardly any", "Some", "All"),
        reveal=_same_bytes,
    ),
    Experiment(
        title="Rows that do not fit",
        task="Ask for Q4_K and Q6_K, which pack 256 weights of a row at a time. SmolLM2's rows "
        "have 576 weights, or 1,536.",
        settings=_mix("Q6_K", "Q4_K", "Q4_K"),
        question="How many of its matrices cannot be written that way?",
        choices=("None", "Fewer than half", "More than half"),
        reveal=_fallen_back,
    ),
)


def ready(seen: Seen) -> Seen | None:
    """Hold an answer about a file back until the file is written.

    Only the view that writes can be on screen without its result; what was planned is known there
    at once, but the experiment about the publisher's types compares two files.
    """
    publishers = seen.mix is not None and seen.mix == PUBLISHERS
    return None if publishers and seen.likeness is None else seen

"""What the parts of the self-attention lab have in common: a sentence earned, a script, code."""

from collections.abc import Callable

from components import self_attention_hand as by_hand
from components import self_attention_head as real
from components import self_attention_order as order
from components import self_attention_positions as places
from components import self_attention_size as size
from core.sequences import (
    attention,
    cost,
    learned_positions,
    more_scripts,
    multi_head,
    positions,
    scripts,
    sharpness,
    shuffle,
)

Result = by_hand.Hand | real.RealHead | places.Places | order.Order | size.Sharp | size.Length

PARTS: dict[str, tuple[Callable, Callable]] = {
    "By hand": (by_hand.read_hand, by_hand.show_hand),
    "A real head": (real.read_head, real.show_head),
    "√D": (size.read_sharp, size.show_sharp),
    "Positions": (places.read_places, places.show_places),
    "Shuffle": (order.read_order, order.show_order),
    "Length": (size.read_length, size.show_length),
}
"""Each part of the lab: what asks and computes, and what shows."""


def earned(result: Result) -> str:
    """Say with a number on screen why attention is only dot products."""
    return {
        by_hand.Hand: by_hand.earned,
        real.RealHead: real.earned,
        places.Places: places.earned,
        order.Order: order.earned,
        size.Sharp: size.earned_by_sharp,
        size.Length: size.earned_by_length,
    }[type(result)](result)


def script(result: Result) -> str:
    """Write the program that reproduces the numbers on screen."""
    if isinstance(result, by_hand.Hand):
        return scripts.layer_script(result.trace, result.words)
    if isinstance(result, real.RealHead):
        return _head_script(result)
    if isinstance(result, order.Order):
        return scripts.shuffle_script(result.hand.trace, result.hand.words, result.test.order)
    if isinstance(result, size.Sharp):
        return more_scripts.sharpness_script(result.found)
    if isinstance(result, size.Length):
        return more_scripts.cost_script([point.n_tokens for point in result.points])
    return _places_script(result)


def _head_script(result: real.RealHead) -> str:
    if not result.is_untouched:
        return scripts.touched_script(result.trace, result.tokens)
    return scripts.head_script(
        result.model_id,
        result.token_ids,
        result.segments,
        layer=result.vectors.layer,
        head=result.vectors.head,
    )


def _places_script(result: places.Places) -> str:
    n_places = len(result.products)
    if result.way == "Waves":
        return more_scripts.waves_script(result.codes, base=result.base)
    if result.way == "Learnt":
        return more_scripts.learnt_script(result.model_id, n_places=n_places)
    if result.way == "RoPE":
        return more_scripts.rope_script(result.q, result.k, n_places=n_places, base=result.base)
    return more_scripts.alibi_script(positions.alibi_slopes(result.n_head), n_places=n_places)


def code(result: Result) -> tuple[Callable, ...]:
    """Return the functions that computed the page, in reading order."""
    if isinstance(result, places.Places):
        return {
            "Waves": (positions.sinusoidal, positions.by_distance),
            "Learnt": (learned_positions.read_table, positions.by_distance),
            "RoPE": (positions.rotate, positions.rope_products),
            "ALiBi": (positions.alibi_slopes, positions.alibi_bias),
        }[result.way]
    if isinstance(result, size.Length):
        # Imported here: it brings torch, which no other part of the lab needs.
        from core.sequences import timing

        return timing.measure, cost.growth_exponent
    return {
        by_hand.Hand: (attention.scaled_dot_product, multi_head.self_attention),
        real.RealHead: (attention.scaled_dot_product, attention.softmax),
        order.Order: (shuffle.shuffle_test, multi_head.self_attention),
        size.Sharp: (sharpness.measure, attention.softmax),
    }[type(result)]

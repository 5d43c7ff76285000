"""The guided experiments of the self-attention lab; answers are read off the computed result."""

from typing import TYPE_CHECKING

import numpy as np

from components.experiments import Experiment, Revelation
from components.plain import plain

if TYPE_CHECKING:
    from components.self_attention_hand import Hand
    from components.self_attention_head import RealHead
    from components.self_attention_order import Order
    from components.self_attention_positions import Places
    from components.self_attention_size import Length, Sharp

_WORDS = "the cat slept because it was tired"


def _layer(part: str, **changed: object) -> dict:
    plainest = {
        "words": _WORDS,
        "told": "none",
        "weights": "hand-made",
        "d": 4,
        "heads": 1,
        "sharing": "Each its own",
        "temperature": 1.0,
        "causal": False,
        "own": "",
    }
    if part == "By hand":
        plainest["unscaled"] = False
    settings = {f"self_attention_{name}": value for name, value in (plainest | changed).items()}
    return {"self_attention_part": part} | settings


def _whom_it_means(hand: "Hand") -> Revelation:
    row = hand.asking
    shares = hand.trace.heads.weights[0, row]
    best = hand.words[int(shares.argmax())]
    choice = ("cat", "slept", "it").index(best) if best in ("cat", "slept", "it") else 0
    query = ", ".join(f"{number:g}" for number in hand.trace.heads.q[0, row])
    return Revelation(
        choice,
        f"“{plain(best)}”, with {shares.max():.0%}. The query of “it” is ({query}): W_Q turns "
        "“pronoun” into a question for living beings, and the key of “cat” answers it. “tired”, "
        f"said of living beings, gets {shares[-1]:.0%}.",
    )


def _hidden_cells(hand: "Hand") -> Revelation:
    weights = hand.trace.heads.weights[0]
    n_zero = int((weights == 0).sum())
    return Revelation(
        int(np.searchsorted((14, 25), n_zero)),
        f"{n_zero} of {weights.size}: everything above the diagonal, {len(weights)} · "
        f"{len(weights) - 1} / 2. The first word can look only at itself and gives itself "
        f"{weights[0, 0]:.0%}.",
    )


def _shared_keys(hand: "Hand") -> Revelation:
    weights = hand.trace.weights
    ratio = (weights.key.size + weights.value.size) / (weights.query.size + weights.output.size)
    return Revelation(
        int(np.searchsorted((0.3, 0.7), ratio)),
        f"W_K and W_V now hold {weights.key.size + weights.value.size} numbers, W_Q and W_O still "
        f"{weights.query.size + weights.output.size}. What a model must keep of a text while it "
        f"writes shrinks to {ratio:.0%} of it, too.",
    )


def _without_scaling(sharp: "Sharp") -> Revelation:
    share = sharp.largest(scaled=False)
    return Revelation(
        int(np.searchsorted((0.3, 0.7), share)),
        f"{share:.0%} on average, and {sharp.largest(scaled=True):.0%} with √D. The products of "
        f"{sharp.size} numbers spread by about {np.sqrt(sharp.size):.0f}; e to the power of such "
        "a lead leaves nothing for the others.",
    )


def _how_many(order: "Order", why: str) -> Revelation:
    n_words = len(order.hand.words)
    choice = 0 if order.n_changed == 0 else 2 if order.n_changed == n_words else 1
    return Revelation(
        choice,
        f"{order.n_changed} of {n_words}; the largest change is "
        f"{order.test.largest_change:.1g}. {why}",
    )


def _shuffled(order: "Order") -> Revelation:
    return _how_many(
        order,
        "Every sum over the words has the same terms in another order. Attention by itself works "
        "on a bag of words: that is why places have to be told.",
    )


def _shuffled_behind_a_mask(order: "Order") -> Revelation:
    return _how_many(
        order,
        "The mask is tied to the place, not to the word: whoever moves forward sees fewer "
        "others. Models that write could learn order from that alone.",
    )


def _moved_together(places: "Places") -> Revelation:
    products = places.products
    before, after = products[7, 4], products[27, 24]
    choice = 1 if abs(after - before) < 1e-9 else 0 if after > before else 2
    then, now = (f"{product:.4f}".replace("-", "−") for product in (before, after))
    return Revelation(
        choice,
        f"At places 7 and 4 it is {then}, at 27 and 24 it is {now}. Both hands of every dial "
        "turn by the same angle, and a product only feels the angle between them.",
    )


def _twice_the_text(length: "Length") -> Revelation:
    return Revelation(
        int(np.searchsorted((2.8, 5.7), length.per_doubling)),
        f"{length.per_doubling:.2f} times, measured on this server over the longest texts. Twice "
        "the words are four times the pairs.",
    )


def _a_real_pronoun(real: "RealHead") -> Revelation:
    names = [token.strip("␣").lower() for token in real.tokens]
    row = real.trace.weights[names.index("it")]
    best = names[int(row.argmax())]
    choice = ("the", "cat", "slept").index(best) if best in ("the", "cat", "slept") else 0
    return Revelation(
        choice,
        f"“{plain(best)}”, with {row.max():.0%}. Nobody made this head by hand: predicting the "
        "next word was enough for it to learn whom “it” means.",
    )


def _without_places(real: "RealHead") -> Revelation:
    before = real.on_previous(real.vectors.model_weights)
    after = real.on_previous(real.trace.weights)
    return Revelation(
        int(np.searchsorted((0.3, 0.7), after)),
        f"{before:.0%} with RoPE, {after:.0%} without. What this head looks for is no word but a "
        "place: one step back. Only the turning tells it where that is.",
    )


def _real(layer: int, head: int, **changed: object) -> dict:
    plainest = {
        "part": "A real head",
        "text": "The cat slept because it was tired",
        "model": "smollm2-135m-instruct",
        "layer_30": layer,
        "head_9": head,
        "unmasked": False,
        "head_unscaled": False,
        "unturned": False,
        "temperature": 1.0,
    }
    return {f"self_attention_{name}": value for name, value in (plainest | changed).items()}


EXPERIMENTS = (
    Experiment(
        title="Who is “it”?",
        task="Four numbers per word and one head made by hand: pronouns ask for living beings.",
        settings=_layer("By hand"),
        question="To which word does “it” give the largest share?",
        choices=("cat", "slept", "it"),
        reveal=_whom_it_means,
    ),
    Experiment(
        title="A real pronoun",
        task="Layer 13, head 8 of SmolLM2, which learnt from text alone.",
        settings=_real(13, 8),
        question="To which word does its “it” give the largest share?",
        choices=("The", "cat", "slept"),
        reveal=_a_real_pronoun,
    ),
    Experiment(
        title="Hide the future",
        task="The causal mask: no word may look at a later one. Seven words make 49 shares.",
        settings=_layer("By hand", causal=True),
        question="How many shares are exactly 0?",
        choices=("7", "21", "28"),
        reveal=_hidden_cells,
    ),
    Experiment(
        title="Leave out √D",
        task="Queries and keys of 256 random numbers; each query looks at 16 keys, none of which "
        "deserves more than the others.",
        settings={"self_attention_part": "√D", "self_attention_size": 256},
        question="Without √D, how much does the luckiest key get on average?",
        choices=("under 30 %", "30 to 70 %", "over 70 %"),
        reveal=_without_scaling,
    ),
    Experiment(
        title="Shuffle the words",
        task="One layer, no positions, and the same seven words in another order.",
        settings=_layer("Shuffle", order=1),
        question="How many words come out with other numbers?",
        choices=("none", "some", "all"),
        reveal=_shuffled,
    ),
    Experiment(
        title="Shuffle behind a mask",
        task="Still no positions, but now a word may look only at what came before.",
        settings=_layer("Shuffle", order=1, causal=True),
        question="How many words come out with other numbers?",
        choices=("none", "some", "all"),
        reveal=_shuffled_behind_a_mask,
    ),
    Experiment(
        title="Move both words",
        task="RoPE turns a query and a key by their places. Both move 20 places further on.",
        settings={"self_attention_part": "Positions", "self_attention_way": "RoPE"},
        question="What happens to q · k?",
        choices=("it grows", "it stays", "it shrinks"),
        reveal=_moved_together,
    ),
    Experiment(
        title="Forget the places",
        task="Layer 16, head 0 of SmolLM2 looks at the word before. Take RoPE away from it.",
        settings=_real(16, 0, unturned=True),
        question="How much of its attention is still on the word before?",
        choices=("under 30 %", "30 to 70 %", "over 70 %"),
        reveal=_without_places,
    ),
    Experiment(
        title="Share the keys",
        task="Two heads that look through one set of keys and values, as three by three do in "
        "SmolLM2.",
        settings=_layer("By hand", heads=2, sharing="All heads"),
        question="How many numbers are left in W_K and W_V?",
        choices=("a quarter", "half", "as many as before"),
        reveal=_shared_keys,
    ),
    Experiment(
        title="Twice the text",
        task="One head on texts of up to 2,048 tokens, timed on this server.",
        settings={"self_attention_part": "Length"},
        question="A text twice as long takes about …",
        choices=("twice as long", "four times as long", "eight times as long"),
        reveal=_twice_the_text,
    ),
)
"""At least one for each part."""

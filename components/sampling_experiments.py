"""The guided experiments of the next-token lab; every answer is read off the computed result."""

from typing import TYPE_CHECKING

import numpy as np

from components.experiments import Experiment, Revelation
from components.plain import plain
from core.language_models import sampling

if TYPE_CHECKING:
    from components.sampling_lab import NextToken

FRANCE = "The capital of France is"
FAVOURITE = "My favourite word is"
LIST = "Monday: soup. Tuesday: salad. Wednesday: soup. Thursday: salad. Friday:"
_OFF = {
    "sampling_view": "One token",
    "sampling_filters": ["temperature", "top_k", "top_p", "min_p"],
    "sampling_temperature": 1.0,
    "sampling_top_k": 0,
    "sampling_top_p": 1.0,
    "sampling_min_p": 0.0,
}


def _settings(prompt: str, **changed: float) -> dict:
    return {
        "sampling_prompt": prompt,
        **_OFF,
        **{f"sampling_{name}": value for name, value in changed.items()},
    }


def _bucket(value: float, limits: tuple[float, ...]) -> int:
    return int(np.searchsorted(limits, value, side="right"))


def _tokens_for_nine_tenths(result: "NextToken") -> Revelation:
    ordered = np.sort(result.trace.probs_before)[::-1]
    n_tokens = int(np.searchsorted(np.cumsum(ordered), 0.9)) + 1
    return Revelation(
        _bucket(n_tokens, (21, 501)),
        f"{n_tokens:,} of {ordered.size:,} tokens hold nine tenths of the probability. "
        f"The likeliest alone holds {ordered[0]:.1%}.",
    )


def _likeliest_when_hot(result: "NextToken") -> Revelation:
    before, after = result.trace.probs_before.max(), result.trace.probs_after.max()
    return Revelation(
        _bucket(float(after), (0.1, 0.5)),
        f"At temperature 2 the likeliest token falls from {before:.1%} to {after:.2%}. "
        "Nothing was learned or forgotten: the same logits were divided by 2. "
        "The tens of thousands of unlikely tokens took the rest.",
    )


def _cut_by_top_k(result: "NextToken") -> Revelation:
    top_k = result.trace.stages[-1]
    cut = 1 - top_k.mass_kept
    return Revelation(
        _bucket(cut, (0.01, 0.25)),
        f"The 50 likeliest tokens stay, and {cut:.1%} of the probability is cut with the others. "
        "A drawing of the top 50 alone would never have shown it.",
    )


def _kept_on_flat_prompt(result: "NextToken") -> Revelation:
    kept = result.trace.n_kept
    return Revelation(
        _bucket(kept, (11, 101)),
        f"Top-p 0.9 keeps {kept:,} tokens here. On a sharp prompt it keeps a handful: "
        "it follows the model's certainty, where top-k always keeps the same number.",
    )


def _min_p_when_hot(result: "NextToken") -> Revelation:
    kept = result.trace.n_kept
    return Revelation(
        _bucket(kept, (51, 1001)),
        f"{kept:,} tokens survive. Min-p asks each token for a tenth of what the likeliest has, "
        "and at temperature 2 many more of them can pay that than before.",
    )


def _after_a_space(result: "NextToken") -> Revelation:
    likeliest = result.names[0]
    still = likeliest.strip("␣") == "Paris"
    return Revelation(
        0 if still else 1,
        f"The likeliest token is now {plain(likeliest)} with "
        f"{result.trace.probs_before.max():.1%}. "
        "The word the model wants is written with its space in front, as one token. "
        "You have already spent the space.",
    )


def _order_matters(result: "NextToken") -> Revelation:
    this, other = result.trace.n_kept, _kept_in_order(result, ("temperature", "top_p"))
    return Revelation(
        0 if this < other else 1 if this == other else 2,
        f"Top-p before temperature keeps {this:,} tokens, after it {other:,}. Cut first, and the "
        "heat is shared among the likely ones; heat first, and the tail has risen into the 90 %.",
    )


def _kept_in_order(result: "NextToken", order: tuple[str, ...]) -> int:
    chain = sampling.SamplingChain(tuple(stage.settings for stage in result.trace.stages))
    with np.errstate(divide="ignore"):
        logits = np.log(result.trace.probs_before)
    return chain.reordered(order).apply(logits).n_kept


def _penalty_on_a_list(result: "NextToken") -> Revelation:
    trace = result.trace
    best_before, best_after = int(trace.probs_before.argmax()), int(trace.probs_after.argmax())
    name = plain(result.names[0])
    return Revelation(
        0 if best_before == best_after else 1,
        f"The model would say {name} with {trace.probs_before[best_before]:.1%}; after the penalty "
        f"it has {trace.probs_after[best_before]:.1%}. A list repeats itself on purpose, and the "
        "penalty cannot tell that from a fault.",
    )


EXPERIMENTS = (
    Experiment(
        title="Sharp or flat",
        task="The model gives every token of its vocabulary a probability. All filters are off.",
        settings=_settings(FRANCE),
        question="How many tokens does it take to hold 90 % of the probability?",
        choices=("1 to 20", "21 to 500", "more than 500"),
        reveal=_tokens_for_nine_tenths,
    ),
    Experiment(
        title="Turn up the heat",
        task="Temperature 2 divides every logit by 2 before the softmax.",
        settings=_settings(FRANCE, temperature=2.0),
        question="How likely is the likeliest token now?",
        choices=("under 10 %", "10 to 50 %", "over 50 %"),
        reveal=_likeliest_when_hot,
    ),
    Experiment(
        title="The long tail",
        task="Temperature 1.5, and only the 50 likeliest tokens may stay.",
        settings=_settings(FRANCE, temperature=1.5, top_k=50),
        question="How much probability is cut with the other tokens?",
        choices=("under 1 %", "1 to 25 %", "over 25 %"),
        reveal=_cut_by_top_k,
    ),
    Experiment(
        title="A flat prompt",
        task="Top-p keeps the likeliest tokens until they hold 90 %. Many words fit this prompt.",
        settings=_settings(FAVOURITE, top_p=0.9),
        question="How many tokens does it keep?",
        choices=("1 to 10", "11 to 100", "more than 100"),
        reveal=_kept_on_flat_prompt,
    ),
    Experiment(
        title="Min-p in the heat",
        task="Temperature 2 again, with min-p 0.1 after it.",
        settings=_settings(FAVOURITE, temperature=2.0, min_p=0.1),
        question="How many tokens survive?",
        choices=("1 to 50", "51 to 1,000", "more than 1,000"),
        reveal=_min_p_when_hot,
    ),
    Experiment(
        title="Order matters",
        task="Temperature 2 and top-p 0.9 again, with top-p first.",
        settings={
            **_settings(FAVOURITE, temperature=2.0, top_p=0.9),
            "sampling_filters": ["top_p", "temperature"],
        },
        question="Does top-p keep fewer tokens than it would after temperature?",
        choices=("fewer", "the same", "more"),
        reveal=_order_matters,
    ),
    Experiment(
        title="A penalty on a list",
        task="Soup and salad take turns. A repetition penalty of 1.5 acts.",
        settings={
            **_settings(LIST, penalties=1.5),
            "sampling_filters": ["penalties"],
        },
        question="Is the likeliest token still the same?",
        choices=("yes", "no"),
        reveal=_penalty_on_a_list,
    ),
    Experiment(
        title="One space more",
        task="The same question about France, with a space typed at the end.",
        settings=_settings(FRANCE + " "),
        question="Is Paris still the likeliest?",
        choices=("yes", "no"),
        reveal=_after_a_space,
    ),
)

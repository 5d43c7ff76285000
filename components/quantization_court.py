"""Step 4 of the quantization lab: is it just rounding? The evidence, and a verdict in words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from components import cached, layout, quantization_asking, shared_work
from components.charts import quantization_run as charts
from components.plain import plain
from components.quantization_work import LINE_UP, LineUpAsked, PutAsked, TrialAsked
from core.quantization import verdict

if TYPE_CHECKING:
    from core.quantization.trial import Trial

TRIAL_KEY = "quantization_lab_trial"
LINE_UP_KEY = "quantization_lab_line_up"

_IDEA_MD = """
Each token of the text is a witness: did the **right** token get a larger or a smaller probability
than before? If rounding were only noise, as many would win as lose, and as much. A model that got
worse loses more than it wins.
"""
_ICONS = {"same": "check", "noise": "graphic_eq", "scratch": "healing", "damage": "heart_broken"}
_KINDS = {"same": "nothing changed", "noise": "noise", "scratch": "a scratch", "damage": "damage"}
_N_WITNESSES = 6


@dataclass(frozen=True, eq=False)
class Court:
    """A trial in court, in the shape that step 3 has."""

    asked: PutAsked
    trial: "Trial"
    line_up: "tuple[Trial, ...] | None"
    """The same scheme with 8, 4, 3 and 2 bits, if that was run."""


def court(asked: TrialAsked) -> Court | None:
    """Judge the chosen scheme, and 8, 4, 3 and 2 bits beside each other.

    Args:
        asked: The trial that is looked at.
    """
    st.markdown(_IDEA_MD)
    found: Trial | None = cached.workbench().result(asked)
    if found is None:
        quantization_asking.start_button(
            "Call the witnesses",
            key=TRIAL_KEY,
            asked=asked,
            help="About ten seconds on two processor cores, if nobody else is waiting.",
        )
        shared_work.view(TRIAL_KEY, quantization_asking.show_step)
    else:
        shared_work.give_up(TRIAL_KEY)
        _verdict(found)
    others = _line_up(asked)
    if found is None:
        return None
    _witnesses(asked.model_id, found)
    return Court(PutAsked(asked, "", 0), found, others)


def sentence(trial: "Trial") -> str:
    """Give the verdict on a trial in words, without markup."""
    before = float(np.exp(trial.comparison.log_probs_before).mean())
    return verdict.in_words(trial.verdict, mean_before=before)


def measured_so_far(asked: TrialAsked) -> None:
    """List every trial on this model and text that anybody on this server has run.

    Args:
        asked: Names model and text.
    """
    found = {
        one: trial
        for one, trial in cached.workbench().results(TrialAsked).items()
        if (one.model_id, one.text) == (asked.model_id, asked.text)
    }
    if len(found) < 2:
        return
    st.markdown("**Measured so far on this text**")
    rows = sorted(found.items(), key=lambda pair: -pair[1].bits_per_weight)
    _table([trial for _, trial in rows], [one for one, _ in rows], key="quantization_lab_so_far")


def _verdict(found: "Trial") -> None:
    kind, _, rest = sentence(found).partition(". ")
    heading = f":material/{_ICONS[found.verdict.kind]}: **{plain(found.title)}: {plain(kind)}.**"
    st.markdown(f"{heading} {plain(rest)}")
    histogram, pairs = st.columns([3, 2])
    with histogram:
        layout.draw(
            charts.delta_p_histogram(found.comparison.delta_p),
            alt="How the probability of the right token changed, losses beside gains",
            key="quantization_lab_delta_p",
        )
        st.caption(
            "The grey line is the blue side mirrored. Where vermilion stands above it, the model "
            "loses more than noise would."
        )
    with pairs:
        layout.draw(
            charts.tails(found.verdict.ranks, found.verdict.percentiles),
            alt="Losing percentiles against winning percentiles of the same rank",
            key="quantization_lab_tails",
        )
        st.caption(
            f"{found.verdict.n_worse:,} tokens lost, {found.verdict.n_better:,} won, of "
            f"{found.verdict.n:,}. Losing tail over winning tail at 5 %: "
            f"{found.verdict.skew:.3g}; 1 is symmetric."
        )


def _witnesses(model_id: str, found: "Trial") -> None:
    """Show the tokens that lost and won most."""
    read = found.comparison
    order = np.argsort(read.delta_p)
    picked = [*order[:_N_WITNESSES], *order[::-1][:_N_WITNESSES]]
    names = cached.token_names(model_id, tuple(read.token_ids.tolist()))
    frame = pd.DataFrame(
        {
            "Before it": ["".join(names[max(0, place - 7) : place + 1]) for place in picked],
            "Right token": [names[place + 1] for place in picked],
            "Before": np.exp(read.log_probs_before[picked]),
            "After": np.exp(read.log_probs_after[picked]),
            "Change": 100 * read.delta_p[picked],
        }
    )
    st.markdown("**The loudest witnesses**")
    st.dataframe(
        frame,
        hide_index=True,
        key="quantization_lab_witnesses",
        alt="The tokens whose probability fell and rose most",
        column_config={
            "Before": st.column_config.NumberColumn(format="%.3f"),
            "After": st.column_config.NumberColumn(format="%.3f"),
            "Change": st.column_config.NumberColumn("Change (points)", format="%+.1f"),
        },
    )


def _line_up(asked: TrialAsked) -> "tuple[Trial, ...] | None":
    st.subheader("Just rounding at 8, 4, 3 and 2 bits?", anchor=False)
    trials = tuple(
        TrialAsked(asked.model_id, scheme, "", asked.scope, asked.text) for scheme in LINE_UP
    )
    wanted = LineUpAsked(trials)
    found = cached.workbench().result(wanted)
    if found is None:
        quantization_asking.start_button(
            "Try all four",
            key=LINE_UP_KEY,
            asked=wanted,
            help="About forty seconds on two processor cores, if nobody else is waiting.",
        )
        shared_work.view(LINE_UP_KEY, quantization_asking.show_step)
        return None
    shared_work.give_up(LINE_UP_KEY)
    told = " · ".join(
        f"{one.scheme.bits:g} bits: **{_KINDS[trial.verdict.kind]}**"
        for one, trial in zip(trials, found, strict=True)
    )
    st.markdown(told)
    layout.draw(
        charts.line_up(
            [trial.title for trial in found],
            [trial.bits_per_weight for trial in found],
            [trial.comparison.delta_p for trial in found],
        ),
        alt="Changes of the right token's probability at 8, 4, 3 and 2 bits",
        key="quantization_lab_line_up_chart",
    )
    st.caption(
        "For each scheme: the middle half of all tokens, nine in ten, and 98 in 100, from strong "
        "to pale. Amber: the mean. A small model feels the same rounding more than a large one "
        "does (Li et al., 2020, Train Large, Then Compress)."
    )
    _table(list(found), list(trials), key="quantization_lab_line_up_table")
    return found


def _table(trials: "list[Trial]", asked: list[TrialAsked], *, key: str) -> None:
    frame = pd.DataFrame(
        {
            "Scheme": [trial.title for trial in trials],
            "Rounded": ["all" if one.scope == "all" else "layers" for one in asked],
            "Bits": [trial.bits_per_weight for trial in trials],
            "Size": [trial.size_bits_after / 8e6 for trial in trials],
            "Perplexity": [trial.comparison.perplexity_after for trial in trials],
            "KL": [trial.comparison.mean_divergence for trial in trials],
            "Same favourite": [100 * trial.comparison.top_agreement for trial in trials],
            "Mean change": [100 * trial.verdict.mean for trial in trials],
            "Verdict": [_KINDS[trial.verdict.kind] for trial in trials],
        }
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        frame,
        hide_index=True,
        key=key,
        alt="Size, perplexity, divergence and verdict of each scheme",
        column_config={
            "Bits": number(format="%.2f", help="Per weight, over the whole model."),
            "Size": number("Size (MB)", format="%.0f"),
            "Perplexity": number(format="%.4g"),
            "KL": number("KL (nats)", format="%.3g"),
            "Same favourite": number(format="%.1f %%"),
            "Mean change": number("Mean Δp (points)", format="%+.2f"),
        },
    )

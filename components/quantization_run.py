"""Step 3 of the quantization lab: the whole model in a scheme, put back and run."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from components import (
    cached,
    controls,
    layout,
    quantization_asking,
    quantization_court,
    quantization_speeds,
    shared_work,
    token_strip,
)
from components.plain import plain
from components.quantization_work import Put, PutAsked, TrialAsked
from core.quantization import evaluation, model_weights, sample_texts, trial, verdict

if TYPE_CHECKING:
    from core.quantization.trial import Trial

RUN_KEY = "quantization_lab_run"

PUT_BACK_CODE = (model_weights.rebuild, evaluation.compare, evaluation.compare_rows)
COURT_CODE = (verdict.judge, trial.of_scheme)

_ANSWERS = {
    "same": "It is, and here the model does not notice.",
    "noise": "It is, and here it adds no more than noise.",
    "scratch": "It is, but that does not make it free: here it leaves a scratch.",
    "damage": "It is, but that does not make it harmless: here the model gets worse.",
}
"""What a verdict says to the guide's sentence."""


def put_back() -> Put | None:
    """Ask for a model, a scheme and a text, run both models, and show what changed."""
    lm, asked = quantization_asking.read_trial()
    seed = _seed()
    field, button = st.columns([3, 2], vertical_alignment="bottom")
    with field:
        put_asked = PutAsked(asked, _prompt(), seed)
    found: Put | None = cached.workbench().result(put_asked)
    with button:
        quantization_asking.start_button(
            "Put it back and run it",
            key=RUN_KEY,
            asked=put_asked,
            is_done=found is not None,
            help="About fifteen seconds on two processor cores, if nobody else is waiting.",
        )
    if found is None:
        shared_work.view(RUN_KEY, quantization_asking.show_step)
    else:
        shared_work.give_up(RUN_KEY)
        show_trial(found.trial)
        _show_texts(found)
        st.markdown(f":material/gavel: {plain(quantization_court.sentence(found.trial))}")
    quantization_asking.note(lm)
    quantization_court.measured_so_far(asked)
    quantization_speeds.show(lm)
    return found


def court() -> Any | None:
    """Step 4; see ``quantization_court``."""
    lm, asked = quantization_asking.read_trial()
    found = quantization_court.court(asked)
    quantization_asking.note(lm)
    return found


def earned(result: Any) -> str:
    """Say what the result shows about "just rounding", with its numbers."""
    found: Trial = result.trial
    before, after = found.comparison.perplexity_before, found.comparison.perplexity_after
    _, _, evidence = quantization_court.sentence(found).partition(". ")
    return (
        f"{_ANSWERS[found.verdict.kind]} {plain(found.title)} stores a weight in "
        f"{found.bits_per_weight:.3g} bits instead of 16; perplexity goes from {before:.2f} to "
        f"{after:,.2f}. {plain(evidence)}"
    )


def script(result: Any) -> str:
    """Write the program that reproduces the row of the trial."""
    from core.model_store import catalog
    from core.quantization import run_scripts

    asked: TrialAsked = result.asked.trial
    return run_scripts.trial_script(
        asked.text,
        asked.scheme,
        scope="layers" if asked.kernel else asked.scope,
        kernel=asked.kernel,
        folder=asked.model_id.replace("/", "--"),
        hub_id=catalog.hub_id(asked.model_id),
    )


def show_trial(found: "Trial") -> None:
    """Show the figures of a trial in one row."""
    read = found.comparison
    row = st.container(horizontal=True)
    row.metric(
        "Size",
        f"{found.size_bits_after / 8e6:.3g} MB",
        f"{found.size_bits_after / found.size_bits_before - 1:+.0%}",
        delta_color="off",
        help=f"Of the weights, all scales counted. At 16 bits: {found.size_bits_before / 8e6:.3g} "
        "MB.",
    )
    row.metric(
        "Bits per weight",
        f"{found.bits_per_weight:.3g}",
        help="Over the whole model; what was not rounded counts with 16.",
    )
    change = read.perplexity_after / read.perplexity_before - 1
    row.metric(
        "Perplexity",
        f"{read.perplexity_after:,.4g}",
        f"{change:+.2%}" if change < 10 else f"× {change + 1:,.0f}",
        delta_color="inverse" if abs(change) > 5e-4 else "off",
        help=f"Among how many tokens the model wavers. The original: {read.perplexity_before:.4g}.",
    )
    row.metric(
        "KL divergence",
        f"{read.mean_divergence:.3g} nats",
        help="How far the whole distribution is from the original's, per token.",
    )
    row.metric(
        "Same favourite",
        f"{read.top_agreement:.1%}",
        help="How often both models think the same token likeliest.",
    )
    how = (
        "Simulated: the weights were rounded and expanded again, and computed with in float32. The "
        "answers are those of the scheme; the speed is not."
        if found.is_simulated
        else "Computed with bitsandbytes' own kernel on this processor."
    )
    st.caption(f"{how} Read: {read.token_ids.size:,} tokens.")


def _seed() -> int:
    with st.sidebar:
        return controls.whole_number(
            "Seed",
            0,
            2**31 - 1,
            7,
            key="quantization_lab_seed",
            help="The same seed throws the same dice for both models.",
        )


def _prompt() -> str:
    prompt = controls.short_text(
        "Both models continue",
        sample_texts.FIRST_WORDS,
        key="quantization_lab_prompt",
        help="The beginning of a text. The same dice fall for both models.",
        max_chars=200,
    )
    if not prompt:
        layout.ask_again("Type the beginning of a text for both models to continue.")
    return prompt


def _show_texts(found: Put) -> None:
    parting = found.parting
    names = ("The original", found.trial.title)
    for column, name, text in zip(st.columns(2), names, found.texts, strict=True):
        key = f"{RUN_KEY}_{'before' if text is found.texts[0] else 'after'}"
        st.session_state[token_strip.selection_key(key)] = parting
        with column:
            st.markdown(f"**{plain(name)}** · {text.tokens_per_s:.3g} tokens per second")
            token_strip.token_strip(found.asked.prompt, text.tokens, key=key)
    st.caption(
        "The same dice fell for both, and the texts are the same, token by token."
        if parting is None
        else f"The same dice fell for both. They part at token {parting + 1}, underlined."
    )

"""What the next-token lab shows, in pieces: filters, numbers, picture, dice, growing text."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from components import cached, controls, filter_bench, generation, layout
from components.charts import next_token as charts
from components.plain import plain
from components.token_strip import StripToken
from core.language_models import dice, filters, sampling, scripts, steps
from core.model_store import catalog

if TYPE_CHECKING:
    from core.language_models.decoding import DecodingStep
    from core.language_models.next_token import Prompt
    from core.model_store.loading import LoadedModel

N_SHOWN = 15
"""Tokens in the main picture."""

N_PIECES = 60
"""Tokens that get a piece of their own on the dice bar."""

MAX_CHARACTERS = 20_000
"""Longer prompts are refused before they are split into tokens."""

RUN_KEY = "sampling_run"


@dataclass(frozen=True, eq=False)
class NextToken:
    """One computed next-token distribution and the names of its likeliest tokens."""

    prompt: "Prompt"
    trace: sampling.SamplingTrace
    bar: dice.CumulativeBar
    """The tokens that are left, end to end."""
    token_ids: np.ndarray
    """The model's likeliest tokens, likeliest first, shape (N_SHOWN,)."""
    names: tuple[str, ...]
    """Their visible names, shape (N_SHOWN,)."""


def length_control() -> int:
    """Ask how long a text may become, in tokens."""
    return controls.number_slider(
        "Tokens",
        5,
        200,
        40,
        step=5,
        key="sampling_tokens",
        help="The text ends here at the latest.",
    )


def guard_prompt(
    prompt: str, *, ask: str = "Type a prompt to see what the model would say next."
) -> None:
    """End the run with a sentence if there is nothing to read, or far too much.

    Args:
        prompt: What the reader typed.
        ask: What to say when that is nothing.
    """
    if not prompt:
        st.info(ask, icon=":material/edit:")
        st.stop()
    if len(prompt) > MAX_CHARACTERS:
        st.info(
            f"This prompt has {len(prompt):,} characters. Shorten it to {MAX_CHARACTERS:,}; the "
            "model reads only the end of a long text anyway.",
            icon=":material/content_cut:",
        )
        st.stop()


def next_token(
    model_id: str, prompt: str, chain: sampling.SamplingChain, *, seed: int
) -> NextToken:
    """Run the model on the prompt, or recall that, and apply the filters.

    Args:
        model_id: A model that is loaded.
        prompt: Text that has passed ``guard_prompt``.
        chain: The filters.
        seed: Seed of the dice, for filters that toss a coin.
    """
    logits = cached.next_token_logits(model_id, prompt)
    read = cached.encoded_prompt(model_id, prompt)
    trace = chain.apply(
        logits, filters.History(token_ids=read.token_ids, coin=float(dice.coins(seed, 1)[0]))
    )
    best = steps.likeliest(logits, trace.probs_before, trace.probs_after, n=N_SHOWN)
    likeliest = np.array([token.token_id for token in best])
    return NextToken(
        prompt=read,
        trace=trace,
        bar=dice.cumulative_bar(trace.probs_after),
        token_ids=likeliest,
        names=cached.token_names(model_id, tuple(likeliest.tolist())),
    )


def metrics(result: NextToken) -> None:
    """Show the numbers of the distribution in one row."""
    trace = result.trace
    row = st.container(horizontal=True)
    row.metric(
        "Likeliest",
        result.names[0],
        help="The token with the highest probability before the filters.",
    )
    row.metric("Its probability", f"{trace.probs_before.max():.3g}")
    row.metric(
        "Tokens kept", f"{trace.n_kept:,}", help=f"Of {trace.kept.size:,} in the vocabulary."
    )
    row.metric(
        "Cut", f"{trace.cut_mass:.2%}", help="Probability that the model gave to the cut tokens."
    )
    row.metric(
        "Long tail",
        f"{1 - trace.probs_after[result.token_ids].sum():.2%}",
        help=f"Probability, after the filters, of all tokens that are not among these {N_SHOWN}.",
    )
    row.metric(
        "Entropy",
        f"{trace.entropy_after_bits:.2f} bits",
        f"{trace.entropy_after_bits - trace.entropy_before_bits:+.2f} by filters",
        delta_color="off",
        help="How open the choice is: 0 bits is certain, 1 bit is a fair coin.",
    )


def picture(result: NextToken) -> None:
    """Draw the likeliest tokens before and after the filters."""
    trace, ids = result.trace, result.token_ids
    layout.draw(
        charts.likeliest_tokens(
            result.names, ids, trace.probs_before[ids], trace.probs_after[ids], trace.kept[ids]
        ),
        alt="The likeliest next tokens before and after the filters",
        key="sampling_likeliest",
    )


def stages(result: NextToken) -> None:
    """Show what each filter of the chain did."""
    trace = result.trace
    best = np.argsort(-trace.probs_before, kind="stable")[: filter_bench.N_BARS]
    filter_bench.show_stages(trace, best.tolist())


def prompt_note(result: NextToken, lm: "LoadedModel") -> str:
    """Say how much of the prompt was read, and what is known about the weights."""
    read = len(result.prompt.token_ids)
    note = f"The model read {read:,} tokens"
    if result.prompt.n_cut:
        note += f"; {result.prompt.n_cut:,} at the beginning did not fit and were left out"
    return f"{note}. {plain(lm.title)}: {plain(lm.note)}"


def throw_once(model_id: str, result: NextToken, *, seed: int) -> None:
    """Throw the dice once and show where on the bar it fell."""
    throw = dice.draw(result.bar, float(dice.uniforms(seed, 1)[0]))
    pieces = result.bar.token_ids[:N_PIECES]
    layout.draw(
        charts.dice_bar(
            cached.token_names(model_id, tuple(pieces.tolist())),
            result.bar.probs[:N_PIECES],
            uniform=throw.uniform,
            chosen=throw.position if throw.position < pieces.size else None,
        ),
        alt="The distribution laid end to end, with the place where the dice fell",
        key="sampling_dice",
    )
    (name,) = cached.token_names(model_id, (throw.token_id,))
    st.markdown(
        f"Seed {seed} throws **{throw.uniform:.6f}**. That lies between {throw.low:.6f} and "
        f"{throw.high:.6f}, the piece of **{plain(name)}**, number {throw.position + 1:,} on "
        "the bar."
    )


def throw_many(result: NextToken, *, n: int, seed: int) -> None:
    """Throw the dice many times and show the counts beside what theory expects."""
    drawn = dice.draw_many(result.trace.probs_after, n=n, seed=seed)
    ids = result.token_ids
    layout.draw(
        charts.counts_against_theory(
            result.names,
            ids,
            drawn.counts[ids],
            drawn.expected[ids],
            drawn.standard_errors[ids],
        ),
        alt="How often each token was drawn, beside the expected counts",
        key="sampling_counts",
    )
    st.caption(
        f"{drawn.counts[ids].sum():,} of {n:,} throws fell on these {N_SHOWN} tokens; "
        f"{int(np.count_nonzero(drawn.counts)):,} different tokens came up. Bar: drawn. Tick: "
        "expected, with two standard errors to each side."
    )


def token_text(lm: "LoadedModel", token_id: int) -> str:
    """Return the text that a token adds; for bytes and special tokens their visible name."""
    from core.language_models import vocabulary

    visible = vocabulary.visible_token(lm.tokenizer, token_id)
    if visible.kind not in ("text", "space"):
        return visible.text
    token = lm.tokenizer.convert_ids_to_tokens(token_id) or ""
    return vocabulary.token_bytes(lm.tokenizer, token).decode("utf-8")


def drawn_token(lm: "LoadedModel", step: "DecodingStep") -> generation.DrawnToken:
    """Turn one decoding step into what the growing text shows."""
    from core.language_models import vocabulary

    visible = vocabulary.visible_token(lm.tokenizer, step.token_id)
    left = [one for one in step.alternatives if one.prob > 0]
    return generation.DrawnToken(
        strip=StripToken(
            text=token_text(lm, step.token_id),
            shown=visible.text,
            kind=visible.kind,
            token_id=step.token_id,
            prob=step.raw_prob,
            rank=step.rank,
            surprisal_bits=step.surprisal_bits,
            vocab_size=step.probs.size,
        ),
        alternative_ids=tuple(one.token_id for one in left),
        alternative_names=tuple(
            vocabulary.visible_token(lm.tokenizer, one.token_id).text for one in left
        ),
        alternative_probs=tuple(one.prob for one in left),
        uniform=None if step.is_forced else step.uniform,
    )


def start_text(
    lm: "LoadedModel",
    prompt: str,
    chain: sampling.SamplingChain,
    *,
    seed: int,
    max_new_tokens: int,
    forced: tuple[int, ...] = (),
) -> None:
    """Begin a text; it waits for its turn and grows in ``generation.generation_view``.

    Args:
        lm: The model, shared by all sessions.
        prompt: The text to continue.
        chain: The filters.
        seed: Seed of the dice.
        max_new_tokens: Where it ends at the latest.
        forced: Token ids to begin with, instead of the dice's.
    """
    from core.language_models import decoding

    read = cached.encoded_prompt(lm.model_id, prompt)
    steps = decoding.sample(
        lm,
        read.token_ids,
        chain=chain,
        seed=seed,
        max_new_tokens=max_new_tokens,
        forced=forced,
    )
    generation.begin(
        RUN_KEY, prompt=prompt, steps=steps, draw=partial(drawn_token, lm), forced=forced
    )


def script(
    model_id: str, prompt: str, chain: sampling.SamplingChain, *, seed: int, n_tokens: int
) -> str:
    """Write the program that reproduces the distribution, the throw and the text."""
    from core.language_models import next_token

    return scripts.next_token_script(
        prompt,
        chain,
        seed=seed,
        n_tokens=n_tokens,
        folder=model_id.replace("/", "--"),
        hub_id=catalog.hub_id(model_id),
        max_tokens=next_token.MAX_PROMPT_TOKENS,
    )

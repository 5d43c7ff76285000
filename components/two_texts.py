"""Two settings under the same dice: two texts side by side, and figures over twenty seeds."""

from collections.abc import Iterator
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from components import controls, experiments, generation, layout, sampling_lab, token_strip
from components.charts import sampling_texts as charts
from components.experiments import Experiment, Revelation
from components.plain import plain
from core.language_models import filters, sampling, text_statistics

if TYPE_CHECKING:
    from core.language_models.decoding import DecodingStep
    from core.language_models.text_statistics import TextFigures
    from core.model_store.loading import LoadedModel

PAIR_KEY = "sampling_pair"
MANY_KEY = "sampling_many"
N_SEEDS = 20

_FIGURES = {
    "Mean surprisal (bits)": "mean_surprisal_bits",
    "Mean entropy (bits)": "mean_entropy_bits",
    "Distinct words": "distinct_1",
    "Distinct pairs": "distinct_2",
    "Repetition": "repetition_rate",
}


def _hotter(figures: "dict[str, list[TextFigures]]") -> Revelation:
    a, b = (pd.Series([one.mean_surprisal_bits for one in figures[text]]).median() for text in "AB")
    difference = b - a
    return Revelation(
        0 if difference < 1 else 1 if difference < 3 else 2,
        f"Half of the texts of A surprise the model by less than {a:.2f} bits per token, half of "
        f"those of B by less than {b:.2f}. That is what rambling measures as.",
    )


EXPERIMENTS = (
    Experiment(
        title="Does heat ramble",
        task="A at temperature 0.7, B at 1.5, the same twenty seeds. Then choose Over 20 seeds.",
        settings={
            "sampling_filters": ["temperature"],
            "sampling_temperature": 0.7,
            "sampling_b_temperature": 1.5,
            "sampling_b_chain": "",
        },
        question="How much more does B surprise the model, per token?",
        choices=("under 1 bit", "1 to 3 bits", "over 3 bits"),
        reveal=_hotter,
    ),
)


def with_temperature(chain: sampling.SamplingChain, value: float) -> sampling.SamplingChain:
    """Return the chain with another temperature, put in front if it has none."""
    hot = filters.Temperature(value)
    if not any(stage.card.key == "temperature" for stage in chain.stages):
        return sampling.SamplingChain((hot, *chain.stages))
    return sampling.SamplingChain(
        tuple(hot if stage.card.key == "temperature" else stage for stage in chain.stages)
    )


def show(
    lm: "LoadedModel",
    prompt: str,
    chain: sampling.SamplingChain,
    *,
    seed: int,
    max_new_tokens: int,
) -> sampling.SamplingChain:
    """Show the view: settings of B, both texts, and the figures over twenty seeds.

    Args:
        lm: The model, shared by all sessions.
        prompt: The text to continue.
        chain: The filters of A.
        seed: Seed of the dice of both.
        max_new_tokens: Where each text ends at the latest.

    Returns:
        The chain of A, with which a script writes the same text.
    """
    st.markdown(
        "The same dice fall for both texts. **A** has the filters at the side; **B** has them with "
        "another temperature. Where the texts part, only the settings can be the reason."
    )
    other = _chain_of_b(chain)
    asked = (lm.model_id, prompt, chain, other, seed, max_new_tokens)
    with st.container(horizontal=True):
        st.button(
            "Write both",
            icon=":material/edit_note:",
            type="primary",
            key="sampling_write_both",
            on_click=_write_both,
            args=(lm, asked),
        )
        st.button(
            f"Over {N_SEEDS} seeds",
            icon=":material/stacked_bar_chart:",
            key="sampling_write_many",
            on_click=_write_many,
            args=(lm, asked),
            help=f"Writes {2 * N_SEEDS} texts, twenty at a time: about half a minute for 20 "
            "tokens each on two processor cores, if nobody else is waiting.",
        )
    generation.progress_view(PAIR_KEY, partial(_show_pair, asked))
    generation.progress_view(MANY_KEY, partial(_show_many, asked))
    run = st.session_state.get(MANY_KEY)
    is_there = run is not None and run.state == "finished" and run.asked == asked
    experiments.try_this(
        EXPERIMENTS, _figures_of_many(run) if is_there else None, url_path="sampling_two"
    )
    return chain


def _chain_of_b(chain: sampling.SamplingChain) -> sampling.SamplingChain:
    temperature = controls.number_slider(
        "Temperature of B",
        0.05,
        3.0,
        1.5,
        step=0.05,
        key="sampling_b_temperature",
        help="B has the filters of A, with this temperature.",
    )
    written = st.text_input(
        "Or write B's filters yourself",
        key="sampling_b_chain",
        placeholder=with_temperature(chain, temperature).to_text(),
        help="Filters joined by ~, each with its numbers after a colon, in the order they act.",
        bind="query-params",
    )
    if not written:
        return with_temperature(chain, temperature)
    try:
        return sampling.SamplingChain.from_text(written.strip())
    except ValueError as error:
        st.info(
            f"B's filters cannot be read: {plain(str(error))}. Write them like "
            "`top_k:40~temperature:0.7`.",
            icon=":material/edit:",
        )
        st.stop()


def _write_both(lm: "LoadedModel", asked: tuple) -> None:
    _, prompt, *_ = asked
    steps = both(lm, asked)
    generation.begin(PAIR_KEY, prompt=prompt, steps=steps, draw=lambda pair: pair, asked=asked)


def both(lm: "LoadedModel", asked: tuple) -> Iterator[tuple]:
    """Write two texts with the same dice, in turns.

    Args:
        lm: The model.
        asked: Model, prompt, filters of A, filters of B, seed, tokens.

    Yields:
        "A" or "B", the step without its large arrays, and the token as the strip draws it.
    """
    from core.language_models import decoding, next_token

    _, prompt, chain, other, seed, n_tokens = asked
    ids = next_token.encode_prompt(lm, prompt).token_ids
    texts = [
        decoding.sample(lm, ids, chain=one, seed=seed, max_new_tokens=n_tokens)
        for one in (chain, other)
    ]
    for pair in zip_longest(*texts):
        for name, step in zip("AB", pair, strict=True):
            if step is not None:
                yield name, step.without_arrays(), sampling_lab.drawn_token(lm, step).strip


def _write_many(lm: "LoadedModel", asked: tuple) -> None:
    generation.begin(
        MANY_KEY,
        prompt=asked[1],
        steps=many(lm, asked),
        draw=lambda pair: pair,
        asked=asked,
    )


def many(lm: "LoadedModel", asked: tuple) -> Iterator[tuple]:
    """Write twenty texts with A's filters in one batch, then twenty with B's, from the same seeds.

    Args:
        lm: The model.
        asked: Model, prompt, filters of A, filters of B, first seed, tokens.

    Yields:
        "A" or "B", and one step per text, None for a text that has ended.
    """
    from core.language_models import decoding, next_token

    _, prompt, chain, other, seed, n_tokens = asked
    ids = next_token.encode_prompt(lm, prompt).token_ids
    seeds = range(seed, seed + N_SEEDS)
    for name, one in (("A", chain), ("B", other)):
        for taken in decoding.sample_many(lm, ids, chain=one, seeds=seeds, max_new_tokens=n_tokens):
            yield name, tuple(step and step.without_arrays() for step in taken)


def _show_pair(asked: tuple, run: generation.Run) -> None:
    _tell_if_old(asked, run)
    texts: dict[str, list[DecodingStep]] = {
        text: [step for name, step, _ in run.tokens if name == text] for text in "AB"
    }
    ids = {text: [step.token_id for step in steps] for text, steps in texts.items()}
    n_both = min(len(ids["A"]), len(ids["B"]))
    parting = text_statistics.first_divergence(ids["A"][:n_both], ids["B"][:n_both])
    for column, text in zip(st.columns(2), "AB", strict=True):
        key = f"{PAIR_KEY}_{text}"
        st.session_state[token_strip.selection_key(key)] = parting
        with column:
            st.markdown(f"**{text}**")
            token_strip.token_strip(
                run.prompt,
                [strip for name, _, strip in run.tokens if name == text],
                key=key,
                running=run.active,
            )
    if run.active or not n_both:
        return
    st.caption(
        "The texts are the same, token by token."
        if parting is None
        else f"They part at token {parting + 1}, underlined: the dice fell on the same number, and "
        "the pieces of the bar were different."
    )
    figures = {text: text_statistics.figures_of(steps) for text, steps in texts.items()}
    _figure_table({text: [one] for text, one in figures.items()}, key="sampling_pair_figures")
    layout.draw(
        charts.entropy_along(*([s.raw_entropy_bits for s in texts[text]] for text in "AB")),
        alt="Entropy of the model's choice at each token of both texts",
        key="sampling_entropy_along",
    )


def _figures_of_many(run: generation.Run) -> "dict[str, list[TextFigures]]":
    found = {}
    for text in "AB":
        columns = zip(*(taken for name, taken in run.tokens if name == text), strict=True)
        found[text] = [
            text_statistics.figures_of([step for step in column if step is not None])
            for column in columns
        ]
    return found


def _show_many(asked: tuple, run: generation.Run) -> None:
    _tell_if_old(asked, run)
    n_tokens = run.asked[-1]
    if run.active:
        done = len(run.tokens) / (2 * n_tokens)
        st.progress(min(1.0, done), text=f"{2 * N_SEEDS} texts of up to {n_tokens} tokens")
        return
    if run.state != "finished":
        st.caption("You stopped it before all texts were written.")
        return
    figures = _figures_of_many(run)
    title = controls.choice("Figure", tuple(_FIGURES), key="sampling_figure")
    name = _FIGURES[title]
    layout.draw(
        charts.figure_of_many(
            *([getattr(one, name) for one in figures[text]] for text in "AB"),
        ),
        alt=f"{title} of {N_SEEDS} texts of A and of B",
        key="sampling_figure_of_many",
    )
    _figure_table(figures, key="sampling_many_figures")


def _figure_table(figures: "dict[str, list[TextFigures]]", *, key: str) -> None:
    rows = [
        {
            "Text": text,
            "Tokens": pd.Series([one.n_tokens for one in found]).median(),
            **{
                title: pd.Series([getattr(one, name) for one in found]).median()
                for title, name in _FIGURES.items()
            },
        }
        for text, found in figures.items()
    ]
    precise = st.column_config.NumberColumn(format="%.3f")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key=key,
        alt="Figures of the texts of A and of B",
        column_config=dict.fromkeys(_FIGURES, precise),
    )
    if len(figures["A"]) > 1:
        st.caption("Medians over the texts.")


def _tell_if_old(asked: tuple, run: generation.Run) -> None:
    if run.asked != asked and not run.active:
        st.caption(":material/history: Written with other settings than those on screen now.")

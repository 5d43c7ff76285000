"""A text of the reader's own, read as the model does: how surprising is each token?"""

import random
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from components import controls, experiments, generation, layout, sampling_lab, token_strip
from components.charts import sampling_texts as charts
from components.experiments import Experiment, Revelation

if TYPE_CHECKING:
    from core.model_store.loading import LoadedModel

RUN_KEY = "sampling_reading"
N_MOST_SURPRISING = 8
FLUENT = (
    "The cat sat on the mat and looked out of the window. It was raining, and the street was empty."
)

Readings = dict[str, list[tuple]]
"""Name of a text to its tokens: what was read, and how the strip draws it."""


def _shuffled_is_harder(readings: Readings) -> Revelation:
    first, second = (_perplexity(tokens) for tokens in readings.values())
    ratio = second / first
    return Revelation(
        0 if ratio < 2 else 1 if ratio < 10 else 2,
        f"Perplexity {first:,.1f} in order, {second:,.1f} shuffled: {ratio:,.1f} times. The words "
        "are the same; what the model knows is which of them follow each other.",
    )


EXPERIMENTS = (
    Experiment(
        title="The same words shuffled",
        task="One text in its order, and the same words in another. Then choose Read.",
        settings={"sampling_text": FLUENT, "sampling_second": "The same words shuffled"},
        question="How many times larger is the perplexity of the shuffled text?",
        choices=("under 2 times", "2 to 10 times", "over 10 times"),
        reveal=_shuffled_is_harder,
    ),
)


def shuffled(text: str, seed: int) -> str:
    """Return the words of a text in another order; the same seed gives the same order."""
    words = text.split()
    random.Random(seed).shuffle(words)
    return " ".join(words)


def show(lm: "LoadedModel", *, seed: int) -> None:
    """Show the view: two texts, their tokens coloured, their figures.

    Args:
        lm: The model, shared by all sessions.
        seed: Seed of the shuffling.
    """
    st.markdown(
        "Paste any text. The model reads it from the left and says at each place how likely the "
        "token that really comes was: dark is expected, pale is a surprise."
    )
    text = controls.long_text(
        "Your text", FLUENT, key="sampling_text", help="The text that the model reads."
    )
    second = controls.choice(
        "Compare with", ("The same words shuffled", "Another text"), key="sampling_second"
    )
    if second == "Another text":
        other = controls.long_text(
            "The other text", "", key="sampling_other", help="Read beside the first one."
        )
    else:
        other = shuffled(text, seed)
    sampling_lab.guard_prompt(text, ask="Type or paste a text for the model to read.")
    asked = (lm.model_id, text, second, other)
    st.button(
        "Read",
        icon=":material/menu_book:",
        type="primary",
        key="sampling_read",
        on_click=_read,
        args=(lm, asked),
    )
    generation.progress_view(RUN_KEY, partial(_show_run, asked))
    run = st.session_state.get(RUN_KEY)
    is_there = run is not None and run.state == "finished" and run.asked == asked
    experiments.try_this(EXPERIMENTS, _readings(run) if is_there else None, url_path="sampling_own")


def _read(lm: "LoadedModel", asked: tuple) -> None:
    generation.begin(
        RUN_KEY, prompt="", steps=readings(lm, asked), draw=lambda token: token, asked=asked
    )


def readings(lm: "LoadedModel", asked: tuple) -> Iterator[tuple]:
    """Read both texts.

    Args:
        lm: The model.
        asked: Model, text, the name of the second text, the second text.

    Yields:
        Name of the text, token as it was read, token as the strip draws it.
    """
    from core.language_models import next_token, reading, vocabulary

    _, text, second, other = asked
    for name, one in (("Your text", text), (second, other)):
        if not one.strip():
            continue
        ids = next_token.encode_prompt(lm, one, max_tokens=reading.MAX_READING_TOKENS).token_ids
        for token in reading.read_text(lm, ids):
            visible = vocabulary.visible_token(lm.tokenizer, token.token_id)
            said = token.rank > 0
            yield (
                name,
                token,
                token_strip.StripToken(
                    text=sampling_lab.token_text(lm, token.token_id),
                    shown=visible.text,
                    kind=visible.kind,
                    token_id=token.token_id,
                    prob=token.prob if said else 0.0,
                    rank=token.rank,
                    surprisal_bits=token.surprisal_bits if said else 0.0,
                    vocab_size=lm.model.config.vocab_size,
                ),
                visible.text,
                vocabulary.visible_token(lm.tokenizer, token.guess_id).text if said else "",
            )


def _readings(run: generation.Run) -> Readings:
    found: Readings = {}
    for name, *token in run.tokens:
        found.setdefault(name, []).append(tuple(token))
    return found


def _perplexity(tokens: list[tuple]) -> float:
    bits = [token.surprisal_bits for token, *_ in tokens]
    return float(2.0 ** np.nanmean(bits)) if len(bits) > 1 else float("nan")


def _show_run(asked: tuple, run: generation.Run) -> None:
    from core.language_models import reading

    if run.asked != asked and not run.active:
        st.caption(":material/history: This is what was read before the text was changed.")
    found = _readings(run)
    for place, (column, (name, tokens)) in enumerate(
        zip(st.columns(2), found.items(), strict=False)
    ):
        with column:
            st.markdown(f"**{name}**")
            chosen = token_strip.token_strip(
                "", [strip for _, strip, *_ in tokens], key=f"{RUN_KEY}_{place}"
            )
            if not run.active:
                st.metric("Perplexity", f"{_perplexity(tokens):,.1f}")
                _most_surprising(tokens, key=f"{RUN_KEY}_table_{place}")
            if chosen is not None:
                _what_was_expected(tokens[chosen])
    if run.active or not found:
        return
    running = [
        reading.perplexity_so_far([token.surprisal_bits for token, *_ in tokens]).tolist()
        for tokens in found.values()
    ]
    layout.draw(
        charts.perplexity_along(list(found), running),
        alt="Perplexity of each text up to each token",
        key="sampling_perplexity_along",
    )
    st.caption(
        f"Each token sees at least the {reading.WINDOW - reading.STRIDE} tokens before it, as far "
        f"as there are any. The first token has none, so it has no surprise. At most "
        f"{reading.MAX_READING_TOKENS:,} tokens are read."
    )


def _what_was_expected(drawn: tuple) -> None:
    token, _, shown, guess = drawn
    if not token.rank:
        st.caption("The first token: nothing announces it.")
        return
    st.code(
        f"{shown}\nrank {token.rank:,}, {token.surprisal_bits:.2f} bits\nexpected: {guess}",
        language=None,
    )


def _most_surprising(tokens: list[tuple], *, key: str) -> None:
    from core.language_models import reading

    drawn = {token.index: (shown, guess) for token, _, shown, guess in tokens}
    rows = [
        {
            "Token": drawn[token.index][0],
            "Place": token.index + 1,
            "Bits": token.surprisal_bits,
            "Rank": token.rank,
            "Expected instead": drawn[token.index][1],
        }
        for token in reading.most_surprising([one for one, *_ in tokens], N_MOST_SURPRISING)
    ]
    if rows:
        st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            key=key,
            alt="The tokens that the model expected least",
            column_config={"Bits": st.column_config.NumberColumn(format="%.1f")},
        )

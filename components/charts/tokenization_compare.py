"""Pictures that compare tokenizers: a word written in five ways, a sentence in many languages."""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from components.charts import palette
from components.charts.drawing import Drawing, specification

if TYPE_CHECKING:
    from core.tokenization.fertility import Fertility

_WORDS = alt.Axis(labelLimit=170, labelOverlap=False, ticks=False, domain=False)


def word_counts(
    tokenizers: Sequence[str],
    variants: Sequence[str],
    counts: Sequence[Sequence[int]],
    pieces: Sequence[Sequence[str]],
) -> Drawing:
    """Draw how many tokens each way to write a word takes.

    Args:
        tokenizers: Titles, shape (n,).
        variants: Names of the ways to write it, shape (m,).
        counts: Tokens, shape (n, m).
        pieces: The tokens as text, shape (n, m).

    Returns:
        A table of n rows and m columns, darker for more tokens.
    """
    n, m = len(tokenizers), len(variants)
    frame = pd.DataFrame(
        {
            "Tokenizer": np.repeat(list(tokenizers), m),
            "Row": np.repeat(np.arange(n, dtype=np.int16), m),
            "Written": list(variants) * n,
            "Column": np.tile(np.arange(m, dtype=np.int16), n),
            "Tokens": np.asarray(counts, dtype=np.int32).reshape(-1),
            "Pieces": [piece for row in pieces for piece in row],
        }
    )
    return Drawing(_word_counts_spec(), frame)


@functools.cache
def _word_counts_spec() -> dict[str, Any]:
    base = alt.Chart().encode(
        x=alt.X(
            "Written:N",
            sort=alt.SortField("Column"),
            title=None,
            axis=alt.Axis(orient="top", labelAngle=0, labelLimit=110, ticks=False, domain=False),
        ),
        y=alt.Y("Tokenizer:N", sort=alt.SortField("Row"), title=None, axis=_WORDS),
        tooltip=[
            alt.Tooltip("Tokenizer:N"),
            alt.Tooltip("Written:N"),
            alt.Tooltip("Tokens:Q", format="d"),
            alt.Tooltip("Pieces:N"),
        ],
    )
    # From 1 to 6 tokens the blue deepens; the printed number turns white where it is deep.
    shade = alt.Scale(domain=[1, 6], range=list(palette.SEQUENTIAL), clamp=True)
    cells = base.mark_rect(cornerRadius=3, stroke=None).encode(
        color=alt.Color("Tokens:Q", scale=shade, legend=None)
    )
    ink = alt.condition("datum.Tokens > 3", alt.value("#ffffff"), alt.value("#12202e"))
    numbers = base.mark_text(fontSize=14).encode(text=alt.Text("Tokens:Q", format="d"), color=ink)
    return specification((cells + numbers).properties(height=alt.Step(30)))


def text_costs(records: "Sequence[Fertility]", *, relative: bool) -> Drawing:
    """Draw how many tokens each text takes in each tokenizer.

    Args:
        records: A record per tokenizer and text, texts in the order of the rows.
        relative: Show the tokens over those of the first text, instead of the tokens.

    Returns:
        A row per text, a dot per tokenizer; hollow where the tokens say nothing but "unknown".
    """
    order = {title: place for place, title in enumerate(dict.fromkeys(one.text for one in records))}
    frame = pd.DataFrame(
        {
            "Text": [one.text for one in records],
            "Row": np.array([order[one.text] for one in records], dtype=np.int16),
            "Tokenizer": [one.tokenizer for one in records],
            "Value": [one.relative_cost if relative else one.n_tokens for one in records],
            "Tokens": np.array([one.n_tokens for one in records], dtype=np.int32),
            "Times the first": [one.relative_cost for one in records],
            "Tokens per character": [one.tokens_per_char for one in records],
            "Unknown tokens": np.array([one.n_unknown for one in records], dtype=np.int32),
        }
    )
    by_text = frame.groupby("Text")["Value"]
    frame["Least"], frame["Most"] = by_text.transform("min"), by_text.transform("max")
    return Drawing(_text_costs_spec(relative), frame)


@functools.cache
def _text_costs_spec(relative: bool) -> dict[str, Any]:
    title = "Tokens, times those of English" if relative else "Tokens"
    axis = alt.Axis(grid=True, tickMinStep=1)
    n_hues = len(palette.SERIES)
    row = alt.Y("Text:N", sort=alt.SortField("Row"), title=None, axis=_WORDS)
    spread = (
        alt.Chart()
        .mark_rule(strokeWidth=2, opacity=0.35, color=palette.BEFORE)
        .encode(
            y=row,
            x=alt.X("Least:Q", title=title, axis=axis, scale=alt.Scale(zero=True)),
            x2="Most:Q",
        )
    )
    dots = (
        alt.Chart()
        .mark_point(size=85, strokeWidth=2, opacity=0.9)
        .encode(
            y=row,
            x=alt.X("Value:Q", title=title, axis=axis),
            color=alt.Color(
                "Tokenizer:N",
                sort=None,
                scale=alt.Scale(range=list(palette.SERIES)),
                legend=alt.Legend(title=None, orient="top", columns=3, labelLimit=140),
            ),
            # More tokenizers than colours: the second round of colours comes as squares.
            shape=alt.Shape(
                "Tokenizer:N",
                sort=None,
                scale=alt.Scale(range=["circle"] * n_hues + ["square"] * n_hues),
                legend=alt.Legend(title=None, orient="top", columns=3, labelLimit=140),
            ),
            fill=alt.condition(
                "datum['Unknown tokens'] > 0",
                alt.value("transparent"),
                alt.Color("Tokenizer:N", sort=None, legend=None),
            ),
            tooltip=[
                alt.Tooltip("Text:N"),
                alt.Tooltip("Tokenizer:N"),
                alt.Tooltip("Tokens:Q", format=","),
                alt.Tooltip("Times the first:Q", format=".2f"),
                alt.Tooltip("Tokens per character:Q", format=".2f"),
                alt.Tooltip("Unknown tokens:Q", format=","),
            ],
        )
    )
    return specification((spread + dots).properties(height=alt.Step(25)))

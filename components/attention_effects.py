"""Is attention an explanation? A head's look, what it moves, and what changes without it."""

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from components import attention_ranking, cached, controls, layout
from components.attention_heads import Pick
from components.attention_reading import Reading
from components.attention_subject import Subject, subject
from components.charts import next_token as token_charts
from components.charts import sequences_heads as charts
from components.plain import plain

if TYPE_CHECKING:
    from core.language_models.head_effects import AnswerChange

N_TOKENS_SHOWN = 10

_EFFECT_MD = {
    False: "How far all next-token probabilities move together: the Kullback-Leibler divergence "
    "from before to after. One bit: what was likely lost, on average, half its probability.",
    True: "The angle between the text's vector with the head and without it. 0 degrees: nothing "
    "changes; 90: nothing in common is left.",
}
_HOW = {"mean": "its average", "zero": "zeros"}


def section(reading: Reading, *, layer: int, head: int, pick: Pick) -> None:
    """Show the three measures of the chosen head side by side, then all heads ranked.

    Args:
        reading: Model and text.
        layer: Layer of the chosen head.
        head: Its number in the layer.
        pick: Shows another head.
    """
    about = subject(reading)
    st.markdown(
        "A head may look hard at a token and carry almost nothing from it. So switch it off and "
        + (
            "see how far the text's vector turns."
            if about.is_encoder
            else f"see what becomes of the next token, after {_last(about)}. What follows is about "
            "that last token, whichever you chose above."
        )
    )
    about = subject(
        reading,
        how=controls.choice(
            "Put in the head's place",
            tuple(_HOW),
            key="attention_viewer_how",
            format_func=_HOW.__getitem__,
            help="Zeros also take away what the head adds whatever it reads, and the layers above "
            "count on that. Its average over other text leaves that in place.",
        ),
    )
    with st.spinner("The model reads the text with the head switched off…"):
        change = about.change(layer, head)
    _one_head(about, change, layer, head)
    attention_ranking.show(reading, about, layer=layer, head=head, pick=pick)


def _last(about: Subject) -> str:
    return plain(about.tokens[-1])


def row_shares(about: Subject, layer: int, head: int) -> list[np.ndarray]:
    """Return what a head looks at, what it moves, and what rollout says, as shares of each row.

    Args:
        about: The tokens.
        layer: Layer of the head.
        head: Its number.

    Returns:
        Three arrays of shape (T,), each summing to 1: of the last token's row, or of the mean row
        for an encoder, whose answer is the mean of all places.
    """
    from core.language_models import head_norms

    vectors = cached.head_vectors(*about.key, layer, head)
    flow = cached.attention_rollout(*about.key)
    rows = slice(None) if about.is_encoder else slice(-1, None)
    look = vectors.model_weights[rows].mean(axis=0)
    lengths = cached.moved_norms(*about.key)[layer, head]
    return head_norms.shares(look, look * lengths, flow[rows].mean(axis=0))


def _one_head(about: Subject, change: "AnswerChange", layer: int, head: int) -> None:
    look, moved, flow = shares = row_shares(about, layer, head)
    _figures(about, change, look, moved)
    left, right = st.columns([1, 1], gap="large")
    with left:
        best = np.sort(np.argsort(-np.max(shares, axis=0), kind="stable")[:N_TOKENS_SHOWN])
        st.markdown(f"**What the head does: layer {layer}, head {head}**")
        layout.draw(
            charts.looks(
                [about.tokens[place] for place in best],
                best + about.n_before,
                [share[best] for share in shares],
            ),
            alt="Attention, attention times the length of what is moved, and rollout, token by "
            "token",
            key="attention_viewer_looks",
        )
        st.caption(
            "Three answers to “what matters here”, each as a share of its row. The first two are "
            "this head's. Rollout multiplies the average attention of all layers, half of each "
            "coming straight from below, and never asks what is carried: here it gives "
            f"{plain(about.tokens[int(flow.argmax())])} {flow.max():.0%}."
        )
    with right:
        _answer(about, change)


def _figures(about: Subject, change: "AnswerChange", look: np.ndarray, moved: np.ndarray) -> None:
    looks_at, moves_from, without = st.columns(3)
    quiet: dict[str, Any] = {"delta_color": "off", "delta_arrow": "off"}
    looks_at.metric(
        "Looks most at",
        plain(about.tokens[int(look.argmax())]),
        f"{look.max():.1%} of its look",
        **quiet,
    )
    moves_from.metric(
        "Moves most from",
        plain(about.tokens[int(moved.argmax())]),
        f"{moved.max():.1%} of what it moves",
        **quiet,
    )
    without.metric(
        "Without it",
        f"{attention_ranking.amount(change.effect)} {about.unit}",
        _in_words(about, change),
        help=_EFFECT_MD[about.is_encoder],
        **quiet,
    )


def _in_words(about: Subject, change: "AnswerChange") -> str:
    if about.is_encoder or not change.token_ids:
        return "of 180 at most"
    winner = int(np.argmax(change.after))
    return "the likeliest token stays" if winner == 0 else "another token becomes the likeliest"


def _answer(about: Subject, change: "AnswerChange") -> None:
    if about.is_encoder:
        st.markdown("**What changes without it**")
        st.markdown(
            f"The vector of the whole text, the mean over its tokens, turns by "
            f"{attention_ranking.amount(change.effect)} degrees. Search compares such vectors, so "
            "this is what a head can do to the answer of an encoder."
        )
        return
    names = cached.token_names(about.key[0], change.token_ids)
    st.markdown("**What the model says next, with the head and without**")
    layout.draw(
        charts.answer_change(
            token_charts.axis_labels(names, change.token_ids), change.before, change.after
        ),
        alt="Probabilities of the likeliest next tokens with the head and without it",
        key="attention_viewer_answer",
    )
    st.caption(
        f"Grey: every head at work. Blue: without it. Likeliest before, {plain(names[0])}: "
        f"{change.before[0]:.1%} to {change.after[0]:.1%}."
    )

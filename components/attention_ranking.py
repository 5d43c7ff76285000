"""Every head of a model switched off in turn, and ranked by what changes without it."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from components import cached, generation, layout
from components.attention_heads import Pick
from components.attention_reading import Reading
from components.attention_subject import Subject
from components.charts import sequences_heads as charts

if TYPE_CHECKING:
    from core.language_models.head_effects import HeadEffects, LayerEffects

RUN_KEY = "attention_viewer_ranking"
N_BEST = 6
STRONG_LOOK = 0.5


def show(reading: Reading, about: Subject, *, layer: int, head: int, pick: Pick) -> None:
    """Offer the ranking, show its progress, or its result.

    Args:
        reading: Model and text.
        about: The tokens, and what stands in for a head.
        layer: Layer of the chosen head.
        head: Its number in the layer.
        pick: Shows another head.
    """
    st.subheader("All heads, ranked by what changes without them", anchor=False)
    if about.n_before:
        st.caption(
            f"Heads are switched off for the last {len(about.tokens)} tokens alone: the text is "
            "read again for every head."
        )
    ranking = about.ranking
    run: generation.Run | None = st.session_state.get(RUN_KEY)
    if ranking is not None:
        if run is not None and run.asked == (about.key, about.how):
            generation.stop(RUN_KEY)
        _ranked(about, ranking, layer, head, pick)
        return
    if run is not None and run.active:
        st.caption(
            "The text is read once for every head. In a busy room this takes minutes; the result "
            "is kept for everybody."
        )
    else:
        st.button(
            "Switch off every head, one at a time",
            icon=":material/experiment:",
            type="primary",
            key="attention_viewer_rank",
            on_click=_begin,
            args=(reading, about),
            help="For SmolLM2 and 30 tokens about ten seconds on two processor cores, if nobody "
            "else is waiting. The result is kept for everybody.",
        )
    generation.progress_view(RUN_KEY, partial(_progress, about))


def _begin(reading: Reading, about: Subject) -> None:
    generation.begin(
        RUN_KEY,
        prompt="",
        steps=rank(reading, about),
        draw=lambda layer: layer.layer,
        asked=(about.key, about.how),
    )


def rank(reading: Reading, about: Subject) -> "Iterator[LayerEffects]":
    """Switch off every head, and put the result on the shelf when it is whole.

    Args:
        reading: Model and text.
        about: The tokens.

    Yields:
        The effects of one layer's heads.
    """
    from core.language_models import head_ablation, head_effects

    _, token_ids, segments = about.key
    layers = []
    for one in head_ablation.rank_heads(
        reading.loaded,
        token_ids,
        how="zero" if about.how == "zero" else "mean",
        means=cached.reference_means(about.key[0]),
        segments=segments,
    ):
        layers.append(one)
        yield one
    ranking = head_effects.collect(layers, cached.answer_baseline(*about.key))
    cached.head_rankings().put((about.key, about.how), ranking)


def _progress(about: Subject, run: generation.Run) -> None:
    if not run.active:
        return
    if about.ranking is not None:
        # Somebody else has had it measured meanwhile: show it, and leave the queue.
        st.rerun()
    n_layer = cached.reference_means(run.asked[0][0]).shape[0]
    done = len(run.tokens)
    st.progress(done / n_layer, text=f"Layer {done} of {n_layer}: each of its heads in turn")
    if run.asked != (about.key, about.how):
        st.caption(":material/history: For another text or setting than those on screen now.")


def _ranked(about: Subject, ranking: "HeadEffects", layer: int, head: int, pick: Pick) -> None:
    from core.language_models import head_effects

    look = cached.strongest_looks(*about.key)
    written = cached.written_norms(*about.key)
    written = written.mean(axis=-1) if about.is_encoder else written[..., -1]
    st.markdown(summary(about, ranking, look))
    _buttons(ranking, look, pick)
    left, right = st.columns([3, 2], gap="large")
    with left:
        layout.draw(
            charts.look_against_effect(
                look, ranking.effects, written, chosen=(layer, head), unit=about.unit
            ),
            alt="Every head: its strongest attention against the effect of switching it off",
            key="attention_viewer_scatter",
        )
        st.caption(
            "A point per head. If attention explained, they would lie on a rising line. Agreement "
            f"of the two orders: {head_effects.rank_correlation(look, ranking.effects):.2f} (1 is "
            "the same order, 0 none). With the length of what a head adds: "
            f"{head_effects.rank_correlation(written, ranking.effects):.2f}."
        )
    with right:
        layout.draw(
            charts.head_map(
                ranking.effects,
                chosen=(layer, head),
                title=f"Effect ({about.unit})",
                is_log=True,
            ),
            alt="Effect of switching off each head, by layer and head",
            key="attention_viewer_effect_map",
        )


def summary(about: Subject, ranking: "HeadEffects", look: np.ndarray) -> str:
    """Say what the ranking found, in sentences with its numbers.

    Args:
        about: The tokens.
        ranking: The effects of all heads.
        look: Strongest attention of each head, shape (n_layer, n_head).

    Returns:
        Markdown.
    """
    from core.language_models import head_scores

    effects = ranking.effects
    layer, head = head_scores.best_heads(effects, 1)[0]
    said = (
        f"The head that matters most is **layer {layer}, head {head}** "
        f"({amount(effects[layer, head])} {about.unit}, strongest look {look[layer, head]:.0%}). "
        f"Half of the {effects.size} heads change the answer by less than "
        f"{amount(float(np.median(effects)))} {about.unit}."
    )
    if not about.is_encoder:
        changed = int((ranking.winners != ranking.shown_ids[0]).sum())
        said += (
            f" Without one of {changed} of them, another token becomes the likeliest."
            if changed
            else " Whichever is missing, the likeliest token stays the same."
        )
    return said


def amount(effect: float) -> str:
    """Print an effect; what is smaller than anybody cares about is called that.

    Example:
        >>> amount(0.7173), amount(0.00002)
        ('0.717', 'under 0.0001')
    """
    return f"{effect:.3g}" if effect >= 1e-4 else "under 0.0001"


def _buttons(ranking: "HeadEffects", look: np.ndarray, pick: Pick) -> None:
    from core.language_models import head_scores

    chosen = [
        (place, f"{place[0]}·{place[1]}  {ranking.effects[place]:.2g}")
        for place in head_scores.best_heads(ranking.effects, N_BEST)
    ]
    idle = idle_head(ranking.effects, look)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown("Matter most:", width="content")
        for (layer, head), label in chosen:
            st.button(
                label,
                key=f"attention_viewer_effect_{layer}_{head}",
                on_click=pick,
                args=(layer, head),
                help=f"Look at layer {layer}, head {head}",
            )
    if idle is not None:
        layer, head = idle
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown("Looks hard, matters least:", width="content")
            st.button(
                f"{layer}·{head}  looks {look[idle]:.0%}, changes {amount(ranking.effects[idle])}",
                key="attention_viewer_idle",
                on_click=pick,
                args=idle,
                help="Of the heads with a look of at least half, the one with the least effect",
            )


def idle_head(effects: np.ndarray, look: np.ndarray) -> tuple[int, int] | None:
    """Return the head with the least effect among those that look hard, or None."""
    from core.language_models import head_scores

    if not (look >= STRONG_LOOK).any():
        return None
    return head_scores.best_heads(np.where(look >= STRONG_LOOK, -effects, -np.inf), 1)[0]

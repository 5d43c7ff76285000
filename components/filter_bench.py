"""The filter bench: which filters act, in which order, how strongly, and what each one did."""

from dataclasses import fields

import pandas as pd
import streamlit as st

from components import controls
from components.charts import palette
from core.language_models import filter_catalog, filters, sampling

FILTERS_KEY = "sampling_filters"

FIRST_FILTERS = ("temperature", "top_k", "top_p", "min_p")
"""On the bench of a fresh page, each at the value that changes nothing."""

N_BARS = 24
"""Tokens in the small picture of a stage."""

_LARGEST_COUNT = 200_000
"""More than any vocabulary has tokens."""


def knob_key(filter_key: str, knob: filters.Knob) -> str:
    """Return the widget key of a filter's knob: the first one is named after the filter alone."""
    first = filter_catalog.FILTERS[filter_key][0].card.knobs[0]
    return f"sampling_{filter_key}" if knob == first else f"sampling_{filter_key}_{knob.name}"


def chain_controls() -> sampling.SamplingChain:
    """Show the bench and return the chain that it builds."""
    chosen = st.multiselect(
        "Filters, in the order they act",
        list(filter_catalog.FILTERS),
        list(FIRST_FILTERS),
        format_func=_name,
        key=FILTERS_KEY,
        help="Each filter gets what the one before it left. Choose which ones act; the arrows "
        "below move them.",
        placeholder="No filter: the dice see what the model said",
        bind="query-params",
    )
    with st.container(horizontal=True):
        for title, order in (
            ("llama.cpp's order", filter_catalog.LLAMA_CPP_ORDER),
            ("Hugging Face's order", filter_catalog.HUGGING_FACE_ORDER),
        ):
            st.button(
                title,
                key=f"sampling_order_{len(order)}",
                on_click=_take_order,
                args=(order,),
                help="Puts the filters in the order in which this program applies them. Those "
                "that join are switched off.",
            )
    return sampling.SamplingChain(
        tuple(_stage_controls(key, place, len(chosen)) for place, key in enumerate(chosen))
    )


def _name(filter_key: str) -> str:
    return filter_catalog.FILTERS[filter_key][0].card.title.split(" (")[0]


def _stage_controls(key: str, place: int, n_filters: int) -> filters.Settings:
    settings_class = filter_catalog.FILTERS[key][0]
    card = settings_class.card
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(
            f"**{place + 1} · {_name(key)}**",
            width="stretch",
        )
        for icon, words, change, possible in (
            (":material/arrow_upward:", "Let it act earlier", -1, place > 0),
            (":material/arrow_downward:", "Let it act later", 1, place < n_filters - 1),
            (":material/close:", "Switch it off", 0, True),
        ):
            st.button(
                icon,
                help=words,
                type="tertiary",
                key=f"sampling_bench_{key}_{change}",
                disabled=not possible,
                on_click=_move,
                args=(key, change),
            )
    kinds = {field.name: field.type for field in fields(settings_class)}
    first, *others = card.knobs
    values = {first.name: _knob(card, first, whole=kinds[first.name] is int)}
    if others:
        with st.expander("More knobs"):
            for knob in others:
                values[knob.name] = _knob(card, knob, whole=kinds[knob.name] is int)
    return settings_class(**values)


def _knob(card: filters.Card, knob: filters.Knob, *, whole: bool) -> float:
    # One letter says little beside a slider, and nothing to somebody who hears it read aloud.
    label = knob.label if len(knob.label) > 2 else _name(card.key)
    default = _neutral(card.key) if card.key in FIRST_FILTERS and knob == card.knobs[0] else None
    default = knob.start if default is None else default
    if whole:
        high = _LARGEST_COUNT if card.key == "top_k" else int(knob.high)
        return controls.whole_number(
            label, int(knob.low), high, int(default), key=knob_key(card.key, knob), help=_help(card)
        )
    return controls.number_slider(
        label,
        float(knob.low),
        float(knob.high),
        float(default),
        step=float(knob.step),
        key=knob_key(card.key, knob),
        help=_help(card),
        format="%.4f" if knob.step < 0.01 else None,
    )


def _help(card: filters.Card) -> str:
    sentence = f"{card.sentence} At {_neutral(card.key):g} it is off."
    return f"{sentence}\n\n${card.formula}$\n\n{card.source}."


def _neutral(filter_key: str) -> float:
    """Return the value of a filter's first knob at which it changes nothing."""
    return fields(filter_catalog.FILTERS[filter_key][0])[0].default


def _move(key: str, change: int) -> None:
    order = list(st.session_state[FILTERS_KEY])
    place = order.index(key)
    order.pop(place)
    if change:
        order.insert(place + change, key)
    st.session_state[FILTERS_KEY] = order


def _take_order(order: tuple[str, ...]) -> None:
    present = list(st.session_state[FILTERS_KEY])
    for key in order:
        if key not in present:
            first = filter_catalog.FILTERS[key][0].card.knobs[0]
            st.session_state[knob_key(key, first)] = _neutral(key)
    st.session_state[FILTERS_KEY] = [*order, *(key for key in present if key not in order)]


def stage_table(trace: sampling.SamplingTrace, token_ids: list[int]) -> pd.DataFrame:
    """Write down what each filter did, one row each, the model itself first.

    Args:
        trace: A distribution before and after a chain.
        token_ids: The tokens of the small pictures, likeliest first.

    Returns:
        Tokens kept, mass kept (1 for all), entropy in bits and its change, and bars from 0 to 1.
    """
    rows = [
        {
            "Stage": "What the model said",
            "Tokens kept": trace.probs_before.size,
            "Mass kept": 1.0,
            "Entropy": trace.entropy_before_bits,
            "Change": 0.0,
            "Likeliest tokens": trace.probs_before[token_ids].round(4).tolist(),
        }
    ]
    rows += [
        {
            "Stage": f"{place} · {_name(stage.card.key)}",
            "Tokens kept": stage.n_kept,
            "Mass kept": stage.mass_kept,
            "Entropy": stage.entropy_bits,
            "Change": stage.entropy_bits - stage.entropy_before_bits,
            "Likeliest tokens": stage.probs[token_ids].round(4).tolist(),
        }
        for place, stage in enumerate(trace.stages, start=1)
    ]
    return pd.DataFrame(rows)


def show_stages(trace: sampling.SamplingTrace, token_ids: list[int]) -> None:
    """Show what each filter of a chain did to the distribution it was given.

    Args:
        trace: A distribution before and after a chain.
        token_ids: The tokens of the small pictures, likeliest first.
    """
    number = st.column_config.NumberColumn
    st.dataframe(
        stage_table(trace, token_ids),
        hide_index=True,
        alt="One row per filter: tokens kept, probability kept, entropy after it, likeliest tokens",
        key="sampling_stages",
        column_config={
            "Tokens kept": number(format="localized"),
            "Mass kept": number(
                format="percent",
                help="How much of the probability this filter was given sits on what it kept.",
            ),
            "Entropy": number("Entropy (bits)", format="%.2f", help="After this filter."),
            "Change": number("Change (bits)", format="%+.2f", help="What this filter changed."),
            "Likeliest tokens": st.column_config.BarChartColumn(
                f"The {len(token_ids)} likeliest tokens", y_min=0, y_max=1, color=palette.AFTER
            ),
        },
    )
    if trace.stages:
        st.caption(
            "From top to bottom: each filter gets what the one above it left. Filters at their "
            "neutral value are not listed."
        )
    else:
        st.caption("Every filter is at its neutral value: the dice see what the model said.")

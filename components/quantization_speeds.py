"""How fast, at how many bits? Every kernel of this machine against the stop watch."""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from components import cached, layout, quantization_asking, shared_work
from components.charts import quantization_run as charts
from components.plain import plain
from components.quantization_work import KernelSpeed, SpeedAsked
from core.quantization import kernels

if TYPE_CHECKING:
    from core.model_store.loading import LoadedModel

KEY = "quantization_lab_speeds"

_IDEA_MD = """
To write one token, the processor fetches **every** weight from memory once, and uses it once:
fetching decides, and half the bits take half the time. A prompt is read all at once: each weight is
fetched once and used for every token of it, so that the arithmetic decides, and short weights must
even be expanded first.
"""


_TIMES = "Against the original in float32, timed in turn with this kernel."


def show(lm: "LoadedModel") -> tuple[KernelSpeed, ...] | None:
    """Show the speed of each kernel, once it has been timed.

    Args:
        lm: The model.
    """
    st.subheader("Does it get faster?", anchor=False)
    st.markdown(_IDEA_MD)
    asked = SpeedAsked(lm.model_id)
    found = cached.workbench().result(asked)
    if found is None:
        quantization_asking.start_button(
            "Time every kernel",
            key=KEY,
            asked=asked,
            help="About half a minute on two processor cores: six kernels read and write.",
        )
        shared_work.view(KEY, quantization_asking.show_step)
        return None
    shared_work.give_up(KEY)
    timed = [one for one in found if one.speed is not None]
    layout.draw(
        charts.speeds(
            [kernels.KERNELS[one.name].title for one in timed],
            [kernels.KERNELS[one.name].bits for one in timed],
            [one.times_writing for one in timed],
            [one.times_reading for one in timed],
        ),
        alt="Speed of writing and of reading a prompt for each kernel, relative to float32",
        key="quantization_lab_speeds_chart",
    )
    _table(timed)
    for one in found:
        if one.problem:
            st.caption(f":material/extension_off: {plain(one.problem)}")
    return found


def _table(timed: list[KernelSpeed]) -> None:
    frame = pd.DataFrame(
        {
            "Kernel": [kernels.KERNELS[one.name].title for one in timed],
            "Library": [kernels.KERNELS[one.name].library for one in timed],
            "Bits": [kernels.KERNELS[one.name].bits for one in timed],
            "Fetched": [one.bytes_per_token / 1e6 for one in timed],
            "Writing": [one.speed.writing for one in timed],
            "× writing": [one.times_writing for one in timed],
            "Reading": [one.speed.reading for one in timed],
            "× reading": [one.times_reading for one in timed],
            "Bandwidth": [one.bytes_per_token * one.speed.writing / 1e9 for one in timed],
        }
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        frame,
        hide_index=True,
        key="quantization_lab_speeds_table",
        alt="Bits, bytes per token and tokens per second of each kernel",
        column_config={
            "Bits": number(format="%.3g", help="Of a weight in the matrices that it stores."),
            "Fetched": number("Fetched per token (MB)", format="%.0f"),
            "Writing": number("Writing (tokens/s)", format="%.1f"),
            "Reading": number("Reading (tokens/s)", format="%.0f"),
            "× writing": number(format="%.2f", help=_TIMES),
            "× reading": number(format="%.2f", help=_TIMES),
            "Bandwidth": number(
                "Memory (GB/s)",
                format="%.1f",
                help="Bytes fetched per token, times tokens written per second.",
            ),
        },
    )
    st.caption(
        "Timed on this machine, each kernel in turn with the original, since others may use the "
        "machine too. bitsandbytes leaves the head, a fifth of this model's weights, in float32."
    )

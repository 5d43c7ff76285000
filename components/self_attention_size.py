"""Two questions of size: why divide by √D, and what a longer text costs."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from components import cached, controls, layout
from components.charts import sequences_cost as cost_charts
from components.charts import sequences_self_attention as charts
from core.sequences import cost, sharpness
from core.sequences.attention import Array

LENGTHS = tuple(2**power for power in range(4, 17))


@dataclass(frozen=True, eq=False)
class Sharp:
    """What the softmax does at one head size."""

    found: sharpness.Sharpness
    size: int
    seed: int
    rows: tuple[Array, Array]
    """One query's shares, without and with scaling."""

    def largest(self, *, scaled: bool) -> float:
        """Mean of the largest share at the chosen size."""
        return float(self.found.largest[int(scaled), list(self.found.sizes).index(self.size)])


@dataclass(frozen=True, eq=False)
class Length:
    """Measured and counted costs."""

    points: tuple[cost.CostPoint, ...]
    exponent: float

    @property
    def per_doubling(self) -> float:
        """How many times as long twice the text takes."""
        return 2**self.exponent

    @property
    def crossing(self) -> int:
        """The length from which comparing words is most of a layer's work."""
        work = (cost.layer_work(length) for length in range(1, 200_000, 16))
        for length, parts in zip(range(1, 200_000, 16), work, strict=True):
            if 2 * parts["Comparing words"] > sum(parts.values()):
                return length
        return 0


def read_sharp() -> Sharp:
    """Ask for a head size."""
    size = st.select_slider(
        "Numbers per query, D",
        sharpness.SIZES,
        64,
        key="self_attention_size",
        help="GPT-2 and SmolLM2 use 64.",
        bind="query-params",
    )
    with st.sidebar:
        seed = controls.whole_number(
            "Seed", 0, 9_999, 0, key="self_attention_seed", help="Of the query and keys below."
        )
    found = cached.softmax_sharpness()
    return Sharp(found, size, seed, sharpness.one_row(size, n_keys=found.n_keys, seed=seed))


def show_sharp(sharp: Sharp) -> None:
    """Draw one row, and the figures over all sizes."""
    found, place = sharp.found, list(sharp.found.sizes).index(sharp.size)
    row = st.container(horizontal=True)
    row.metric("Spread of the products", f"{found.spread[0, place]:.3g}", help="√D in theory")
    row.metric("Largest share without √D", f"{sharp.largest(scaled=False):.0%}")
    row.metric("Largest share with √D", f"{sharp.largest(scaled=True):.0%}")
    row.metric("Training feels without √D", f"{found.slope[0, place]:.3f}")
    one, all_sizes = st.columns(2)
    with one:
        layout.draw(
            charts.one_row(*sharp.rows),
            alt=f"How one query of {sharp.size} numbers shares itself out over {found.n_keys} keys",
            key="self_attention_one_row",
        )
        st.caption("One random query over 16 random keys, the same for both colours.")
    with all_sizes:
        figure = controls.choice(
            "Figure",
            ("largest", "slope"),
            key="self_attention_figure",
            format_func={"largest": "Largest share", "slope": "What training feels"}.__getitem__,
        )
        layout.draw(
            charts.sharpness(found, chosen=sharp.size, figure=figure),
            alt="With scaling the line is flat; without, the softmax hardens as D grows",
            key="self_attention_sharpness",
        )
    st.caption(
        f"Means over {found.n_trials:,} random queries. A sum of D products spreads by √D. Without "
        "dividing, the largest one wins everything, and p·(1 − p), which multiplies every slope in "
        "training, goes to 0."
    )


def _measure_again() -> None:
    st.session_state["self_attention_measured"] = (
        st.session_state.get("self_attention_measured", 0) + 1
    ) % 4


def read_length() -> Length:
    """Measure, once for all sessions, and count."""
    points = cached.attention_cost(st.session_state.get("self_attention_measured", 0))
    return Length(points, cost.growth_exponent(points))


def show_length(length: Length) -> None:
    """Draw measured time, counted work, and what a writing model keeps."""
    last = length.points[-1]
    row = st.container(horizontal=True, vertical_alignment="bottom")
    row.metric("Twice the text takes", f"{length.per_doubling:.2f} ×", help="n² would be 4 ×.")
    row.metric(f"One head at {last.n_tokens:,} tokens", f"{last.compare_ms:.3g} ms")
    row.metric("Its table of shares", f"{last.n_bytes / 2**20:.3g} MiB")
    row.button(
        "Measure again",
        icon=":material/timer:",
        key="self_attention_measure",
        on_click=_measure_again,
    )
    layout.draw(
        cost_charts.cost(length.points),
        alt="Time of one attention head against text length: comparing follows n², the rest n",
        key="self_attention_cost",
    )
    st.caption(
        "Measured on this server: processor time of one thread, float32, one head of 64 numbers, "
        "the fastest of 5 runs. The dashed lines are n² and n through the last point. A table that "
        "no longer fits into the processor’s fast memory can take even longer than n²."
    )
    works = [cost.layer_work(n_tokens) for n_tokens in LENGTHS]
    shares = {
        part: np.array([work[part] / sum(work.values()) for work in works]) for part in works[0]
    }
    left, right = st.columns([3, 2])
    with left:
        layout.draw(
            cost_charts.layer_work(LENGTHS, shares),
            alt="Share of a SmolLM2 layer's multiplications: comparing takes over in long texts",
            key="self_attention_work",
        )
    with right:
        mine, full = (cost.kv_cache_bytes(8192, n_kv_head=heads) / 2**20 for heads in (3, 9))
        st.metric("Comparing is most of the work from", f"{length.crossing:,} tokens")
        st.metric("SmolLM2 keeps of 8,192 tokens", f"{mine:.0f} MiB", help="Keys and values, bf16.")
        st.metric("Without shared keys it would be", f"{full:.0f} MiB")
    st.caption(
        "Counted for one layer of SmolLM2: 9 heads, 576 numbers per token. Its heads share 3 sets "
        "of keys and values, so it keeps a third."
    )


def earned_by_sharp(sharp: Sharp) -> str:
    """Say with a number on screen why the products are divided."""
    return (
        f"At D = {sharp.size} the largest of {sharp.found.n_keys} random keys gets "
        f"{sharp.largest(scaled=False):.0%} of the attention without √D, and "
        f"{sharp.largest(scaled=True):.0%} with it."
    )


def earned_by_length(length: Length) -> str:
    """Say with a number on screen what comparing all words costs."""
    return (
        f"All words with all words: twice the text took {length.per_doubling:.2f} times as long "
        "on this server."
    )

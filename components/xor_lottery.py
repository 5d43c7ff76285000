"""The Seed lottery view: a thousand starts of one small network, and why some of them fail."""

import statistics
from collections.abc import Iterator

import streamlit as st

from components import cached, controls, layout, network_seeds, xor_state
from components.charts import networks_odds, palette
from components.plain import plain
from core.networks import activations, architecture, diagnosis, mlp, seed_odds
from core.networks.recording import Recording
from core.networks.seed_odds import Lottery, Odds

N_SEEDS = 1_000
FIRST_SEED = 3
"""A seed that fails at the first settings, so that there is a story to tell."""

COLOURS = {
    "solved": palette.AFTER,
    "symmetry": "#8c6bb1",
    "saturation": palette.MARKED,
    "dead": palette.NEGATIVE,
    "plateau": palette.BEFORE,
    "straight": "#b5577d",
    "too_small": "#b5577d",
    "still_learning": "#5aaec0",
    "exploded": "#4d4d4d",
}
"""Blue is solved; every cause of failure has a hue of its own."""

_BY = {
    "hidden": "Neurons",
    "activation": "Activation",
    "loss": "Loss",
    "start": "Start weights",
}


def show(trained: Recording) -> None:
    """Show the lottery; it has a network of its own, always on the four points of XOR."""
    lottery = _choose()
    if lottery.n_seeds < N_SEEDS:
        st.caption(
            f"So many neurons and steps take long: {lottery.n_seeds} seeds are drawn, "
            f"not {N_SEEDS:,}, and chance moves the share more."
        )
    with st.spinner(f"Training {lottery.n_seeds:,} networks …"):
        odds = cached.seed_odds(lottery)
        fates = cached.seed_fates(lottery)
    if st.session_state.get(_key("seed"), 0) >= lottery.n_seeds:
        st.session_state[_key("seed")] = FIRST_SEED
    wall, told = st.columns([3, 2])
    with wall:
        _wall(fates)
    with told:
        _numbers(odds)
        _why(odds)
    _compare(lottery)


def _choose() -> Lottery:
    columns = st.columns([2, 2, 3, 2, 2, 2])
    with columns[0]:
        hidden = controls.whole_number(
            "Hidden neurons", 1, 16, 2, key=_key("hidden"), help="Neurons of the one hidden layer."
        )
    activation = columns[1].selectbox(
        "Activation",
        seed_odds.VALUES["activation"],
        format_func=lambda name: activations.ACTIVATIONS[name].title,
        key=_key("activation"),
        bind="query-params",
    )
    loss = columns[2].selectbox(
        "Loss",
        seed_odds.VALUES["loss"],
        format_func=architecture.LOSSES.__getitem__,
        key=_key("loss"),
        bind="query-params",
    )
    start = columns[3].selectbox(
        "Start weights",
        seed_odds.VALUES["start"],
        format_func=mlp.INITS.__getitem__,
        key=_key("start"),
        bind="query-params",
    )
    with columns[4]:
        rate = controls.number(
            "Learning rate", 0.0, 100.0, 1.0, step=0.1, key=_key("rate"), help="Of every step."
        )
    with columns[5]:
        n_steps = controls.whole_number(
            "Steps", 1, 20_000, 5_000, key=_key("steps"), help="Each on all four rows of XOR."
        )
    return Lottery(
        hidden=hidden,
        activation=activation,
        loss=loss,
        start=start,
        n_seeds=seed_odds.seeds_in_time(hidden, n_steps),
        n_steps=n_steps,
        learning_rate=rate,
    )


def _key(name: str) -> str:
    return xor_state.key(f"lottery_{name}")


def _pick(seed: int) -> None:
    st.session_state[_key("seed")] = seed


def _wall(fates: tuple[str, ...]) -> None:
    kinds = [kind for kind in diagnosis.TITLES if kind in fates]
    letters = {kind: chr(ord("a") + place) for place, kind in enumerate(kinds)}
    network_seeds.network_seeds(
        "".join(letters[fate] for fate in fates),
        [
            network_seeds.Fate(diagnosis.TITLES[kind], COLOURS[kind], fates.count(kind))
            for kind in kinds
        ],
        picked=int(st.session_state.get(_key("seed"), FIRST_SEED)),
        key=_key("wall"),
        alt=f"{len(fates):,} seeds, each a square; blue ones solved XOR",
        on_seed=_pick,
    )
    st.caption(
        "One square is one network, trained from its own seed: click one. The lottery has its own "
        "settings, above; those in the sidebar are for the other views."
    )


def _numbers(odds: Odds) -> None:
    left, right = st.columns(2)
    left.metric(
        "Seeds that solve XOR",
        f"{odds.share:.1%}",
        help=f"All four rows right after {odds.n_steps:,} steps. Chance alone moves this share by "
        f"about {odds.standard_error:.1%} (one standard error).",
    )
    times = odds.solved_at[odds.solved].tolist()
    right.metric(
        "Half of them within", f"{statistics.median(times):,.0f} steps" if times else "never"
    )


def _why(odds: Odds) -> None:
    """Tell why the chosen seed ended where it did."""
    seed = controls.whole_number(
        "Seed",
        0,
        odds.lottery.n_seeds - 1,
        FIRST_SEED,
        key=_key("seed"),
        help="Whose story is told here.",
    )
    found = cached.seed_diagnosis(odds.lottery, seed)
    st.markdown(f"**{found.title}: {found.n_right} of {found.n_examples} rows right.** "
                f"{plain(found.sentence)}")  # fmt: skip
    says = ", ".join(f"{value:.2f}" for value in odds.predictions[seed])
    st.caption(f"It says {says} where 0, 1, 1, 0 is right.")
    with st.popover("Measured", icon=":material/straighten:", on_change="rerun",
                    key=_key("measured")) as measured:  # fmt: skip
        pass
    if measured.open:
        with measured:
            st.markdown("\n".join(
                f"- {plain(one.label)}: **{one.value:.3g}** · {plain(one.text)}"
                for one in found.evidence
            ))  # fmt: skip
    st.button(
        "Watch this seed learn",
        icon=":material/play_arrow:",
        key=_key("watch"),
        on_click=xor_state.apply,
        args=(seed_odds.setup_of(odds.lottery, seed),),
    )


def _compare(lottery: Lottery) -> None:
    by = st.segmented_control(
        "Compare by",
        list(_BY),
        format_func=_BY.__getitem__,
        key=_key("by"),
        bind="query-params",
        help="Draws the lottery once more for every value; the other settings stay.",
    )
    if by is None:
        st.caption("Choose what to compare: every bar is another lottery.")
        return
    names, found = [], []
    for value, odds in _draws(lottery, by):
        names.append(_name(by, value))
        found.append((odds.share, odds.standard_error))
    layout.draw(
        networks_odds.shares(names, found, present=_name(by, getattr(lottery, by))),
        alt=f"Share of seeds that solve XOR, by {_BY[by].lower()}",
        key=_key("chart"),
    )
    st.caption(
        f"{lottery.n_seeds:,} seeds each, fewer where a network is wide. The grey line: what "
        "chance alone may do, two standard errors."
    )


def _draws(lottery: Lottery, by: str) -> Iterator[tuple[object, Odds]]:
    variants = seed_odds.variants(lottery, by)
    bar = st.progress(0.0, "Drawing …")
    for place, (value, variant) in enumerate(variants):
        bar.progress(
            place / len(variants), f"Training {variant.n_seeds:,} with {_name(by, value)} …"
        )
        yield value, cached.seed_odds(variant)
    bar.empty()


def _name(by: str, value: object) -> str:
    if by == "activation":
        return activations.ACTIVATIONS[str(value)].title
    return {"loss": architecture.LOSSES, "start": mlp.INITS}.get(by, {}).get(value, str(value))

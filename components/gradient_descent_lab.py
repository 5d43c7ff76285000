"""What the gradient-descent lab shows, in pieces: landscape, racers, race, verdicts."""

import math
from dataclasses import asdict

import streamlit as st

from components import cached, controls, descent_view
from components.plain import plain
from core.foundations import arena, formulas, optimizers, schedules, scripts, surfaces

RATES = {
    "gradient_descent": 0.01,
    "momentum": 0.01,
    "nesterov": 0.01,
    "adagrad": 0.5,
    "rmsprop": 0.05,
    "adadelta": 1.0,
    "adam": 0.1,
    "adamw": 0.1,
    "nadam": 0.1,
    "radam": 0.1,
    "newton": 1.0,
}
"""Learning rates with which every rule gets somewhere on most of the landscapes."""

FIRST_RACERS = ("gradient_descent", "momentum", "rmsprop", "adam")
FIRST_LANDSCAPE = "himmelblau"
FIRST_FORMULA = "sin(3x) + (x^2 + y^2)/4 + x*y/3"

_TITLES = {name: arena.title(name) for name in arena.NAMES}
_PICKER = (FIRST_LANDSCAPE, *[name for name in arena.NAMES if name != FIRST_LANDSCAPE])
_SCHEDULES = {
    "constant": "Constant",
    "step": "Steps down",
    "cosine": "Cosine",
    "warm_up": "Warm-up",
}
_SETTINGS = {
    "momentum": ("Momentum β", 0.0, 0.99, 0.9, 0.01, "Share of the velocity that survives a step."),
    "decay": ("Memory ρ", 0.0, 0.999, None, 0.001, "Share of the squares that survives a step."),
    "beta1": ("Memory β₁", 0.0, 0.99, 0.9, 0.01, "Share of the slopes that survives a step."),
    "beta2": ("Memory β₂", 0.9, 0.9999, 0.999, 0.0001, "The same for the squared slopes."),
    "weight_decay": ("Weight decay ω", 0.0, 0.5, 0.01, 0.01, "AdamW's pull towards zero."),
    "damping": ("Damping λ", 0.0, 100.0, 0.001, 0.001, "Added to every curvature by Newton."),
}


def _key(name: str) -> str:
    return f"gradient_descent_{name}"


def _forget_start() -> None:
    st.session_state[_key("x")] = st.session_state[_key("y")] = None


def _set_start(point: tuple[float, ...]) -> None:
    for letter, value in zip("xy", point, strict=False):
        if math.isfinite(value):
            st.session_state[_key(letter)] = round(value, 3)


def _random_start(landscape: arena.Landscape) -> None:
    seed = st.session_state.get("gradient_descent_throws", 0) + 1
    st.session_state["gradient_descent_throws"] = seed
    _set_start(surfaces.random_start(arena.build(landscape), seed=seed))


def landscape_controls() -> arena.Landscape:
    """Choose the landscape; your own is typed."""
    name = st.selectbox(
        "Landscape",
        _PICKER,
        format_func=_TITLES.__getitem__,
        key=_key("landscape"),
        bind="query-params",
        on_change=_forget_start,
    )
    if name == "bowl":
        condition = controls.number_slider(
            "Condition number",
            1.0,
            200.0,
            10.0,
            step=1.0,
            key=_key("condition"),
            help="How many times steeper the bowl is along y than along x.",
        )
        return arena.Landscape(name, condition=condition)
    if name == arena.OWN_FORMULA:
        formula = controls.long_text(
            "f(x, y)",
            FIRST_FORMULA,
            key=_key("formula"),
            height=68,
            help="Numbers, x, y, + − * / ^, brackets, sin, cos, tan, exp, log, sqrt, tanh, abs.",
        )
        with st.sidebar:
            half_width = controls.number_slider(
                "Window reaches to",
                0.5,
                10.0,
                3.0,
                step=0.5,
                key=_key("half_width"),
                help="The picture shows x and y from minus this to this.",
            )
        return arena.Landscape(name, formula=formula, half_width=half_width)
    return arena.Landscape(name)


def racer_controls() -> tuple[str, ...]:
    """Choose who races."""
    chosen = st.pills(
        "Racers",
        list(optimizers.OPTIMIZERS),
        default=list(FIRST_RACERS),
        selection_mode="multi",
        format_func=lambda name: optimizers.OPTIMIZERS[name].title,
        key=_key("racers"),
        wrap=True,
        bind="query-params",
    )
    return tuple(chosen)


def guard_landscape(landscape: arena.Landscape) -> surfaces.Surface:
    """Make the landscape, or say why a typed one cannot be used and end the run."""
    try:
        return arena.build(landscape)
    except formulas.FormulaError as problem:
        st.info(f"{plain(str(problem))} Change the formula above.", icon=":material/edit:")
        st.stop()


def guard_racers(racers: tuple[str, ...]) -> None:
    """End the run with a sentence when nobody races."""
    if not racers:
        st.info("Choose at least one racer in the sidebar.", icon=":material/directions_run:")
        st.stop()


def setup_controls(
    landscape: arena.Landscape, surface: surfaces.Surface, racers: tuple[str, ...]
) -> arena.Setup:
    """Show the settings of a race in the sidebar and gather them.

    Args:
        landscape: Where it takes place.
        surface: The same, made.
        racers: Who takes part, at least one.
    """
    start = _start_controls(landscape, surface)
    st.markdown("**Learning rates**")
    rates = {name: _rate_control(name) for name in racers}
    n_steps = controls.whole_number(
        "Steps", 1, 2_000, 200, key=_key("steps"), help="How many steps everyone takes."
    )
    schedule = st.selectbox(
        "Schedule",
        schedules.SCHEDULES,
        format_func=_SCHEDULES.__getitem__,
        key=_key("schedule"),
        help="What the learning rate is multiplied by as the race goes on.",
        bind="query-params",
    )
    noise, batch_size, seed = _noise_controls(surface)
    with st.expander("Settings of the rules"):
        settings = _rule_controls(racers)
    return arena.Setup(
        landscape,
        tuple(
            (name, (("learning_rate", rates[name]), *_own_settings(name, settings)))
            for name in racers
        ),
        start=start,
        n_steps=n_steps,
        schedule=schedule,
        noise=noise,
        batch_size=batch_size,
        seed=seed,
    )


def _start_controls(
    landscape: arena.Landscape, surface: surfaces.Surface
) -> tuple[float, ...] | None:
    st.markdown("**Start** · click the map, or type it")
    start = []
    columns = st.columns(surface.dim)
    for axis, column in enumerate(columns):
        letter, (low, high) = "xy"[axis], surface.window[axis]
        value = column.number_input(
            letter,
            value=None,
            step=(high - low) / 100,
            format="%.3f",
            placeholder=f"{surface.start[axis]:.3f}",
            key=_key(letter),
            help=f"From {low:g} to {high:g}. Empty: the landscape's own start.",
            bind="query-params",
        )
        start.append(surface.start[axis] if value is None else float(value))
    st.button(
        "Random start",
        icon=":material/casino:",
        key=_key("random_start"),
        on_click=_random_start,
        args=(landscape,),
    )
    return tuple(start)


def _rate_control(name: str) -> float:
    return controls.number(
        optimizers.OPTIMIZERS[name].title,
        0.0,
        1e9,
        RATES[name],
        step=RATES[name] / 10,
        key=_key(f"rate_{name}"),
        help="Learning rate of this racer: what the rule multiplies its step by.",
    )


def _noise_controls(surface: surfaces.Surface) -> tuple[float, int | None, int]:
    batch_size = None
    if surface.batch_slopes is not None:
        batch_size = controls.whole_number(
            "Batch size",
            1,
            surface.n_rows,
            min(5, surface.n_rows),
            key=_key("batch"),
            help=f"Rows that each step looks at, of {surface.n_rows}. All of them: no noise.",
        )
    noise = controls.number_slider(
        "Noise on the slope",
        0.0,
        20.0,
        0.0,
        step=0.1,
        key=_key("noise"),
        help="Standard deviation of a random push on every slope, the same for all racers.",
    )
    seed = controls.whole_number(
        "Seed", 0, 2**31 - 1, 0, key=_key("seed"), help="Of the noise and of the mini-batches."
    )
    return noise, batch_size, seed


def _fields(name: str) -> dict[str, float]:
    return asdict(optimizers.make(name))


def _rule_controls(racers: tuple[str, ...]) -> dict[str, float]:
    settings = {}
    for setting, (label, low, high, default, step, what) in _SETTINGS.items():
        owners = [name for name in racers if setting in _fields(name)]
        if owners:
            settings[setting] = controls.number_slider(
                label,
                low,
                high,
                0.9 if default is None else default,
                step=step,
                key=_key(setting),
                help=what,
                format="%g",
            )
    if not settings:
        st.caption("Plain gradient descent and AdaGrad have none beside the learning rate.")
    return settings


def _own_settings(name: str, settings: dict[str, float]) -> tuple[tuple[str, float], ...]:
    own = _fields(name)
    return tuple((setting, value) for setting, value in settings.items() if setting in own)


def run(setup: arena.Setup) -> arena.Race:
    """Run the race, or say why the start cannot be used and end the run."""
    try:
        return cached.race(setup)
    except ValueError as problem:
        st.info(
            f"This race cannot start: {plain(str(problem))}. Change the start or the settings in "
            "the sidebar.",
            icon=":material/flag:",
        )
        st.stop()


def view(race: arena.Race) -> None:
    """Show the race, playing in the browser."""
    drawn_rules = ", ".join(walk.optimizer.title for walk in race.walks.values())
    descent_view.descent_view(
        cached.packed_race(race.setup),
        cached.packed_grid(race.setup.landscape),
        key=_key("view"),
        token=repr(race.setup),
        alt=f"The paths of {drawn_rules} on the landscape {race.surface.title}",
        on_start=_set_start,
    )


def landscape_note(surface: surfaces.Surface) -> None:
    """Say what the landscape is and what it teaches."""
    st.caption(f"$f = {surface.formula}$ · {surface.idea}")


def because(race: arena.Race) -> str:
    """Say what on this screen earns the lab's sentence."""
    winner = race.walks[race.winner]
    return (
        f"From a height of {winner.losses[0]:.3g}, {winner.optimizer.title} took {winner.n_done:,} "
        f"steps and ended lowest, at {winner.final_loss:.3g}. It never saw the map: every step was "
        "worked out from the slope underfoot."
    )


def script(race: arena.Race) -> str:
    """Write the program that runs the race on screen again."""
    return scripts.race_script(race)

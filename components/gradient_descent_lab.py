"""What the gradient-descent lab shows, in pieces: landscape, racers, race, verdicts."""

import math
from dataclasses import asdict

import numpy as np
import streamlit as st

from components import cached, controls, descent_view, layout
from components.charts import foundations_descent as charts
from components.plain import plain
from core.foundations import arena, calculus, formulas, optimizers, schedules, scripts, surfaces

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


def _short(value: float) -> str:
    # The minus sign of typography does not break a line, as the hyphen does.
    return f"{value:.3g}".replace("-", "−")


def verdicts(race: arena.Race) -> None:
    """Say for each racer why it stopped, with the numbers that say so."""
    told = []
    for name, verdict in race.verdicts.items():
        walk = race.walks[name]
        bends = " and ".join(_short(value) for value in verdict.eigenvalues)
        told.append(
            f"- **{walk.optimizer.title}: {verdict.kind}**, at a height of "
            f"{_short(walk.final_loss)}. {plain(verdict.reason)} :small[:gray[Slope "
            f"{_short(verdict.gradient_norm)}, curvature {bends}, Newton's method would move "
            f"{_short(verdict.newton_distance)}.]]"
        )
    st.markdown("\n".join(told))
    st.caption(
        "A short step proves nothing: it is short at a minimum, at a saddle and on a plateau. The "
        "verdict asks whether the walk still moves, whether the slope is zero nearby, and which "
        "way the ground bends."
    )


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


def look_closer(race: arena.Race) -> None:
    """Show one of the five ways to look closer at the race."""
    names = list(_CLOSER)
    chosen = controls.choice(
        "Look closer", names, key=_key("closer"), format_func=lambda name: _CLOSER[name][0]
    )
    _CLOSER[chosen][1](race)


def _pick_racer(race: arena.Race) -> str:
    return st.selectbox(
        "Racer",
        list(race.walks),
        format_func=lambda name: optimizers.OPTIMIZERS[name].title,
        key=_key("racer"),
        bind="query-params",
    )


def _show_sweep(race: arena.Race) -> None:
    racer = _pick_racer(race)
    sweep = cached.rate_sweep(race.setup, racer)
    known = [float(race.surface.value(point)) for point in race.surface.minima]
    reached = sweep.final_losses[np.isfinite(sweep.final_losses)].tolist()
    rate = race.walks[racer].optimizer.learning_rate
    layout.draw(
        charts.learning_rate_sweep(sweep, floor=min([*known, *reached], default=0), present=rate),
        alt="Final height against learning rate, coloured by outcome",
        key=_key("sweep"),
    )
    n_steps = min(race.setup.n_steps, arena.LONGEST_SWEEP)
    told = [f"One point is one walk of {n_steps:,} steps. Amber: the rate of the race above."]
    if sweep.cliff is not None:
        told.append(
            f"Dashed: the cliff. The bottom of the flattest valley has a largest curvature "
            f"$\\lambda_{{max}}$ of {sweep.cliff_curvature:.4g}; beyond a rate of "
            f"**{sweep.cliff:.4g}** ({_cliff_rule(racer)}) every step there throws you farther out."
        )
    else:
        told.append("Theory gives no cliff for this rule on this landscape.")
    if sweep.best is not None:
        told.append(f"The lowest end came from a rate of {sweep.learning_rates[sweep.best]:.3g}.")
    st.caption(" ".join(told))


def _cliff_rule(racer: str) -> str:
    return {
        "gradient_descent": r"$2/\lambda_{max}$",
        "momentum": r"$2(1+\beta)/\lambda_{max}$",
        "nesterov": r"$2(1+\beta)/((1+2\beta)\lambda_{max})$",
    }[racer]


def _show_momentum(race: arena.Race) -> None:
    bends = arena.curvatures(race.surface)
    if bends is None:
        st.info(
            "This landscape has no bowl-shaped minimum, so the theory of momentum says nothing "
            "about it. Choose the bowl, or Himmelblau.",
            icon=":material/info:",
        )
        return
    chart = cached.momentum_map(bends)
    rule = race.walks["momentum"].optimizer if "momentum" in race.walks else None
    present = None
    if rule is not None and rule.learning_rate <= chart.learning_rates[-1]:
        present = (rule.learning_rate, rule.momentum)
    for column, source in zip(st.columns(2), ("theory", "measured"), strict=True):
        with column:
            st.markdown(f"**{source.capitalize()}**")
            layout.draw(
                charts.momentum_map(chart, source=source, present=present),
                alt=f"Regions of learning rate against momentum: {source}",
                key=_key(f"momentum_{source}"),
            )
    agree = float((chart.predicted_region == chart.measured_region).mean())
    shown = " and ".join(f"{bend:.4g}" for bend in bends)
    st.caption(
        f"A bowl with the curvatures of the first minimum, {shown}. Stronger colour: faster. "
        f"Fastest in theory: a rate of {chart.best[0]:.3g} with a momentum of {chart.best[1]:.3g}. "
        f"In {agree:.0%} of the cells the walks did what theory says."
    )


def _show_basins(race: arena.Race) -> None:
    if not race.surface.minima:
        st.info(
            "This landscape has no minimum to end in. Choose Himmelblau to see four basins.",
            icon=":material/info:",
        )
        return
    racer = _pick_racer(race)
    chart = cached.basins(race.setup, racer)
    layout.draw(
        charts.basins(chart, race.surface, race.start),
        alt="Map of starts, coloured by the minimum that each ends in",
        key=_key("basins"),
    )
    shares = [
        f"minimum {index + 1}: {share:.1%}" for index, share in enumerate(chart.shares[:6].tolist())
    ]
    st.caption(
        f"{chart.labels.size:,} starts. " + ", ".join(shares) + f", none: {chart.nowhere:.1%} "
        f"(grey), diverged: {chart.diverged:.1%} (vermilion). S: the start of the race above."
    )


def _show_derivatives(race: arena.Race) -> None:
    own = race.setup.landscape.name == arena.OWN_FORMULA
    written = calculus.derivative_formulas(race.setup.landscape.formula) if own else {}
    check = calculus.check_derivatives(race.surface, np.array([race.start]))
    rows = [
        "| Derivative | Formula | Exact at the start | Finite difference | Gap |",
        "|---|---|---|---|---|",
    ]
    for index, name in enumerate(check.names):
        exact, measured = float(check.exact[index, 0]), float(check.measured[index, 0])
        formula = f"${written[name]}$" if name in written else ""
        rows.append(
            f"| {name} | {formula} | {exact:.8g} | {measured:.8g} | {abs(exact - measured):.1e} |"
        )
    st.markdown("\n".join(rows))
    st.caption(
        "Exact: by the rules of differentiation. Finite difference: two heights, or two slopes, a "
        "tiny step apart. The gap is the rounding of the computer."
        + ("" if own else " Choose your own f(x, y) to see the formulas, too.")
    )


_CLOSER = {
    "verdicts": ("Why did it stop?", verdicts),
    "sweep": ("Learning rates", _show_sweep),
    "momentum": ("Momentum map", _show_momentum),
    "basins": ("Basins", _show_basins),
    "derivatives": ("Derivatives", _show_derivatives),
}

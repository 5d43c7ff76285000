"""Five ways to look closer at a race: verdicts, learning rates, momentum, basins, derivatives."""

import numpy as np
import streamlit as st

from components import cached, controls, layout
from components.charts import foundations_descent as charts
from components.plain import plain
from core.foundations import arena, calculus, optimizers


def _key(name: str) -> str:
    return f"gradient_descent_{name}"


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


_CLOSER = {
    "verdicts": ("Why did it stop?", verdicts),
    "sweep": ("Learning rates", _show_sweep),
    "momentum": ("Momentum map", _show_momentum),
    "basins": ("Basins", _show_basins),
    "derivatives": ("Derivatives", _show_derivatives),
}

"""The guided experiments of the gradient-descent lab; answers are read off the race that ran."""

from collections.abc import Mapping

from components.experiments import Experiment, Revelation
from core.foundations.arena import Race


def _settings(
    landscape: str,
    rates: Mapping[str, float],
    *,
    start: tuple[float | None, float | None] = (None, None),
    **changed: float | str,
) -> dict:
    calm = {"steps": 200, "schedule": "constant", "noise": 0.0, "seed": 0}
    return {
        "gradient_descent_landscape": landscape,
        "gradient_descent_racers": list(rates),
        "gradient_descent_x": start[0],
        "gradient_descent_y": start[1],
        **{f"gradient_descent_rate_{name}": rate for name, rate in rates.items()},
        **{f"gradient_descent_{name}": value for name, value in (calm | changed).items()},
    }


def _height(race: Race, name: str) -> str:
    return f"{race.walks[name].final_loss:.3g}"


def _beyond_the_cliff(race: Race) -> Revelation:
    verdict = race.verdicts["gradient_descent"]
    rate = race.walks["gradient_descent"].optimizer.learning_rate
    choice = {"minimum": 0, "oscillating": 1, "diverged": 2}.get(verdict.kind, 1)
    return Revelation(
        choice,
        f"It ended as “{verdict.kind}”. The steepest curvature is {verdict.eigenvalues.max():.3g}: "
        f"each step multiplies the distance along y by |1 − {rate:g} · "
        f"{verdict.eigenvalues.max():.3g}| = {abs(1 - rate * verdict.eigenvalues.max()):.3g}.",
    )


def _lower(race: Race, first: str, second: str, why: str) -> Revelation:
    ends = [race.walks[name].final_loss for name in (first, second)]
    choice = 0 if ends[0] < ends[1] else 1
    titles = [race.walks[name].optimizer.title for name in (first, second)]
    return Revelation(
        choice,
        f"{titles[0]} ended at {_height(race, first)} and {titles[1]} at "
        f"{_height(race, second)}. {why}",
    )


def _adam_wins(race: Race) -> Revelation:
    first_slope = abs(race.walks["adam"].gradients[0]).max()
    return _lower(
        race,
        "adam",
        "gradient_descent",
        f"The first slope was only {first_slope:.2g}. Adam divides the slope by its usual size, "
        "so a faint slope moves it as far as a strong one.",
    )


def _adam_loses(race: Race) -> Revelation:
    adam = race.walks["adam"].positions
    last = abs(adam[-1] - adam[-2]).max()
    return _lower(
        race,
        "adam",
        "gradient_descent",
        "In a bowl the slope shrinks with the distance and plain steps shrink with it. Adam has "
        f"divided that information away: its last step was still {last:.2g} long.",
    )


def _at_the_saddle(race: Race) -> Revelation:
    verdict = race.verdicts["gradient_descent"]
    return Revelation(
        1 if verdict.kind == "saddle" else 0 if verdict.kind == "minimum" else 2,
        f"The verdict is “{verdict.kind}”. {verdict.reason}",
    )


def _newton_climbs(race: Race) -> Revelation:
    verdict = race.verdicts["newton"]
    return Revelation(
        0 if verdict.kind == "minimum" else 1 if verdict.kind == "maximum" else 2,
        f"It stopped at a {verdict.kind}, {_height(race, 'newton')} high. Newton's method looks "
        "for any place without slope, and the nearest one here is the top.",
    )


def _momentum_in_the_ravine(race: Race) -> Revelation:
    return _lower(
        race,
        "momentum",
        "gradient_descent",
        "Across the ravine the slopes cancel in the memory; along it they add up.",
    )


def _over_the_hill(race: Race) -> Revelation:
    plain = race.verdicts["gradient_descent"].minimum_index
    heavy = race.verdicts["momentum"].minimum_index
    same = plain == heavy
    return Revelation(
        0 if same else 1,
        f"Gradient descent ended at {_height(race, 'gradient_descent')}, momentum at "
        f"{_height(race, 'momentum')}. "
        + (
            "Both stopped in the same valley." if same else "The velocity carried it over the hill."
        ),
    )


def _one_row_at_a_time(race: Race) -> Revelation:
    walk, verdict = race.walks["gradient_descent"], race.verdicts["gradient_descent"]
    above = walk.final_loss - float(race.surface.value(race.surface.minima[0]))
    return Revelation(
        0 if verdict.kind == "minimum" else 1,
        f"The verdict is “{verdict.kind}”, {above:.2g} above the bottom: every row of the table "
        "pulls the line its own way. Now choose the cosine schedule and look again.",
    )


EXPERIMENTS = (
    Experiment(
        title="Over the cliff",
        task="A bowl that is ten times steeper along y, and a learning rate a little above "
        "2/λ = 0.2.",
        settings=_settings("bowl", {"gradient_descent": 0.21}, condition=10.0),
        question="What becomes of gradient descent?",
        choices=("it arrives", "it swings to and fro", "it diverges"),
        reveal=_beyond_the_cliff,
    ),
    Experiment(
        title="Adam wins",
        task="A plateau with a hole in the middle. Far out there is hardly any slope.",
        settings=_settings("plateau", {"adam": 0.1, "gradient_descent": 0.01}),
        question="Who ends lower?",
        choices=("Adam", "gradient descent"),
        reveal=_adam_wins,
    ),
    Experiment(
        title="Adam loses",
        task="A smooth bowl, and a learning rate for gradient descent just below the cliff.",
        settings=_settings(
            "bowl", {"adam": 0.1, "gradient_descent": 0.18}, condition=10.0, steps=60
        ),
        question="Who ends lower after 60 steps?",
        choices=("Adam", "gradient descent"),
        reveal=_adam_loses,
    ),
    Experiment(
        title="A memory in the ravine",
        task="A narrow valley that lies across both axes; both racers have the same rate.",
        settings=_settings(
            "ravine",
            {"momentum": 0.03, "gradient_descent": 0.03},
            momentum=0.9,
            steps=100,
        ),
        question="Who ends lower?",
        choices=("momentum", "gradient descent"),
        reveal=_momentum_in_the_ravine,
    ),
    Experiment(
        title="Zero slope",
        task="A saddle, entered exactly along its ridge. The steps become tiny.",
        settings=_settings("saddle", {"gradient_descent": 0.05}, start=(-1.6, 0.0)),
        question="Where did it stop?",
        choices=("at a minimum", "at a saddle", "it did not stop"),
        reveal=_at_the_saddle,
    ),
    Experiment(
        title="Newton climbs",
        task="Newton's method uses the curvature and starts near the hill in the middle.",
        settings=_settings("himmelblau", {"newton": 1.0}, damping=0.001),
        question="Where does it end?",
        choices=("at a minimum", "at a maximum", "elsewhere"),
        reveal=_newton_climbs,
    ),
    Experiment(
        title="Over the hill",
        task="Two valleys, the deeper one on the left. Both racers start on the right.",
        settings=_settings(
            "double_well", {"gradient_descent": 0.01, "momentum": 0.01}, momentum=0.9
        ),
        question="Do they end in the same valley?",
        choices=("yes", "no"),
        reveal=_over_the_hill,
    ),
    Experiment(
        title="One row at a time",
        task="A line through real data. Each step looks at one row of the table only.",
        settings=_settings("linear_regression", {"gradient_descent": 0.2}, batch=1, steps=300),
        question="Does it come to rest at the bottom?",
        choices=("yes", "no"),
        reveal=_one_row_at_a_time,
    ),
)

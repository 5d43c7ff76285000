"""A race on a landscape: map, relief, heights over time, and the update rule of every step."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from components.charts import palette
from core.foundations import optimizers

_FOLDER = Path(__file__).parent
_SCRIPTS = ("descent_math.js", "descent_draw.js", "descent_view.js")

_HTML = """
<div class="descent">
  <div class="legend" role="group" aria-label="Racers: choose one to see its rule" data-part="legend"></div>
  <div class="stage">
    <div class="terrain">
      <canvas class="map" role="img" tabindex="0" data-part="map"></canvas>
      <button type="button" class="turn" aria-pressed="false" data-part="relief">3-D</button>
    </div>
    <div class="side">
      <div class="caption"><span>Height above the lowest point</span>
        <label class="checked"><input type="checkbox" checked data-part="log"> log scale</label></div>
      <canvas class="curve" role="img" aria-label="Height of every racer at every step" data-part="curve"></canvas>
    </div>
  </div>
  <div class="transport">
    <button type="button" aria-label="First step" data-part="first">|‹</button>
    <button type="button" aria-label="One step back" data-part="back">‹</button>
    <button type="button" aria-label="Play" data-part="play">▶</button>
    <button type="button" aria-label="One step forward" data-part="forward">›</button>
    <button type="button" aria-label="Last step" data-part="last">›|</button>
    <input class="range" type="range" min="0" step="1" aria-label="Step" data-part="range">
    <span class="count" data-part="count"></span>
    <select aria-label="Speed" data-part="speed">
      <option value="0.25">slow</option><option value="1" selected>normal</option>
      <option value="4">fast</option></select>
    <label class="checked"><input type="checkbox" checked data-part="arrows"> arrows</label>
  </div>
  <div class="rule-title" data-part="ruleTitle"></div>
  <div class="rule" data-part="rule"></div>
</div>
"""  # noqa: E501 - one tag per line

_DESCENT_VIEW = st.components.v2.component(
    "llm_labs_descent_view",
    html=_HTML,
    css=(_FOLDER / "descent_view.css").read_text(encoding="utf-8"),
    js="\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in _SCRIPTS),
)

_HUES = [hue for hue in palette.SERIES if hue != palette.BEFORE]

_WORDS = {
    "gradient": "slope",
    "velocity": "velocity",
    "look_ahead": "look ahead",
    "momentum": "memory of slopes",
    "square": "memory of squares",
    "square_sum": "sum of squares",
    "step_square": "memory of steps",
    "momentum_fair": "slopes, corrected",
    "square_fair": "squares, corrected",
    "step": "step",
}


@dataclass(frozen=True)
class Look:
    """How one racer is drawn, the same on every landscape."""

    colour: str
    dashed: bool


def look(name: str) -> Look:
    """Return the look of a rule; there are more rules than hues, so some lines are dashed.

    Example:
        >>> look("gradient_descent").dashed, look("newton").dashed
        (False, True)
    """
    place = list(optimizers.OPTIMIZERS).index(name)
    return Look(colour=_HUES[place % len(_HUES)], dashed=place >= len(_HUES))


def descent_view(
    race: Mapping[str, Any], grid: Mapping[str, Any], *, key: str, token: str, alt: str, on_start
) -> None:
    """Draw a race that plays, steps and scrubs in the browser.

    Args:
        race: From ``payload.pack``.
        grid: From ``payload.pack_grid``.
        key: Widget key, unique in the app.
        token: Changes when the race does; the picture then starts again.
        alt: What the map shows.
        on_start: Called with the point that was clicked, a tuple of coordinates.
    """
    _DESCENT_VIEW(
        key=key,
        data={
            "race": race,
            "grid": grid,
            "token": token,
            "alt": alt,
            "words": _WORDS,
            "looks": {
                name: {"colour": look(name).colour, "dashed": look(name).dashed}
                for name in (racer["name"] for racer in race["racers"])
            },
            "colours": {
                "ground": palette.BEFORE,
                "gradient": palette.NEGATIVE,
                "memory": palette.MARKED,
                "square": palette.SERIES[3],
                "step": palette.AFTER,
            },
        },
        on_start_change=partial(_forward, key, on_start),
        height="content",
    )


def _forward(key: str, on_start) -> None:
    point = st.session_state[key].start
    # The browser is not trusted: only short lists of numbers pass.
    is_point = isinstance(point, list) and all(isinstance(one, int | float) for one in point)
    if is_point and len(point) in (1, 2):
        on_start(tuple(float(one) for one in point))

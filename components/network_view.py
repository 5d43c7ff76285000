"""A training in the browser: the network is a picture that plays, with weights to touch."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from components.charts import palette

_FOLDER = Path(__file__).parent

_HTML = """
<div class="lab" data-part="lab">
  <div class="transport">
    <button type="button" aria-label="Reset to the same start weights" title="Reset to the same start weights" data-part="first">|‹</button>
    <button type="button" aria-label="One frame back" title="One frame back" data-part="back">‹</button>
    <button type="button" class="play" aria-label="Play" data-part="play">▶</button>
    <button type="button" data-part="step">+1 step</button>
    <button type="button" data-part="epoch">+1 epoch</button>
    <button type="button" aria-label="End of the training" title="End of the training" data-part="last">›|</button>
    <input class="range" type="range" min="0" step="1" aria-label="Place in the training" data-part="range">
    <span class="count" data-part="count"></span>
    <button type="button" data-part="whole" hidden>Whole training</button>
    <select aria-label="Speed" data-part="speed">
      <option value="0.25">slow</option><option value="1" selected>normal</option>
      <option value="4">fast</option></select>
    <button type="button" data-part="reseed">New weights</button>
  </div>
  <div class="stage">
    <div>
      <div class="bars" role="group" aria-label="Layers and neurons" data-part="bars"></div>
      <div class="around"><div class="graph" role="group" aria-label="The network" data-part="graph"></div>
        <div class="tip" aria-hidden="true" data-part="tip" hidden></div></div>
      <div class="curves">
        <div><span class="quiet">Loss</span>
          <canvas class="curve" role="img" aria-label="Loss over the training" data-part="losses"></canvas></div>
        <div data-part="accuracyBlock"><span class="quiet">Share right</span>
          <canvas class="curve" role="img" aria-label="Share right over the training" data-part="accuracies"></canvas></div>
      </div>
    </div>
    <div class="out">
      <div class="title" data-part="mapTitle"></div>
      <canvas class="map" role="img" tabindex="0" data-part="map"></canvas>
      <div class="scale" aria-hidden="true"><span data-part="scaleLow"></span><span class="ramp" data-part="ramp"></span><span data-part="scaleHigh"></span></div>
      <div class="row" role="group" aria-label="What a click on the plane does" data-part="tools" hidden>
        <button type="button" data-tool="blue">Add ● blue</button>
        <button type="button" data-tool="orange">Add ■ orange</button>
        <button type="button" data-tool="erase">Erase</button>
        <button type="button" data-tool="look">Look</button>
      </div>
      <div class="row toggles">
        <label class="checked" data-part="testToggle"><input type="checkbox" checked data-part="showTest"> test data</label>
        <label class="checked"><input type="checkbox" data-part="discrete"> two colours</label>
        <label class="checked"><input type="checkbox" data-part="numbers"> numbers</label>
      </div>
      <table><thead><tr data-part="figuresHead"><th></th><th>loss</th><th>right</th></tr></thead>
        <tbody data-part="figures"></tbody></table>
      <div class="stop" data-part="stop" aria-live="polite"></div>
    </div>
  </div>
  <div class="below">
    <div>
      <div class="row"><span class="title" data-part="inspectTitle"></span>
        <select aria-label="Weight or bias to change" data-part="chooser"></select>
        <button type="button" data-part="walk">Walk through this moment</button></div>
      <div class="quiet">Point at a neuron or a link to see its arithmetic. Click a link, or the small square of a bias, to change it. Click the plane to try another place.</div>
      <div class="row" data-part="editor" hidden>
        <input type="number" step="any" aria-label="Value" data-part="weight">
        <input class="range" type="range" step="0.01" aria-label="Value, as a slider" data-part="weightRange">
      </div>
      <div class="edited row" data-part="edited" hidden><span>Changed by hand.</span>
        <button type="button" data-part="undo">Undo</button>
        <button type="button" data-part="trainFrom">Train from here</button>
        <button type="button" data-part="walkEdited">Walk through it</button></div>
      <div class="formula" data-part="formula"></div>
    </div>
    <table data-part="confusionBlock" aria-label="Confusion matrix"><thead><tr><th>true class</th><th>said orange</th><th>said blue</th></tr></thead>
      <tbody data-part="confusion"></tbody></table>
  </div>
</div>
"""  # noqa: E501 - one tag per line


def joined(*names: str) -> str:
    """Read script files of this folder as one script; the last one has the entry point."""
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)


CSS = joined("network_view.css")

COLOURS = {
    "positive": palette.POSITIVE,
    "negative": palette.NEGATIVE,
    "before": palette.BEFORE,
    "marked": palette.MARKED,
    "train": palette.AFTER,
    "test": palette.MARKED,
}
"""What the browser views of this lab draw with."""

_NETWORK_VIEW = st.components.v2.component(
    "llm_labs_network_view",
    html=_HTML,
    css=CSS,
    js=joined(
        "network_math.js",
        "network_graph.js",
        "network_charts.js",
        "network_inspector.js",
        "network_view.js",
    ),
)

Events = Mapping[str, Callable[[Any], None]]
"""Name of a trigger to what is called with its value: ``window``, ``reseed``, ``start``, ``walk``,
``draw``, ``reshape``. Values come from the browser and must be checked."""


def network_view(
    run: Mapping[str, Any],
    *,
    key: str,
    token: str,
    alt: str,
    on: Events,
    open_at: int | None = None,
    is_window: bool = False,
    drawing: bool = False,
) -> None:
    """Draw a training.

    Args:
        run: From ``recording.pack``.
        key: Widget key, unique in the app.
        token: Changes when the training does; the picture then starts again.
        alt: What the plane shows.
        on: What to do when something is asked of the server.
        open_at: Step to show first; None plays from the start.
        is_window: Whether the frames are only a part of the training.
        drawing: Whether a click on the plane may add points.
    """
    _NETWORK_VIEW(
        key=key,
        data={
            "run": run,
            "token": token,
            "alt": alt,
            "openAt": open_at,
            "isWindow": is_window,
            "drawing": drawing,
            "colours": COLOURS,
        },
        height="content",
        **{f"on_{name}_change": partial(_forward, key, name, call) for name, call in on.items()},
    )


def _forward(key: str, name: str, call: Callable[[Any], None]) -> None:
    value = st.session_state[key].get(name)
    if value is not None:
        call(value)

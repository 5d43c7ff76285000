"""A formula as a graph: values fill in forwards, slopes backwards, one step per key press."""

import math
from dataclasses import asdict
from pathlib import Path

import streamlit as st

from components.charts import palette
from core.foundations import chain_rule

_FOLDER = Path(__file__).parent

_HTML = """
<div class="bar">
  <button type="button" class="play" aria-label="Play all steps">Play</button>
  <button type="button" class="back" aria-label="One step back">‹</button>
  <button type="button" class="on" aria-label="One step on">›</button>
  <input class="step" type="range" min="0" step="1" aria-label="Step">
  <span class="phase"></span>
</div>
<div class="frame" tabindex="0" role="group" aria-label="Computation graph">
  <svg class="picture" role="img"></svg>
</div>
<div class="say" role="status"></div>
"""

_CHAIN_VIEW = st.components.v2.component(
    "llm_labs_chain_view",
    html=_HTML,
    css=(_FOLDER / "chain_view.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "chain_view.js").read_text(encoding="utf-8"),
)


def places(graph: chain_rule.Graph) -> list[tuple[int, float]]:
    """Lay a graph out in columns: every node stands right of all that it uses.

    Args:
        graph: What to draw.

    Returns:
        Column (from 0) and height (0 at the top, 1 at the bottom) of each node.
    """
    columns: list[int] = []
    for node in graph.nodes:
        columns.append(1 + max((columns[i] for i in node.inputs), default=-1))
    # An input is drawn just before its first use, so that arrows stay short.
    for node in graph.nodes:
        if not node.inputs:
            users = [user.index for user in graph.nodes if node.index in user.inputs]
            columns[node.index] = min((columns[user] for user in users), default=1) - 1

    found: list[tuple[int, float]] = []
    for node in graph.nodes:
        together = [i for i, column in enumerate(columns) if column == columns[node.index]]
        found.append((columns[node.index], (together.index(node.index) + 0.5) / len(together)))
    return found


def chain_view(graph: chain_rule.Graph, *, key: str) -> None:
    """Draw a graph that the reader plays, steps and scrubs.

    Args:
        graph: Nodes with values and slopes, and the steps of the backward pass.
        key: Widget key, unique in the app.
    """
    _CHAIN_VIEW(
        key=key,
        data={
            "nodes": [
                {
                    "name": node.name,
                    "operation": node.operation,
                    "text": node.text,
                    "inputs": list(node.inputs),
                    "value": node.value,
                    "rules": list(node.local_texts),
                    "column": column,
                    "height": height,
                }
                for node, (column, height) in zip(graph.nodes, places(graph), strict=True)
            ],
            "steps": [
                {name: _number(value) for name, value in asdict(step).items()}
                for step in graph.steps
                if graph.nodes[step.receiver].operation != "constant"
            ],
            "colours": {
                "value": palette.AFTER,
                "slope": palette.NEGATIVE,
                "marked": palette.MARKED,
            },
        },
        height="content",
    )


def _number(value: float) -> float | None:
    """JSON has no infinity and no NaN."""
    return value if math.isfinite(value) else None

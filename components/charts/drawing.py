"""A chart as two values: a specification that is built and checked once, and the data of this run.

Altair checks and copies a chart each time it is built, 60 ms and more. A lab redraws at every move
of a slider for thirty people, so each picture's specification is built once per server, and only
its data travels through a rerun.
"""

from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd


@dataclass(frozen=True, eq=False)
class Drawing:
    """What ``layout.draw`` hands to Streamlit."""

    spec: dict[str, Any]
    """The Vega-Lite specification, without data; shared, never changed."""

    frame: pd.DataFrame
    """One tidy table for all layers."""


def specification(chart: alt.Chart | alt.LayerChart) -> dict[str, Any]:
    """Check a chart and return its specification without data.

    Args:
        chart: A chart without data, whose encodings all state their type (``"Token:N"``).

    Returns:
        The specification, for a function that is cached with ``functools.cache``.
    """
    spec = chart.to_dict()
    spec.pop("datasets", None)
    # Otherwise the first and the last name of a category axis slip off their bars.
    spec.setdefault("config", {}).setdefault("axisBand", {})["labelFlush"] = False
    return _without_data(spec)


def _without_data(part: Any) -> Any:
    """Take Altair's stand-in for missing data out of every layer, so that all read one table."""
    if isinstance(part, list):
        return [_without_data(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _without_data(value)
        for key, value in part.items()
        if not (key == "data" and value == {"name": "empty"})
    }

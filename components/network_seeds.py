"""A wall of seeds in the browser: a thousand trainings at a glance, one click from each."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import streamlit as st

_HTML = """
<canvas role="img" tabindex="0" data-part="canvas"></canvas>
<div class="told" aria-live="polite" data-part="told"></div>
<div class="legend" data-part="legend"></div>
"""

_CSS = """
:host { display: block; }
canvas { display: block; width: 100%; cursor: pointer; }
canvas:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.told { min-height: 1.4rem; margin-top: 0.25rem; font-size: 0.86rem; color: var(--st-text-color); }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; font-size: 0.82rem; color: var(--st-text-color); }
.dot { display: inline-block; width: 0.7rem; height: 0.7rem; margin-right: 0.35rem; border-radius: 2px; }
"""  # noqa: E501 - one rule per line

_NETWORK_SEEDS = st.components.v2.component(
    "llm_labs_network_seeds",
    html=_HTML,
    css=_CSS,
    js=(Path(__file__).parent / "network_seeds.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Fate:
    """What can become of a seed."""

    title: str
    colour: str
    count: int


def network_seeds(
    codes: str,
    fates: Sequence[Fate],
    *,
    picked: int,
    key: str,
    alt: str,
    on_seed: Callable[[int], None],
) -> None:
    """Draw the wall.

    Args:
        codes: One letter per seed: ``a`` for the first fate, ``b`` for the second, and so on.
        fates: What the letters mean, at most 26.
        picked: The marked seed.
        key: Widget key, unique in the app.
        alt: What the wall shows.
        on_seed: Called with the seed that was clicked.
    """
    _NETWORK_SEEDS(
        key=key,
        data={
            "codes": codes,
            "kinds": [asdict(fate) for fate in fates],
            "picked": picked,
            "alt": alt,
        },
        on_seed_change=partial(_forward, key, len(codes), on_seed),
        height="content",
    )


def _forward(key: str, n_seeds: int, on_seed: Callable[[int], None]) -> None:
    seed = st.session_state[key].seed
    if isinstance(seed, int) and 0 <= seed < n_seeds:
        on_seed(seed)

"""Step 5 of the quantization lab: which layers matter, and where should the bits go?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from components import cached, controls, layout, model_loading, quantization_asking, shared_work
from components.charts import quantization_layers as charts
from components.plain import plain
from components.quantization_work import LayersAsked
from core.model_store import catalog
from core.quantization import budget, layer_study, sample_texts, sensitivity

if TYPE_CHECKING:
    from core.quantization.budget import Plan
    from core.quantization.layer_study import Point, Study

KEY = "quantization_lab_layers"
CODE = (sensitivity.measure, budget.predicted_damages, budget.mixed_plans)

_MODELS = ("smollm2-135m-instruct", "all-minilm-l6-v2", "gpt2", "distilgpt2")
_IDEA_MD = """
Round **one part** of the model to 4 bits, leave everything else as it was, and measure how much
worse the model gets. Then the next part.
"""
_BUDGET_MD = """
Now spend the bits where they matter. Damages this small add up, so one measurement per part is
enough to foretell every mixture: each step buys the bits that save most damage per bit.
"""


@dataclass(frozen=True)
class _Scale:
    """How a damage is shown: as it is, or as its root where it is a mean of squares."""

    unit: str
    is_root: bool

    def __call__(self, damage: float) -> float:
        return float(np.sqrt(damage)) if self.is_root else float(damage)


_SCALES = {
    False: _Scale("KL divergence (nats per token)", is_root=False),
    True: _Scale("Change of similarity (root mean square)", is_root=True),
}


@dataclass(frozen=True, eq=False)
class Layers:
    """What step 5 shows."""

    asked: LayersAsked
    study: "Study"
    plan: "Plan"
    """The mixture that the budget buys."""

    def shown(self, damage: float) -> float:
        """Return a damage as the page shows it."""
        return _SCALES[self.asked.is_encoder](damage)


def which_layers() -> Layers | None:
    """Measure every part of a model, and spend a budget of bits."""
    with st.sidebar:
        model_id = st.selectbox(
            "Model",
            _MODELS,
            format_func=lambda one: catalog.CATALOG[one].title,
            key="quantization_lab_layers_model",
            help="The first two work offline. The second, an encoder, is in full precision.",
            bind="query-params",
        )
    is_encoder = catalog.CATALOG[model_id].kind == "encoder"
    ready = model_loading.ready_encoder if is_encoder else model_loading.ready_causal_lm
    lm = ready(model_id)
    asked = LayersAsked(model_id, is_encoder)
    st.markdown(_IDEA_MD)
    found: Study | None = cached.workbench().result(asked)
    if found is None:
        quantization_asking.start_button(
            "Try every part",
            key=KEY,
            asked=asked,
            help="Half a minute to a minute for SmolLM2 on two processor cores, seconds for the "
            "encoder.",
        )
        shared_work.view(KEY, quantization_asking.show_step)
        if lm.note:
            st.caption(f":material/info: {plain(lm.note)}")
        return None
    shared_work.give_up(KEY)
    _sensitivity(found, _SCALES[is_encoder])
    plan = _budget(found, _SCALES[is_encoder])
    return Layers(asked, found, plan)


def earned(result: Layers) -> str:
    """Say what the study shows about "just rounding", with its numbers."""
    found = result.study
    worst = max(found.measured, key=lambda one: one.damage)
    median = float(np.median([one.damage for one in found.measured]))
    return (
        f"Rounded to the same {layer_study.PROBE_BITS} bits, one part does most harm, "
        f"{worst.part.title}: {result.shown(worst.damage) / result.shown(median):.3g} times as "
        "much as the part in the middle of the ranking. The rounding is the same; what it "
        "meets is not."
    )


def script(result: Layers) -> str:
    """Write the program that rounds each part alone."""
    from core.quantization import run_scripts

    return run_scripts.layers_script(
        is_encoder=result.asked.is_encoder,
        folder=result.asked.model_id.replace("/", "--"),
        hub_id=catalog.hub_id(result.asked.model_id),
        text=sample_texts.TEXT,
    )


def _sensitivity(found: "Study", scale: _Scale) -> None:
    per_weight = controls.switch(
        "Per million weights",
        key="quantization_lab_per_weight",
        help="A large part has more weights to go wrong. Divide by its size.",
    )
    parts = [one.part for one in found.measured]
    values = [
        scale(one.damage / (one.part.n_weights / 1e6 if per_weight else 1))
        for one in found.measured
    ]
    layout.draw(
        charts.damages(parts, values, unit=scale.unit),
        alt="The damage that rounding each part alone does",
        key="quantization_lab_damages",
    )
    totals = ", ".join(f"{kind} {scale(sum_):.3g}" for kind, sum_ in _by_kind(found).items())
    st.caption(f"All parts of one kind together: {totals}. {_two_uses(found)}")


def _by_kind(found: "Study") -> dict[str, float]:
    totals: dict[str, float] = {}
    for one in found.measured:
        name = "MLP" if one.part.kind == "mlp" else one.part.kind
        totals[name] = totals.get(name, 0.0) + one.damage
    return totals


def _two_uses(found: "Study") -> str:
    """Say how the two uses of a shared matrix differ, if the model has one."""
    by_use = {one.part.kind: one.damage for one in found.measured if one.part.use}
    if len(by_use) < 2:
        return ""
    times = by_use["head"] / max(by_use["embedding"], 1e-12)
    return (
        "Embedding and head of this model are the same matrix. Read at the entrance, its rounding "
        f"hardly shows; multiplied at the exit, it does {times:.3g} times as much harm."
    )


def _budget(found: "Study", scale: _Scale) -> "Plan":
    st.subheader("Spend bits where they matter", anchor=False)
    st.markdown(_BUDGET_MD)
    table = found.table
    low, high = (plan.size_bits / table.n_weights for plan in (found.even[0], found.even[-1]))
    bits = controls.number_slider(
        "Bits per weight, on average",
        round(low + 0.05, 1),
        round(high, 1),
        4.5,
        step=0.1,
        key="quantization_lab_budget",
        help="Over the whole model, scales counted.",
    )
    plan = budget.best_within(found.mixed, bits * table.n_weights)
    layout.draw(
        charts.bits(table.parts, [table.ladder[rung].bits for rung in plan.rungs]),
        alt="Bits of each part in the mixture that the budget buys",
        key="quantization_lab_bits",
    )
    layout.draw(
        charts.front(
            [_point(point, scale) for point in found.even_points],
            [_point(point, scale) for point in found.mixed_points],
            [(one.size_bits / 8e6, scale(one.predicted)) for one in found.mixed],
            unit=scale.unit,
            budget_mb=plan.size_bits / 8e6,
        ),
        alt="Size of the weights against damage, for even and for mixed bits",
        key="quantization_lab_front",
    )
    st.caption(
        f"Amber: your budget, {plan.size_bits / 8e6:.3g} MB, foretold damage "
        f"{scale(plan.predicted):.3g}. Dashed: foretold. Points: whole models, measured."
    )
    _comparison(found, scale)
    return plan


def _point(point: "Point", scale: _Scale) -> tuple[str, float, float]:
    return point.title, point.size_bits / 8e6, scale(point.measured)


def _comparison(found: "Study", scale: _Scale) -> None:
    """Set each mixture beside the even model of its size."""
    pairs = list(zip(found.even_points, found.mixed_points, strict=False))
    frame = pd.DataFrame(
        {
            "Same bits everywhere": [even.title for even, _ in pairs],
            "Size": [even.size_bits / 8e6 for even, _ in pairs],
            "Damage": [scale(even.measured) for even, _ in pairs],
            "Foretold": [scale(even.predicted) for even, _ in pairs],
            "Mixture of that size": [mixed.title for _, mixed in pairs],
            "Damage of the mixture": [scale(mixed.measured) for _, mixed in pairs],
            "Change": [
                100 * (scale(mixed.measured) / scale(even.measured) - 1) for even, mixed in pairs
            ],
        }
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        frame,
        hide_index=True,
        key="quantization_lab_front_table",
        alt="Even and mixed bits at the same size",
        column_config={
            "Size": number("Size (MB)", format="%.1f"),
            "Damage": number(format="%.3g"),
            "Foretold": number(format="%.3g"),
            "Damage of the mixture": number(format="%.3g"),
            "Change": number("Change (%)", format="%+.0f"),
        },
    )
    failing = [even.title for even, mixed in pairs if mixed.measured > even.measured]
    if failing:
        st.caption(
            f"At {failing[0]} the mixture is worse than foretold: errors that large no longer add "
            "up, and the plan is built on a sum."
        )

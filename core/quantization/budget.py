"""Spend bits where they matter: more for the parts that hurt, fewer for the others.

Rounding noise is small and comes from everywhere, so the damage of one part grows with the square
of its error, and the damages of all parts add up. One measurement per part then foretells every
mixture. Foretold is not measured: ``sensitivity.check`` measures.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.quantization import model_weights, schemes, sensitivity

if TYPE_CHECKING:
    from core.model_store.loading import LoadedModel
    from core.quantization.schemes import Scheme
    from core.quantization.sensitivity import Part, PartDamage

BITS = (2, 3, 4, 5, 6, 8)
"""What a weight may take in a mixture, scales not counted."""


@dataclass(frozen=True, eq=False)
class ErrorTable:
    """What each part loses, and takes, at each rung of a ladder of schemes."""

    parts: tuple["Part", ...]
    ladder: tuple["Scheme", ...]
    squared_errors: NDArray[np.float64]
    """Sum of the squared changes of the weights, shape (n_parts, n_rungs)."""
    sizes_bits: NDArray[np.int64]
    """With all scales, shape (n_parts, n_rungs)."""
    rest_bits: int
    """What no part holds, such as norms, at 16 bits."""
    n_weights: int
    """Of the whole model."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A rung for each part."""

    rungs: NDArray[np.intp]
    """Index into the ladder, shape (n_parts,)."""
    size_bits: int
    """Of the whole model."""
    predicted: float
    """Damage foretold, in the yardstick's unit."""


def ladder(bits: Sequence[int] = BITS) -> tuple["Scheme", ...]:
    """Return the same scheme with more and more bits: blocks of 64 with a zero point.

    Args:
        bits: Bits per stored integer, rising.

    Returns:
        One scheme per number of bits.
    """
    four = schemes.SCHEMES["int4_zeropoint_block"]
    return tuple(
        schemes.SCHEMES.get(f"int{n}_zeropoint_block")
        or replace(
            four, name=f"int{n}_zeropoint_block", bits=n, title=four.title.replace("4", str(n), 1)
        )
        for n in bits
    )


def error_table(lm: "LoadedModel", rungs: Sequence["Scheme"]) -> Generator[float, None, ErrorTable]:
    """Round every part at every rung and note the error; no model runs.

    Args:
        lm: The model as it was published; it is not changed.
        rungs: Schemes, the smallest first.

    Yields:
        How much is done, 0 to 1.

    Returns:
        The table.
    """
    held = sensitivity.parts(lm.model)
    errors = np.zeros((len(held), len(rungs)))
    sizes = np.zeros(errors.shape, dtype=np.int64)
    for row, part in enumerate(held):
        for matrix in part.matrices:
            weights = model_weights.weights_of(lm.model.get_submodule(matrix.name), matrix)
            for column, scheme in enumerate(rungs):
                after = model_weights.through(weights, matrix, scheme)
                errors[row, column] += model_weights.squared_sum(after, weights)
                sizes[row, column] += schemes.storage_bits(scheme, matrix.rows, matrix.cols)
        yield (row + 1) / len(held)
    rest = lm.n_parameters - sum(part.n_weights for part in held)
    return ErrorTable(
        parts=held,
        ladder=tuple(rungs),
        squared_errors=errors,
        sizes_bits=sizes,
        rest_bits=rest * model_weights.BITS_BEFORE,
        n_weights=lm.n_parameters,
    )


def predicted_damages(table: ErrorTable, measured: Sequence["PartDamage"]) -> NDArray[np.float64]:
    """Foretell the damage of each part at each rung from one measurement per part.

    Args:
        table: Errors of all parts.
        measured: What ``sensitivity.measure`` found; the two uses of a shared matrix add up.

    Returns:
        Damage in the yardstick's unit, shape (n_parts, n_rungs).
    """
    per_error = np.zeros(len(table.parts))
    for row, part in enumerate(table.parts):
        names = {matrix.name for matrix in part.matrices}
        for one in measured:
            if {matrix.name for matrix in one.part.matrices} == names and one.squared_error > 0:
                per_error[row] += one.damage / one.squared_error
    return per_error[:, None] * table.squared_errors


def even_plans(table: ErrorTable, damages: NDArray[np.float64]) -> tuple[Plan, ...]:
    """Give every part the same rung, once for each rung."""
    n_parts = len(table.parts)
    return tuple(_plan(table, damages, np.full(n_parts, rung)) for rung in range(len(table.ladder)))


def mixed_plans(table: ErrorTable, damages: NDArray[np.float64]) -> tuple[Plan, ...]:
    """Start with the fewest bits everywhere and buy the best bits first.

    Each step lifts the part that gains most per bit spent, to the rung where it does.

    Args:
        table: Errors and sizes.
        damages: Foretold damage, shape (n_parts, n_rungs).

    Returns:
        The plans on the way from the first rung to the last, the smallest model first.

    Source:
        Fox (1966), Discrete optimization via marginal analysis: the greedy choice is the best one
        for each of the sizes it passes.
    """
    rungs = np.zeros(len(table.parts), dtype=np.intp)
    plans = [_plan(table, damages, rungs)]
    while True:
        rows = np.arange(rungs.size)[:, None]
        gain = damages[rows, rungs[:, None]] - damages
        cost = table.sizes_bits - table.sizes_bits[rows, rungs[:, None]]
        is_up = np.arange(len(table.ladder)) > rungs[:, None]
        value = np.where(is_up & (cost > 0), gain / np.maximum(cost, 1), -np.inf)
        part, rung = np.unravel_index(int(value.argmax()), value.shape)
        if value[part, rung] <= 0:
            return tuple(plans)
        rungs = rungs.copy()
        rungs[part] = rung
        plans.append(_plan(table, damages, rungs))


def best_within(plans: Sequence[Plan], most_bits: float) -> Plan:
    """Return the last plan that is not larger than a budget; the smallest if none is.

    Args:
        plans: The smallest model first.
        most_bits: The budget for the whole model.

    Returns:
        A plan.
    """
    fitting = [plan for plan in plans if plan.size_bits <= most_bits]
    return fitting[-1] if fitting else plans[0]


def assignment(table: ErrorTable, plan: Plan) -> dict[str, "Scheme"]:
    """Write a plan as scheme by the name of the matrix."""
    return {
        matrix.name: table.ladder[rung]
        for part, rung in zip(table.parts, plan.rungs, strict=True)
        for matrix in part.matrices
    }


def _plan(table: ErrorTable, damages: NDArray[np.float64], rungs: NDArray[np.intp]) -> Plan:
    rows = np.arange(rungs.size)
    return Plan(
        rungs=rungs,
        size_bits=int(table.sizes_bits[rows, rungs].sum()) + table.rest_bits,
        predicted=float(damages[rows, rungs].sum()),
    )

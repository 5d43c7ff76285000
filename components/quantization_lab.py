"""The six steps of the quantization lab, each with what it shows, says and hands out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

VIEWS = ("One number", "A real matrix", "Put it back", "The court", "Which layers", "How big")


@dataclass(frozen=True)
class Step:
    """One step of the lab."""

    show: Callable[[], Any]
    """Draws controls and pictures; returns the result, or None when nothing has run yet."""

    earned: Callable[[Any], str]
    """Turns the result into the sentence that earns the lab's "aha"."""

    script: Callable[[Any], str]
    """Turns the result into the program that reproduces it."""

    code: tuple[Callable, ...]
    """Core functions to read."""


def step(view: str) -> Step:
    """Return the chosen step. Only its modules are imported: the first needs no torch.

    Args:
        view: One of VIEWS.
    """
    return _STEPS[view]()


def _one_number() -> Step:
    from components import quantization_numbers as numbers

    def show() -> numbers.Numbers:
        row = numbers.read_numbers()
        numbers.show_numbers(row)
        return row

    return Step(show, numbers.earned, numbers.script, numbers.CODE)


def _a_real_matrix() -> Step:
    from components import quantization_matrix as matrix

    return Step(matrix.show, matrix.earned, matrix.script, matrix.CODE)


def _put_it_back() -> Step:
    from components import quantization_run as run

    return Step(run.put_back, run.earned, run.script, run.PUT_BACK_CODE)


def _the_court() -> Step:
    from components import quantization_run as run

    return Step(run.court, run.earned, run.script, run.COURT_CODE)


def _which_layers() -> Step:
    from components import quantization_layers as layers

    return Step(layers.which_layers, layers.earned, layers.script, layers.CODE)


def _how_big() -> Step:
    from components import quantization_sizes as sizes

    def show() -> sizes.Sizes:
        chosen = sizes.read_sizes()
        sizes.show_sizes(chosen)
        return chosen

    return Step(show, sizes.earned, sizes.script, sizes.CODE)


_STEPS = dict(
    zip(
        VIEWS,
        (_one_number, _a_real_matrix, _put_it_back, _the_court, _which_layers, _how_big),
        strict=True,
    )
)

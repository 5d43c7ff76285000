"""The guided experiments of the linear algebra lab; answers are read off the computed result."""

from typing import TYPE_CHECKING

import numpy as np

from components.experiments import Experiment, Revelation
from components.plain import plain

if TYPE_CHECKING:
    from components.likeness_lab import Words
    from components.linear_algebra_lab import Layer, Picture, Product
    from components.plane_lab import Plane

_PART = "linear_algebra_part"


def _plane(a: float, b: float, c: float, d: float) -> dict:
    entries = zip("abcd", (a, b, c, d), strict=True)
    return {_PART: "Matrix"} | {f"linear_algebra_{name}": value for name, value in entries}


def _area_of_shear(plane: "Plane") -> Revelation:
    area = abs(plane.seen.determinant)
    return Revelation(
        int(np.searchsorted((1 - 1e-9, 1 + 1e-9), area)),
        f"The determinant is {area:.3g}: every area is multiplied by that. A shear slides each "
        "level line along itself, so the square leans over and keeps its base and its height.",
    )


def _what_is_left(plane: "Plane") -> Revelation:
    seen = plane.seen
    return Revelation(
        seen.rank,
        f"The rank is {seen.rank} and the determinant {seen.determinant:.3g}. The second column is "
        "a multiple of the first, so every point lands on one line. Nothing can bring it back: "
        "the matrix has no inverse.",
    )


def _kept_by_rotation(plane: "Plane") -> Revelation:
    n_kept = len(plane.seen.eigen.vectors)
    values = " and ".join(f"{v.real:.3g}{v.imag:+.3g}i" for v in plane.seen.eigen.values)
    return Revelation(
        n_kept,
        f"{n_kept} directions stay. The eigenvalues are {values}: an imaginary part means that the "
        f"plane turns, here by {np.degrees(plane.seen.eigen.turn):.0f}°.",
    )


def _order_matters(made: "Product") -> Revelation:
    other = made.right @ made.left
    is_same = bool(np.allclose(made.product, other))
    return Revelation(
        0 if is_same else 1,
        f"A · B is {made.product.tolist()} and B · A is {other.tolist()}. Shear and then turn is "
        "not turn and then shear. The matrix on the right acts first.",
    )


def _closest_to_king(read: "Words") -> Revelation:
    scores = read.cosines[0, 1:]
    best = int(np.argmax(scores))
    listed = ", ".join(
        f"{plain(word)} {score:.2f}" for word, score in zip(read.words[1:], scores, strict=True)
    )
    return Revelation(
        best,
        f"Cosine with {plain(read.words[0])}: {listed}. The larger the cosine, the more alike.",
    )


def _layers_needed(picture: "Picture") -> Revelation:
    n = picture.rank_for(0.05)
    total = picture.rebuilt.singular_values.size
    return Revelation(
        int(np.searchsorted((5, 32), n)),
        f"{n} of {total} layers leave an error under 5 %. With {picture.rebuilt.rank} layers it is "
        f"{picture.rebuilt.relative_error:.1%}.",
    )


def _only_the_bias(layer: "Layer") -> Revelation:
    outputs = layer.computed.outputs
    is_bias = bool(np.allclose(outputs, layer.bias))
    return Revelation(
        (1 if is_bias else 2) if np.any(outputs) else 0,
        f"The outputs are {', '.join(f'{value:g}' for value in outputs)}. Every weight is "
        "multiplied by 0; the bias is multiplied by the 1 that stands under x.",
    )


EXPERIMENTS = (
    Experiment(
        title="Lean it over",
        task="A shear: (1, 0) stays, (0, 1) slides to the side by 2.",
        settings=_plane(1.0, 2.0, 0.0, 1.0),
        question="What happens to the area of the unit square?",
        choices=("it shrinks", "it stays", "it grows"),
        reveal=_area_of_shear,
    ),
    Experiment(
        title="Flatten it",
        task="A matrix whose second column is twice its first.",
        settings=_plane(1.0, 2.0, 0.5, 1.0),
        question="What is left of the plane?",
        choices=("a point", "a line", "the plane"),
        reveal=_what_is_left,
    ),
    Experiment(
        title="Who stays",
        task="A rotation. An eigenvector is an arrow that keeps its direction.",
        settings=_plane(0.6, -0.8, 0.8, 0.6),
        question="How many directions stay?",
        choices=("none", "one", "two"),
        reveal=_kept_by_rotation,
    ),
    Experiment(
        title="Swap them",
        task="A turns the plane by a right angle, B shears it.",
        settings={
            _PART: "Multiply",
            "linear_algebra_left": "0 −1\n1 0",
            "linear_algebra_right": "1 1\n0 1",
        },
        question="Is A · B the same as B · A?",
        choices=("yes", "no"),
        reveal=_order_matters,
    ),
    Experiment(
        title="Next of kin",
        task="Four words as vectors; the first is king.",
        settings={_PART: "Likeness", "linear_algebra_words": "king, banana, queen, bus"},
        question="Which word has the largest cosine with king?",
        choices=("banana", "queen", "bus"),
        reveal=_closest_to_king,
    ),
    Experiment(
        title="A smooth picture",
        task="Hills: waves in x and y, and no edges. Eight layers are kept.",
        settings={
            _PART: "Low rank",
            "linear_algebra_picture": "Hills",
            "linear_algebra_rank": 8,
        },
        question="How many of 64 layers does it take for an error under 5 %?",
        choices=("5 or fewer", "6 to 32", "more than 32"),
        reveal=_layers_needed,
    ),
    Experiment(
        title="Noise",
        task="Every pixel by chance. Eight layers are kept.",
        settings={
            _PART: "Low rank",
            "linear_algebra_picture": "Noise",
            "linear_algebra_rank": 8,
        },
        question="How many of 64 layers does it take for an error under 5 %?",
        choices=("5 or fewer", "6 to 32", "more than 32"),
        reveal=_layers_needed,
    ),
    Experiment(
        title="Nothing comes in",
        task="A layer with three neurons, and zeros as its input.",
        settings={
            _PART: "Layer",
            "linear_algebra_weights": "1 −2\n0.5 1\n−1 3",
            "linear_algebra_input": "0 0",
            "linear_algebra_bias": "0.5 0 −1",
        },
        question="What comes out?",
        choices=("zeros", "the bias", "something else"),
        reveal=_only_the_bias,
    ),
)

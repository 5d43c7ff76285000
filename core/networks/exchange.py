"""A network's weights as a file, out and in again. What comes in is checked before it is used."""

import json

import numpy as np

from core.networks.activations import Array
from core.networks.architecture import Network, layers
from core.networks.plan import LARGEST_WEIGHT

FORMAT = "llm-labs network"
MOST_BYTES = 1_000_000


class WeightsError(ValueError):
    """A file or a number that cannot be used as weights; the message tells a person why."""


def to_json(network: Network, weights: Array) -> str:
    """Write a network and its weights as JSON, to the last bit of every number.

    Args:
        network: Its layers.
        weights: Shape (n_parameters,).

    Returns:
        JSON text; ``layers[l].weights[i][j]`` leads from input i to neuron j.

    Example:
        >>> text = to_json(Network(hidden=(), activations=()), np.array([1.0, 2.0, 3.0]))
        >>> from_json(text)[1].tolist()
        [1.0, 2.0, 3.0]
    """
    return json.dumps(
        {
            "format": FORMAT,
            "features": list(network.features),
            "hidden": list(network.hidden),
            "activations": list(network.activations),
            "output": network.output,
            "layers": [
                {"weights": matrix.tolist(), "biases": bias.tolist()}
                for matrix, bias in layers(network, weights)
            ],
        },
        indent=1,
    )


def from_json(text: str | bytes) -> tuple[Network, Array]:
    """Read a network and its weights.

    Args:
        text: From ``to_json``, perhaps edited since.

    Returns:
        The network and its weights, shape (n_parameters,).

    Raises:
        WeightsError: If the text is too long, no JSON, no network that can be built here, a
            matrix has the wrong shape, or a weight is no finite number within ±LARGEST_WEIGHT.

    Example:
        >>> from_json("[]")
        Traceback (most recent call last):
        ...
        core.networks.exchange.WeightsError: This file is no network saved by this lab.
    """
    if len(text) > MOST_BYTES:
        raise WeightsError(
            f"The file has {len(text) / 1e6:.3g} MB; a network here needs below 1 MB."
        )
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise WeightsError("This file is no JSON text.") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise WeightsError("This file is no network saved by this lab.")

    network = _network(found)
    parts = found.get("layers")
    if not isinstance(parts, list) or len(parts) != len(network.hidden) + 1:
        raise WeightsError(f"The file should have {len(network.hidden) + 1} layers of weights.")
    weights = np.zeros(network.n_parameters)
    for at, (part, (matrix, bias)) in enumerate(
        zip(parts, layers(network, weights), strict=True), start=1
    ):
        if not isinstance(part, dict):
            raise WeightsError(f"Layer {at} is not a pair of weights and biases.")
        matrix[:] = _numbers(part.get("weights"), matrix.shape, f"weights of layer {at}")
        bias[:] = _numbers(part.get("biases"), bias.shape, f"biases of layer {at}")
    return network, weights


def check_weight(value: object) -> float:
    """Check one weight, such as one that was edited by hand.

    Args:
        value: What was given.

    Raises:
        WeightsError: If it is no finite number within ±LARGEST_WEIGHT.

    Example:
        >>> check_weight(0.5)
        0.5
        >>> check_weight(1e300)
        Traceback (most recent call last):
        ...
        core.networks.exchange.WeightsError: A weight of 1e+300 is beyond ±1e+06.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WeightsError("A weight is no number.")
    if value != value:
        raise WeightsError("A weight is NaN: not a number.")
    if abs(value) > LARGEST_WEIGHT:  # a whole number may be too long for a float
        shown = f"{value:g}" if isinstance(value, float) else "that size"
        raise WeightsError(f"A weight of {shown} is beyond ±{LARGEST_WEIGHT:g}.")
    return float(value)


def _network(found: dict) -> Network:
    names = ("features", "activations")
    lists = {name: found.get(name) for name in (*names, "hidden")}
    if not all(isinstance(value, list) and len(value) <= 20 for value in lists.values()):
        raise WeightsError("The file does not say which features, layers and activations it has.")
    if not all(isinstance(text, str) for name in names for text in lists[name]):
        raise WeightsError("A feature or an activation in the file is no name.")
    if not all(isinstance(width, int) and not isinstance(width, bool) for width in lists["hidden"]):
        raise WeightsError("The width of a layer in the file is no whole number.")
    if len(set(lists["features"])) != len(lists["features"]):
        raise WeightsError("A feature appears twice in the file.")
    try:
        return Network(
            features=tuple(lists["features"]),
            hidden=tuple(lists["hidden"]),
            activations=tuple(lists["activations"]),
            output=str(found.get("output")),
        )
    except ValueError as error:
        raise WeightsError(f"The network in the file cannot be built: {error}.") from None


def _numbers(found: object, shape: tuple[int, ...], what: str) -> Array:
    """Check shape and numbers before anything becomes an array."""
    rows = [found] if len(shape) == 1 else found
    fits = isinstance(rows, list) and (len(shape) == 1 or len(rows) == shape[0])
    if not fits or not all(isinstance(row, list) and len(row) == shape[-1] for row in rows):
        raise WeightsError(f"The {what} should be {' × '.join(map(str, shape))} numbers.")
    return np.array([[check_weight(value) for value in row] for row in rows]).reshape(shape)

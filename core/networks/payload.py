"""A recorded training in a small parcel, so that a browser can scrub through it alone.

Long rows of numbers travel as base64 of little-endian float32, as in the gradient-descent lab.
"""

import numpy as np

from core.foundations import optimizers
from core.foundations.payload import encode
from core.networks.architecture import FEATURES, neuron_names, parameter_names
from core.networks.plan import steps_per_epoch
from core.networks.recording import Recording


def pack(recording: Recording) -> dict[str, object]:
    """Pack a recording for the browser.

    Args:
        recording: The recording; F frames, P weights, L layers, n points.

    Returns:
        A mapping that JSON can hold. ``points`` (n, 2), ``targets`` (n,), ``weights`` (F, P),
        ``train_losses``, ``test_losses``, ``train_accuracies``, ``test_accuracies`` (F,; NaN stays
        NaN), ``gradient_norms`` (F, L) and ``rates`` (F,) are base64 of float32, row by row; all
        else is plain.

    Example:
        >>> from core.networks import recording
        >>> from core.networks.architecture import Training
        >>> parcel = pack(recording.record(recording.Setup(training=Training(n_epochs=2))))
        >>> parcel["widths"], parcel["n_frames"], parcel["steps"]
        ([2, 2, 1], 3, [0, 1, 2])
    """
    setup, dataset = recording.setup, recording.dataset
    network, training = setup.network, setup.training
    arrays = {
        "points": dataset.points,
        "targets": dataset.targets,
        "weights": recording.weights,
        "train_losses": recording.train_losses,
        "test_losses": recording.test_losses,
        "train_accuracies": recording.train_accuracies,
        "test_accuracies": recording.test_accuracies,
        "gradient_norms": recording.gradient_norms,
        "rates": recording.rates,
    }
    return {
        "widths": list(network.widths),
        "features": list(network.features),
        "feature_labels": [FEATURES[name][0] for name in network.features],
        "activations": list(network.layer_activations),
        "names": neuron_names(network),
        "parameter_names": parameter_names(network),
        "task": dataset.task,
        "window": [list(side) for side in dataset.window],
        "is_test": dataset.is_test.astype(int).tolist(),
        "n_points": len(dataset.points),
        "n_frames": recording.n_frames,
        "n_parameters": network.n_parameters,
        "steps_per_epoch": steps_per_epoch(setup, dataset),
        "last_step": recording.outcome.step,
        "steps": recording.steps.tolist(),
        "epochs": np.round(recording.epochs, 4).tolist(),
        "confusion": recording.confusion.tolist(),
        "test_confusion": recording.test_confusion.tolist(),
        "training": {
            "loss": training.loss,
            "optimizer": training.optimizer,
            "optimizer_title": optimizers.OPTIMIZERS[training.optimizer].title,
            "learning_rate": training.learning_rate,
            "batch_size": training.batch_size,
            "l1": training.l1,
            "l2": training.l2,
            "dropout": training.dropout,
        },
        "outcome": {
            "kind": recording.outcome.kind,
            "step": recording.outcome.step,
            "epoch": round(recording.outcome.epoch, 4),
            "sentence": recording.outcome.sentence,
        },
        **{name: encode(numbers) for name, numbers in arrays.items()},
    }

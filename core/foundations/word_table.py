"""A few words as vectors one can read: every number has a name. Made by hand, not learned."""

import numpy as np

from core.foundations.momentum_rules import Array

FEATURES = ("royal", "male", "person", "animal", "fruit", "vehicle", "large")

_WORDS = {
    "king": (1.0, 0.9, 1.0, 0.0, 0.0, 0.0, 0.3),
    "queen": (1.0, -0.9, 1.0, 0.0, 0.0, 0.0, 0.2),
    "prince": (0.8, 0.9, 1.0, 0.0, 0.0, 0.0, 0.1),
    "man": (0.0, 0.9, 1.0, 0.0, 0.0, 0.0, 0.2),
    "woman": (0.0, -0.9, 1.0, 0.0, 0.0, 0.0, 0.1),
    "cat": (0.0, 0.0, 0.1, 1.0, 0.0, 0.0, -0.5),
    "dog": (0.0, 0.2, 0.2, 1.0, 0.0, 0.0, -0.2),
    "lion": (0.3, 0.3, 0.0, 1.0, 0.0, 0.0, 0.5),
    "apple": (0.0, 0.0, 0.0, 0.0, 1.0, 0.0, -0.7),
    "banana": (0.0, 0.0, 0.0, 0.0, 1.0, 0.0, -0.6),
    "car": (0.0, 0.1, 0.0, 0.0, 0.0, 1.0, 0.5),
    "bus": (0.0, 0.0, 0.1, 0.0, 0.0, 1.0, 0.9),
}
WORDS = tuple(_WORDS)


def vectors(words: tuple[str, ...]) -> Array:
    """Look words up.

    Args:
        words: Each one of ``WORDS``.

    Returns:
        One row per word, shape (n_words, 7); columns as in ``FEATURES``.

    Raises:
        KeyError: If a word is not in the table.

    Example:
        >>> vectors(("bus",)).tolist()
        [[0.0, 0.0, 0.1, 0.0, 0.0, 1.0, 0.9]]
    """
    return np.array([_WORDS[word] for word in words])

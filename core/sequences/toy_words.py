"""Words as a handful of numbers that a person can read, and an attention layer made by hand.

Nothing here was learnt. The numbers were chosen so that one can follow what queries, keys and
values are for: a pronoun looks for a living being, a deed for its doer.
"""

import hashlib
import re
from typing import Literal

import numpy as np

from core.sequences.attention import Array
from core.sequences.multi_head import LayerWeights

Preset = Literal["hand-made", "identity", "random"]

FEATURES = (
    "living",
    "thing",
    "deed",
    "pronoun",
    "quality",
    "small word",
    "food",
    "place",
)
"""What the columns mean; a layer of d columns uses the first d."""

MAX_WORDS = 12
"""Longer texts are cut: every number should stay readable."""

MAX_WORD_CHARACTERS = 24

_KINDS: dict[str, tuple[float, ...]] = {
    "being": (1, 0, 0, 0, 0, 0, 0, 0),
    "object": (0, 1, 0, 0, 0, 0, 0, 0),
    "fish": (0.6, 0.4, 0, 0, 0, 0, 1, 0),
    "meal": (0, 0.8, 0, 0, 0, 0, 1, 0),
    "site": (0, 0.7, 0, 0, 0, 0, 0, 1),
    "verb": (0, 0, 1, 0, 0, 0, 0, 0),
    "was": (0, 0, 0.4, 0, 0, 0.6, 0, 0),
    "it": (0, 0.1, 0, 1, 0, 0, 0, 0),
    "person": (0.1, 0, 0, 1, 0, 0, 0, 0),
    "mood": (0.5, 0, 0, 0, 1, 0, 0, 0),
    "property": (0, 0.5, 0, 0, 1, 0, 0, 0),
    "article": (0, 0.2, 0, 0, 0, 1, 0, 0),
    "joint": (0, 0, 0.2, 0, 0, 1, 0, 0),
}

_WORDS = {
    "being": "cat dog girl boy king queen man woman bird mouse animal robot child teacher",
    "object": "mat ball book box table cup hat stone model word",
    "fish": "fish chicken",
    "meal": "bread apple cake cheese soup",
    "site": "street house river garden school bank",
    "verb": "slept sat ate saw chased crossed ran loves sees likes bites read said barked fell",
    "was": "was is were are had",
    "it": "it its that this",
    "person": "she he they her him them who",
    "mood": "tired hungry happy sad afraid sleepy",
    "property": "fresh wide red small big old good bad",
    "article": "the a an",
    "joint": "because and but or on in of to not when so with",
}

KNOWN = {
    word: np.array(_KINDS[kind], dtype=np.float64)
    for kind, words in _WORDS.items()
    for word in words.split()
}
"""Words with numbers made by hand, shape (8,) each."""

# Row: a feature of the word that asks. Column: the feature it looks for.
_ASKS = {
    ("living", "deed"): 4,
    ("thing", "deed"): 2,
    ("deed", "living"): 4,
    ("deed", "thing"): 2,
    ("pronoun", "living"): 6,
    ("pronoun", "thing"): 3,
    ("quality", "living"): 4,
    ("quality", "thing"): 4,
    ("small word", "thing"): 2,
    ("food", "deed"): 2,
    ("place", "small word"): 2,
}


def split_words(text: str) -> tuple[str, ...]:
    """Cut a text at its white space and semicolons, and overlong words at 24 characters.

    Example:
        >>> split_words(" The cat  sat. ")
        ('The', 'cat', 'sat.')
    """
    return tuple(word[:MAX_WORD_CHARACTERS] for word in re.split(r"[\s;]+", text) if word)


def look_up(word: str) -> str:
    """Return the form under which a word is known: lower case, no punctuation round it.

    Example:
        >>> look_up("Cat,")
        'cat'
    """
    lower = word.lower().replace("−", "-")
    return re.sub(r"^\W+|\W+$", "", lower) or lower


def embed(words: tuple[str, ...], n_embd: int) -> Array:
    """Turn words into numbers: by hand where known, else drawn at random from the word itself.

    Args:
        words: At least one word.
        n_embd: Numbers per word, 1 to 8.

    Returns:
        Shape (len(words), n_embd). The same word has the same numbers wherever it stands.

    Raises:
        ValueError: If ``n_embd`` is not in 1 to 8.

    Example:
        >>> embed(("cat", "slept"), 4).tolist()
        [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    """
    if not 1 <= n_embd <= len(FEATURES):
        raise ValueError(f"A word has 1 to {len(FEATURES)} numbers, not {n_embd}.")
    return np.array([_numbers(look_up(word)) for word in words])[:, :n_embd]


def is_known(word: str) -> bool:
    """Say whether a word's numbers were made by hand.

    Example:
        >>> is_known("Cat,"), is_known("quark")
        (True, False)
    """
    return look_up(word) in KNOWN


def _numbers(word: str) -> Array:
    if word in KNOWN:
        return KNOWN[word]
    # Python's own hash differs from run to run; a link must show the same numbers everywhere.
    seed = hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()[:8]
    draw = np.random.default_rng(int.from_bytes(seed, "big"))
    return draw.uniform(-1, 1, len(FEATURES)).round(1) + 0.0


def layer_weights(preset: Preset, n_embd: int, *, seed: int = 0) -> LayerWeights:
    """Make an attention layer with as many key heads as query heads.

    Args:
        preset: "hand-made" asks as described above; "identity" compares the words themselves;
            "random" is what a model starts from before training.
        n_embd: Numbers per word.
        seed: Of the random weights.

    Returns:
        Four square matrices.

    Example:
        >>> layer_weights("hand-made", 4).query[3].tolist()
        [6.0, 3.0, 0.0, 0.0]
    """
    one = np.eye(n_embd)
    if preset == "identity":
        return LayerWeights(one, one, one, one)
    if preset == "hand-made":
        query = np.zeros((len(FEATURES), len(FEATURES)))
        for (asking, wanted), strength in _ASKS.items():
            query[FEATURES.index(asking), FEATURES.index(wanted)] = strength
        return LayerWeights(query[:n_embd, :n_embd], one, one, one)
    draw = np.random.default_rng(seed)
    return LayerWeights(
        *(draw.normal(0, n_embd**-0.5, (n_embd, n_embd)).round(2) + 0.0 for _ in range(4))
    )

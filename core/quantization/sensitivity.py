"""Which layers matter? Round one part of a model at a time, and see how much worse it gets."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from core.model_store import loading
from core.quantization import evaluation, model_weights, similarity

if TYPE_CHECKING:
    from core.model_store.loading import LoadedModel
    from core.quantization.model_weights import Kind, WeightMatrix
    from core.quantization.schemes import Scheme


@dataclass(frozen=True)
class Part:
    """Matrices of a model that are rounded together."""

    kind: "Kind"
    layer: int | None
    """Counted from 0; None for embedding and head."""
    matrices: tuple["WeightMatrix", ...]
    use: str = ""
    """Of a matrix with two uses, the module whose use is meant; empty for all."""

    @property
    def n_weights(self) -> int:
        """How many numbers it holds."""
        return sum(matrix.n_weights for matrix in self.matrices)

    @property
    def title(self) -> str:
        """Its name for a person; layers are counted from 1 there."""
        if self.layer is None:
            return self.kind
        return f"layer {self.layer + 1}, {'MLP' if self.kind == 'mlp' else self.kind}"


@dataclass(frozen=True)
class PartDamage:
    """What rounding one part alone does."""

    part: Part
    damage: float
    """In the yardstick's unit."""
    squared_error: float
    """Sum of the squared changes of its weights."""


class Yardstick(Protocol):
    """Says how far a changed model is from the original. Small damages add up, nearly."""

    unit: str

    def damage(self, model: Any) -> float:
        """Measure a model: 0 for the original itself."""
        ...


class DivergenceYardstick:
    """Mean Kullback-Leibler divergence of the next-token distributions along a text, in nats."""

    unit = "nats per token"

    def __init__(self, model: Any, token_ids: Sequence[int]) -> None:
        """Let the original read the text.

        Args:
            model: The original language model.
            token_ids: The text, 2 to ``evaluation.SLICE`` + 1 tokens, so that the original's table
                of log-probabilities may stay in memory.

        Raises:
            ValueError: If the text is shorter or longer.
        """
        self._ids = np.asarray(token_ids, dtype=np.int64)
        if not 2 <= self._ids.size <= evaluation.SLICE + 1:
            raise ValueError(
                f"a text of 2 to {evaluation.SLICE + 1} tokens is needed, not {self._ids.size}"
            )
        self._expected = self._read(model)

    def damage(self, model: Any) -> float:
        """Measure a model of the same vocabulary."""
        columns = evaluation.compare_rows(self._expected, self._read(model), self._ids[1:])
        return float(columns[2].mean())

    def _read(self, model: Any) -> torch.Tensor:
        return evaluation.Reader(model, self._ids).read(0, self._ids.size - 1)


class SimilarityYardstick:
    """Mean squared change of the similarities of sentences."""

    unit = "squared change of similarity"

    def __init__(self, lm: "LoadedModel", sentences: Sequence[str] = similarity.SENTENCES) -> None:
        """Let the original encoder read the sentences.

        Args:
            lm: The encoder as it was published.
            sentences: Two or more.
        """
        self._lm, self._sentences = lm, tuple(sentences)
        self.before = self.similarities(lm.model)

    def similarities(self, model: Any) -> NDArray[np.float64]:
        """Compare all pairs of sentences with a model, shape (n_pairs,)."""
        vectors = similarity.sentence_vectors(replace(self._lm, model=model), self._sentences)
        return similarity.pair_similarities(vectors)

    def damage(self, model: Any) -> float:
        """Measure an encoder."""
        return float(np.mean((self.similarities(model) - self.before) ** 2))


def parts(model: Any) -> tuple[Part, ...]:
    """Split a model into embedding, attention and MLP of each layer, and head.

    A head that is the embedding again is a part of the embedding; see ``uses``.

    Args:
        model: A Hugging Face model.

    Returns:
        Its parts, in the order of ``model_weights.matrices``.
    """
    found: dict[tuple[str, int | None], list[WeightMatrix]] = {}
    for matrix in model_weights.matrices(model):
        found.setdefault((matrix.kind, matrix.layer), []).append(matrix)
    return tuple(Part(kind, layer, tuple(held)) for (kind, layer), held in found.items())


def uses(part: Part) -> tuple[Part, ...]:
    """Split a matrix that is embedding and head at once into its two uses; others stay whole."""
    shared = [matrix for matrix in part.matrices if matrix.shared_with]
    if not shared:
        return (part,)
    (matrix,) = shared
    head = [replace(part, kind="head", use=place) for place in matrix.shared_with]
    return (replace(part, use=matrix.name), *head)


def measure(lm: "LoadedModel", yardstick: Yardstick, scheme: "Scheme") -> Iterator[PartDamage]:
    """Round each part of a model alone, measure the damage, and put the part back.

    The two uses of a shared matrix are measured apart.

    Args:
        lm: The model as it was published; it is not changed.
        yardstick: What measures.
        scheme: How a part is stored.

    Yields:
        One record per part.

    Source:
        Dong et al. (2019), HAWQ, section 3 on sensitivity by layer; measured here, not estimated
        from the curvature.
    """
    own = loading.with_own_modules(lm)
    for part in (use for whole in parts(lm.model) for use in uses(whole)):
        squared_error = 0.0
        for matrix in part.matrices:
            places = (part.use,) if part.use else None
            rounded = model_weights.round_in_place(own.model, matrix, scheme, places=places)
            squared_error += rounded.squared_error
        damage = yardstick.damage(own.model)
        for place in (place for matrix in part.matrices for place in matrix.places):
            own.model.get_submodule(place).weight = lm.model.get_submodule(place).weight
        yield PartDamage(part, damage, squared_error)


def check(
    lm: "LoadedModel", yardstick: Yardstick, chosen: dict[str, "Scheme"]
) -> Generator[float, None, float]:
    """Round a model as an assignment says and measure its damage.

    Args:
        lm: The model as it was published.
        yardstick: What measures.
        chosen: Scheme by the name of the matrix.

    Yields:
        How much of the rounding is done, 0 to 1.

    Returns:
        The damage.
    """
    work, n_done = model_weights.rebuild(lm, chosen), 0
    while True:
        try:
            next(work)
        except StopIteration as finished:
            return yardstick.damage(finished.value.loaded.model)
        n_done += 1
        yield n_done / len(chosen)

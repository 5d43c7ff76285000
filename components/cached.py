"""The only caches of the project: one small wrapper around one core call each.

Keys are strings, numbers and tuples; cached models are shared by all sessions and never changed.
Core modules that import torch are imported inside the wrapper, so that a page without a model
stays light.
"""

import gc
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.shelf import Shelf
from components.turns import Turns
from components.workbench import Workbench
from core.model_store import catalog

if TYPE_CHECKING:
    from core.foundations.arena import Landscape, Race, Setup
    from core.foundations.basins import Basins
    from core.foundations.surfaces import Surface
    from core.foundations.sweeps import MomentumMap, Sweep
    from core.language_models.attention_maps import AttentionMaps, HeadVectors
    from core.language_models.attention_parcel import Parcel
    from core.language_models.attention_text import AttentionText
    from core.language_models.head_effects import AnswerChange, Baseline
    from core.language_models.head_scores import HeadScores
    from core.language_models.next_token import Prompt
    from core.model_store.loading import LoadedModel
    from core.networks import datasets as network_datasets
    from core.networks import diagnosis as network_diagnosis
    from core.networks import measures as network_measures
    from core.networks import recording as network_recording
    from core.networks import seed_odds as network_seed_odds
    from core.networks import trace as network_trace
    from core.quantization.gguf_export import PlanSummary, TypeMix
    from core.quantization.gguf_file import GgufFile
    from core.quantization.gguf_summary import Likeness
    from core.quantization.matrix_study import Stored, TableRow
    from core.quantization.model_weights import WeightMatrix
    from core.quantization.schemes import Scheme
    from core.quantization.sizes import Footprint
    from core.sequences.cost import CostPoint
    from core.sequences.sharpness import Sharpness
    from core.tokenization.bpe_training import TrainingStep
    from core.tokenization.compare import TokenizedText
    from core.tokenization.fertility import Fertility
    from core.tokenization.glitch import Glitch, VocabularyEntry
    from core.tokenization.growth import Piece
    from core.tokenization.lockstep import LockStep
    from core.tokenization.sample_texts import SampleText
    from core.tokenization.tokenizer_sources import Tokenizer
    from core.tokenization.trade_off import VocabularyPoint
    from core.tokenization.wordpiece import WordPiece


@st.cache_resource(max_entries=2, show_spinner=False)
def causal_lm(model_id: str) -> "LoadedModel":
    """Load a language model once for all sessions."""
    from core.model_store import loading

    return loading.load_causal_lm(model_id)


@st.cache_data(max_entries=256, show_spinner=False)
def next_token_logits(model_id: str, text: str) -> NDArray[np.float32]:
    """Run a model on a prompt; shape (V,)."""
    from core.language_models import next_token

    return next_token.next_token_logits(causal_lm(model_id), text)


@st.cache_resource(ttl=60, max_entries=64, show_spinner=False)
def freeze_heap_after(url_path: str) -> None:
    """Once a minute and page, after a full run: collect garbage, and spare what is alive.

    Streamlit collects garbage after every run of every session, under the interpreter's lock. Most
    of what it looks at is imports, models and the state of other visitors, and that was two fifths
    of the work of a server with thirty of them. What is frozen here is looked at again a minute
    later, so that nothing is kept for good.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


@st.cache_resource(max_entries=1, show_spinner=False)
def turns() -> Turns:
    """Return the queue in which sessions wait to generate; one generates at a time."""
    return Turns(limit=1)


@st.cache_resource(max_entries=1, show_spinner=False)
def workbench() -> Workbench:
    """Return the place where long work is done, and its results are kept, for all sessions."""
    from core.quantization import freed_memory

    return Workbench(tidy=freed_memory.give_back)


@st.cache_data(max_entries=256, show_spinner=False)
def encoded_prompt(model_id: str, text: str) -> "Prompt":
    """Split a prompt into the tokens that a model reads."""
    from core.language_models import next_token

    return next_token.encode_prompt(causal_lm(model_id), text)


@st.cache_data(max_entries=2_000, show_spinner=False)
def token_names(model_id: str, token_ids: tuple[int, ...]) -> tuple[str, ...]:
    """Return the visible names of some tokens of a model's vocabulary."""
    from core.language_models import vocabulary

    tokenizer = causal_lm(model_id).tokenizer
    return tuple(vocabulary.visible_token(tokenizer, token_id).text for token_id in token_ids)


@st.cache_resource(max_entries=14, show_spinner=False)
def tokenizer(name: str, tokenizer_json: str = "") -> "Tokenizer":
    """Open a tokenizer once for all sessions: a stored one by name, or one given as a file."""
    from core.model_store import hub_tokenizers, store
    from core.tokenization import known_tokenizers, tokenizer_sources

    if name in known_tokenizers.KNOWN and not tokenizer_json:
        known = known_tokenizers.KNOWN[name]
        return known_tokenizers.open_tokenizer(name, store.model_folder(known.store_id))
    given = tokenizer_json or hub_tokenizers.fetch(name).read_text(encoding="utf-8")
    return tokenizer_sources.FastTokenizer(name, given)


@st.cache_data(max_entries=512, max_size="160MB", show_spinner=False)
def tokenized(
    name: str, tokenizer_json: str, text: str, *, parse_special: bool, add_special: bool
) -> "TokenizedText":
    """Encode a text, find where each token stands, and decode it again."""
    from core.tokenization import compare

    return compare.tokenize(
        tokenizer(name, tokenizer_json),
        text,
        parse_special=parse_special,
        add_special=add_special,
    )


@st.cache_data(max_entries=256, max_size="8MB", show_spinner=False)
def fertility(name: str, tokenizer_json: str, texts: tuple["SampleText", ...]) -> "list[Fertility]":
    """Count the tokens of some texts in one tokenizer."""
    from core.tokenization import fertility as core_fertility

    return core_fertility.fertility([tokenizer(name, tokenizer_json)], texts)


@st.cache_resource(max_entries=2, show_spinner=False)
def vocabulary_entries(name: str, tokenizer_json: str) -> "list[VocabularyEntry]":
    """List every token of a tokenizer, once for all sessions; never changed."""
    from core.tokenization import glitch

    return glitch.vocabulary(tokenizer(name, tokenizer_json))


@st.cache_data(max_entries=16, max_size="16MB", show_spinner=False)
def unreachable_tokens(name: str, tokenizer_json: str) -> "list[Glitch]":
    """List the tokens of a vocabulary whose own text is encoded to something else."""
    from core.tokenization import glitch

    entries = vocabulary_entries(name, tokenizer_json)
    return list(glitch.unreachable(tokenizer(name, tokenizer_json), entries))


@st.cache_data(max_entries=4, show_spinner=False)
def corpus(name: str) -> str:
    """Return a text to learn a vocabulary from: "languages" or "source"."""
    from core.tokenization import corpora

    return corpora.twelve_languages() if name == "languages" else corpora.own_source()


@st.cache_resource(max_entries=16, show_spinner=False)
def bpe_steps(
    text: str, pattern: str | None, vocab_size: int, n_candidates: int
) -> "tuple[TrainingStep, ...]":
    """Learn byte-pair merges; frozen, so that all sessions may share them."""
    from core.tokenization import growth

    return growth.steps_up_to(text, vocab_size, pattern=pattern, n_candidates=n_candidates)


@st.cache_resource(max_entries=24, show_spinner=False)
def pieces_over_time(
    text: str, pattern: str | None, vocab_size: int, n_characters: int
) -> "tuple[Piece, ...]":
    """Follow the beginning of a text through the merges that are learnt from all of it."""
    from core.tokenization import growth

    merges = [(step.pair, step.new_id) for step in bpe_steps(text, pattern, vocab_size, 0)]
    return growth.pieces_over_time(text[:n_characters], merges, pattern=pattern)


@st.cache_data(max_entries=24, show_spinner=False)
def bpe_file(text: str, pattern: str | None, vocab_size: int) -> str:
    """Write the byte-pair tokenizer learnt from a text as ``tokenizer.json``."""
    from core.tokenization import bpe, tokenizer_json

    merges = [step.pair for step in bpe_steps(text, pattern, vocab_size, 0)]
    return tokenizer_json.from_bpe(bpe.from_merges(merges, pattern=pattern))


@st.cache_resource(max_entries=8, show_spinner=False)
def own_tokenizer(tokenizer_json: str) -> "Tokenizer":
    """Open a tokenizer that a reader has made; the real ones keep their own cache."""
    from core.tokenization import tokenizer_sources

    return tokenizer_sources.FastTokenizer("Own", tokenizer_json)


@st.cache_resource(max_entries=32, show_spinner=False)
def lock_steps(text: str, n_steps: int) -> "tuple[LockStep, ...]":
    """Train by count and by score on the same words; frozen, so that sessions may share them."""
    from core.tokenization import lockstep

    return tuple(lockstep.compare_rules(text, n_steps=n_steps, min_count=1))


@st.cache_data(max_entries=32, show_spinner=False)
def vocabulary_costs(
    text: str, pattern: str | None, largest: int, n_embd: int
) -> "tuple[VocabularyPoint, ...]":
    """Price vocabularies of rising sizes on one text."""
    from core.tokenization import trade_off

    sizes = trade_off.sizes_up_to(largest, per_doubling=16)
    return tuple(trade_off.trade_off(text, sizes, n_embd=n_embd, pattern=pattern))


@st.cache_resource(max_entries=16, show_spinner=False)
def wordpiece_with_merges(text: str, n_merges: int) -> "WordPiece":
    """Learn a WordPiece vocabulary; never changed."""
    from core.tokenization import rivals

    return rivals.wordpiece_with_merges(text, n_merges)


@st.cache_data(max_entries=16, show_spinner=False)
def unigram_with_pieces(text: str, n_pieces: int) -> str:
    """Learn a Unigram vocabulary and return its file."""
    from core.tokenization import rivals

    return rivals.unigram_with_pieces(text, n_pieces)


@st.cache_resource(max_entries=64, show_spinner=False)
def race(setup: "Setup") -> "Race":
    """Run a race and judge it; shared by all sessions and never changed."""
    from core.foundations import arena

    return arena.run(setup)


@st.cache_data(max_entries=64, show_spinner=False)
def packed_race(setup: "Setup") -> dict:
    """Pack a race for the browser."""
    from core.foundations import payload

    run = race(setup)
    return payload.pack(run.surface, run.walks, run.verdicts)


@st.cache_data(max_entries=64, show_spinner=False)
def packed_grid(landscape: "Landscape") -> dict:
    """Pack the heights of a landscape for the browser."""
    from core.foundations import arena, payload, surfaces

    return payload.pack_grid(surfaces.sample(arena.build(landscape), resolution=81))


@st.cache_data(max_entries=128, show_spinner=False)
def rate_sweep(setup: "Setup", racer: str) -> "Sweep":
    """Try many learning rates for one racer of a race."""
    from core.foundations import arena

    return arena.sweep(race(setup), racer)


@st.cache_data(max_entries=64, show_spinner=False)
def momentum_map(curvatures: tuple[float, ...]) -> "MomentumMap":
    """Compare theory and walks for momentum on a bowl."""
    from core.foundations import arena

    return arena.momentum_map(curvatures)


@st.cache_data(max_entries=64, show_spinner=False)
def basins(setup: "Setup", racer: str) -> "Basins":
    """See which minimum every start of a grid ends in, for one racer."""
    from core.foundations import arena

    return arena.basin_map(race(setup), racer)


@st.cache_resource(max_entries=64, show_spinner=False)
def typed_surface(formula: str, reach: float) -> "Surface":
    """Differentiate a typed formula in x and y once; the window is −reach to reach both ways."""
    from core.foundations import surfaces

    return surfaces.from_formula(formula, window=((-reach, reach), (-reach, reach)))


@st.cache_resource(max_entries=1, show_spinner=False)
def encoder(model_id: str) -> "LoadedModel":
    """Load an encoder once for all sessions."""
    from core.model_store import loading

    return loading.load_encoder(model_id)


def any_model(model_id: str) -> "LoadedModel":
    """Return a language model or an encoder, whichever an id stands for."""
    entry = catalog.CATALOG.get(model_id)
    is_encoder = entry is not None and entry.kind == "encoder"
    return encoder(model_id) if is_encoder else causal_lm(model_id)


@st.cache_data(max_entries=64, show_spinner=False)
def word_vectors(model_id: str, words: tuple[str, ...]) -> NDArray[np.float64]:
    """Turn words into an encoder's vectors; shape (n_words, n_embd)."""
    from core.foundations import word_vectors

    return word_vectors.encode_words(encoder(model_id), words)


@st.cache_resource(max_entries=128, show_spinner=False)
def network_data(settings: "network_datasets.DataSettings") -> "network_datasets.Dataset":
    """Make the points that a network learns from; never changed."""
    from core.networks import datasets

    return datasets.make(settings)


@st.cache_resource(max_entries=32, show_spinner=False)
def network_training(setup: "network_recording.Setup") -> "network_recording.Recording":
    """Train a network and keep about two hundred moments; shared, never changed."""
    from core.networks import recording

    return recording.record(setup)


@st.cache_resource(max_entries=12, show_spinner=False)
def network_window(
    setup: "network_recording.Setup", first_step: int, last_step: int
) -> "network_recording.Recording":
    """Train a network and keep every step of a part of the training; shared, never changed."""
    from core.networks import recording

    return recording.record(setup, first_step=first_step, last_step=last_step)


@st.cache_resource(max_entries=32, show_spinner=False)
def packed_network(
    setup: "network_recording.Setup", first_step: int = 0, last_step: int | None = None
) -> dict:
    """Pack a training, or a part of it, for the browser; never changed."""
    from core.networks import payload

    if last_step is None:
        return payload.pack(network_training(setup))
    return payload.pack(network_window(setup, first_step, last_step))


def _weights_at(setup: "network_recording.Setup", step: int) -> NDArray[np.float64]:
    """Find the weights after some steps of a training; shape (n_parameters,)."""
    run = network_training(setup)
    kept = np.flatnonzero(run.steps == step)
    return run.weights[kept[0]] if len(kept) else network_window(setup, step, step).weights[0]


@st.cache_resource(max_entries=64, show_spinner=False)
def network_walk(setup: "network_recording.Setup", example: int, step: int) -> "network_trace.Walk":
    """Walk one example through a network as it is after some steps; never changed."""
    from core.networks import trace

    dataset = network_training(setup).dataset
    x, y = dataset.points[example].tolist()
    return trace.walk(
        setup.network,
        _weights_at(setup, step),
        (x, y),
        float(dataset.targets[example]),
        setup.training,
        dataset=dataset,
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def packed_walk(setup: "network_recording.Setup", example: int, step: int) -> dict:
    """Pack a walk for the browser, in words; never changed."""
    from components import xor_walk_stages

    walk = network_walk(setup, example, step)
    return xor_walk_stages.pack(walk, network_training(setup).dataset)


@st.cache_data(max_entries=64, show_spinner=False)
def network_loss_table(
    setup: "network_recording.Setup", step: int
) -> "list[network_measures.LossRow]":
    """List both losses of every example after some steps of a training."""
    from core.networks import measures

    dataset = network_training(setup).dataset
    return measures.loss_table(setup.network, _weights_at(setup, step), dataset)


@st.cache_resource(max_entries=64, show_spinner=False)
def seed_odds(lottery: "network_seed_odds.Lottery") -> "network_seed_odds.Odds":
    """Train one small network from a thousand starts; shared, never changed."""
    from core.networks import seed_odds

    return seed_odds.draw(lottery)


@st.cache_data(max_entries=64, show_spinner=False)
def seed_fates(lottery: "network_seed_odds.Lottery") -> tuple[str, ...]:
    """Say of every seed of a lottery what became of it."""
    from core.networks import diagnosis

    odds = seed_odds(lottery)
    return tuple(
        "solved" if solved else diagnosis.of_seed(odds, seed).kind
        for seed, solved in enumerate(odds.solved.tolist())
    )


@st.cache_data(max_entries=256, show_spinner=False)
def seed_diagnosis(
    lottery: "network_seed_odds.Lottery", seed: int
) -> "network_diagnosis.Diagnosis":
    """Say why one seed of a lottery ended where it did."""
    from core.networks import diagnosis

    return diagnosis.of_seed(seed_odds(lottery), seed)


@st.cache_data(max_entries=128, show_spinner=False)
def network_diagnosis(setup: "network_recording.Setup") -> "network_diagnosis.Diagnosis":
    """Say why a training ended where it did."""
    from core.networks import diagnosis

    run = network_training(setup)
    return diagnosis.diagnose(
        setup.network,
        run.weights[-1],
        run.dataset,
        setup.training,
        n_steps=run.outcome.step,
        exploded=run.outcome.kind == "exploded",
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def packed_loss_plane(setup: "network_recording.Setup", way: str, *chosen: int) -> dict:
    """Measure the loss over two directions of the weights, for the browser; never changed."""
    from core.foundations.payload import encode
    from core.networks import landscape

    ways = {
        "weights": landscape.through_weights,
        "directions": landscape.through_directions,
        "path": landscape.through_path,
    }
    run = network_training(setup)
    plane = ways[way](run, *chosen)
    return {
        "labels": list(plane.labels),
        "shape": list(plane.losses.shape),
        "first": [float(plane.first_axis[0]), float(plane.first_axis[-1])],
        "second": [float(plane.second_axis[0]), float(plane.second_axis[-1])],
        "steps": run.steps.tolist(),
        "losses": encode(plane.losses),
        "path": encode(plane.path),
        "path_losses": encode(plane.path_losses),
        "off_plane": encode(plane.off_plane),
    }


@st.cache_data(max_entries=64, show_spinner=False)
def hidden_space_explained(setup: "network_recording.Setup") -> float:
    """Say how much of the last hidden layer a flat picture of it holds, 0 to 1."""
    from core.networks import hidden_space

    run = network_training(setup)
    return hidden_space.hidden_space(setup.network, run.weights[-1], run.dataset).explained


@st.cache_data(max_entries=48, show_spinner=False)
def output_map(setup: "network_recording.Setup") -> NDArray[np.uint8]:
    """Paint what a network says over the plane at the end of its training."""
    from components.charts import networks_maps

    return networks_maps.output_map(network_training(setup))


@st.cache_data(max_entries=256, max_size="32MB", show_spinner=False)
def attention_text(model_id: str, text: str, second: str) -> "AttentionText":
    """Split a text, or a pair of texts, into the tokens that a model reads."""
    from core.language_models import attention_text as core_attention_text

    return core_attention_text.read(any_model(model_id), text, second=second)


@st.cache_resource(max_entries=3, show_spinner=False)
def attention_maps(
    model_id: str, token_ids: tuple[int, ...], segments: tuple[int, ...]
) -> "AttentionMaps":
    """Read the attention of all heads, up to 142 MB; shared by all sessions and never changed."""
    from core.language_models import attention_maps as core_attention_maps

    return core_attention_maps.attention_maps(any_model(model_id), token_ids, segments=segments)


@st.cache_resource(max_entries=32, show_spinner=False)
def head_vectors(
    model_id: str, token_ids: tuple[int, ...], segments: tuple[int, ...], layer: int, head: int
) -> "HeadVectors":
    """Take one head apart, up to 2 MB; shared by all sessions and never changed."""
    from core.language_models import attention_maps as core_attention_maps

    return core_attention_maps.head_vectors(
        any_model(model_id), token_ids, layer, head, segments=segments
    )


@st.cache_data(max_entries=64, max_size="64MB", show_spinner=False)
def attention_parcel(
    model_id: str, token_ids: tuple[int, ...], segments: tuple[int, ...], layer: int
) -> "Parcel":
    """Pack the attention for the browser; the layer matters only for a long text."""
    from core.language_models import attention_parcel as core_attention_parcel

    return core_attention_parcel.parcel(attention_maps(model_id, token_ids, segments), layer=layer)


@st.cache_data(max_entries=24, max_size="64MB", show_spinner=False)
def bertviz_page(
    model_id: str,
    token_ids: tuple[int, ...],
    segments: tuple[int, ...],
    tokens: tuple[str, ...],
    view: str,
    layers: tuple[int, ...],
    layer: int,
) -> str:
    """Write BertViz's head view or model view of some layers as a page."""
    from core.language_models import bertviz_offline

    probs = attention_maps(model_id, token_ids, segments).probs
    starts = segments.index(1) if 1 in segments else None
    if view == "model":
        return bertviz_offline.model_view_html(probs, tokens, layers=layers, second_starts=starts)
    return bertviz_offline.head_view_html(
        probs, tokens, layers=layers, layer=layer, second_starts=starts
    )


@st.cache_data(max_entries=8, show_spinner=False)
def repeated_scores(model_id: str) -> "dict[str, HeadScores]":
    """Score the heads of a model on random tokens said twice."""
    from core.language_models import head_scores

    return head_scores.repeated_scores(any_model(model_id))


@st.cache_data(max_entries=64, show_spinner=False)
def own_text_scores(
    model_id: str,
    token_ids: tuple[int, ...],
    segments: tuple[int, ...],
    tokens: tuple[str, ...],
) -> "dict[str, HeadScores]":
    """Score the heads of a model on a reader's text."""
    from core.language_models import head_scores

    return head_scores.own_text_scores(attention_maps(model_id, token_ids, segments), tokens)


@st.cache_data(max_entries=64, show_spinner=False)
def strongest_looks(
    model_id: str, token_ids: tuple[int, ...], segments: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return each head's strongest look from the last token past the first; (n_layer, n_head)."""
    from core.language_models import head_scores

    return head_scores.strongest_looks(attention_maps(model_id, token_ids, segments))


@st.cache_data(max_entries=64, max_size="32MB", show_spinner=False)
def moved_norms(
    model_id: str, token_ids: tuple[int, ...], segments: tuple[int, ...]
) -> NDArray[np.float32]:
    """Measure what every head would add for each token; shape (n_layer, n_head, T)."""
    from core.language_models import head_norms

    return head_norms.moved_norms(any_model(model_id), token_ids, segments=segments)


@st.cache_data(max_entries=64, max_size="32MB", show_spinner=False)
def written_norms(
    model_id: str, token_ids: tuple[int, ...], segments: tuple[int, ...]
) -> NDArray[np.float32]:
    """Measure what every head adds at each place; shape (n_layer, n_head, T)."""
    from core.language_models import head_norms

    return head_norms.written_norms(any_model(model_id), token_ids, segments=segments)


@st.cache_data(max_entries=16, max_size="32MB", show_spinner=False)
def attention_rollout(
    model_id: str, token_ids: tuple[int, ...], segments: tuple[int, ...]
) -> NDArray[np.float32]:
    """Follow attention through all layers; shape (T, T)."""
    from core.language_models import rollout

    maps = attention_maps(model_id, token_ids, segments)
    return rollout.attention_rollout(maps.probs)[-1].astype(np.float32)


@st.cache_data(max_entries=4, show_spinner=False)
def reference_means(model_id: str) -> NDArray[np.float32]:
    """Average what each head of a model gives over other text; shape (n_layer, n_head, D)."""
    from core.language_models import head_ablation

    return head_ablation.reference_means(any_model(model_id))


@st.cache_data(max_entries=32, max_size="16MB", show_spinner=False)
def answer_baseline(
    model_id: str, token_ids: tuple[int, ...], segments: tuple[int, ...]
) -> "Baseline":
    """Let a model answer with every head at work."""
    from core.language_models import head_ablation

    return head_ablation.baseline(any_model(model_id), token_ids, segments=segments)


@st.cache_data(max_entries=256, show_spinner=False)
def answer_change(
    model_id: str,
    token_ids: tuple[int, ...],
    segments: tuple[int, ...],
    layer: int,
    head: int,
    how: str,
) -> "AnswerChange":
    """Switch one head off and compare the answers."""
    from core.language_models import head_ablation, head_effects

    answer = head_ablation.answer_without(
        any_model(model_id),
        token_ids,
        [(layer, head)],
        how="zero" if how == "zero" else "mean",
        means=reference_means(model_id),
        segments=segments,
    )
    return head_effects.change(answer_baseline(model_id, token_ids, segments), answer)


@st.cache_resource(max_entries=1, show_spinner=False)
def head_rankings() -> Shelf:
    """Return the shelf of finished rankings of all heads by effect, some kilobytes each."""
    return Shelf(max_entries=64)


@st.cache_data(max_entries=2, show_spinner=False)
def softmax_sharpness() -> "Sharpness":
    """Compare random queries and keys of many sizes, with and without scaling."""
    from core.sequences import sharpness

    return sharpness.measure()


@st.cache_data(max_entries=4, show_spinner="Measuring attention on texts of six lengths…")
def attention_cost(nth: int) -> "tuple[CostPoint, ...]":
    """Time one attention head, once for all sessions; another number measures again."""
    from core.sequences import timing

    return timing.measure()


@st.cache_data(max_entries=4, show_spinner=False)
def position_table(model_id: str) -> NDArray[np.float64]:
    """Read the positions that a model has learnt; shape (n_positions, n_embd)."""
    from core.sequences import learned_positions

    return learned_positions.read_table(model_id)


@st.cache_data(max_entries=8, show_spinner=False)
def weight_matrices(model_id: str) -> "tuple[WeightMatrix, ...]":
    """List the weight matrices of a language model or an encoder."""
    from core.quantization import model_weights

    return model_weights.matrices(any_model(model_id).model)


@st.cache_resource(max_entries=6, show_spinner=False)
def weight_matrix(model_id: str, name: str, max_rows: int) -> NDArray[np.float32]:
    """Return the first rows of one matrix, one row per output; shared and never changed."""
    from core.quantization import model_weights

    model = any_model(model_id).model
    [matrix] = [one for one in weight_matrices(model_id) if one.name == name]
    return model_weights.weights_of(model.get_submodule(name), matrix)[:max_rows]


@st.cache_resource(max_entries=8, show_spinner=False)
def layer_inputs(model_id: str, name: str, held_out: bool) -> NDArray[np.float32]:
    """Record what reaches a layer on the calibration sentences, or on the others."""
    from core.quantization import calibration

    texts = calibration.HELD_OUT_TEXTS if held_out else calibration.CALIBRATION_TEXTS
    return calibration.layer_inputs(any_model(model_id), name, texts)


@st.cache_resource(max_entries=10, show_spinner=False)
def stored_matrix(
    model_id: str, name: str, max_rows: int, scheme: "Scheme", row: int, col: int, how: str
) -> "Stored":
    """Put one matrix into a scheme, with one weight changed or not; shared and never changed."""
    from core.quantization import matrix_study

    return matrix_study.store(
        weight_matrix(model_id, name, max_rows),
        scheme,
        row=row,
        col=col,
        how=how,
        calibration_inputs=layer_inputs(model_id, name, False) if scheme.needs_inputs else None,
    )


@st.cache_data(max_entries=512, max_size="8MB", show_spinner=False)
def scheme_row(model_id: str, name: str, max_rows: int, scheme: "Scheme") -> "TableRow":
    """Measure one scheme on one matrix, and keep the numbers only."""
    from core.quantization import matrix_study

    weights = weight_matrix(model_id, name, max_rows)
    stored = matrix_study.store(
        weights,
        scheme,
        calibration_inputs=layer_inputs(model_id, name, False) if scheme.needs_inputs else None,
    )
    is_linear = any(one.name == name and one.layer is not None for one in weight_matrices(model_id))
    inputs = layer_inputs(model_id, name, True) if is_linear else None
    return matrix_study.table_row(matrix_study.study(weights, stored, row=0, col=0, inputs=inputs))


@st.cache_data(max_entries=64, show_spinner=False)
def footprints(
    scheme_names: tuple[str, ...], n_tokens: int, cache: str, keep_ends: bool
) -> "Mapping[tuple[str, str], Footprint]":
    """Count the memory of every known model in some schemes."""
    from core.quantization import sizes

    return sizes.all_models(scheme_names, n_tokens=n_tokens, cache=cache, keep_ends=keep_ends)


@st.cache_data(max_entries=16, show_spinner=False)
def kernel_problem(name: str) -> str:
    """Say why a kernel cannot be used on this machine; empty if it can."""
    from core.quantization import kernels

    return kernels.problem(name)


@st.cache_resource(max_entries=6, show_spinner=False)
def gguf_on_disk(path: str, modified_ns: int) -> "GgufFile":
    """Open a GGUF file; its tensors stay on disk. A file that was changed is opened anew."""
    from core.quantization import gguf_reading

    return gguf_reading.open_file(Path(path))


@st.cache_resource(max_entries=3, ttl=600, show_spinner=False)
def gguf_uploaded(digest: str, _data: bytes) -> "GgufFile":
    """Read a file somebody chose; it may be the beginning of a larger one."""
    from core.quantization import gguf_reading

    return gguf_reading.read(_data, may_be_cut=True)


@st.cache_data(max_entries=32, show_spinner=False)
def gguf_plan(model_id: str, mix: "TypeMix") -> "PlanSummary":
    """Plan how a stored model would be written, and keep what can be told about it."""
    from core.model_store import store
    from core.quantization import gguf_export

    return gguf_export.summarize(gguf_export.plan(store.model_folder(model_id), mix))


@st.cache_data(max_entries=32, show_spinner=False)
def gguf_likeness(first: str, first_ns: int, second: str, second_ns: int) -> "Likeness":
    """Compare the tensors of two files on disk byte for byte."""
    from core.quantization import gguf_summary

    return gguf_summary.compare(gguf_on_disk(first, first_ns), gguf_on_disk(second, second_ns))

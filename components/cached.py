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

from components.turns import Turns
from components.workbench import Workbench

if TYPE_CHECKING:
    from core.foundations.arena import Landscape, Race, Setup
    from core.foundations.basins import Basins
    from core.foundations.surfaces import Surface
    from core.foundations.sweeps import MomentumMap, Sweep
    from core.language_models.next_token import Prompt
    from core.model_store.loading import LoadedModel
    from core.quantization.gguf_export import PlanSummary, TypeMix
    from core.quantization.gguf_file import GgufFile
    from core.quantization.gguf_summary import Likeness
    from core.quantization.matrix_study import Stored, TableRow
    from core.quantization.model_weights import WeightMatrix
    from core.quantization.schemes import Scheme
    from core.quantization.sizes import Footprint
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


@st.cache_data(max_entries=64, show_spinner=False)
def word_vectors(model_id: str, words: tuple[str, ...]) -> NDArray[np.float64]:
    """Turn words into an encoder's vectors; shape (n_words, n_embd)."""
    from core.foundations import word_vectors

    return word_vectors.encode_words(encoder(model_id), words)


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


def any_model(model_id: str) -> "LoadedModel":
    """Return the shared language model or encoder with an id of the catalog."""
    from core.model_store import catalog

    entry = catalog.CATALOG.get(model_id)
    return encoder(model_id) if entry and entry.kind == "encoder" else causal_lm(model_id)


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

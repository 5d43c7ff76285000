"""The only caches of the project: one small wrapper around one core call each.

Keys are strings, numbers and tuples; cached models are shared by all sessions and never changed.
Core modules that import torch are imported inside the wrapper, so that a page without a model
stays light.
"""

import gc
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.shelf import Shelf
from components.turns import Turns
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


def attention_model(model_id: str) -> "LoadedModel":
    """Return a language model or an encoder, whichever an id stands for."""
    entry = catalog.CATALOG.get(model_id)
    is_encoder = entry is not None and entry.kind == "encoder"
    return encoder(model_id) if is_encoder else causal_lm(model_id)


@st.cache_data(max_entries=256, max_size="32MB", show_spinner=False)
def attention_text(model_id: str, text: str, second: str) -> "AttentionText":
    """Split a text, or a pair of texts, into the tokens that a model reads."""
    from core.language_models import attention_text as core_attention_text

    return core_attention_text.read(attention_model(model_id), text, second=second)


@st.cache_resource(max_entries=3, show_spinner=False)
def attention_maps(
    model_id: str, token_ids: tuple[int, ...], segments: tuple[int, ...]
) -> "AttentionMaps":
    """Read the attention of all heads, up to 142 MB; shared by all sessions and never changed."""
    from core.language_models import attention_maps as core_attention_maps

    return core_attention_maps.attention_maps(
        attention_model(model_id), token_ids, segments=segments
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def head_vectors(
    model_id: str, token_ids: tuple[int, ...], segments: tuple[int, ...], layer: int, head: int
) -> "HeadVectors":
    """Take one head apart, up to 2 MB; shared by all sessions and never changed."""
    from core.language_models import attention_maps as core_attention_maps

    return core_attention_maps.head_vectors(
        attention_model(model_id), token_ids, layer, head, segments=segments
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

    return head_scores.repeated_scores(attention_model(model_id))


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

    return head_norms.moved_norms(attention_model(model_id), token_ids, segments=segments)


@st.cache_data(max_entries=64, max_size="32MB", show_spinner=False)
def written_norms(
    model_id: str, token_ids: tuple[int, ...], segments: tuple[int, ...]
) -> NDArray[np.float32]:
    """Measure what every head adds at each place; shape (n_layer, n_head, T)."""
    from core.language_models import head_norms

    return head_norms.written_norms(attention_model(model_id), token_ids, segments=segments)


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

    return head_ablation.reference_means(attention_model(model_id))


@st.cache_data(max_entries=32, max_size="16MB", show_spinner=False)
def answer_baseline(
    model_id: str, token_ids: tuple[int, ...], segments: tuple[int, ...]
) -> "Baseline":
    """Let a model answer with every head at work."""
    from core.language_models import head_ablation

    return head_ablation.baseline(attention_model(model_id), token_ids, segments=segments)


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
        attention_model(model_id),
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

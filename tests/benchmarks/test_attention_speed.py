"""The attention viewer: its payload beside BertViz's page, and how long the experiments take."""

import time

import bertviz
import pytest
import torch

from core.language_models import (
    attention_maps,
    attention_packing,
    head_ablation,
    head_scores,
)

pytestmark = [pytest.mark.bench, pytest.mark.model]

TEXT = (
    "When the ship left the harbour, nobody on board knew that the captain had lied about the "
    "route. The cargo was said to be timber, but the crates were heavy and the men whispered "
    "about them at night. On the third day a storm came up from the south, and the mast broke "
    "before anyone could take in the sails. 'Cut the ropes,' cried the mate, and the boy who had "
    "the knife cut them one after another until his hands bled. Later, when the sea was calm "
    "again, they opened one of the crates and found that it was full of books. "
)


@pytest.fixture(scope="module")
def token_ids(smollm2):
    ids = smollm2.tokenizer(TEXT * 6)["input_ids"]
    return lambda n_tokens: ids[:n_tokens]


@pytest.mark.parametrize(("n_tokens", "aim"), [(64, 60), (128, 100)])
def test_the_payload_against_the_page_of_bertviz(against, smollm2, token_ids, n_tokens, aim):
    ids = token_ids(n_tokens)
    maps = attention_maps.attention_maps(smollm2, ids)
    full = [torch.from_numpy(layer.astype("float32"))[None] for layer in maps.probs]
    tokens = smollm2.tokenizer.convert_ids_to_tokens(ids)

    def theirs():
        return bertviz.head_view(full, tokens, html_action="return").data

    def ours():
        return attention_packing.pack(maps.probs, causal=True)

    ratio = len(theirs()) / len(ours())
    against(
        ours,
        theirs,
        label=f"{n_tokens} tokens, 270 heads: {len(ours()) / 1e6:.2f} MB, {ratio:.0f} x smaller "
        f"than BertViz's page (aim: {aim} x), packed (aim: 200 ms)",
    )


@pytest.mark.parametrize("n_tokens", [128, 512])
def test_the_maps_against_a_plain_run_of_the_model(against, smollm2, token_ids, n_tokens):
    ids = token_ids(n_tokens)

    def plain():
        with torch.inference_mode():
            smollm2.model.base_model(torch.tensor([ids]), use_cache=False)

    against(
        lambda: attention_maps.attention_maps(smollm2, ids),
        plain,
        label=f"maps of 270 heads at {n_tokens} tokens, the model alone",
    )


def test_one_number_opened(against, smollm2, token_ids):
    ids = token_ids(128)

    def opened():
        vectors = attention_maps.head_vectors(smollm2, ids, 13, 8)
        attention_maps.cell(vectors, 100, 7)

    against(opened, label="one cell of layer 13 opened at 128 tokens")


def test_the_scores_of_all_heads(against, smollm2, token_ids):
    against(
        lambda: head_scores.repeated_scores(smollm2),
        label="270 heads scored on random tokens said twice",
    )


def test_ranking_all_heads_against_switching_each_off_alone(smollm2, token_ids):
    ids = token_ids(32)
    means = head_ablation.reference_means(smollm2)
    began = time.perf_counter()
    layers = list(head_ablation.rank_heads(smollm2, ids, how="mean", means=means))
    taken = time.perf_counter() - began

    began = time.perf_counter()
    head_ablation.answer_without(smollm2, ids, [(29, 0)], how="mean", means=means)
    alone = time.perf_counter() - began
    n_heads = sum(one.effects.size for one in layers)
    print(
        f"\nranking {n_heads} heads on {len(ids)} tokens: {taken:.1f} s (aim: 60 s), "
        f"{n_heads * alone / taken:.1f} x faster than one after another"
    )

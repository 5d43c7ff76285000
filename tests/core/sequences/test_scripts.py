"""The programs that are handed out print the numbers of the lab, on their own."""

import subprocess
import sys

import numpy as np
import pytest

from core.sequences import (
    attention,
    learned_positions,
    more_scripts,
    multi_head,
    positions,
    scripts,
    sharpness,
    shuffle,
    toy_words,
)
from core.sequences.multi_head import LayerSettings

WORDS = ("the", "cat", "slept", "because", "it's", '"); print("x', "🙂")


def printed(script):
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    return run.stdout.splitlines()


def last_numbers(line, n):
    return [float(word) for word in line.split()[-n:]]


def traced(**changed):
    settings = LayerSettings(n_head=2, n_kv_head=1, **changed)
    layer = multi_head.share_keys(toy_words.layer_weights("random", 8), n_head=2, n_kv_head=1)
    return multi_head.self_attention(toy_words.embed(WORDS, 8), layer, settings)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"causal": True, "temperature": 0.5},
        {"scaled": False},
        {"positions": "sinusoidal"},
        {"positions": "rope", "causal": True},
        {"positions": "alibi"},
    ],
    ids=str,
)
def test_a_layer_by_hand_prints_its_shares_and_outputs(changed):
    trace = traced(**changed)
    lines = printed(scripts.layer_script(trace, WORDS))
    n = len(WORDS)
    assert len(lines) == 2 * (n + 1) + n + 1
    for head in range(2):
        for row in range(n):
            shares = last_numbers(lines[head * (n + 1) + 1 + row], n)
            np.testing.assert_allclose(shares, trace.heads.weights[head, row], atol=6e-5)
    for row in range(n):
        np.testing.assert_allclose(
            last_numbers(lines[2 * (n + 1) + 1 + row], 8), trace.outputs[row], atol=6e-5
        )


def test_the_shuffle_test_prints_each_words_change():
    trace = traced(causal=True)
    order = shuffle.draw_order(len(WORDS), seed=1)
    test = shuffle.shuffle_test(trace.embeddings, trace.weights, trace.settings, order=order)
    lines = printed(scripts.shuffle_script(trace, WORDS, order))
    changes = [last_numbers(line, 1)[0] for line in lines[1:-1]]
    np.testing.assert_allclose(changes, test.changes, rtol=1e-2)
    assert lines[-1] == f"largest change: {test.largest_change:.2g}"


def test_a_touched_head_prints_its_shares():
    q, k, v = np.random.default_rng(0).normal(size=(3, 4, 8))
    trace = attention.scaled_dot_product(q, k, v, mask=attention.causal_mask(4), temperature=0.7)
    lines = printed(scripts.touched_script(trace, ["a", "b</script>", "'", "d"]))
    for row, line in enumerate(lines[1:]):
        np.testing.assert_allclose(last_numbers(line, 4), trace.weights[row], atol=6e-5)


def test_waves_and_rope_print_their_products_by_distance():
    codes = positions.sinusoidal(6, 8)
    _, means, _ = positions.by_distance(codes @ codes.T)
    lines = printed(more_scripts.waves_script(codes, base=10_000.0))
    for line, mean in zip(lines, means, strict=True):
        assert f"product {mean:.4f}," in line
    q, k = np.random.default_rng(1).normal(size=(2, 8))
    _, means, _ = positions.by_distance(positions.rope_products(q, k, 6, base=100.0))
    lines = printed(more_scripts.rope_script(q, k, n_places=6, base=100.0))
    for line, mean in zip(lines, means, strict=True):
        assert f"q·k {mean:.4f}," in line


def test_alibi_prints_what_a_word_keeps_for_itself():
    slopes = positions.alibi_slopes(3)
    lines = printed(more_scripts.alibi_script(slopes, n_places=32))
    for line, slope in zip(lines, slopes, strict=True):
        kept = attention.softmax(-slope * np.arange(32))[0]
        assert line.endswith(f"keeps {kept:.4f} for itself")


def test_learnt_places_print_their_likeness():
    rows = learned_positions.read_table("all-minilm-l6-v2")[:8]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    _, means, _ = positions.by_distance(rows @ rows.T)
    lines = printed(more_scripts.learnt_script("all-minilm-l6-v2", n_places=8))
    assert f"cosine {means[1]:.4f}," in lines[1]


def test_sharpness_prints_the_largest_shares():
    found = sharpness.measure([4, 64], n_trials=200)
    lines = printed(more_scripts.sharpness_script(found))
    for line, without, scaled in zip(lines, *found.largest, strict=True):
        assert line.endswith(f"without {without:.3f}, with {scaled:.3f}")


def test_the_cost_script_times_every_length():
    lines = printed(more_scripts.cost_script([8, 16]))
    assert [line.split()[0] for line in lines] == ["8", "16"]
    assert "times the one before" in lines[1]

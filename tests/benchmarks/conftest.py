"""How the benchmarks measure: the subject by pytest-benchmark, and its peer in the same run.

Nothing here fails because a machine is slow or busy; a person reads the ratios.
"""

import time

import pytest


def fastest_s(work, rounds=3):
    """Least wall time of several runs, in seconds."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


@pytest.fixture
def against(benchmark):
    """Measure a subject, and a peer in the same run: ``against(ours, peer, label=…)``.

    ``share`` says what part of the subject's work the peer does, for peers too slow to do it all.
    """

    def measure(ours, peer=None, *, label, rounds=3, peer_rounds=1, share=1.0):
        benchmark.pedantic(ours, rounds=rounds, iterations=1, warmup_rounds=1)
        mine = benchmark.stats.stats.min
        line = f"\n{label}: {1000 * mine:.4g} ms"
        if peer is not None:
            theirs = fastest_s(peer, peer_rounds) / share
            line += f", peer {1000 * theirs:.4g} ms, {theirs / mine:.2f} x faster than the peer"
        print(line)

    return measure

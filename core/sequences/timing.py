"""What attention costs, measured: the time of one head on texts of many lengths.

This is the only module of the room that imports torch.
"""

import time
from collections.abc import Callable, Sequence

import numpy as np
import torch

from core.sequences.cost import CostPoint

LENGTHS = (64, 128, 256, 512, 1024, 2048)
"""Text lengths that are measured, in tokens."""


def measure(
    lengths: Sequence[int] = LENGTHS,
    *,
    head_size: int = 64,
    n_embd: int = 576,
    n_rounds: int = 5,
    clock: Callable[[], float] = time.thread_time,
) -> tuple[CostPoint, ...]:
    """Time one attention head on random numbers, in float32, as a model runs it.

    One thread computes, and its own processor time is counted: other visitors of a busy server
    change little.

    Args:
        lengths: Numbers of tokens.
        head_size: D.
        n_embd: C, the numbers per token that the projections read.
        n_rounds: Rounds over all lengths; the fastest of each counts.
        clock: Seconds.

    Returns:
        One point per length.

    Example:
        >>> [point.n_products for point in measure([2, 4], head_size=8, n_embd=8, n_rounds=1)]
        [64, 256]
    """
    draw = torch.Generator().manual_seed(0)
    weights = torch.randn(3, n_embd, head_size, generator=draw) / 24
    texts = [torch.randn(n_tokens, n_embd, generator=draw) for n_tokens in lengths]
    n_threads = torch.get_num_threads()
    # torch keeps this number per thread: nobody else is slowed down.
    torch.set_num_threads(1)
    try:
        rounds = [[_time_once(x, weights, clock) for x in texts] for _ in range(n_rounds)]
    finally:
        torch.set_num_threads(n_threads)
    fastest_ms = 1000 * np.min(rounds, axis=0)
    return tuple(
        CostPoint(
            n_tokens=n_tokens,
            compare_ms=float(compare_ms),
            project_ms=float(project_ms),
            n_products=2 * n_tokens**2 * head_size,
            n_bytes=4 * n_tokens**2,
        )
        for n_tokens, (project_ms, compare_ms) in zip(lengths, fastest_ms, strict=True)
    )


@torch.inference_mode()
def _time_once(
    x: torch.Tensor, weights: torch.Tensor, clock: Callable[[], float]
) -> tuple[float, float]:
    """Return the seconds that the projections and the comparison took."""
    # Short texts are repeated: a clock has its own smallest step.
    n_times = max(1, 512 // len(x))
    began = clock()
    for _ in range(n_times):
        q, k, v = (x @ one for one in weights)
    projected = clock()
    for _ in range(n_times):
        scores = q @ k.T
        scores *= q.shape[1] ** -0.5
        _ = torch.softmax(scores, dim=-1) @ v
    return (projected - began) / n_times, (clock() - projected) / n_times

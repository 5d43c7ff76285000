"""Sixteen or 256 chosen levels instead of evenly spaced ones, as bitsandbytes stores weights."""

from collections.abc import Callable
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from core.quantization import rounding
from core.quantization.groups import Groups

SCALES_PER_GROUP = 256
"""Double quantization: scales that share a second scale."""

_SMALLEST = np.float32(1e-38)
_N_POINTS = 65_536
_OUTERMOST = 0.9677083
"""Share of a normal distribution below NF4's outermost level, from the QLoRA code."""


def _line(start: float, stop: float, n_points: int) -> NDArray[np.float32]:
    """Space points evenly, counting in float32 from both ends, so that books agree to the bit."""
    first, last = np.float32(start), np.float32(stop)
    step = (last - first) / np.float32(n_points - 1)
    places = np.arange(n_points, dtype=np.float32)
    from_end = last - step * places[::-1]
    return np.where(places < n_points // 2, first + step * places, from_end)


@cache
def nf4_levels() -> NDArray[np.float32]:
    """Place 16 levels so that about as many normally distributed weights are near each.

    Eight steps of equal probability above 0 and seven below, 0 itself a level, scaled to ±1.

    Returns:
        Rising levels, shape (16,).

    Source:
        Dettmers et al. 2023, "QLoRA", section 3 and appendix E.

    Example:
        >>> nf4_levels()[[0, 1, 7, 15]].round(4).tolist()
        [-1.0, -0.6962000131607056, 0.0, 1.0]
    """
    normal = NormalDist()
    above = [normal.inv_cdf(share) for share in _line(_OUTERMOST, 0.5, 9)[:-1]]
    below = [-normal.inv_cdf(share) for share in _line(_OUTERMOST, 0.5, 8)[:-1]]
    levels = np.array(sorted([*below, 0.0, *above]), np.float32)
    return levels / levels.max()


@cache
def fp4_levels() -> NDArray[np.float32]:
    """List what the 16 patterns of bitsandbytes' 4-bit float stand for, scaled to ±1.

    One sign bit, two bits of exponent, one of fraction; patterns are not in rising order.

    Returns:
        Levels by pattern, shape (16,).

    Example:
        >>> fp4_levels()[:4].round(4).tolist()
        [0.0, 0.005200000014156103, 0.666700005531311, 1.0]
    """
    positive = np.array([0, 0.0625, 8, 12, 4, 6, 2, 3], np.float32)
    return np.concatenate([positive, -positive]) / np.float32(12)


@cache
def dynamic_levels() -> NDArray[np.float32]:
    """Place 256 levels: seven powers of ten, the larger ones divided more finely.

    Returns:
        Rising levels, shape (256,).

    Source:
        Dettmers 2015, "8-bit approximations for parallelism in deep learning", section 2;
        Dettmers et al. 2021, "8-bit optimizers via block-wise quantization", section 1.3.
    """
    levels = [0.0, 1.0]
    for power in range(7):
        edges = _line(0.1, 1, 2**power + 1)
        middles = ((edges[:-1] + edges[1:]) / np.float32(2)).astype(np.float64)
        sizes = 10.0 ** (power - 6) * middles
        levels += [*sizes, *-sizes]
    return np.sort(np.array(levels)).astype(np.float32)


BOOKS = {"nf4": nf4_levels, "fp4": fp4_levels, "dynamic8": dynamic_levels}
"""Code books by name; each function returns the level of every pattern."""


def encode(groups: NDArray[np.float32], name: str, *, double_quant: bool = False) -> Groups:
    """Store each weight as the nearest level, scaled by the largest magnitude of its group.

    Args:
        groups: Weights that share a scale, shape (n_groups, group_size).
        name: Key in BOOKS.
        double_quant: Whether to store the scales in 8 bits too: their mean is taken off, and
            every 256 of them share a second scale.

    Returns:
        Integers and scales. With ``double_quant`` the scales are those that come back from
        storage, and ``scale_groups`` tells how.

    Raises:
        KeyError: If there is no such book.

    Source:
        Dettmers et al. 2023, "QLoRA", section 3 (NF4 and double quantization).

    Example:
        >>> stored = encode(np.array([[2.0, -2.0, 0.0, 0.2]], np.float32), "nf4")
        >>> stored.codes.tolist(), stored.scales.tolist()
        ([[15, 0, 7, 8]], [2.0])
    """
    levels = BOOKS[name]()
    scales = rounding.absmax(groups)
    codes = _nearest(groups, scales, levels)
    if not double_quant:
        return Groups(codes, scales, codebook=levels)

    stored_scales = _store_scales(scales)
    scales = stored_scales.decode().reshape(-1)[: len(scales)]
    return Groups(codes, scales, codebook=levels, scale_groups=stored_scales)


def _nearest(groups, scales, levels) -> NDArray[np.uint8]:
    """Find the level nearest to each scaled weight."""
    find = _by_counting(levels) if len(levels) <= 16 else _by_table(levels)
    codes = np.empty(groups.shape, np.uint8)
    inverse = np.float32(1) / np.maximum(scales, _SMALLEST)
    for part in rounding.portions(*groups.shape):
        scaled = groups[part] * inverse[part, None]
        np.clip(scaled, -1, 1, out=scaled)
        codes[part] = find(scaled)
    return codes


def _by_counting(levels: NDArray[np.float32]) -> Callable:
    """Count the middles between levels that lie below: fifteen comparisons, no search."""
    order = np.argsort(levels, kind="stable").astype(np.uint8)
    rising = levels[order]
    middles = (rising[:-1] + rising[1:]) / np.float32(2)
    is_rising = bool((order == np.arange(len(order))).all())

    def find(scaled):
        places = np.zeros(scaled.shape, np.uint8)
        is_above = np.empty(scaled.shape, bool)
        for middle in middles:
            np.greater(scaled, middle, out=is_above)
            places += is_above.view(np.uint8)
        return places if is_rising else order[places]

    return find


def _by_table(levels: NDArray[np.float32]) -> Callable:
    """Look the level up at the nearest of 65,536 points, as bitsandbytes does on a processor.

    Within 1/65,535 of a middle between two levels the farther one may be taken.
    """
    points = np.arange(_N_POINTS, dtype=np.float64) * 2 / (_N_POINTS - 1) - 1
    middles = (levels[:-1] + levels[1:]) / np.float32(2)
    table = np.searchsorted(middles, points.astype(np.float32)).astype(np.uint8)
    half_way = np.float32((_N_POINTS - 1) / 2)

    def find(scaled):
        scaled += 1
        scaled *= half_way
        scaled += np.float32(0.5)
        return table[scaled.astype(np.uint16)]

    return find


def _store_scales(scales: NDArray[np.float32]) -> Groups:
    """Store scales in the 256 dynamic levels around their mean."""
    mean = scales.mean(dtype=np.float32)
    n_filled = -len(scales) % SCALES_PER_GROUP
    filled = np.concatenate([scales - mean, np.zeros(n_filled, np.float32)])
    stored = encode(filled.reshape(-1, SCALES_PER_GROUP), "dynamic8")
    return Groups(
        stored.codes, stored.scales, mins=np.array([mean], np.float32), codebook=stored.codebook
    )

"""What scores come to, counted by itself: the share of the satisfied with Wilson's interval, the mean and the index with
Student's. Nothing here was taken from the service, and t is found by halving.
"""
from __future__ import annotations

import math
from collections import Counter
from typing import NamedTuple

Z = 1.959964
# What is told is rounded to six decimals.
SAME = 5e-7 + 1e-9


class Scale(NamedTuple):
    low: int
    high: int
    top_boxes: int


class Figure(NamedTuple):
    value: float
    low: float | None
    high: float | None


def t_quantile(degrees: int) -> float:
    """The 97.5 % point of Student's t, by halving: its density integrated by Simpson's rule from 0 on."""
    scale = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)

    def density(x: float) -> float:
        return scale * (1 + x * x / degrees) ** (-(degrees + 1) / 2)

    def beyond_middle(x: float, steps: int = 4000) -> float:
        h = x / steps
        inner = sum((4 if k % 2 else 2) * density(k * h) for k in range(1, steps))
        return h / 3 * (density(0) + inner + density(x))

    low, high = 0.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if beyond_middle(middle) < 0.475 else (low, middle)
    return (low + high) / 2


QUANTILES: dict[int, float] = {}


def wilson(k: int, n: int) -> Figure:
    share, room = k / n, 1 + Z * Z / n
    middle = (share + Z * Z / (2 * n)) / room
    half = Z / room * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return Figure(100 * share, 100 * max(0.0, middle - half), 100 * min(1.0, middle + half))


def mean(scores: Counter[int]) -> Figure:
    n = scores.total()
    value = sum(score * times for score, times in scores.items()) / n
    if n == 1:
        return Figure(value, None, None)
    variance = sum(times * (score - value) ** 2 for score, times in scores.items()) / (n - 1)
    if n - 1 not in QUANTILES:
        QUANTILES[n - 1] = t_quantile(n - 1)
    half = QUANTILES[n - 1] * math.sqrt(variance / n)
    return Figure(value, value - half, value + half)


def figure(method: str, scores: Counter[int], scale: Scale) -> Figure:
    """The figure that the service calls by this name; there must be an answer."""
    if method == "csat":
        satisfied = sum(times for score, times in scores.items() if score > scale.high - scale.top_boxes)
        return wilson(satisfied, scores.total())
    as_mean = mean(scores)
    if method == "mean":
        return as_mean
    assert method == "index_0_100", f"what is a {method}?"
    return Figure(*(None if x is None else 100 * (x - scale.low) / (scale.high - scale.low) for x in as_mean))


def differs(own: float | None, told: float | None) -> bool:
    return (own is None) != (told is None) or (own is not None and told is not None and abs(own - told) > SAME)

"""Arithmetic that answers infinity or NaN where Python raises: IEEE 754 as Go computes it."""

from __future__ import annotations

import math
from collections.abc import Callable
from math import copysign, inf, isinf, isnan, nan


def divide(left: float, right: float) -> float:
    if right:
        return left / right
    if isnan(right) or isnan(left) or not left:
        return nan
    return copysign(inf, left) * copysign(1.0, right)


def modulo(left: float, right: float) -> float:
    return nan if isinf(left) or not right else math.fmod(left, right)


def power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -inf if base < 0.0 and exponent % 2.0 == 1.0 else inf
    except ValueError:
        if base:
            return nan
        return copysign(inf, base) if exponent % 2.0 == 1.0 else inf


def floor(value: float) -> float:
    return float(math.floor(value)) if math.isfinite(value) else value


def ceil(value: float) -> float:
    if not math.isfinite(value):
        return value
    return copysign(float(math.ceil(value)), value)


def root(value: float) -> float:
    return math.sqrt(value) if value >= 0.0 else nan


def exponential(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return inf


def logarithm(of: Callable[[float], float]) -> Callable[[float], float]:
    """math.log and its like, for zero and below too."""

    def computed(value: float) -> float:
        if value > 0.0:
            return of(value)
        return nan if value else -inf

    return computed


def sign(value: float) -> float:
    return copysign(1.0, value) if value > 0.0 or value < 0.0 else value


def largest(left: float, right: float) -> float:
    """Infinity before NaN before numbers (Go's math.Max)."""
    if left == inf or right == inf:
        return inf
    return nan if isnan(left) or isnan(right) else max(left, right)


def smallest(left: float, right: float) -> float:
    return -largest(-left, -right)


def nearest(value: float, step: float) -> float:
    """`value` rounded to a multiple of `step`, halves up."""
    inverse = divide(1.0, step)
    return divide(floor(value * inverse + 0.5), inverse)


class Sum:
    """Kahan's sum with Neumaier's correction, as Prometheus adds over time."""

    __slots__ = ("_lost", "total")

    def __init__(self) -> None:
        self.total = 0.0
        self._lost = 0.0

    def add(self, value: float) -> None:
        before = self.total
        after = before + value
        if abs(before) >= abs(value):
            self._lost += (before - after) + value
        else:
            self._lost += (value - after) + before
        self.total = after

    @property
    def exact(self) -> float:
        return self.total + self._lost

    @property
    def result(self) -> float:
        return self.total if isinf(self.total) else self.exact


def outweighed(mean: float, value: float) -> bool:
    """Whether an infinite mean stays as it is when this value is added."""
    if not isinf(mean):
        return False
    return not isnan(value) and (value == mean or not isinf(value))


def quantile(portion: float, values: list[float]) -> float:
    """Interpolated between the two values around it; NaN counts as the smallest. Not empty."""
    if isnan(portion):
        return nan
    if portion < 0.0 or portion > 1.0:
        return copysign(inf, portion - 0.5)
    ordered = sorted(values, key=lambda value: (not isnan(value), value))
    rank = portion * (len(ordered) - 1)
    lower = int(rank)
    weight = rank - lower
    upper = min(len(ordered) - 1, lower + 1)
    return ordered[lower] * (1.0 - weight) + ordered[upper] * weight

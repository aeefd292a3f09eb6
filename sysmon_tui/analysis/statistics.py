"""The figures of a report: quantiles, hours, what was unusual, where a trend leads. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import floor, inf, isfinite, nan
from statistics import median
from typing import NamedTuple

from sysmon_tui.alerts.conditions.forecast import mended, trend

NORMAL = 0.6745
"""The median absolute deviation of a standard normal distribution."""
UNUSUAL = 6.0
"""Robust z-scores; Iglewicz and Hoaglin (1993) take 3.5 for one sample, and here are thousands."""
LARGEST = 99.0
POINTS = 60
"""Of a trend: 1770 pairs."""
FEWEST = 8


def quantile(ordered: Sequence[float], share: float) -> float:
    """Between the two nearest ranks, as numpy and R (type 7) have it; NaN of nothing."""
    if not ordered:
        return nan
    rank = share * (len(ordered) - 1)
    low = floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (rank - low) * (ordered[high] - ordered[low])


class Unusual(NamedTuple):
    begin: int
    """Index of the first of the run."""
    end: int
    """Index after the last."""
    value: float
    score: float
    """Both of the oddest in the run."""


def unusual(values: Sequence[float], least: float) -> list[Unusual]:
    """Runs of values far from the median, by the robust z-score 0.6745 (x - median) / MAD.

    What is off by less than `least` is never unusual, whatever the score: a machine that is
    perfectly calm would else have an anomaly at every breath.
    """
    known = [value for value in values if isfinite(value)]
    if len(known) < FEWEST:
        return []
    middle = median(known)
    deviation = median(abs(value - middle) for value in known)
    runs: list[Unusual] = []
    for index, value in enumerate(values):
        off = value - middle
        if not abs(off) >= least:
            continue
        score = NORMAL * off / max(deviation, abs(off) * NORMAL / LARGEST)
        if abs(score) >= UNUSUAL:
            _extend(runs, Unusual(index, index + 1, value, score))
    return runs


def _extend(runs: list[Unusual], one: Unusual) -> None:
    last = runs[-1] if runs else None
    if last is None or last.end < one.begin or (last.score > 0.0) is not (one.score > 0.0):
        runs.append(one)
        return
    odder = one if abs(one.score) > abs(last.score) else last
    runs[-1] = Unusual(last.begin, one.end, odder.value, odder.score)


class Reached(NamedTuple):
    """Seconds from now until a bound is reached; infinite where the trend does not lead there."""

    early: float
    middle: float
    late: float


def reached(points: Sequence[tuple[float, float]], bound: float) -> Reached | None:
    """When a gauge that grows by its trend reaches `bound`; None where too little is known.

    The trend is that of a `forecast` rule, with its band of confidence; `points` are (seconds,
    value) in the order of time, the last one now.
    """
    known = _thinned([(at, value) for at, value in points if isfinite(value)])
    if len(known) < FEWEST:
        return None
    found = trend(mended(known, 1.0))
    left = bound - known[-1][1]
    return Reached(*(_time(left, slope) for slope in (found.high, found.middle, found.low)))


def _time(left: float, slope: float) -> float:
    if left <= 0.0:
        return 0.0
    return left / slope if slope > 0.0 else inf


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most `POINTS`, the last one kept."""
    if len(points) <= POINTS:
        return points
    last = len(points) - 1
    return [points[round(index * last / (POINTS - 1))] for index in range(POINTS)]


def means(values: Sequence[float], width: int) -> list[float]:
    """Of each `width` neighbours, those that are known; NaN where none is."""
    groups = (values[begin : begin + width] for begin in range(0, len(values), width))
    return [mean(group) for group in groups]


def mean(values: Iterable[float]) -> float:
    known = [value for value in values if isfinite(value)]
    return sum(known) / len(known) if known else nan

"""Functions of a range: the samples of one series over some time to one value, or none.

After Prometheus 2.42, promql/functions.go. Times are in seconds of the epoch, where a float is
exact to a quarter of a microsecond only; distances are rounded to the millisecond first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import isinf, isnan, nan
from typing import TypeAlias

from sysmon_tui.promql.floats import Sum, divide, outweighed, quantile, root

Points: TypeAlias = Sequence[tuple[float, float]]
"""(time, value), oldest first, never empty."""


def apart(later: float, earlier: float) -> float:
    return round((later - earlier) * 1000.0) / 1000.0


def extrapolated(points: Points, start: float, end: float, *, counter: bool) -> float | None:
    """How much a series grew from start to end, carried on to both ends of the range.

    No further than 1.1 times the usual distance of samples, else half of it; and a counter not to
    before it was zero.
    """
    if len(points) < 2:
        return None
    (first_at, first), (last_at, last) = points[0], points[-1]
    grown = last - first
    if counter:
        before = first
        for _, value in points:
            if value < before:
                grown += before
            before = value
    covered = apart(last_at, first_at)
    usual = covered / (len(points) - 1)
    to_start, to_end = apart(first_at, start), apart(end, last_at)
    if counter and grown > 0.0 and first >= 0.0:
        to_start = min(to_start, covered * divide(first, grown))
    limit = usual * 1.1
    reach = covered + (to_start if to_start < limit else usual / 2.0)
    reach += to_end if to_end < limit else usual / 2.0
    return grown * divide(reach, covered)


def latest_step(points: Points, *, counter: bool) -> float | None:
    """The difference of the last two samples; per second for a counter."""
    if len(points) < 2:
        return None
    (before_at, before), (at, value) = points[-2], points[-1]
    step = value if counter and value < before else value - before
    seconds = apart(at, before_at)
    if not seconds:
        return None
    return step / seconds if counter else step


def regression(points: Points, origin: float) -> tuple[float, float] | None:
    """Slope per second and value at `origin` of the least squares line."""
    if len(points) < 2:
        return None
    first = points[0][1]
    if all(value == first for _, value in points):
        return (nan, nan) if isinf(first) else (0.0, first)
    sum_x, sum_y, sum_xy, sum_xx = Sum(), Sum(), Sum(), Sum()
    for at, value in points:
        x = apart(at, origin)
        sum_x.add(x)
        sum_y.add(value)
        sum_xy.add(x * value)
        sum_xx.add(x * x)
    count = float(len(points))
    x, y = sum_x.exact, sum_y.exact
    slope = divide(sum_xy.exact - x * y / count, sum_xx.exact - x * x / count)
    return slope, y / count - slope * x / count


def _deriv(points: Points) -> float | None:
    line = regression(points, points[0][0])
    return None if line is None else line[0]


def _average(points: Points) -> float:
    mean = Sum()
    for count, (_, value) in enumerate(points, 1):
        if not outweighed(mean.total, value):
            mean.add(value / count - mean.total / count)
    return mean.result


def _sum(points: Points) -> float:
    total = Sum()
    for _, value in points:
        total.add(value)
    return total.result


def _largest(points: Points) -> float:
    found = nan
    for _, value in points:
        if value > found or isnan(found):
            found = value
    return found


def _smallest(points: Points) -> float:
    return -_largest([(at, -value) for at, value in points])


def _variance(points: Points) -> float:
    """Welford's."""
    mean, squares = Sum(), Sum()
    for count, (_, value) in enumerate(points, 1):
        off = value - mean.exact
        mean.add(off / count)
        squares.add(off * (value - mean.exact))
    return squares.exact / len(points)


def _pairs(points: Points) -> list[tuple[float, float]]:
    return [(before, value) for (_, before), (_, value) in pairwise(points)]


def _changes(points: Points) -> float:
    return float(
        sum(
            value != before and not (isnan(value) and isnan(before))
            for before, value in _pairs(points)
        )
    )


def _resets(points: Points) -> float:
    return float(sum(value < before for before, value in _pairs(points)))


OVER_TIME: dict[str, Callable[[Points], float | None]] = {
    "irate": lambda points: latest_step(points, counter=True),
    "idelta": lambda points: latest_step(points, counter=False),
    "deriv": _deriv,
    "avg_over_time": _average,
    "min_over_time": _smallest,
    "max_over_time": _largest,
    "sum_over_time": _sum,
    "count_over_time": lambda points: float(len(points)),
    "last_over_time": lambda points: points[-1][1],
    "present_over_time": lambda _: 1.0,
    "stddev_over_time": lambda points: root(_variance(points)),
    "stdvar_over_time": _variance,
    "changes": _changes,
    "resets": _resets,
}


def quantile_over_time(points: Points, portion: float) -> float:
    return quantile(portion, [value for _, value in points])


def predict_linear(points: Points, at: float, ahead: float) -> float | None:
    """Where the line of the samples is `ahead` seconds after `at`."""
    line = regression(points, at)
    return None if line is None else line[0] * ahead + line[1]

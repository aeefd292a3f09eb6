"""Aggregations: groups of series to one value each, or to the few that stand out in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isnan

from sysmon_tui.model.metric import Labels
from sysmon_tui.promql.ast import Aggregation
from sysmon_tui.promql.errors import PromqlError
from sysmon_tui.promql.floats import outweighed, quantile, root

_LARGEST_COUNT = 2.0**63


def aggregate(
    node: Aggregation, vector: Mapping[Labels, float], parameter: float
) -> dict[Labels, float]:
    """`parameter` is what topk, bottomk and quantile want; the others ignore it."""
    groups: dict[Labels, dict[Labels, float]] = {}
    names = frozenset(node.labels)
    for labels, value in vector.items():
        key = tuple(pair for pair in labels if (pair[0] in names) is not node.without)
        groups.setdefault(key, {})[labels] = value
    if node.op in ("topk", "bottomk"):
        return _outstanding(node.op, groups, parameter)
    if node.op == "quantile":
        return {key: quantile(parameter, list(of.values())) for key, of in groups.items()}
    reduce = _REDUCE[node.op]
    return {key: reduce(list(of.values())) for key, of in groups.items()}


def _outstanding(
    op: str, groups: dict[Labels, dict[Labels, float]], parameter: float
) -> dict[Labels, float]:
    if not -_LARGEST_COUNT < parameter < _LARGEST_COUNT:
        raise PromqlError(f"{op} cannot take {parameter} series", "Give it a whole number")
    count = max(0, int(parameter))
    sign = -1.0 if op == "topk" else 1.0
    found: dict[Labels, float] = {}
    for of in groups.values():
        # NaN comes last both ways.
        ordered = sorted(of, key=lambda each: (isnan(of[each]), sign * of[each]))
        found |= {labels: of[labels] for labels in ordered[:count]}
    return found


def _average(values: list[float]) -> float:
    mean = 0.0
    for count, value in enumerate(values, 1):
        if not outweighed(mean, value):
            mean += value / count - mean / count
    return mean


def _variance(values: list[float]) -> float:
    mean = squares = 0.0
    for count, value in enumerate(values, 1):
        off = value - mean
        mean += off / count
        squares += off * (value - mean)
    return squares / len(values)


def _largest(values: list[float]) -> float:
    return max((value for value in values if not isnan(value)), default=values[0])


def _smallest(values: list[float]) -> float:
    return min((value for value in values if not isnan(value)), default=values[0])


_REDUCE: dict[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "avg": _average,
    "min": _smallest,
    "max": _largest,
    "count": lambda values: float(len(values)),
    "group": lambda _: 1.0,
    "stddev": lambda values: root(_variance(values)),
    "stdvar": _variance,
}
